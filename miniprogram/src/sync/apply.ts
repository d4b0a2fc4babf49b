// One answer turned into one atomic change. Pure: the state handed in is never
// touched, so a commit that fails leaves everything as it was.

import { baseOf, isWaiting } from './outbox';
import { baseRow } from './overlay';
import { ackedAfter, Sent } from './request';
import { canonical, patched, typeOf } from './row';
import {
  encodeHouse, encodeItems, encodeOutcome, encodeStage, Gone, House, Item, key, Outcome, outboxWrites, Stage, State,
} from './state';
import { Writes } from './store';
import { Answer, HouseholdPart, OwnRow, Result, Row, RowOrGone, Tables } from './types';

/** A household that left this phone with an answer. */
export interface Left {
  household: string;
  to: string;
  /** Items of it that are still on their way. */
  unsent: number;
}

/** What one answer does. */
export interface Plan {
  state: State;
  writes: Writes;
  left: Left[];
  /** Mutations acknowledged. */
  acked: number;
  /** Outcomes that are new. */
  outcomes: Outcome[];
}

/** What apply needs beside state and answer. */
export interface Frame {
  tables: Tables;
  /** User id written as author of own rows; "" for a household's login. */
  me: string;
  /** The phone's clock, Unix ms. */
  now: number;
}

class Applier {
  readonly writes: Writes = new Map();
  private next: State;
  private readonly houses = new Set<string>();
  private readonly stages = new Set<string>();
  private readonly left: Left[] = [];
  private readonly outcomes: Outcome[] = [];
  /** Items of this request that took effect as they were. */
  private readonly applied = new Set<number>();
  private broken = false;

  constructor(
    private readonly was: State,
    private readonly sent: Sent,
    private readonly answer: Answer,
    private readonly frame: Frame,
  ) {
    this.next = { ...was, meta: { ...was.meta }, base: new Map(was.base), staged: new Map(was.staged) };
  }

  run(): Plan {
    const acked = this.acknowledge();
    const own = this.ownRows(this.sent.items.slice(0, acked));
    this.remove();
    for (const part of this.answer.households || []) {
      this.part(part);
    }
    own.forEach((o) => this.putOwn(o));
    this.finish();
    this.write();
    return { state: this.next, writes: this.writes, left: this.left, acked, outcomes: this.outcomes };
  }

  private serverNow(): number {
    return this.answer.now === undefined ? this.frame.now + this.was.meta.skew : this.answer.now;
  }

  /** Takes acknowledged items out of the outbox; nothing else ever does. */
  private acknowledge(): number {
    const last = this.answer.last === undefined ? 0 : this.answer.last;
    const k = Math.max(0, Math.min(this.sent.items.length, last - this.sent.first + 1));
    if (k === 0) {
      return 0;
    }
    const items = this.sent.items.slice(0, k);
    const results = new Map<number, Result>();
    for (const r of this.answer.results || []) {
      results.set(r[0], r);
    }
    const keep: Item[] = [];
    const show: Item[] = [];
    items.forEach((item, i) => {
      const r = results.get(this.sent.first + i);
      const code = r ? r[1] : '';
      if (code === '' || code === 'late') {
        show.push({ ...item, keep: this.comesLater(item) });
        this.applied.add(item.n);
      } else {
        this.outcome(item, r as Result);
      }
      if (code === '' || code === 'late' || isWaiting(code)) {
        keep.push(item);
      }
    });
    const done = new Set(items.map((i) => i.n));
    this.next.outbox = this.was.outbox.filter((i) => !done.has(i.n));
    this.next.linger = this.was.linger.concat(show.filter((i) => !i.again));
    this.next.meta.acked = ackedAfter(this.sent, k);
    this.next.meta.lastMs = Math.max(this.was.meta.lastMs, items[k - 1].m[5]);
    if (keep.length > 0) {
      this.writes.set(key.journal(this.serverNow(), keep[0].n), encodeItems(keep));
    }
    return k;
  }

  /**
   * The request that did the work lost its answer in the middle of a round:
   * repeated, it is told no own row, and the round's top is older than the
   * work. Only the next round brings it.
   */
  private comesLater(item: Item): boolean {
    return this.was.meta.round && !(this.answer.own || []).some((o) => o[0] === item.m[1] && o[1] === item.m[2]);
  }

  private outcome(item: Item, r: Result): void {
    const o: Outcome = {
      n: item.n, text: item.text, m: item.m, fresh: item.fresh,
      code: r[1], reason: r[2] || '', ref: r[3] || '', at: this.serverNow(),
    };
    this.outcomes.push(o);
    this.writes.set(key.outcome(o.n), encodeOutcome(o));
  }

