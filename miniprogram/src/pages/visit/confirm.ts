// The phone is handed to the household. What it says is sealed at once; the
// page cannot be opened again for this visit and shows nothing of it.

import { VisitDraft } from '../../data/index';
import { dataOf, page, textOf } from '../../page';

type Answer = '来过' | '没来过' | '有事';

Page(page({
  data: { head: '', who: '', day: '', answer: '' as Answer | '', text: '', done: false },

  draw() {
    const { household, visit } = this.query;
    const d = this.desk.drafts.get<VisitDraft>(visit);
    const row = this.desk.row(household);
    return { head: row ? row.head : '', who: this.desk.account.me.name, day: d ? this.desk.dayWords(d.day) : '', done: this.desk.visits.confirmed(household, visit) };
  },

  choose(e: WechatMiniprogram.TouchEvent) {
    const answer = dataOf(e).answer as Answer;
    this.setData({ answer });
    if (answer === '来过') {
      return this.seal();
    }
    return undefined;
  },

  again() {
    this.setData({ answer: '', text: '' });
  },

  typed(e: WechatMiniprogram.CustomEvent) {
    this.setData({ text: textOf(e) });
  },

  async seal() {
    const { answer, text } = this.data;
    if (answer && (await this.act(() => this.desk.visits.confirm(this.query.household, this.query.visit, answer, text)))) {
      this.setData({ answer: '', text: '', done: true });
    }
  },

  giveBack() {
    this.screen.back();
  },
}));
