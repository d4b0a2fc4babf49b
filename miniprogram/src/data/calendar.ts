// Working days as server/calendar counts them, on the township's own list of
// holidays or the one that ships.

import { daysBetween } from './day';

/** The document of a township's holidays (server/calendar). */
export interface Holidays {
  years?: { holidays?: { from: string; to: string; work?: string[] }[] }[];
}

const DAY = 86400000;

export class Calendar {
  private readonly off = new Set<string>();
  /** Weekend days that are worked in exchange. */
  private readonly work = new Set<string>();

  constructor(doc: Holidays) {
    for (const y of doc.years || []) {
      for (const h of y.holidays || []) {
        daysAfter(dayBefore(h.from), h.to).forEach((d) => this.off.add(d));
        (h.work || []).forEach((d) => this.work.add(d));
      }
    }
  }

  working(day: string): boolean {
    const weekday = new Date(Date.parse(day)).getUTCDay();
    return this.work.has(day) || (weekday !== 0 && weekday !== 6 && !this.off.has(day));
  }

  /** Working days after from, up to and with to; 0 when to is not after from. */
  between(from: string, to: string): number {
    return daysAfter(from, to).filter((d) => this.working(d)).length;
  }
}

function dayBefore(day: string): string {
  return new Date(Date.parse(day) - DAY).toISOString().slice(0, 10);
}

/** The days after from, up to and with to. */
function daysAfter(from: string, to: string): string[] {
  const out: string[] = [];
  for (let n = 1; n <= daysBetween(from, to); n++) {
    out.push(new Date(Date.parse(from) + n * DAY).toISOString().slice(0, 10));
  }
  return out;
}
