// The loop of requests: one under way at a time, each answer stored whole
// before the next is asked for.

import { applyAnswer, Left, Plan } from './apply';
import { header, readAnswer, readProblem } from './answer';
import { SyncError } from './errors';
import { budgetOf, eraseAll, Held } from './held';
import { makeID } from './id';
import { MAX_COUNT } from './outbox';
import { renamed, reoffer } from './reconcile';
import { buildRequest, HEADERS, pollPath, Sent } from './request';
import { decodeItems, encodeOutcome, Item, journalAt, journalKeys, key, Outcome } from './state';
import { Writes } from './store';
import { Answer, HttpRequest, HttpResponse } from './types';

const DAY = 86400000;
/** The journal serves a server restored from a backup. */
const JOURNAL_MS = 30 * DAY;
/** Late work is judged for 30 days after an assignment ended; twice that is kept. */
const GONE_MS = 60 * DAY;
/** An answer within this time lets the next one be larger. */
const QUICK_MS = 4000;
/** Requests of one sync() before something must be wrong with the server. */
const MAX_TURNS = 2000;
/** New names and new starts one sync() accepts. */
const MAX_RESTARTS = 4;

/** How a sync ended. */
export type SyncState =
  | 'done' // nothing left to send or to fetch
  | 'offline' // no answer; everything is kept and sent again next time
  | 'busy' // the server asks to come back later
  | 'login' // log in again
  | 'refused' // the server refuses this phone's requests as such
  | 'update' // the app is too old: work was taken, nothing was fetched
  | 'ended' // the session was ended and may only hand in its work
  | 'disabled' // the same, because the account is out of use
  | 'wiped' // everything of this account is gone from the phone
  | 'storage' // the phone's storage failed; the state is the one before
  | 'stuck' // the server answers without getting on
  | 'abandoned'; // given up by abandon()

export interface SyncReport {
  state: SyncState;
  /** Sentence of the server or the phone, may be "". */
  reason: string;
  /** Seconds until the next poll makes sense; 0 = not told. */
  next: number;
  requests: number;
  acked: number;
  /** Households that passed to someone else, to be told to the user. */
  left: Left[];
  /** Items returned, or waiting at the township, by this sync. */
  outcomes: Outcome[];
}

type Reply =
  | { kind: 'answer'; answer: Answer; ms: number }
  | { kind: 'refused'; code: string; detail: string }
  | { kind: 'stop'; state: SyncState; reason: string; next: number };

export class Exchange {
  private generation = 0;
  private running: Promise<SyncReport> | null = null;
  private giveUp: (() => void) | null = null;
  /** Mutations the next request may carry; lower while a refused one is looked for. */
  private limit = MAX_COUNT;
  /** A request without mutations went through since a single one was refused. */
  private probed = false;

  constructor(
    private readonly held: Held,
    /** Called when the account is erased. */
    private readonly erased: () => void,
  ) {}

  /** Asks whether there is anything, and syncs when there is or when work waits. */
  poll(): Promise<SyncReport> {
    const { meta, outbox } = this.held.state;
    if (this.running || outbox.length > 0 || meta.round || meta.cursor === '' || meta.check || this.checkDue()) {
      return this.sync();
    }
    return this.start(true);
  }

  /** Pushes and pulls until both are done or the link fails. A second call joins the first. */
  sync(): Promise<SyncReport> {
    return this.start(false);
  }

  private start(ask: boolean): Promise<SyncReport> {
    if (!this.running) {
      const mine = this.run(++this.generation, ask).finally(() => {
        if (this.running === mine) {
          this.running = null;
        }
      });
      this.running = mine;
    }
    return this.running;
  }

  /** Gives up the request under way (the platform never called back): its answer is dropped if it still comes. */
  abandon(): void {
    this.generation++;
    this.running = null;
    if (this.giveUp) {
      this.giveUp();
    }
  }