  private remove(): void {
    for (const [household, to] of this.answer.removed || []) {
      const h = this.next.base.get(household);
      if (this.next.staged.delete(household)) {
        this.stages.add(household);
      }
      if (!h) {
        continue;
      }
      this.next.base.delete(household);
      this.houses.add(household);
      // The township's pseudo-household comes and goes without a word.
      const own = baseRow(h.rows, 'household', household);
      const quiet = own !== undefined && own.kind === 'township';
      const gone: Gone = { household, s: h.s, base: baseOf(this.was, household), to: to || '', at: this.serverNow(), seen: quiet };
      this.next.meta.gone = this.next.meta.gone.filter((g) => g.household !== household).concat(gone);
      const unsent = this.next.outbox.filter((i) => i.m[3] === household).length;
      if (!quiet) {
        this.left.push({ household, to: to || '', unsent });
      }
    }
  }

  /** One household of the answer: all its rows, or one of several parts. */
  private part(p: HouseholdPart): void {
    const before = this.next.staged.get(p.id);
    if (p.cont && !before) {
      // The beginning is missing: never guess, ask by digest.
      this.broken = true;
      return;
    }
    const full = p.full === true || (p.cont === true && before !== undefined && before.full);
    const rows: Map<string, Map<string, RowOrGone>> = new Map();
    if (p.cont && before) {
      before.rows.forEach((byID, type) => rows.set(type, new Map(byID)));
    }
    const given = p.rows || {};
    for (const type of Object.keys(given)) {
      const byID = rows.get(type) || new Map<string, RowOrGone>();
      rows.set(type, byID);
      for (const r of given[type]) {
        byID.set(r.id, r);
      }
    }
    if (p.more) {
      this.next.staged.set(p.id, { s: p.s, full, rows });
      this.stages.add(p.id);
      return;
    }
    if (this.next.staged.delete(p.id)) {
      this.stages.add(p.id);
    }
    this.takeEffect(p.id, { s: p.s, full, rows });
  }

  private takeEffect(id: string, st: Stage): void {
    const before = this.next.base.get(id);
    if (!before && !st.full) {
      this.broken = true;
    }
    const rows: House['rows'] = new Map();
    if (before && !st.full) {
      before.rows.forEach((byID, type) => rows.set(type, new Map(byID)));
    }
    st.rows.forEach((byID, type) => {
      const into = rows.get(type) || new Map<string, Row>();
      rows.set(type, into);
      byID.forEach((r, rid) => {
        if ((r as { del?: 1 }).del) {
          into.delete(rid);
        } else {
          into.set(rid, r as Row);
        }
      });
    });
    this.next.base.set(id, { s: st.s, top: Math.max(this.roundTop(st.s), before ? before.top : 0), rows });
    this.houses.add(id);
    if (this.next.meta.gone.some((g) => g.household === id)) {
      this.next.meta.gone = this.next.meta.gone.filter((g) => g.household !== id);
    }
  }

  /** What a household that is whole with this answer is as new as. */
  private roundTop(space: number): number {
    for (const [s, seq] of this.answer.tops || []) {
      if (s === space) {
        return seq;
      }
    }
    return 0;
  }

  /** Own rows, composed from the rows held before this answer. */
  private ownRows(items: Item[]): { type: string; id: string; household: string; row: Row | null }[] {
    return (this.answer.own || []).map(([type, id, household, set, whole]: OwnRow) => {
      if (set === null) {
        return { type, id, household, row: null };
      }
      const def = typeOf(this.frame.tables, type);
      if (whole) {
        return { type, id, household, row: canonical(def, { ...(set as Row), id }) };
      }
      const mine = items.filter((i) => i.m[1] === type && i.m[2] === id && this.applied.has(i.n));
      // A row made by this very request begins empty, whatever an earlier life of it left here.
      const held = mine.some((i) => i.fresh) ? undefined : this.heldRow(household, type, id);
      let row = held || this.bornRow(id);
      for (const i of mine) {
        row = i.m[4] === null ? this.bornRow(id) : patched(def, row, i.m[4]);
      }
      return { type, id, household, row: patched(def, row, set) };
    });
  }

  private bornRow(id: string): Row {
    return this.frame.me ? { id, by: this.frame.me } : { id };
  }

