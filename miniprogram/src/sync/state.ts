// What the phone keeps, in memory and under which keys.
//
//   meta          cursor, client, tops, counters
//   h/<household> base rows of one household
//   p/<household> staged parts of one household
//   o/<n>         one outbox item; n grows, so key order is outbox order
//   r/<n>         one item with an outcome: returned, or waiting at the township
//   j/<ms>.<n>    mutations acknowledged by one answer (server's clock)
//   linger        acknowledged items still shown until the round ends
//   u/<photo>     one photo on its way

import { Packed, packRows, unpackRows } from './columns';
import { Mutation, Patch, Row, RowOrGone } from './types';
import { Writes } from './store';

export interface Meta {
  v: 1;
  /** This phone's name at the server. */
  client: string;
  cursor: string;
  /** Space number -> the number held. */
  tops: [number, number][];
  /** Last mutation whose acknowledgement is stored: the outbox begins at acked[0] + 1. */
  acked: [number, string];
  /** Highest local item number ever given. */
  n: number;
  /** Device time of the newest mutation made: two of one phone never share one. */
  lastMs: number;
  /** Bytes of compressed answer to ask for. */
  budget: number;
  /** Digests are due: sent until the round ends. */
  check: boolean;
  /** Server time of the last finished digest check. */
  checkedAt: number;
  /** A round is unfinished. */
  round: boolean;
  /** Households a first round has still to bring, as last heard; 0 or absent = not known. */
  left?: number;
  /** Server clock minus phone clock at the last answer. */
  skew: number;
  /** Households that passed to someone else. */
  gone: Gone[];
  /** The server served nothing because the session may only push, or the app is too old. */
  shut: '' | 'ended' | 'update';
  /** 0 = no; 1 = outbox is being offered once more; 2 = everything is being removed. */
  wipe: 0 | 1 | 2;
}

export interface Gone {
  household: string;
  s: number;
  /** The number held for the space while the household was still held. */
  base: number;
  /** Who holds it now, may be "". */
  to: string;
  /** Server time of the answer, Unix ms. */
  at: number;
  /** The user has been told. */
  seen: boolean;
}

/** One mutation in the outbox. Its text is what is sent and never changes. */
export interface Item {
  n: number;
  text: string;
  m: Mutation;
  /** Makes a row that was not there. */
  fresh: boolean;
  /** Re-offered after a restore: no longer part of what is shown. */
  again: boolean;
  /** Acknowledged, but its effect comes with the next round only: shown until that one ends. */
  keep?: boolean;
}

/** What became of an item that was not plainly applied. */
export interface Outcome {
  n: number;
  text: string;
  m: Mutation;
  code: string;
  reason: string;
  /** Proposal or quarantine row, may be "". */
  ref: string;
  fresh: boolean;
  /** Server time, Unix ms. */
  at: number;
}

export type Rows = Map<string, Map<string, Row>>;

export interface House {
  s: number;
  /** The space's number at which the household was last fetched. */
  top: number;
  rows: Rows;
}

export interface Stage {
  s: number;
  full: boolean;
  rows: Map<string, Map<string, RowOrGone>>;
}

export interface State {
  meta: Meta;
  base: Map<string, House>;
  staged: Map<string, Stage>;
  outbox: Item[];
  linger: Item[];
  outcomes: Outcome[];
}

export function freshMeta(client: string, budget: number): Meta {
  return {
    v: 1, client, cursor: '', tops: [], acked: [0, ''], n: 0, lastMs: 0, budget,
    check: false, checkedAt: 0, round: false, skew: 0, gone: [], shut: '', wipe: 0,
  };
}

export function itemOf(n: number, text: string, fresh: boolean, again: boolean): Item {
  return { n, text, m: JSON.parse(text) as Mutation, fresh, again };
}

export function householdOf(i: { m: Mutation }): string {
  return i.m[3];
}

export function patchOf(i: { m: Mutation }): Patch | null {
  return i.m[4];
}

function digits(n: number, width: number): string {
  return ('0000000000000000' + Math.max(0, Math.floor(n))).slice(-width);
}

export const key = {
  meta: 'meta',
  linger: 'linger',
  house: (id: string) => 'h/' + id,
  stage: (id: string) => 'p/' + id,
  item: (n: number) => 'o/' + digits(n, 10),
  outcome: (n: number) => 'r/' + digits(n, 10),
  journal: (ms: number, n: number) => 'j/' + digits(ms, 14) + '.' + digits(n, 10),
  upload: (photo: string) => 'u/' + photo,
};

type Stored = [number, string, 0 | 1, 0 | 1, (0 | 1)?];

export function encodeItem(i: Item): string {
  return JSON.stringify([i.n, i.text, i.fresh ? 1 : 0, i.again ? 1 : 0, i.keep ? 1 : 0]);
}

