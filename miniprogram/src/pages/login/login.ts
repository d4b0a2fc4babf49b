import { Desk, Login, needsBinding } from '../../data/index';
import { dataOf, homeOf, page, textOf } from '../../page';

type Mode = '' | 'bind' | 'card' | 'password';

Page(page({
  open: true,
  data: {
    mode: '' as Mode, busy: false, reason: '', farewell: '', bind: '', card: '', pin: '', name: '', password: '',
    accounts: [] as { user: string; name: string; note: string }[],
  },

  begin() {
    if (this.query.card) {
      this.setData({ mode: 'card', card: this.query.card });
    }
  },

  draw() {
    const note = (a: Login) => (this.lapsed(a) ? '登录过期了，点一下重新登录' : a.token ? '点一下就能接着用' : '已退出，资料还在');
    return { farewell: this.phone.farewell, accounts: this.phone.list().map((a) => ({ user: a.me.user, name: a.me.name, note: note(a) })) };
  },

  /** Whether the server has ended the session of who is at the phone now. */
  lapsed(a: Login): boolean {
    const desk = this.phone.desk();
    return desk !== undefined && desk.me === a.me.user && desk.driver.lapsed;
  },

  choose(e: WechatMiniprogram.TouchEvent) {
    this.setData({ mode: dataOf(e).mode as Mode, reason: '' });
  },

  typed(e: WechatMiniprogram.CustomEvent) {
    this.setData({ [dataOf(e).field]: textOf(e), reason: '' });
  },

  wechat() {
    return this.enter(() => this.phone.loginWeChat(this.data.mode === 'bind' ? this.data.bind.trim() : ''));
  },

  /** The messenger's answer to the button for the telephone number; without a code the user said no, or it knows none. */
  async number(e: WechatMiniprogram.CustomEvent<{ code?: string }>) {
    const { code } = e.detail;
    if (!code) {
      this.setData({ reason: '没有拿到手机号。可以再点一次，或者输绑定码。' });
      return;
    }
    await this.enter(() => this.phone.loginPhone(code));
  },

  /** The code on a paper of the township. */
  async scan() {
    await this.act(async () => {
      this.setData({ bind: (await this.phone.platform.host.scan()).trim() });
      await this.wechat();
    });
  },

  enterCard() {
    return this.enter(() => this.phone.loginCard(this.data.card.trim(), this.data.pin));
  },

  enterPassword() {
    return this.enter(() => this.phone.loginPassword(this.data.name.trim(), this.data.password));
  },

  /** An account of this phone: its store opens without a link; an ended session is asked for after. */
  async resume(e: WechatMiniprogram.TouchEvent) {
    const user = dataOf(e).user;
    const a = this.phone.list().find((x) => x.me.user === user) as Login;
    if (a.token && !this.lapsed(a)) {
      await this.act(() => this.phone.switchTo(user));
      this.home();
    } else if (a.by === 'wechat') {
      await this.wechat();
    } else {
      this.setData({ mode: a.by, reason: '' });
    }
  },

  async enter(login: () => Promise<Desk>) {
    if (this.data.busy) {
      return;
    }
    this.setData({ busy: true, reason: '' });
    try {
      await login();
      this.home();
    } catch (e) {
      const text = e instanceof Error ? e.message : String(e);
      if (needsBinding(e) && this.data.mode === '') {
        this.setData({ mode: 'bind' });
      } else if (this.data.mode === '') {
        this.say(text);
      } else {
        this.setData({ reason: text });
      }
    } finally {
      this.setData({ busy: false });
    }
  },

  home() {
    const desk = this.phone.desk();
    if (desk) {
      this.screen.restart(homeOf(desk.account.me.role));
    }
  },
}));
