import { Draft, Light, OutboxPart, OutboxRow } from '../../data/index';
import { dataOf, page, textOf } from '../../page';

interface Part extends OutboxPart {
  id: number;
  percent: number;
}

interface Row extends OutboxRow {
  /** Parts, where they say more than the row. */
  shown: Part[];
  photos: string[];
  /** Items that can be looked at, named where there are several. */
  looks: { n: number; text: string }[];
  acts: boolean;
}

function percentOf(text: string): number {
  const m = /(\d+)%/.exec(text);
  return m ? Number(m[1]) : 0;
}

function rowOf(r: OutboxRow): Row {
  const parts = r.parts.map((p, id) => ({ ...p, id, percent: percentOf(p.chip.text) }));
  const secret = r.key === 'private';
  const photos = parts.filter((p) => p.photo !== '' && p.chip.word === '退回').map((p) => p.photo);
  const whole = secret ? [] : parts.filter((p) => p.n > 0);
  const alike = (p: Part) => whole.filter((x) => x.name === p.name);
  const looks = whole.map((p) => ({ n: p.n, text: whole.length === 1 ? '看看' : '看' + p.name + (alike(p).length > 1 ? ' ' + (alike(p).indexOf(p) + 1) : '') }));
  return { ...r, shown: secret || parts.length < 2 ? [] : parts, photos, looks, acts: r.draft !== '' || r.correct !== '' || photos.length > 0 || looks.length > 0 };
}

Page(page({
  data: {
    light: { text: '', tone: 'slate', hint: '', unsent: 0, busy: false } as Omit<Light, 'returned' | 'drafts'>, relogin: false, conflicts: 0, rows: [] as Row[],
    n: 0, reason: '', lines: [] as { name: string; value: string }[], hasText: false, text: '', typing: '', state: '' as '' | 'unsent' | 'waiting' | 'returned',
  },

  draw() {
    return { light: this.desk.light(), relogin: this.desk.driver.lapsed, conflicts: this.desk.conflicts().length, rows: this.desk.outbox().map(rowOf) };
  },

  login() {
    this.screen.open('/pages/login/login');
  },

  openConflicts() {
    this.screen.open('/pages/conflict/pick');
  },

  resume(e: WechatMiniprogram.TouchEvent) {
    const d = this.desk.drafts.get<Draft & { row?: string; fresh?: boolean }>(dataOf(e).id);
    if (d && d.kind === 'visit') {
      this.screen.open('/pages/visit/write?household=' + d.household + '&visit=');
    } else if (d) {
      this.screen.open('/pages/record/edit?kind=' + d.kind + '&household=' + d.household + '&row=' + (d.fresh ? '' : d.row || ''));
    }
  },

  correct(e: WechatMiniprogram.TouchEvent) {
    const { id, household } = dataOf(e);
    this.screen.open('/pages/visit/write?household=' + household + '&visit=' + id);
  },

  retry(e: WechatMiniprogram.TouchEvent) {
    return this.act(() => this.desk.retry(dataOf(e).photo));
  },

  look(e: WechatMiniprogram.TouchEvent) {
    const n = Number(dataOf(e).n);
    const part = ([] as OutboxPart[]).concat(...this.data.rows.map((r) => r.parts)).find((p) => p.n === n);
    const c = this.desk.content(n);
    if (part && c) {
      this.setData({ n, reason: part.reason, lines: c.lines, hasText: c.text !== undefined && part.chip.word === '退回', text: c.text || '', typing: c.text || '', state: part.chip.word === '待传' ? 'unsent' : part.chip.word === '退回' ? 'returned' : 'waiting' });
    }
  },

  typed(e: WechatMiniprogram.CustomEvent) {
    this.setData({ typing: textOf(e) });
  },

  close() {
    this.setData({ n: 0 });
  },

  async resend() {
    const { n, hasText, typing } = this.data;
    if (await this.act(() => this.desk.resend(n, hasText ? typing.trim() : undefined))) {
      this.close();
    }
  },

  async dismiss() {
    if (await this.act(() => this.desk.core.dismiss(this.data.n))) {
      this.close();
      this.redraw();
    }
  },

  sync() {
    return this.desk.driver.pull();
  },

  async rescue() {
    await this.act(async () => {
      const r = await this.desk.rescue();
      const rest = r.more > 0 ? '还有 ' + r.more + ' 条没装下，请再导出一次。' : '';
      this.say('已导出 ' + r.changes + ' 条、照片 ' + r.photos.length + ' 张，请交给乡镇管理员导入。' + rest + '手机里的也先留着。' + (r.kept > 0 ? '农户说的话不在里面。' : ''));
    });
  },
}));
