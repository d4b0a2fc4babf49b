// Making mutations and telling what state each is in.

import { SyncError } from './errors';
import { utf8Length } from './hash';
import { wellFormed, wellFormedPatch } from './row';
import { Item, itemOf, Outcome, State } from './state';
import { Change, Mutation } from './types';
import { viewRow } from './overlay';

/** A request carries at most this many mutations … */
export const MAX_COUNT = 100;
/** … and this many bytes of them. */
export const MAX_BYTES = 64 << 10;
/** One change may be this long, so that it fits a request with room to spare. */
const MAX_CHANGE = 60000;

/**
 * The number the phone holds for the household's space. For a household that
 * has passed to someone else it is the number held while it was still there:
 * the server judges the change by the assignment of that moment.
 */
export function baseOf(state: State, household: string): number {
  const h = state.base.get(household);
  if (!h) {
    for (const g of state.meta.gone) {
      if (g.household === household) {
        return g.base;
      }
    }
    return 0;
  }
  return Math.max(h.top, topOf(state, h.s));
}

export function topOf(state: State, space: number): number {
  for (const [s, seq] of state.meta.tops) {
    if (s === space) {
      return seq;
    }
  }
  return 0;
}

/** A device time that no other mutation of this phone has: the server tells edits apart by it. */
function deviceMs(state: State, taken: Set<number>, now: number): number {
  let ms = Math.floor(now);
  if (ms <= state.meta.lastMs && state.meta.lastMs - ms < 1000) {
    ms = state.meta.lastMs + 1;
  }
  while (taken.has(ms)) {
    ms++;
  }
  return ms;
}

/** Turns changes into outbox items, in order. Rejects what could never be sent. */
export function makeItems(state: State, changes: Change[], now: number): Item[] {
  const taken = new Set(state.outbox.map((i) => i.m[5]));
  const made = new Set<string>();
  let n = state.meta.n;
  return changes.map((c) => {
    if (!c.type || !c.id || !c.household || (c.patch !== null && typeof c.patch !== 'object')) {
      throw new SyncError('malformed');
    }
    const patch = c.patch === null ? null : wellFormedPatch(c.patch);
    const ms = deviceMs(state, taken, now);
    taken.add(ms);
    const base = c.base === undefined ? baseOf(state, c.household) : c.base;
    const m: Mutation = [base, c.type, wellFormed(c.id), wellFormed(c.household), patch, ms];
    if (c.reason) {
      m.push(wellFormed(c.reason));
    }
    const text = JSON.stringify(m);
    if (utf8Length(text) > MAX_CHANGE) {
      throw new SyncError('too-large');
    }
    const name = c.type + '/' + c.id;
    const fresh = patch !== null && !made.has(name) && !viewRow(state, c.household, c.type, c.id) && !pendingFresh(state, c);
    made.add(name);
    return itemOf(++n, text, fresh, false);
  });
}

/** Whether an unsent item already makes this row (the household may no longer be shown). */
function pendingFresh(state: State, c: Change): boolean {
  return state.outbox.some((i) => i.fresh && i.m[1] === c.type && i.m[2] === c.id);
}

/** How many items from the front fit one request. */
export function fitting(outbox: Item[], limit: number): number {
  let bytes = 0;
  let k = 0;
  while (k < outbox.length && k < limit && k < MAX_COUNT) {
    bytes += utf8Length(outbox[k].text) + 18;
    if (bytes > MAX_BYTES && k > 0) {
      break;
    }
    k++;
  }
  return k;
}

/** Codes that mean: taken, a person at the township decides. */
export function isWaiting(code: string): boolean {
  return code === 'proposal' || code === 'conflict' || code === 'quarantined';
}

/** Shown beside an item. */
export type ItemState = '待传' | '待审' | '冲突' | '退回' | '已采纳' | '未通过';

/** One line of "what I sent". */
export interface Entry {
  n: number;
  state: ItemState;
  type: string;
  id: string;
  household: string;
  patch: Mutation[4];
  /** The phone's clock when it was written. */
  deviceMs: number;
  code: string;
  reason: string;
  ref: string;
}

function entry(n: number, m: Mutation, state: ItemState, code: string, reason: string, ref: string): Entry {
  return { n, state, type: m[1], id: m[2], household: m[3], patch: m[4], deviceMs: m[5], code, reason, ref };
}

/** Unsent items, oldest first. */
export function unsentEntries(state: State): Entry[] {
  return state.outbox.map((i) => entry(i.n, i.m, '待传', '', '', ''));
}

/** Items with an outcome: returned, or waiting at the township. */
export function outcomeEntries(state: State): Entry[] {
  return state.outcomes.map((o) => {
    const [s, words] = outcomeState(state, o);
    return entry(o.n, o.m, s, o.code, words || o.reason, o.ref);
  });
}

/** A proposal's row may have come back settled. */
function outcomeState(state: State, o: Outcome): [ItemState, string] {
  if (!isWaiting(o.code)) {
    return ['退回', ''];
  }
  const row = o.ref ? viewRow(state, o.m[3], 'proposal', o.ref) : undefined;
  if (row && row.state === 'accepted') {
    return ['已采纳', ''];
  }
  if (row && row.state === 'refused') {
    return ['未通过', typeof row.words === 'string' ? row.words : ''];
  }
  return [o.code === 'conflict' ? '冲突' : '待审', ''];
}
