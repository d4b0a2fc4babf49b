import { ConflictView } from '../../data/index';
import { dataOf, page } from '../../page';

type CardView = Pick<ConflictView, 'id' | 'name' | 'words' | 'who'> & { head: string };

Page(page({
  data: { phone: '', cards: [] as CardView[] },

  draw() {
    const { household } = this.query;
    const one = household ? this.desk.row(household) : undefined;
    const cards = this.desk.conflicts().filter((c) => !household || c.household === household).map((c): CardView => {
      const row = this.desk.row(c.household);
      return { id: c.id, head: row ? row.head : '', name: c.name, words: c.words, who: c.who };
    });
    return { cards, phone: one ? one.phone : '' };
  },

  pick(e: WechatMiniprogram.TouchEvent) {
    const { id, whose } = dataOf(e);
    return this.act(async () => {
      const c = this.desk.conflicts().find((x) => x.id === id);
      if (c) {
        await this.desk.pick(c, whose as 'mine' | 'theirs');
      }
    });
  },

  call() {
    return this.act(() => this.desk.platform.host.call(this.data.phone));
  },
}));
