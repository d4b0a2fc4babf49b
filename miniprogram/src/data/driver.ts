// When the phone syncs: on show, on network change, after each save, on
// pull-down, and when the server said to ask again. Never in the background:
// there the platform cuts requests and stops scripts.

import { Timer } from '../platform/types';
import { SyncCore } from '../sync/core';
import { SyncReport } from '../sync/exchange';

/** What keeps work from arriving; "" = nothing. */
export type Trouble = '' | 'login' | 'update' | 'ended' | 'disabled' | 'storage' | 'refused' | 'busy';

export interface Around {
  /** The role holds households on its phone; others ask the server as they go. */
  syncs: boolean;
  timer: Timer;
  /** Logs in again without the user; false = the user has to. */
  relogin(): Promise<boolean>;
  /** A sync ended well: everything but photos is acknowledged. */
  synced(report: SyncReport): Promise<void>;
  wiped(): Promise<void>;
  changed(): void;
}

const FIRST_RETRY = 15;
const LAST_RETRY = 300;

export class Driver {
  online = true;
  busy: '' | 'sync' | 'photos' = '';
  trouble: Trouble = '';
  /** The server's or the phone's sentence about the trouble. */
  reason = '';
  /** The last attempt found no link. */
  cut = false;
  private awake = true;
  private closed = false;
  private again = false;
  private running: Promise<void> | null = null;
  private cancel: (() => void) | null = null;
  private retry = FIRST_RETRY;

  constructor(private readonly core: SyncCore, private readonly around: Around) {}

  /** The session is over: the user can log in again. */
  get lapsed(): boolean {
    return this.trouble === 'login' || this.trouble === 'ended';
  }

  /** Something was saved, or there may be news. */
  kick(): void {
    void this.pull();
  }

  /** Syncs now and resolves when it ended; the states say how. */
  pull(): Promise<void> {
    if (!this.awake || this.closed || !this.around.syncs) {
      return Promise.resolve();
    }
    if (this.running) {
      this.again = true;
      return this.running;
    }
    this.unplan();
    const mine = this.drain().finally(() => {
      this.running = null;
      this.busy = '';
      this.around.changed();
    });
    this.running = mine;
    return mine;
  }

  show(): void {
    this.awake = true;
    // A request of before is not to be waited for: the platform may never call back.
    if (this.running && this.busy === 'sync') {
      this.core.abandon();
      this.again = true;
    }
    this.kick();
  }

  hide(): void {
    this.awake = false;
    this.unplan();
  }

  network(online: boolean): void {
    // An app that was opened without a link was never told that it has none.
    const back = online && (!this.online || this.cut);
    this.online = online;
    this.around.changed();
    if (back) {
      this.kick();
    }
  }

  /** Another account takes over, or the app ends. */
  close(): void {
    this.closed = true;
    this.unplan();
    this.core.abandon();
  }

  private async drain(): Promise<void> {
    do {
      this.again = false;
      await this.once();
    } while (this.again && this.awake && !this.closed);
  }

  private async once(): Promise<void> {
    this.busy = 'sync';
    this.around.changed();
    let r = await this.core.poll();
    if (r.state === 'login' && (await this.around.relogin())) {
      r = await this.core.sync();
    }
    if (r.state === 'abandoned' || this.closed) {
      return;
    }
    this.read(r);
    if (r.state === 'wiped') {
      this.closed = true;
      await this.around.wiped();
      return;
    }
    if (r.state === 'done' || r.state === 'ended' || r.state === 'disabled' || r.state === 'update') {
      await this.photos();
    }
    if (r.state === 'done') {
      await this.around.synced(r);
    }
    this.plan(r);
  }

  private read(r: SyncReport): void {
    this.cut = r.state === 'offline';
    this.reason = r.reason;
    switch (r.state) {
      case 'login': case 'update': case 'ended': case 'disabled': case 'storage': case 'refused': case 'busy':
        this.trouble = r.state;
        return;
      case 'stuck':
        this.trouble = 'busy';
        return;
      case 'offline':
        return;
      default:
        this.trouble = '';
    }
  }

  private async photos(): Promise<void> {
    if (!this.core.uploads.list().some((u) => u.failed === '')) {
      return;
    }
    this.busy = 'photos';
    this.around.changed();
    const end = await this.core.uploads.run();
    if (end === 'login') {
      this.trouble = 'login';
    } else if (end === 'storage') {
      this.trouble = 'storage';
    } else {
      this.cut = end === 'offline';
    }
  }

  private plan(r: SyncReport): void {
    this.unplan();
    const failed = this.cut || this.trouble === 'busy';
    const wait = failed ? Math.max(r.next, this.retry) : r.next;
    this.retry = failed ? Math.min(LAST_RETRY, this.retry * 2) : FIRST_RETRY;
    if (wait > 0 && this.awake && !this.closed) {
      this.cancel = this.around.timer.after(wait * 1000, () => this.kick());
    }
  }

  private unplan(): void {
    if (this.cancel) {
      this.cancel();
      this.cancel = null;
    }
  }
}
