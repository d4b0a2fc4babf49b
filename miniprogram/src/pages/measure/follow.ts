// What became of a measure: whether the household agrees, whether it came,
// how far it is. In a visit it goes with the visit, which the result then names.

import { MeasureAct, movePatch, Patch, touched, VisitDraft } from '../../data/index';
import { dataOf, page, textOf } from '../../page';

Page(page({
  data: { line: '', stage: '', result: '', words: '', any: false, objecting: false, wrong: '', typing: '', yieldQuantity: '', yieldUnit: '', may: {} as { [act in MeasureAct]?: boolean } },

  draw() {
    const h = this.desk.household(this.query.household);
    const m = h && h.measures.find((x) => x.id === this.query.id);
    if (!m) {
      return { line: '' };
    }
    const may: { [act: string]: boolean } = {};
    m.acts.forEach((a) => {
      may[a] = true;
    });
    return { line: m.line, stage: m.stage, result: m.result, words: m.words, any: m.acts.length > 0, may };
  },

  typed(e: WechatMiniprogram.CustomEvent) {
    this.setData({ typing: textOf(e), wrong: '' });
  },

  yielded(e: WechatMiniprogram.CustomEvent) {
    this.setData({ [dataOf(e).field]: textOf(e), wrong: '' });
  },

  agree(e: WechatMiniprogram.TouchEvent) {
    const objection = this.data.typing.trim();
    if (dataOf(e).said === 'agreed') {
      return this.keep({ agreement: 'agreed' });
    }
    if (!objection) {
      this.setData({ objecting: true });
      return undefined;
    }
    return this.keep({ agreement: 'objected', objection });
  },

  arrive(e: WechatMiniprogram.TouchEvent) {
    return this.keep({ arrived: dataOf(e).said });
  },

  move(e: WechatMiniprogram.TouchEvent) {
    const { typing, yieldQuantity, yieldUnit } = this.data;
    const made = movePatch(dataOf(e).stage as 'doing' | 'done' | 'stopped', typing, yieldQuantity, yieldUnit, this.desk.today());
    if (typeof made === 'string') {
      this.setData({ wrong: made });
      return undefined;
    }
    return this.keep(made);
  },

  async keep(patch: Patch) {
    const { household, id, visit } = this.query;
    const ok = await this.act(async () => {
      const d = this.desk.drafts.get<VisitDraft>(visit || '');
      if (!d) {
        await this.desk.edit(household, 'measure', id, patch, this.desk.core.baseOf(household));
        return;
      }
      const there = d.rows.find((r) => r.id === id);
      const row = { type: 'measure', id, patch: { ...(there ? there.patch : {}), ...patch, ...(patch.stage ? { resultVisit: d.id } : {}) }, line: this.data.line + '：记了情况' };
      this.desk.drafts.put(touched({ ...d, rows: d.rows.filter((r) => r.id !== id).concat(row) }, this.desk.platform.clock.now(), 'measure'));
    });
    if (ok) {
      this.screen.say('记下了');
      this.screen.back();
    }
  },
}));
