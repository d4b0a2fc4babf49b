import { dataOf, page } from '../../page';

Page(page({
  data: { title: '', cards: [] as { id: string; code: string; title: string; note: string }[] },

  draw() {
    return {
      title: this.desk.docs.booklet().title,
      cards: this.desk.cards().map((c) => ({ id: c.id, code: c.code || '', title: c.title || '', note: this.desk.cardText(c) === undefined ? '还没取来' : '' })),
    };
  },

  card(e: WechatMiniprogram.TouchEvent) {
    this.screen.open('/pages/booklet/card?code=' + dataOf(e).code);
  },
}));