export function decodeItem(text: string): Item {
  const [n, t, fresh, again] = JSON.parse(text) as Stored;
  return itemOf(n, t, fresh === 1, again === 1);
}

export function encodeItems(items: Item[]): string {
  return '[' + items.map(encodeItem).join(',') + ']';
}

export function decodeItems(text: string): Item[] {
  return (JSON.parse(text) as Stored[]).map(([n, t, fresh, again, keep]) => ({ ...itemOf(n, t, fresh === 1, again === 1), keep: keep === 1 }));
}

export function encodeOutcome(o: Outcome): string {
  return JSON.stringify({ n: o.n, t: o.text, code: o.code, reason: o.reason, ref: o.ref, fresh: o.fresh, at: o.at });
}

function decodeOutcome(text: string): Outcome {
  const o = JSON.parse(text) as { n: number; t: string; code: string; reason: string; ref: string; fresh: boolean; at: number };
  return { n: o.n, text: o.t, m: JSON.parse(o.t) as Mutation, code: o.code, reason: o.reason, ref: o.ref, fresh: o.fresh, at: o.at };
}

type StoredRows<R> = { [type: string]: Packed | R[] };

function encodeRows<R extends { id: string }>(rows: Map<string, Map<string, R>>): StoredRows<R> {
  const out: StoredRows<R> = {};
  rows.forEach((byID, type) => {
    if (byID.size > 0) {
      const all = Array.from(byID.values());
      out[type] = packRows(all) || all;
    }
  });
  return out;
}

function decodeRows<R extends { id: string }>(rows: StoredRows<R>): Map<string, Map<string, R>> {
  const out = new Map<string, Map<string, R>>();
  for (const type of Object.keys(rows)) {
    const list = rows[type];
    const all = typeof list[0] === 'number' ? (unpackRows(list as Packed) as RowOrGone[] as R[]) : (list as R[]);
    out.set(type, new Map(all.map((r) => [r.id, r] as [string, R])));
  }
  return out;
}

export function encodeHouse(h: House): string {
  return JSON.stringify({ s: h.s, top: h.top, rows: encodeRows(h.rows) });
}

export function encodeStage(st: Stage): string {
  return JSON.stringify({ s: st.s, full: st.full, rows: encodeRows(st.rows) });
}

/** The state that a set of stored keys means; undefined when the account is new here. */
export function decodeState(keys: Map<string, string>): State | undefined {
  const meta = keys.get(key.meta);
  if (meta === undefined) {
    return undefined;
  }
  const s: State = { meta: JSON.parse(meta) as Meta, base: new Map(), staged: new Map(), outbox: [], linger: [], outcomes: [] };
  Array.from(keys.keys()).sort().forEach((k) => {
    const text = keys.get(k) as string;
    const rest = k.slice(2);
    if (k === key.linger) {
      s.linger = decodeItems(text);
      return;
    }
    switch (k.slice(0, 2)) {
      case 'h/': {
        const h = JSON.parse(text) as { s: number; top: number; rows: StoredRows<Row> };
        s.base.set(rest, { s: h.s, top: h.top, rows: decodeRows(h.rows) });
        return;
      }
      case 'p/': {
        const p = JSON.parse(text) as { s: number; full: boolean; rows: StoredRows<RowOrGone> };
        s.staged.set(rest, { s: p.s, full: p.full, rows: decodeRows(p.rows) });
        return;
      }
      case 'o/':
        s.outbox.push(decodeItem(text));
        return;
      case 'r/':
        s.outcomes.push(decodeOutcome(text));
        return;
      default:
    }
  });
  for (const i of s.outbox) {
    s.meta.n = Math.max(s.meta.n, i.n);
    s.meta.lastMs = i.m[5];
  }
  for (const o of s.outcomes) {
    s.meta.n = Math.max(s.meta.n, o.n);
  }
  return s;
}

/** Journal keys, oldest first. */
export function journalKeys(keys: Iterable<string>): string[] {
  return Array.from(keys).filter((k) => k.startsWith('j/')).sort();
}

/** When a journal key was written, server time in Unix ms. */
export function journalAt(k: string): number {
  return Number(k.slice(2, k.indexOf('.')));
}

/** The writes that turn the outbox from one list into the other. */
export function outboxWrites(writes: Writes, before: Item[], after: Item[]): void {
  const stay = new Set(after.map((i) => i.n));
  for (const i of before) {
    if (!stay.has(i.n)) {
      writes.set(key.item(i.n), null);
    }
  }
  const had = new Set(before.map((i) => i.n));
  for (const i of after) {
    if (!had.has(i.n)) {
      writes.set(key.item(i.n), encodeItem(i));
    }
  }
}
