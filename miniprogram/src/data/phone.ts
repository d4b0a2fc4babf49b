// The phone as a whole: who uses it, and the desk of who is at it now.

import { Api } from '../api/calls';
import { ApiError, Link } from '../api/link';
import { About, Login } from '../api/shapes';
import { Platform } from '../platform/types';
import { Account, Accounts } from './accounts';
import { Bell } from './bell';
import { Desk } from './desk';
import { migrate } from './disk';

export class Phone {
  private desk_: Desk | undefined;
  private link_: Link | undefined;
  /** Why nobody is logged in any more, where the user did not ask for it; "" = no such thing. */
  farewell = '';

  private constructor(readonly platform: Platform, private readonly server: string, private readonly accounts: Accounts, private readonly bell: Bell) {
    platform.signals.onShow(() => this.shown());
    platform.signals.onHide(() => this.hidden());
    platform.signals.onNetwork((online) => this.desk_ && this.desk_.driver.network(online));
  }

  /** Opens what the phone holds; needs no network. Rejects with NewerStore or a SyncError. */
  static async open(platform: Platform, server: string): Promise<Phone> {
    await migrate(platform.storage);
    const phone = new Phone(platform, server, await Accounts.open(platform.storage), new Bell());
    const now = phone.accounts.current();
    if (now) {
      await phone.sit(now);
    }
    return phone;
  }

  /** Called after every change of what is shown; the function returned ends it. */
  subscribe(fn: () => void): () => void {
    return this.bell.listen(fn);
  }

  /** Undefined = nobody is logged in. */
  desk(): Desk | undefined {
    return this.desk_;
  }

  list(): Account[] {
    return this.accounts.all();
  }

  /** bind = the one-time code of the township, the first time. Rejects with an ApiError. */
  async loginWeChat(bind = ''): Promise<Desk> {
    return this.enter(await this.open().loginWeChat(await this.platform.host.loginCode(), bind), 'wechat');
  }

  /** phone = what the messenger's button for the telephone number gave. Rejects with an ApiError. */
  async loginPhone(phone: string): Promise<Desk> {
    return this.enter(await this.open().loginPhone(await this.platform.host.loginCode(), phone), 'wechat');
  }

  async loginCard(card: string, pin: string): Promise<Desk> {
    return this.enter(await this.open().loginCard(card, pin), 'card');
  }

  async loginPassword(name: string, password: string): Promise<Desk> {
    return this.enter(await this.open().loginPassword(name, password), 'password');
  }

  /** To another account of this phone; works offline. */
  async switchTo(user: string): Promise<void> {
    await this.accounts.select(user);
    const a = this.accounts.current();
    this.rise();
    if (a) {
      await this.sit(a);
    }
    this.bell.ring();
  }

  /** Ends the session; what is unsent stays and goes out after the next log-in. */
  async logout(): Promise<void> {
    const a = this.accounts.current();
    if (!a || !this.desk_) {
      return;
    }
    await this.desk_.api.logout().catch(() => undefined);
    this.rise();
    await this.accounts.leave(a.me.user);
    this.bell.ring();
  }

  /** Who runs the server; needs nobody to be logged in. */
  about(): Promise<About> {
    return this.open().about();
  }

  private open(): Api {
    return new Api(new Link(this.platform.http, this.server, () => ''));
  }

  private async enter(l: Login, by: Account['by']): Promise<Desk> {
    await this.accounts.take(l, by);
    this.farewell = '';
    this.rise();
    const desk = await this.sit(this.accounts.current() as Account);
    this.bell.ring();
    return desk;
  }

  private async sit(a: Account): Promise<Desk> {
    const user = a.me.user;
    const link = new Link(this.platform.http, this.server, () => (this.accounts.of(user) || { token: '' }).token);
    const desk = await Desk.open(this.platform, a, link, this.bell, { relogin: () => this.relogin(a), wiped: () => this.wiped(user) });
    this.link_ = link;
    this.desk_ = desk;
    desk.driver.kick();
    return desk;
  }

  private rise(): void {
    if (this.desk_) {
      this.desk_.close();
    }
    this.desk_ = undefined;
    this.link_ = undefined;
  }

  /** With the messenger's account a session is renewed without asking, and only of the same user. */
  private async relogin(a: Account): Promise<boolean> {
    if (a.by !== 'wechat') {
      return false;
    }
    try {
      const l = await this.open().loginWeChat(await this.platform.host.loginCode());
      if (l.me.user !== a.me.user) {
        return false;
      }
      await this.accounts.renew(l);
      return true;
    } catch {
      return false;
    }
  }

  private async wiped(user: string): Promise<void> {
    this.rise();
    this.farewell = '按乡镇的要求，这个账号在这部手机上的资料已清除。要再用，请问乡镇管理员。';
    await this.accounts.forget(user);
    this.bell.ring();
  }

  private shown(): void {
    if (this.link_ && this.desk_) {
      this.link_.background(false);
      this.desk_.driver.show();
    }
  }

  private hidden(): void {
    if (this.link_ && this.desk_) {
      this.desk_.driver.hide();
      this.link_.background(true);
    }
  }
}

/** Whether a log-in failed because the WeChat account belongs to nobody yet: a one-time code is asked for. */
export function needsBinding(e: unknown): boolean {
  return e instanceof ApiError && e.code === 'unbound';
}
