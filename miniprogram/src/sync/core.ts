// The phone's side of docs/sync-protocol.md: one account on one phone.

import { Exchange, SyncReport } from './exchange';
import { SyncError } from './errors';
import { budgetOf, eraseAll, Held, Options } from './held';
import { makeID } from './id';
import { baseOf, Entry, isWaiting, ItemState, makeItems, outcomeEntries, unsentEntries } from './outbox';
import { viewHouse, Shown } from './overlay';
import { decodeState, encodeItem, freshMeta, Gone, Item, key, Outcome } from './state';
import { Store, Writes } from './store';
import { Change, Patch, Row } from './types';
import { Files, NewUpload, UploadQueue } from './uploads';

const NO_FILES: Files = { open: () => ({ read: () => Promise.reject(new Error('no files')) }) };

export class SyncCore {
  readonly uploads: UploadQueue;
  private readonly exchange: Exchange;

  private constructor(private readonly held: Held) {
    const { transport, clock, files } = held.options;
    this.uploads = new UploadQueue(held.store, held.lock, transport, clock, files || NO_FILES, (p) => this.rowSent(p));
    this.exchange = new Exchange(held, () => this.uploads.list().forEach((u) => this.uploads.forget(u.photo)));
  }

  /** Opens the account's storage, finishing what a killed run left over. */
  static async open(options: Options): Promise<SyncCore> {
    const store = new Store(options.storage, options.account);
    let keys = await store.open();
    let state = decodeState(keys);
    if (state && state.meta.wipe === 2) {
      await eraseAll(store, options.onErase);
      keys = new Map();
      state = undefined;
    }
    if (!state) {
      const meta = freshMeta(await makeID(options.random), budgetOf(options).first);
      await store.commit(new Map([[key.meta, JSON.stringify(meta)]]));
      state = { meta, base: new Map(), staged: new Map(), outbox: [], linger: [], outcomes: [] };
    }
    const core = new SyncCore(new Held(options, store, state));
    core.uploads.load(keys);
    return core;
  }

  /** A new record id. */
  newID(): Promise<string> {
    return makeID(this.held.options.random);
  }

  /** The number a change to this household is based on; taken when a form is opened. */
  baseOf(household: string): number {
    return baseOf(this.held.state, household);
  }

  /**
   * Puts changes into the outbox, all or none. Resolves when storage has them;
   * rejects with a SyncError, and then nothing has changed.
   */
  save(changes: Change | Change[], uploads: NewUpload[] = []): Promise<number[]> {
    return this.held.lock.run(async () => {
      this.mustBeOpen();
      const items = makeItems(this.held.state, Array.isArray(changes) ? changes : [changes], this.held.now());
      const writes: Writes = new Map();
      items.forEach((i) => writes.set(key.item(i.n), encodeItem(i)));
      const queued = uploads.map((u) => this.uploads.prepare(writes, u));
      await this.held.store.commit(writes);
      this.append(items);
      queued.forEach((u) => this.uploads.queued(u));
      return items.map((i) => i.n);
    });
  }

  /** Sends a returned item again, with corrections, as a new change. */
  resend(n: number, fix: Patch = {}, newID = ''): Promise<void> {
    return this.held.lock.run(async () => {
      this.mustBeOpen();
      const o = this.outcome(n);
      if (!o || isWaiting(o.code)) {
        throw new SyncError('malformed');
      }
      const [, type, id, household, patch] = o.m;
      const change = { type, id: newID || id, household, patch: patch === null ? null : { ...patch, ...fix } };
      const [item] = makeItems(this.held.state, [change], this.held.now());
      const whole: Item = { ...item, fresh: item.fresh || o.fresh };
      await this.held.store.commit(new Map([[key.outcome(n), null], [key.item(whole.n), encodeItem(whole)]]));
      this.append([whole]);
      this.held.state = { ...this.held.state, outcomes: this.held.state.outcomes.filter((x) => x.n !== n) };
    });
  }

  /** Takes an item with an outcome off the list; the user has read it. */
  dismiss(n: number): Promise<void> {
    return this.held.lock.run(async () => {
      const o = this.outcome(n);
      if (!o) {
        return;
      }
      const writes: Writes = new Map([[key.outcome(n), null]]);
      const photo = o.m[1] === 'photo' && !isWaiting(o.code) ? o.m[2] : '';
      if (photo) {
        writes.set(key.upload(photo), null);
      }
      await this.held.store.commit(writes);
      this.held.state = { ...this.held.state, outcomes: this.held.state.outcomes.filter((x) => x.n !== n) };
      if (photo) {
        this.uploads.forget(photo);
      }
    });
  }

  /** Unsent items, oldest first. */
  outbox(): Entry[] {
    return unsentEntries(this.held.state);
  }

  /** Unsent items byte for byte as they would be sent, without their numbers. */
  unsentTexts(): { type: string; text: string }[] {
    return this.held.state.outbox.map((i) => ({ type: i.m[1], text: i.text }));
  }

