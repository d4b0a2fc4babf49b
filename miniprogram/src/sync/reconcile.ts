// Digests, and the journal after a restore of the server.

import { digest } from './hash';
import { rowText } from './row';
import { House, Item, itemOf, key, outboxWrites, State } from './state';
import { Writes } from './store';

/** Digest of one household's base rows. */
export function houseDigest(h: House): number {
  const texts: string[] = [];
  h.rows.forEach((byID) => byID.forEach((row) => texts.push(rowText(row))));
  return digest(texts);
}

/** [household, digest] of every household held. */
export function houseDigests(state: State): [string, number][] {
  const out: [string, number][] = [];
  state.base.forEach((h, id) => out.push([id, houseDigest(h)]));
  return out;
}

/**
 * The server was restored to an earlier state. Under a new client id the
 * acknowledged mutations of the last 30 days are offered again, before the
 * outbox and with the same base and text: the server knows rows by id and
 * edits by author and device time, so what it still has is not doubled.
 */
export function reoffer(state: State, writes: Writes, client: string, journal: Item[], journalKeys: string[]): State {
  let n = state.meta.n;
  const again = journal.map((i) => itemOf(++n, i.text, i.fresh, true));
  const rest = state.outbox.map((i) => itemOf(++n, i.text, i.fresh, i.again));
  const outbox = again.concat(rest);
  outboxWrites(writes, state.outbox, outbox);
  for (const k of journalKeys) {
    writes.set(k, null);
  }
  const meta = { ...state.meta, client, acked: [0, ''] as [number, string], n, check: true, cursor: '' };
  writes.set(key.meta, JSON.stringify(meta));
  return { ...state, meta, outbox };
}

/** Takes another client id: the outbox keeps its order and texts and is numbered anew from 1. */
export function renamed(state: State, writes: Writes, client: string): State {
  const meta = { ...state.meta, client, acked: [0, ''] as [number, string] };
  writes.set(key.meta, JSON.stringify(meta));
  return { ...state, meta };
}
