// A household's own page: who helps, what came, who was there, the booklet.

import { CallerView, HelperView, HelpView, Light, SaidView } from '../../../data/index';
import { dataOf, page } from '../../../page';

Page(page({
  data: {
    head: '', helpers: [] as HelperView[], helps: [] as HelpView[], visits: [] as CallerView[], said: [] as SaidView[],
    cards: [] as { code: string; title: string }[], draft: '', waiting: '', light: { text: '', tone: 'slate' } as Pick<Light, 'text' | 'tone'>, ratings: ['满意', '基本满意', '不满意'],
  },

  draw() {
    const { desk } = this;
    const light = desk.light();
    const draft = desk.drafts.all().some((d) => d.kind === 'say');
    return {
      ...desk.home.view(desk.today(), desk.docs.calendar()), cards: desk.cards().map((c) => ({ code: c.code || '', title: c.title || '' })),
      draft: draft ? '您上次写了一半，接着写' : '说一句，5 个工作日内答复', waiting: light.unsent > 0 ? '您说的 ' + light.unsent + ' 条还在手机里，有网就送到。' : '', light,
    };
  },

  call(e: WechatMiniprogram.TouchEvent) {
    return this.act(() => this.desk.platform.host.call(dataOf(e).phone));
  },

  async answer(e: WechatMiniprogram.TouchEvent) {
    const { visit, answer } = dataOf(e);
    if (await this.act(() => this.desk.home.confirm(visit, answer as '来过' | '没来过' | '有事'))) {
      this.say(answer === '有事' ? '记下了。有什么事，请在“我有难处”里说。' : '记下了，谢谢您。');
    }
  },

  async came(e: WechatMiniprogram.TouchEvent) {
    const { measure, came } = dataOf(e);
    if (await this.act(() => this.desk.home.arrived(measure, came === 'yes'))) {
      this.say(came === 'yes' ? '记下了，谢谢您。' : '记下了，镇里会去查。');
    }
  },

  async rate(e: WechatMiniprogram.TouchEvent) {
    await this.act(() => this.desk.home.rate(dataOf(e).need, dataOf(e).rating));
  },

  card(e: WechatMiniprogram.TouchEvent) {
    this.screen.open('/pages/booklet/card?code=' + dataOf(e).code);
  },

  speak(e: WechatMiniprogram.TouchEvent) {
    this.screen.open('/packages/home/say/say?what=' + encodeURIComponent(dataOf(e).what));
  },

  looks() {
    this.screen.open('/packages/home/looks/looks');
  },

  about() {
    this.screen.open('/packages/home/about/about');
  },

  async leaveNow() {
    await this.act(() => this.phone.logout());
  },
}));