  private heldRow(household: string, type: string, id: string): Row | undefined {
    const h = this.was.base.get(household);
    const held = h && baseRow(h.rows, type, id);
    if (held) {
      return held;
    }
    const st = this.was.staged.get(household);
    const byID = st && st.rows.get(type);
    const r = byID && byID.get(id);
    return r && !(r as { del?: 1 }).del ? (r as Row) : undefined;
  }

  private putOwn(o: { type: string; id: string; household: string; row: Row | null }): void {
    const h = this.next.base.get(o.household);
    if (h) {
      const rows = new Map(h.rows);
      const byID = new Map(rows.get(o.type) || []);
      if (o.row) {
        byID.set(o.id, o.row);
      } else {
        byID.delete(o.id);
      }
      rows.set(o.type, byID);
      this.next.base.set(o.household, { s: h.s, top: h.top, rows });
      this.houses.add(o.household);
      // The row holds all of it now: an older write still laid over it would hide a newer one.
      this.next.linger = this.next.linger.filter((i) => i.m[1] !== o.type || i.m[2] !== o.id);
    }
    const st = this.next.staged.get(o.household);
    if (st) {
      const rows = new Map(st.rows);
      const byID = new Map(rows.get(o.type) || []);
      byID.set(o.id, o.row || { id: o.id, del: 1 });
      rows.set(o.type, byID);
      this.next.staged.set(o.household, { s: st.s, full: st.full, rows });
      this.stages.add(o.household);
    }
  }

  /** Cursor, tops and flags. */
  private finish(): void {
    const a = this.answer;
    const meta = this.next.meta;
    const tops = new Map(meta.tops);
    for (const [s, seq, done] of a.tops || []) {
      // While a space's round is unfinished, only the households fetched in it are that new.
      if (done !== 0) {
        tops.set(s, seq);
      }
    }
    meta.tops = Array.from(tops);
    meta.skew = a.now === undefined ? meta.skew : a.now - this.frame.now;
    meta.shut = a.ended ? 'ended' : a.update ? 'update' : '';
    if (a.wipe && meta.wipe === 0) {
      meta.wipe = 1;
    }
    const served = !a.reconcile && !a.update && !a.ended && !a.wipe;
    if (a.reconcile) {
      this.startOver();
    } else if (a.cursor !== undefined) {
      meta.cursor = a.cursor;
      meta.round = a.more === true;
    }
    meta.left = served && a.more ? a.left || 0 : 0;
    if (served && !a.more) {
      this.endRound();
    }
    if (this.broken) {
      this.startOver();
    }
  }

  /** The round is over: everything acknowledged before it is in the base rows now. */
  private endRound(): void {
    const meta = this.next.meta;
    this.next.linger = this.next.linger.filter((i) => i.keep).map((i) => ({ ...i, keep: false }));
    // What was fetched whole needs no check for a day.
    meta.checkedAt = meta.checkedAt || this.serverNow();
    // After a restore the re-offered rows are looked at once more.
    if (this.sent.digests && !this.sent.items.some((i) => i.again)) {
      meta.check = false;
      meta.checkedAt = this.serverNow();
    }
    // A large household that left our hands halfway.
    this.next.staged.forEach((_st, id) => this.stages.add(id));
    this.next.staged.clear();
  }

  private startOver(): void {
    const meta = this.next.meta;
    meta.cursor = '';
    meta.check = true;
    meta.round = false;
    this.next.staged.forEach((_st, id) => this.stages.add(id));
    this.next.staged.clear();
  }

  private write(): void {
    this.houses.forEach((id) => {
      const h = this.next.base.get(id);
      this.writes.set(key.house(id), h ? encodeHouse(h) : null);
    });
    this.stages.forEach((id) => {
      const st = this.next.staged.get(id);
      this.writes.set(key.stage(id), st ? encodeStage(st) : null);
    });
    if (this.next.outbox !== this.was.outbox) {
      outboxWrites(this.writes, this.was.outbox, this.next.outbox);
    }
    if (this.next.linger.length > 0 || this.was.linger.length > 0) {
      this.writes.set(key.linger, this.next.linger.length > 0 ? encodeItems(this.next.linger) : null);
    }
    if (this.outcomes.length > 0) {
      this.next.outcomes = this.was.outcomes.concat(this.outcomes);
    }
    this.writes.set(key.meta, JSON.stringify(this.next.meta));
  }
}

/** What an answer to `sent` makes of the state. Not for `newClient` (see reconcile.ts). */
export function applyAnswer(state: State, sent: Sent, answer: Answer, frame: Frame): Plan {
  return new Applier(state, sent, answer, frame).run();
}
