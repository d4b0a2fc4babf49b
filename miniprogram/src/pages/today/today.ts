import { FirstSync, HouseRow, Light, ReturnedRow } from '../../data/index';
import { dataOf, page, textOf } from '../../page';

/** Rows shown at once; more at a tap. */
const PART = 20;

Page(page({
  data: {
    light: { text: '', tone: 'slate', hint: '' } as Pick<Light, 'text' | 'tone' | 'hint'>, day: '', title: '', query: '', shown: PART, left: 0, none: '', noneNote: '',
    returned: [] as ReturnedRow[], open: [] as { id: string; household: string; head: string }[], rows: [] as HouseRow[],
    handovers: [] as { household: string; text: string }[], first: null as FirstSync | null,
  },

  draw() {
    const today = this.desk.todayView();
    const { query, shown } = this.data;
    const rows = query.trim() ? this.desk.households(query) : today.due;
    const first = this.desk.firstSync() || null;
    return {
      light: this.desk.light(), first, day: this.desk.dayTitle(), title: query.trim() ? '找到 ' + rows.length + ' 户' : first ? '已取到的' : today.title + (rows.length > 1 ? ' · 好久没去的在前' : ''),
      returned: today.returned, handovers: this.desk.handovers(), open: this.desk.openVisits(), rows: rows.slice(0, shown), left: Math.min(PART, rows.length - shown),
      none: this.desk.core.households().length > 0 ? '这段时间都去过了' : '还没有农户', noneNote: this.desk.core.households().length > 0 ? '要再记一次，请到“农户”里选。' : '有网时下拉一下，取来就能离线用。',
    };
  },

  search(e: WechatMiniprogram.CustomEvent) {
    this.setData({ query: textOf(e), shown: PART });
    this.redraw();
  },

  more() {
    this.setData({ shown: this.data.shown + PART });
    this.redraw();
  },

  onReachBottom() {
    this.more();
  },

  outbox() {
    this.screen.open('/pages/outbox/outbox');
  },

  correct(e: WechatMiniprogram.TouchEvent) {
    const { household, visit } = dataOf(e);
    this.screen.open('/pages/visit/write?household=' + household + '&visit=' + visit);
  },

  goOn(e: WechatMiniprogram.TouchEvent) {
    this.screen.open('/pages/visit/write?household=' + dataOf(e).id);
  },

  house(e: WechatMiniprogram.CustomEvent<{ id: string }>) {
    this.screen.open('/pages/household/show?id=' + e.detail.id);
  },

  visit(e: WechatMiniprogram.CustomEvent<{ id: string }>) {
    this.screen.open('/pages/visit/write?household=' + e.detail.id);
  },

  seen(e: WechatMiniprogram.TouchEvent) {
    return this.act(async () => {
      await this.desk.core.departedSeen(dataOf(e).id);
      this.redraw();
    });
  },

  choose() {
    this.screen.tab('/pages/household/list');
  },

  check() {
    this.screen.open('/packages/kit/road/check');
  },
}));