  /** Items returned, or waiting at the township. */
  outcomes(): Entry[] {
    return outcomeEntries(this.held.state);
  }

  /** State of the newest change to a row: 已送达 when nothing of it waits. */
  stateOf(type: string, id: string): ItemState | '已送达' {
    const own = this.outbox().concat(this.outcomes()).filter((e) => e.type === type && e.id === id);
    const newest = own.reduce((m, e) => (m && m.n > e.n ? m : e), own[0]);
    return newest ? newest.state : '已送达';
  }

  /** Ids of the households held, the pseudo-household included. */
  households(): string[] {
    return this.held.hidden() ? [] : Array.from(this.held.state.base.keys());
  }

  /** Rows of one type in one household as shown: base with the outbox on top. */
  rows(household: string, type: string): Shown[] {
    const byID = this.house(household).get(type);
    return byID ? Array.from(byID.values()) : [];
  }

  /** Everything of one household as shown. */
  house(household: string): Map<string, Map<string, Shown>> {
    return this.held.hidden() ? new Map() : viewHouse(this.held.state, this.held.options.tables, this.held.options.me, household);
  }

  row(household: string, type: string, id: string): Shown | undefined {
    const byID = this.house(household).get(type);
    return byID && byID.get(id);
  }

  /** Rows of a common type (cards, forms), from every township held. */
  common(type: string): Row[] {
    const out: Row[] = [];
    if (!this.held.hidden()) {
      this.held.state.base.forEach((h) => (h.rows.get(type) || new Map<string, Row>()).forEach((r) => out.push(r)));
    }
    return out;
  }

  /** Base rows of a household without the outbox: what the server is known to have. */
  base(household: string): { s: number; rows: { [type: string]: Row[] } } | undefined {
    const h = this.held.state.base.get(household);
    if (!h) {
      return undefined;
    }
    const rows: { [type: string]: Row[] } = {};
    h.rows.forEach((byID, type) => {
      rows[type] = Array.from(byID.values());
    });
    return { s: h.s, rows };
  }

  /** Households that passed to someone else and of which the user has not been told. */
  departed(): Gone[] {
    return this.held.state.meta.gone.filter((g) => !g.seen);
  }

  /** The user has been told. */
  departedSeen(household: string): Promise<void> {
    return this.held.lock.run(async () => {
      const gone = this.held.state.meta.gone.map((g) => (g.household === household ? { ...g, seen: true } : g));
      const meta = { ...this.held.state.meta, gone };
      await this.held.store.commit(new Map([[key.meta, JSON.stringify(meta)]]));
      this.held.state = { ...this.held.state, meta };
    });
  }

  /** An erase was ordered: nothing of the account is shown or taken any more. */
  wiping(): boolean {
    return this.held.hidden();
  }

  /** The server's time now, as far as the phone knows, Unix ms. */
  serverNow(): number {
    return this.held.serverNow();
  }

  /** How far a first round is: households and rows that are here, the township's own left out, and households to come (0 = not known). */
  progress(): { households: number; rows: number; left: number } {
    const out = { households: 0, rows: 0, left: this.held.state.meta.left || 0 };
    this.held.state.base.forEach((h, id) => {
      const own = h.rows.get('household');
      const row = own && own.get(id);
      out.households += row && row.kind === 'township' ? 0 : 1;
      h.rows.forEach((byID) => {
        out.rows += byID.size;
      });
    });
    return out;
  }

  /** For tests and the trouble page: name, cursor and numbers. */
  facts(): { client: string; cursor: string; acked: number; round: boolean; staged: number; shut: string } {
    const { client, cursor, acked, round, shut } = this.held.state.meta;
    return { client, cursor, acked: acked[0], round, staged: this.held.state.staged.size, shut };
  }

  /** Asks whether there is anything, and syncs when there is or when work waits. */
  poll(): Promise<SyncReport> {
    return this.exchange.poll();
  }

  /** Pushes and pulls until both are done or the link fails. A second call joins the first. */
  sync(): Promise<SyncReport> {
    return this.exchange.sync();
  }

  /** Gives up the request under way (the platform never called back): its answer is dropped if it still comes. */
  abandon(): void {
    this.exchange.abandon();
  }

  private append(items: Item[]): void {
    const last = items[items.length - 1];
    if (last) {
      const meta = { ...this.held.state.meta, n: last.n, lastMs: last.m[5] };
      this.held.state = { ...this.held.state, meta, outbox: this.held.state.outbox.concat(items) };
    }
  }

  private outcome(n: number): Outcome | undefined {
    return this.held.state.outcomes.find((o) => o.n === n);
  }

  private mustBeOpen(): void {
    if (this.held.hidden()) {
      throw new SyncError('wiped');
    }
  }

  private rowSent(photo: string): boolean {
    const names = (m: { m: Item['m'] }) => m.m[1] === 'photo' && m.m[2] === photo;
    return !this.held.state.outbox.some(names) && !this.held.state.outcomes.some((o) => names(o) && !isWaiting(o.code));
  }
}
