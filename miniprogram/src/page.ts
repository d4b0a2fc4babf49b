// What every page is made of: it shows what the desk says, is drawn again
// after each change while it is in front, and keeps nothing of its own.

import { Desk, Phone, Role } from './data/index';
import { Screen } from './platform/types';
import { difference } from './difference';
import { Privacy } from './privacy';

/** The app as pages see it. */
export interface Shell {
  /** Rejects with a NewerStore or SyncError when the phone's store cannot be opened. */
  ready: Promise<Phone>;
  screen: Screen;
  privacy: Privacy;
}

/** Data that every page has. */
export interface Common {
  /** Class of the page: "care" with large letters of the system. */
  care: string;
  /** Sentence shown for a moment; "" = none. */
  toast: string;
  /** The phone is open and the page has been drawn. */
  ready: boolean;
}

/** What a page may use of itself besides its own functions. */
export interface Seat {
  phone: Phone;
  /** Of who is logged in; pages that need nobody must not use it. */
  desk: Desk;
  screen: Screen;
  query: { [name: string]: string };
  /** Shows what draw gives now. */
  redraw(): void;
  say(sentence: string): void;
  /** Does something; what it rejects with is said. False = it failed. */
  act(work: () => void | Promise<unknown>): Promise<boolean>;
}

/** Kept on the instance and not shown. */
interface Inside {
  end?: () => void;
  hush?: () => void;
  begun?: boolean;
  front?: boolean;
}

export interface Life {
  /** The page needs nobody to be logged in. */
  open?: boolean;
  /** Once, when the phone is open. */
  begin?(): void | Promise<void>;
  /** What to show. */
  draw?(): object;
  /** The page is no longer in front. */
  leave?(): void;
}

type Own<V, M> = { data: V } & M & Life;
type Bag = WechatMiniprogram.IAnyObject;
export type PageThis<V extends Bag, M extends Bag> = WechatMiniprogram.Page.Instance<V & Common, M & Seat>;

/** A scale from which the letters count as large: WeChat's steps are 0.9, 1, 1.1, 1.2, 1.3 and more. */
const CARE_FROM = 1.25;

/** The first page of app.json. */
const FIRST = 'pages/today/today';

/** Options for Page from what is the page's own. */
export function page<V extends Bag, M extends Bag>(own: Own<V, M> & ThisType<PageThis<V, M>>): WechatMiniprogram.Page.Options<V & Common, M & Seat> {
  const { open, begin, draw, leave, data, ...rest } = own as unknown as Own<V, Bag>;
  const made = {
    ...rest,
    data: { ...data, care: '', toast: '', ready: false },

    onLoad(this: Face, query: { [name: string]: string | undefined }) {
      this.query = {};
      Object.keys(query || {}).forEach((k) => {
        this.query[k] = decodeURIComponent(query[k] || '');
      });
      this.screen = getApp<Shell>().screen;
    },

    async onShow(this: Face) {
      this.front = true;
      let phone: Phone;
      try {
        phone = await getApp<Shell>().ready;
      } catch (e) {
        this.screen.restart('/pages/stop/stop?why=' + encodeURIComponent(e instanceof Error ? e.message : String(e)));
        return;
      }
      this.phone = phone;
      if (!this.front) {
        return;
      }
      this.end = phone.subscribe(() => this.redraw());
      if (this.mayShow(open) && !this.begun) {
        this.begun = true;
        await this.act(() => begin && begin.call(this));
      }
      this.redraw();
    },

    onHide(this: Face) {
      this.unwatch();
    },

    onUnload(this: Face) {
      this.unwatch();
    },

    async onPullDownRefresh(this: Face) {
      await (this.desk ? this.desk.driver.pull() : Promise.resolve());
      this.screen.pulled();
    },

    /** Whether the page may be shown; who is not logged in is led to the log-in. */
    mayShow(this: Face, anyone?: boolean): boolean {
      this.desk = this.phone.desk() as Desk;
      if (!this.desk && !anyone) {
        this.unwatch();
        this.screen.restart('/pages/login/login');
      }
      // The app begins at the cadre's first page; others are led to theirs.
      if (this.desk && this.route === FIRST && homeOf(this.desk.account.me.role) !== '/' + FIRST) {
        this.unwatch();
        this.screen.restart(homeOf(this.desk.account.me.role));
        return false;
      }
      return this.desk !== undefined || anyone === true;
    },

    /** Large letters: the system's are, or a household reads. */
    large(this: Face): boolean {
      return this.phone.platform.host.fontScale() >= CARE_FROM || (this.desk !== undefined && this.desk.account.me.role === 'H');
    },

    redraw(this: Face) {
      if (!this.front || !this.phone || !this.mayShow(open)) {
        return;
      }
      const next = { ...(draw ? draw.call(this) : {}), ready: true, care: this.large() ? 'care' : '' };
      const change = difference(this.data, next);
      if (Object.keys(change).length > 0) {
        this.setData(change);
      }
    },

    unwatch(this: Face) {
      if (this.front && this.phone && leave) {
        leave.call(this);
      }
      this.front = false;
      if (this.end) {
        this.end();
      }
      this.end = undefined;
    },

    say(this: Face, toast: string) {
      this.setData({ toast });
      if (this.hush) {
        this.hush();
      }
      // Long enough to be read: 5 signs a second and a breath.
      this.hush = this.phone.platform.timer.after(1500 + toast.length * 200, () => this.setData({ toast: '' }));
    },

    async act(this: Face, work: () => void | Promise<unknown>): Promise<boolean> {
      try {
        await work();
        return true;
      } catch (e) {
        this.say(e instanceof Error && e.message ? e.message : String(e));
        return false;
      }
    },
  };
  return made as unknown as WechatMiniprogram.Page.Options<V & Common, M & Seat>;
}

type Face = WechatMiniprogram.Page.Instance<Bag, Bag> & Seat & Inside & { mayShow(anyone?: boolean): boolean; unwatch(): void; large(): boolean };

/** What a tap carries: data-… of the element it was bound to. */
export function dataOf(e: { currentTarget: { dataset: object } }): { [name: string]: string } {
  return e.currentTarget.dataset as { [name: string]: string };
}

/** The text of an input's event. */
export function textOf(e: { detail: unknown }): string {
  return String((e.detail as { value?: unknown }).value || '');
}

/** What a role is called. */
export const ROLES: { readonly [role in Role]: string } = { H: '农户', C: '帮扶干部', V: '村干部', T: '乡镇管理员', K: '县级管理员', A: '审计' };

/** The page a role begins at. */
export function homeOf(role: Role): string {
  switch (role) {
    case 'H':
      return '/packages/home/my/my';
    case 'T':
      return '/packages/admin/inbox/inbox';
    case 'C':
    case 'V':
      return '/' + FIRST;
    default:
      return '/packages/home/about/about';
  }
}
