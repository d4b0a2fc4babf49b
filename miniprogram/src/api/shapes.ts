// Shapes of docs/openapi.json that the phone speaks. Absent = zero.

import { Value } from '../sync/types';
import { Card, Clip, Delivery, Household, Measure, Need, Pairing, Visit } from '../data/records';

export type Role = 'H' | 'C' | 'V' | 'T' | 'K' | 'A';

/** Who a session belongs to. */
export interface Me {
  user: string;
  name: string;
  role: Role;
  county: string;
  township?: string;
  area?: string;
  household?: string;
  pushOnly?: boolean;
}

export interface Login {
  token: string;
  untilAt: number;
  me: Me;
}

export interface About {
  operator: string;
  filing: string;
  hotline: string;
  version: string;
}

/** The household's own page; each list of words is in the order of its rows. */
export interface My {
  household: Household;
  helpers: Pairing[];
  visits: Visit[];
  measures: Measure[];
  needs: Need[];
  deliveries: Delivery[];
  cards: Card[];
  clips: Clip[];
  words: { helpers: string[]; visits: string[]; measures: string[]; needs: string[]; deliveries: string[] };
}

/** Somebody looked at a sealed field. */
export interface Look {
  id: string;
  at: number;
  who: string;
  name: string;
  field: string;
  member?: string;
  reason: string;
}

export interface Page<R> {
  rows: R[];
  next?: string;
}

export type Reviewed = 'visit' | 'measure' | 'clip';

/** What waits for the township admin: a reviewed type, changes that are asked for, changes that were put aside. */
export type Queue = Reviewed | 'proposal' | 'quarantine';

/** A change that could not be taken by itself. */
export interface Kept {
  id: string;
  household: string;
  /** User id of who wrote it. */
  by: string;
  why: string;
  /** Arrival, Unix ms. */
  at: number;
  /** As sent: base, type, row, household, patch (null = delete). */
  mutation: [number, string, string, string, { [field: string]: Value } | null, ...unknown[]];
}

/** What stands beside a row of the inbox. */
export interface InboxAbout {
  id: string;
  at: number;
  author: string;
  login: string;
  code: string;
  head: string;
  place: string;
  village: string;
  photos: number;
  confirmation?: { answer: string; channel: string; text?: string };
}

export interface InboxPage {
  rows: { id: string; rev: number; [field: string]: unknown }[];
  about: InboxAbout[];
  counts: { type: string; state: string; n: number }[];
  next?: string;
}

export interface Mark {
  id: string;
  rev: number;
}

export type Decision = 'approve' | 'return' | 'reject';

export interface Verdict {
  id: string;
  /** ok; done = decided so by the caller before; else why not. */
  code: string;
  detail?: string;
  state?: string;
  rev?: number;
}

export interface Decided {
  n: number;
  rows: Verdict[];
  dry?: boolean;
  /** Unix ms until which it may be taken back. */
  until?: number;
}

export interface Reminder {
  id: string;
  template: 'returned' | 'answered' | 'notice';
  left: number;
}

export interface Found {
  rows: { household: Household; members: { id: string; name?: string }[] }[];
  more: boolean;
}