  private async run(generation: number, ask: boolean): Promise<SyncReport> {
    const total = report('done', '', 0);
    if (this.held.state.meta.wipe === 2) {
      return { ...total, state: 'wiped' };
    }
    let restarts = 0;
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      // In the lock: a commit under way, even one of a request given up, comes first.
      const sent = await this.held.lock.run(async () => this.build(ask && turn === 0));
      if (generation !== this.generation) {
        return { ...total, state: 'abandoned' };
      }
      const wiping = this.held.state.meta.wipe === 1;
      total.requests++;
      const reply = await this.exchange(sent);
      if (generation !== this.generation) {
        return { ...total, state: 'abandoned' };
      }
      let end: SyncState | 'on' | 'restart';
      try {
        end = await this.settle(sent, reply, wiping, total, generation);
      } catch (e) {
        const why = e instanceof SyncError ? e.message : '';
        if (!(e instanceof SyncError)) {
          throw e;
        }
        return { ...total, state: 'storage', reason: why };
      }
      if (end === 'restart' && ++restarts > MAX_RESTARTS) {
        end = 'stuck';
      }
      if (end !== 'on' && end !== 'restart') {
        return { ...total, state: end };
      }
    }
    return { ...total, state: 'stuck' };
  }

  private build(ask: boolean): Sent {
    if (ask) {
      return { body: '', items: [], first: this.held.state.meta.acked[0] + 1, digests: false, poll: pollPath(this.held.state, this.held.options.tables.schema) };
    }
    if (this.checkDue()) {
      this.held.state = { ...this.held.state, meta: { ...this.held.state.meta, check: true } };
    }
    return buildRequest(this.held.state, this.held.options.tables.schema, this.limit);
  }

  /** One request and what it means. Never rejects. */
  private async exchange(sent: Sent): Promise<Reply> {
    const began = this.held.now();
    let quit: () => void = () => undefined;
    const gone = new Promise<null>((resolve) => {
      quit = () => resolve(null);
    });
    this.giveUp = quit;
    let r: HttpResponse | null;
    try {
      r = await Promise.race([this.held.options.transport.send(requestOf(sent)), gone]);
    } catch (e) {
      if (e && (e as { timeout?: unknown }).timeout === true) {
        this.budget((b, min) => Math.max(min, b >> 1));
        if (sent.items.length > 1) { // what is sent may be what was too much
          this.limit = sent.items.length >> 1;
        }
      }
      return { kind: 'stop', state: 'offline', reason: '', next: 0 };
    } finally {
      if (this.giveUp === quit) {
        this.giveUp = null;
      }
    }
    if (r === null) {
      return { kind: 'stop', state: 'abandoned', reason: '', next: 0 };
    }
    if (r.status === 204 && sent.poll !== undefined) {
      return { kind: 'stop', state: 'done', reason: '', next: 0 };
    }
    if (r.status === 200) {
      const answer = readAnswer(r);
      return answer ? { kind: 'answer', answer, ms: this.held.now() - began } : { kind: 'stop', state: 'offline', reason: '', next: 0 };
    }
    if (r.status === 400 || r.status === 413 || r.status === 422) {
      return { kind: 'refused', ...readProblem(r) };
    }
    const stop = stopOf(r);
    return { kind: 'stop', state: stop.state, reason: stop.reason, next: stop.next };
  }

  private async settle(sent: Sent, reply: Reply, wiping: boolean, total: SyncReport, generation: number): Promise<SyncState | 'on' | 'restart'> {
    switch (reply.kind) {
      case 'stop':
        total.reason = reply.reason;
        total.next = reply.next;
        return reply.state;
      case 'refused':
        return this.halve(sent, reply, total, generation);
      default:
    }
    const { answer, ms } = reply;
    if (answer.newClient) {
      await this.rename(answer.newClient, generation);
      return 'restart';
    }
    const plan = await this.take(sent, answer, generation);
    if (!plan) {
      return 'abandoned';
    }
    if (ms < QUICK_MS) {
      this.budget((b, _min, max) => Math.min(max, b + (b >> 1)));
    }
    this.widen(sent);
    total.acked += plan.acked;
    total.next = answer.next || 0;
    total.left = total.left.concat(plan.left);
    total.outcomes = total.outcomes.concat(plan.outcomes);
    return this.onward(sent, answer, plan, wiping);
  }

  /** Whether to ask again at once. */
  private async onward(sent: Sent, answer: Answer, plan: Plan, wiping: boolean): Promise<SyncState | 'on' | 'restart'> {
    const { meta, outbox } = this.held.state;
    const waiting = outbox.length > 0;
    // Mutations went out and none was taken: asking again would not help.
    const moved = plan.acked > 0 || sent.items.length === 0;
    if (meta.wipe === 1) {
      if (waiting && (!wiping || plan.acked > 0)) {
        return 'on';
      }
      await this.erase();
      return 'wiped';
    }
    if (answer.ended || answer.update) {
      return waiting && moved ? 'on' : answer.disabled ? 'disabled' : answer.ended ? 'ended' : 'update';
    }
    if (answer.reconcile || (meta.check && meta.cursor === '')) {
      return 'restart';
    }
    if (answer.more) {
      return 'on';
    }
    if (!waiting) {
      return 'done';
    }
    return moved ? 'on' : 'stuck';
  }

  /** Stores what an answer changes, at once. Undefined when the request was given up meanwhile. */
  private take(sent: Sent, answer: Answer, generation: number): Promise<Plan | undefined> {
    return this.held.lock.run(async () => {
      if (generation !== this.generation) {
        return undefined;
      }
      const plan = applyAnswer(this.held.state, sent, answer, { tables: this.held.options.tables, me: this.held.options.me, now: this.held.now() });
      if (this.restored(answer)) {
        await this.replay(plan);
      }
      this.prune(plan);
      await this.held.store.commit(plan.writes);
      this.held.state = plan.state;
      return plan;
    });
  }

  /**
   * The server lost work of ours: it says so, or it has consumed less than it
   * once acknowledged.
   */
  private restored(a: Answer): boolean {
    if (a.ended || a.update || a.wipe) {
      return false;
    }
    const epoch = a.epoch !== undefined && a.epoch !== false && a.epoch !== 0 && a.reconcile === true;
    return epoch || (a.last !== undefined && a.last < this.held.state.meta.acked[0]);
  }

  private async replay(plan: Plan): Promise<void> {
    const client = await makeID(this.held.options.random);
    // What this very answer acknowledged counts too: the server may be restored
    // once more before anything else is heard of it.
    const now = journalKeys(plan.writes.keys());
    const keys = journalKeys(this.held.store.keys());
    const texts = (await this.held.store.read(keys)).concat(now.map((k) => plan.writes.get(k) || ''));
    const journal = texts.filter((t) => t !== '').reduce((all, t) => all.concat(decodeItems(t)), [] as Item[]);
    now.forEach((k) => plan.writes.delete(k));
    plan.state = reoffer(plan.state, plan.writes, client, journal, keys);
  }

  private prune(plan: Plan): void {
    const now = this.held.now() + plan.state.meta.skew;
    for (const k of journalKeys(this.held.store.keys())) {
      if (journalAt(k) < now - JOURNAL_MS) {
        plan.writes.set(k, null);
      }
    }
    const gone = plan.state.meta.gone.filter((g) => g.at > now - GONE_MS);
    if (gone.length !== plan.state.meta.gone.length) {
      plan.state = { ...plan.state, meta: { ...plan.state.meta, gone } };
      plan.writes.set(key.meta, JSON.stringify(plan.state.meta));
    }
  }

  /** The whole request was refused: look for the one that is to blame. */
  private async halve(sent: Sent, r: { code: string; detail: string }, total: SyncReport, generation: number): Promise<SyncState | 'on' | 'restart'> {
    const n = sent.items.length;
    if (n > 1) {
      this.limit = n >> 1;
      return 'on';
    }
    if (n === 1 && !this.probed) {
      // Is it the mutation, or would anything be refused? Ask with nothing.
      this.limit = 0;
      return 'on';
    }
    if (n === 0) {
      this.limit = MAX_COUNT;
      total.reason = r.detail;
      return 'refused';
    }
    this.probed = false;
    const o = await this.isolate(sent.items[0], r, generation);
    if (!o) {
      return 'abandoned';
    }
    total.outcomes = total.outcomes.concat(o);
    return 'on';
  }

  private widen(sent: Sent): void {
    if (this.limit === 0) {
      this.limit = 1;
      this.probed = true;
    } else if (sent.items.length > 0) {
      this.limit = Math.min(MAX_COUNT, this.limit * 2);
      this.probed = false;
    }
  }

  /**
   * Moves a mutation that is refused as a request to "returned". The numbers
   * after it would shift, and a number must never be used for two texts under
   * one name: so the phone takes a new name.
   */
  private isolate(item: Item, r: { code: string; detail: string }, generation: number): Promise<Outcome | undefined> {
    return this.held.lock.run(async () => {
      if (generation !== this.generation) {
        return undefined;
      }
      const client = await makeID(this.held.options.random);
      const o: Outcome = {
        n: item.n, text: item.text, m: item.m, fresh: item.fresh, code: r.code || 'bad-request',
        reason: r.detail || '服务器无法收下这一条，内容已为您留着。', ref: '', at: this.held.serverNow(),
      };
      const writes: Writes = new Map([[key.item(item.n), null], [key.outcome(item.n), encodeOutcome(o)]]);
      const next = renamed(this.held.state, writes, client);
      await this.held.store.commit(writes);
      this.held.state = { ...next, outbox: next.outbox.filter((i) => i.n !== item.n), outcomes: next.outcomes.concat(o) };
      return o;
    });
  }

  private rename(client: string, generation: number): Promise<void> {
    return this.held.lock.run(async () => {
      if (generation === this.generation) {
        const writes: Writes = new Map();
        const next = renamed(this.held.state, writes, client);
        await this.held.store.commit(writes);
        this.held.state = next;
      }
    });
  }

  private erase(): Promise<void> {
    return this.held.lock.run(async () => {
      const meta = { ...this.held.state.meta, wipe: 2 as const };
      await this.held.store.commit(new Map([[key.meta, JSON.stringify(meta)]]));
      this.held.state = { meta, base: new Map(), staged: new Map(), outbox: [], linger: [], outcomes: [] };
      this.erased();
      await eraseAll(this.held.store, this.held.options.onErase);
    });
  }

  private checkDue(): boolean {
    const { meta, base } = this.held.state;
    return !meta.check && !meta.round && meta.cursor !== '' && base.size > 0 && Math.abs(this.held.serverNow() - meta.checkedAt) > DAY;
  }

  private budget(next: (budget: number, min: number, max: number) => number): void {
    const { min, max } = budgetOf(this.held.options);
    this.held.state = { ...this.held.state, meta: { ...this.held.state.meta, budget: next(this.held.state.meta.budget, min, max) } };
  }
}

function requestOf(sent: Sent): HttpRequest {
  return sent.poll === undefined
    ? { method: 'POST', path: '/api/v1/sync', headers: HEADERS, body: sent.body }
    : { method: 'GET', path: sent.poll, headers: {} };
}

function report(state: SyncState, reason: string, next: number): SyncReport {
  return { state, reason, next, requests: 0, acked: 0, left: [], outcomes: [] };
}

/** What an answer that is not 200 means for the sync as a whole. */
function stopOf(r: HttpResponse): SyncReport {
  const { detail } = readProblem(r);
  if (r.status === 401) {
    return report('login', detail, 0);
  }
  if (r.status === 429 || r.status >= 500) {
    return report('busy', detail, Number(header(r, 'Retry-After')) || 0);
  }
  if (r.status === 408 || r.status < 400) {
    return report('offline', '', 0);
  }
  return report('refused', detail, 0);
}
