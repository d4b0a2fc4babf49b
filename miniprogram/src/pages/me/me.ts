import { Light, Reminder } from '../../data/index';
import { page, ROLES } from '../../page';

Page(page({
  data: {
    name: '', role: '', waiting: '', notices: '', relogin: false, reminders: [] as Reminder[], leaving: false,
    light: { text: '', tone: 'slate', hint: '' } as Pick<Light, 'text' | 'tone' | 'hint'>,
  },

  async begin() {
    this.setData({ reminders: await this.desk.reminders() });
  },

  draw() {
    const { me } = this.desk.account;
    const light = this.desk.light();
    const notices = this.desk.notices().length;
    return {
      name: me.name, role: ROLES[me.role], light, waiting: light.unsent > 0 ? ' ' + light.unsent + ' 条' : '', notices: notices > 0 ? notices + ' 条' : '',
      relogin: this.desk.driver.lapsed,
    };
  },

  outbox() {
    this.screen.open('/pages/outbox/outbox');
  },

  check() {
    this.screen.open('/packages/kit/road/check');
  },

  openNotices() {
    this.screen.open('/packages/kit/notice/list');
  },

  about() {
    this.screen.open('/packages/home/about/about');
  },

  /** From a tap only; the server counts what was granted. */
  async askReminders() {
    await this.act(async () => {
      const n = await this.desk.askReminders(this.data.reminders);
      this.say(n > 0 ? '好，退回时会提醒您。' : '没有允许提醒，不要紧，退回的都在“今天”最上面。');
    });
  },

  others() {
    this.screen.open('/pages/login/login');
  },

  askLeave() {
    this.setData({ leaving: true });
  },

  stay() {
    this.setData({ leaving: false });
  },

  async leaveNow() {
    await this.act(() => this.phone.logout());
  },
}));
