import { HouseRow } from '../../data/index';
import { dataOf, page, textOf } from '../../page';

/** Rows shown at once; more at a tap. */
const PART = 20;

Page(page({
  data: { query: '', village: '', shown: PART, left: 0, total: 0, villages: [] as { code: string; name: string }[], rows: [] as HouseRow[] },

  draw() {
    const { query, village, shown } = this.data;
    const rows = this.desk.households(query, village);
    const villages = this.desk.villages();
    return {
      rows: rows.slice(0, shown), left: Math.min(PART, rows.length - shown), total: rows.length,
      villages: villages.length > 1 ? [{ code: '', name: '全部' }].concat(villages) : [],
    };
  },

  search(e: WechatMiniprogram.CustomEvent) {
    this.setData({ query: textOf(e), shown: PART });
    this.redraw();
  },

  choose(e: WechatMiniprogram.TouchEvent) {
    this.setData({ village: dataOf(e).code, shown: PART });
    this.redraw();
  },

  more() {
    this.setData({ shown: this.data.shown + PART });
    this.redraw();
  },

  onReachBottom() {
    this.more();
  },

  house(e: WechatMiniprogram.CustomEvent<{ id: string }>) {
    this.screen.open('/pages/household/show?id=' + e.detail.id);
  },

  visit(e: WechatMiniprogram.CustomEvent<{ id: string }>) {
    this.screen.open('/pages/visit/write?household=' + e.detail.id);
  },
}));
