// Who is to be visited: the rule of server/activity/due.go on what the phone holds.

import { unvisitedWords, windowOf } from './day';
import { Household, Pairing, Visit } from './records';
import { Rhythm } from './docs';

/** What the lists need of one household. */
export interface House {
  household: Household;
  pairings: Pairing[];
  visits: Visit[];
}

export interface HouseRow {
  id: string;
  head: string;
  place: string;
  village: string;
  people: number;
  /** 68 天没去 */
  unvisited: string;
  /** Day of the latest visit; "" = never. */
  last: string;
  phone: string;
  /** Visits of this month or quarter, and how many there should be; want 0 = not asked for. */
  done: number;
  want: number;
}

export function rowOf(h: House, rhythm: Rhythm, today: string): HouseRow {
  const { from, to } = windowOf(today, rhythm.every);
  const counted = h.visits.filter((v) => v.state !== 'rejected' && (v.day || '') <= to);
  const last = counted.reduce((d, v) => ((v.day || '') > d ? (v.day as string) : d), '');
  const open = h.pairings.filter((p) => !p.to).map((p) => p.from || '').sort();
  const asked = !h.household.state && open.length > 0 && open[0] <= to;
  return {
    id: h.household.id, head: h.household.head || '（没有户主）', place: h.household.place || '', village: h.household.village || '', people: h.household.people || 0,
    unvisited: unvisitedWords(last, today), last, phone: h.household.phone || '',
    done: counted.filter((v) => (v.day || '') >= from).length, want: asked ? rhythm.count : 0,
  };
}

/** The longest unvisited first, as on the server. */
export function byLast(a: HouseRow, b: HouseRow): number {
  return a.last < b.last ? -1 : a.last > b.last ? 1 : a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

export function dueOf(rows: HouseRow[]): HouseRow[] {
  return rows.filter((r) => r.done < r.want).sort(byLast);
}

/** Whether a household answers to a search: a part of the head's name or of the place, or the end of the telephone. */
export function matches(r: HouseRow, query: string): boolean {
  const q = query.trim();
  return q === '' || r.head.includes(q) || r.place.includes(q) || (/^[0-9]{3,}$/.test(q) && r.phone.endsWith(q));
}

