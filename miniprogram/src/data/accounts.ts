// Who uses this phone. Each account has a store of its own; the list names
// them, their sessions and who is at it now. One key, so every change is whole.

import { Login, Me } from '../api/shapes';
import { SyncError } from '../sync/errors';
import { Storage } from '../sync/types';

const KEY = 'a';

export interface Account {
  me: Me;
  /** "" = logged out; what is unsent stays. */
  token: string;
  untilAt: number;
  /** How it logs in: with the messenger it does so again by itself. */
  by: 'wechat' | 'card' | 'password';
}

interface Kept {
  /** User id; "" = nobody. */
  current: string;
  list: Account[];
}

export class Accounts {
  private constructor(private readonly storage: Storage, private kept: Kept) {}

  static async open(storage: Storage): Promise<Accounts> {
    const text = await storage.get(KEY);
    return new Accounts(storage, text ? (JSON.parse(text) as Kept) : { current: '', list: [] });
  }

  all(): Account[] {
    return this.kept.list.slice();
  }

  current(): Account | undefined {
    return this.of(this.kept.current);
  }

  of(user: string): Account | undefined {
    return this.kept.list.find((a) => a.me.user === user);
  }

  /** Takes a log-in; the account is the current one from now on. */
  take(l: Login, by: Account['by']): Promise<void> {
    const a: Account = { me: l.me, token: l.token, untilAt: l.untilAt, by };
    return this.keep({ current: l.me.user, list: [a].concat(this.kept.list.filter((x) => x.me.user !== l.me.user)) });
  }

  /** A new session of an account that is there; who is current stays. */
  renew(l: Login): Promise<void> {
    return this.keep({ ...this.kept, list: this.kept.list.map((a) => (a.me.user === l.me.user ? { ...a, me: l.me, token: l.token, untilAt: l.untilAt } : a)) });
  }

  select(user: string): Promise<void> {
    return this.keep({ ...this.kept, current: this.of(user) ? user : '' });
  }

  /** Ends the session here; what the account holds stays on the phone. */
  leave(user: string): Promise<void> {
    const list = this.kept.list.map((a) => (a.me.user === user ? { ...a, token: '', untilAt: 0 } : a));
    return this.keep({ current: this.kept.current === user ? '' : this.kept.current, list });
  }

  /** The account is erased. */
  forget(user: string): Promise<void> {
    return this.keep({ current: this.kept.current === user ? '' : this.kept.current, list: this.kept.list.filter((a) => a.me.user !== user) });
  }

  private async keep(next: Kept): Promise<void> {
    try {
      await this.storage.set(KEY, JSON.stringify(next));
    } catch (e) {
      throw new SyncError('storage', e);
    }
    this.kept = next;
  }
}
