import { Chip, HouseRow, MeasureView, MemberView, NeedView, VisitView, Weak } from '../../data/index';
import { dataOf, page, textOf } from '../../page';

/** Visits shown at once. */
const PART = 3;
const KINDS = ['看病', '上学', '住房', '饮水', '就业', '产业', '其他'];
const WAYS = ['上门', '入户讲解', '电话', '自取'];

Page(page({
  data: {
    there: false, row: { head: '', place: '' } as Partial<HouseRow>, marks: [] as Pick<Chip, 'text' | 'tone'>[], conflicts: 0, weak: [] as Weak[], needs: [] as NeedView[],
    measures: [] as MeasureView[], members: [] as MemberView[], visits: [] as VisitView[], shown: PART, older: 0, helpers: '', delivered: '',
    sheet: '' as '' | 'need' | 'delivery', needing: { id: '' } as Partial<NeedView>, words: '', kinds: KINDS, kind: '其他', ways: WAYS, way: '上门', mayDispatch: false, owner: '',
    answerers: [] as { user: string; name: string }[],
  },

  draw() {
    const h = this.desk.household(this.query.id);
    if (!h) {
      return { there: false };
    }
    const plain = [h.household.class || '', h.household.exit || '', h.household.watch || ''].filter((t) => t !== '').map((text) => ({ text, tone: 'slate' as const }));
    return {
      there: true, row: h.row, marks: plain.concat(h.risks.map((text) => ({ text, tone: 'amber' as never }))), conflicts: this.desk.conflicts().filter((c) => c.household === h.id).length,
      weak: h.weak, needs: h.needs, measures: h.measures, members: h.members, visits: h.visits.slice(0, this.data.shown), older: Math.min(PART, h.visits.length - this.data.shown),
      helpers: h.helpers.map((p) => (p.name || '') + (p.unit ? '（' + p.unit + '）' : '')).join('、'), delivered: this.desk.delivered(h.id), mayDispatch: this.desk.account.me.role === 'V',
    };
  },

  more() {
    this.setData({ shown: this.data.shown + PART });
    this.redraw();
  },

  call() {
    return this.act(() => this.desk.platform.host.call(this.data.row.phone as string));
  },

  card(e: WechatMiniprogram.TouchEvent) {
    this.screen.open('/pages/booklet/card?code=' + dataOf(e).code);
  },

  need(e: WechatMiniprogram.TouchEvent) {
    const needing = this.data.needs.find((n) => n.id === dataOf(e).id);
    this.setData({ sheet: 'need', needing: needing || { id: '' }, words: needing ? needing.answer : '', kind: '其他', owner: needing ? needing.owner : '', answerers: this.desk.answerers(this.query.id) });
    this.typing = this.data.words;
  },

  /** What is typed into the sheet; its input is not told it again. */
  typing: '',

  typed(e: WechatMiniprogram.CustomEvent) {
    this.typing = textOf(e);
  },

  pickKind(e: WechatMiniprogram.TouchEvent) {
    this.setData({ kind: dataOf(e).kind });
  },

  close() {
    this.setData({ sheet: '' });
  },

  async saveNeed() {
    const text = this.typing.trim();
    if (!text) {
      this.say('请写一句是什么难处。');
      return;
    }
    if (await this.act(() => this.desk.add(this.query.id, 'need', { text, kind: this.data.kind }))) {
      this.close();
    }
  },

  dispatch(e: WechatMiniprogram.TouchEvent) {
    const owner = dataOf(e).user;
    this.setData({ owner });
    return this.act(() => this.desk.edit(this.query.id, 'need', this.data.needing.id as string, { owner }, this.desk.core.baseOf(this.query.id)));
  },

  async answerNeed() {
    const answer = this.typing.trim();
    if (!answer) {
      this.say('请写一句答复。');
      return;
    }
    if (await this.act(() => this.desk.edit(this.query.id, 'need', this.data.needing.id as string, { answer }, this.desk.core.baseOf(this.query.id)))) {
      this.close();
    }
  },

  openDelivery() {
    this.setData({ sheet: 'delivery' });
  },

  pickWay(e: WechatMiniprogram.TouchEvent) {
    this.setData({ way: dataOf(e).way });
  },

  async deliver(e: WechatMiniprogram.TouchEvent) {
    if (await this.act(() => this.desk.deliver(this.query.id, this.data.way, dataOf(e).receipt as '' | '收到' | '没收到'))) {
      this.close();
    }
  },

  openConflicts() {
    this.screen.open('/pages/conflict/pick?household=' + this.query.id);
  },

  measure(e: WechatMiniprogram.TouchEvent) {
    this.screen.open('/pages/measure/follow?household=' + this.query.id + '&id=' + dataOf(e).id);
  },

  newMeasure() {
    this.screen.open('/pages/measure/write?household=' + this.query.id);
  },

  member(e: WechatMiniprogram.TouchEvent) {
    this.screen.open('/pages/record/edit?kind=member&household=' + this.query.id + '&row=' + (dataOf(e).id || ''));
  },

  edit() {
    this.screen.open('/pages/record/edit?kind=household&household=' + this.query.id + '&row=' + this.query.id);
  },

  correct(e: WechatMiniprogram.TouchEvent) {
    this.screen.open('/pages/visit/write?household=' + this.query.id + '&visit=' + dataOf(e).id);
  },

  visit() {
    this.screen.open('/pages/visit/write?household=' + this.query.id);
  },
}));
