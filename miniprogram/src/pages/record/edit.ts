// The data of a household or of one of its people. What may change at once is
// apart from what the township decides; the second asks for a reason, once.

import { asks, changed, ChangeDraft, changeFields, FieldView, unfit } from '../../data/index';
import { dataOf, page, PageThis, textOf } from '../../page';

const HINTS: { readonly [way in FieldView['way']]: string } = { one: '', several: '', number: '写数字', money: '写数字，单位是元', text: '', day: '如 2026-01-31', month: '如 2026-01' };

const view = {
  there: false, title: '', kept: false, failed: '', asking: false, reason: '', wrong: {} as { [field: string]: string }, sheet: '', typed: '', hint: '',
  groups: [] as { name: string; fields: FieldView[] }[], field: { way: 'text', options: [] as FieldView['options'] } as Partial<FieldView>,
};

interface Helpers {
  draft(): ChangeDraft;
  put(d: ChangeDraft): void;
}

type Self = PageThis<typeof view, Helpers> & { opened: ChangeDraft };

Page(page({
  data: view,

  async begin(this: Self) {
    const { kind, household, row } = this.query;
    this.opened = await this.desk.openChange(kind as ChangeDraft['kind'], household, row);
    this.setData({ reason: this.opened.reason });
    this.screen.title(kind === 'household' ? '农户资料' : row ? '家庭成员' : '家里添了人');
  },

  draw(this: Self) {
    const house = this.opened && this.desk.row(this.opened.household);
    if (!house) {
      return { there: false };
    }
    const d = this.draft();
    const fields = changeFields(d, this.desk.rowOf(d), this.desk.docs.profile());
    const member = fields.find((f) => f.name === 'name');
    return {
      there: true, title: house.head + (d.kind === 'member' ? ' · ' + ((member && member.text) || '新成员') : ''), kept: this.desk.drafts.get(d.id) !== undefined, failed: this.desk.drafts.failed,
      asking: asks(d), field: fields.find((f) => f.name === this.data.sheet) || this.data.field,
      groups: [{ name: '改了就算', fields: fields.filter((f) => !f.asked) }, { name: '要镇里审过才改', fields: fields.filter((f) => f.asked) }].filter((g) => g.fields.length > 0),
    };
  },

  draft(this: Self): ChangeDraft {
    return this.desk.drafts.get<ChangeDraft>(this.opened.id) || this.opened;
  },

  put(this: Self, d: ChangeDraft) {
    this.opened = { ...d, changedAt: this.desk.platform.clock.now() };
    this.desk.drafts.put(this.opened);
    this.redraw();
  },

  choose(this: Self, e: WechatMiniprogram.TouchEvent) {
    const name = dataOf(e).name;
    this.setData({ sheet: name });
    this.redraw();
    this.setData({ typed: this.data.field.text || '', hint: HINTS[this.data.field.way || 'text'] });
  },

  pick(this: Self, e: WechatMiniprogram.TouchEvent) {
    this.put(changed(this.draft(), this.desk.rowOf(this.draft()), this.data.sheet, dataOf(e).word));
    if (this.data.field.way === 'one') {
      this.setData({ sheet: '' });
    }
  },

  typing(this: Self, e: WechatMiniprogram.CustomEvent) {
    this.put(changed(this.draft(), this.desk.rowOf(this.draft()), this.data.sheet, textOf(e)));
  },

  because(this: Self, e: WechatMiniprogram.CustomEvent) {
    this.put({ ...this.draft(), reason: textOf(e) });
  },

  close(this: Self) {
    this.setData({ sheet: '', typed: '' });
  },

  async save(this: Self) {
    const d = this.draft();
    if (Object.keys(d.patch).length === 0) {
      this.screen.back();
      return;
    }
    const wrong = unfit(d, this.desk.rowOf(d));
    this.setData({ wrong });
    if (Object.keys(wrong).length > 0) {
      this.say(wrong[Object.keys(wrong)[0]]);
      return;
    }
    if (await this.act(() => this.desk.saveChange(d))) {
      this.screen.say(asks(d) ? '交给镇里了' : '存好了');
      this.screen.back();
    }
  },
}));
