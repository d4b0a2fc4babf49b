// Questions asked during a visit. They measure the explaining, not the person:
// what comes of them is which card to explain again.

import { answered, asking, Asking, Desk, Question, touched, VisitDraft, withAnswers } from '../../data/index';
import { dataOf, page, textOf } from '../../page';

function draftOf(desk: Desk, id: string): VisitDraft | undefined {
  return desk.drafts.get<VisitDraft>(id);
}

Page(page({
  data: {
    papers: [] as { id: string; title: string }[], form: '', at: 0, typed: '', progress: '', answered: 0, chosen: false,
    question: undefined as Question | undefined, topics: [] as Asking['topics'], again: [] as Asking['again'],
  },

  begin() {
    const papers = this.desk.quizzes();
    if (papers.length === 1) {
      this.setData({ form: papers[0].id });
    }
  },

  draw() {
    const papers = this.desk.quizzes().map((f) => ({ id: f.id, title: f.title || '' }));
    const form = this.desk.quizzes().find((f) => f.id === this.data.form);
    const paper = form && this.desk.paper(form);
    if (!paper) {
      return { papers };
    }
    const a = asking(paper, this.answers(), this.data.at, this.desk.cards());
    return { papers, progress: a.progress, question: a.question, topics: a.topics, again: a.again, answered: a.answered, chosen: a.question ? a.question.typed !== '' || a.question.options.some((o) => o.on) : false };
  },

  answers(): [string, VisitDraft['quizzes'][0]['answers'][0][1]][] {
    const d = draftOf(this.desk, this.query.visit);
    const there = d && d.quizzes.find((q) => q.form === this.data.form);
    return there ? there.answers : [];
  },

  async keep(value: string) {
    const d = draftOf(this.desk, this.query.visit);
    const q = this.data.question;
    if (!d || !q) {
      return;
    }
    const quizzes = withAnswers(d.quizzes, await this.desk.core.newID(), this.data.form, answered(this.answers(), q, value));
    this.desk.drafts.put(touched({ ...d, quizzes }, this.desk.platform.clock.now(), 'quiz'));
    this.redraw();
  },

  choose(e: WechatMiniprogram.TouchEvent) {
    this.setData({ form: dataOf(e).form, at: 0 });
    this.redraw();
  },

  async tick(e: WechatMiniprogram.TouchEvent) {
    const one = (this.data.question as Question).way === 'choose';
    await this.keep(dataOf(e).key);
    if (one) {
      this.next();
    }
  },

  typing(e: WechatMiniprogram.CustomEvent) {
    return this.keep(textOf(e));
  },

  go(at: number) {
    this.setData({ at });
    this.redraw();
    this.setData({ typed: this.data.question ? this.data.question.typed : '' });
  },

  next() {
    this.go(this.data.at + 1);
  },

  /** To the first question of a topic. */
  topic(e: WechatMiniprogram.TouchEvent) {
    this.go(Number(dataOf(e).at));
  },

  back() {
    this.go(this.data.at - 1);
  },

  card(e: WechatMiniprogram.TouchEvent) {
    this.screen.open('/pages/booklet/card?code=' + dataOf(e).code);
  },

  leaveQuiz() {
    this.screen.back();
  },
}));
