// Who runs the product, where to complain, what becomes of one's data, and
// which version this is. Open to everyone, without a link too.

import { page } from '../../../page';

const UNTOLD = '还没有填写';

Page(page({
  open: true,
  data: { operator: UNTOLD, filing: UNTOLD, hotline: '', server: '', version: '', reason: '', role: '', update: false },

  async begin() {
    try {
      const a = await this.phone.about();
      this.setData({ operator: a.operator || UNTOLD, filing: a.filing || UNTOLD, hotline: a.hotline, server: a.version });
    } catch (e) {
      this.setData({ reason: e instanceof Error ? e.message : String(e) });
    }
  },

  draw() {
    const { desk } = this;
    return { version: this.phone.platform.host.version(), role: desk ? desk.account.me.role : '', update: desk !== undefined && desk.driver.trouble === 'update' };
  },

  call() {
    return this.act(() => this.phone.platform.host.call(this.data.hotline));
  },

  privacy() {
    return this.act(() => this.phone.platform.host.openPrivacy());
  },

  speak() {
    this.screen.open('/packages/home/say/say?what=' + encodeURIComponent('投诉'));
  },

  async leaveNow() {
    await this.act(() => this.phone.logout());
  },
}));
