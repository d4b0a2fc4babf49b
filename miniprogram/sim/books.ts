// What the simulation knows of every change it made: who, what, what became of it.

import { Change, Patch } from '../src/sync/types';
import { Entry, isWaiting } from '../src/sync/outbox';
import { wellFormedPatch } from '../src/sync/row';
import { Phone, tagOf } from './phone';

export interface Written {
  tag: string;
  phone: string;
  type: string;
  id: string;
  household: string;
  patch: Patch | null;
  /** Field and unique value by which it is found again; "" = a deletion. */
  field: string;
  value: string;
  /** The phone held the household when it was written, or not long before. */
  held: boolean;
}

export interface Fate {
  code: string;
  ref: string;
}

export class Books {
  /** Changes that save() promised, in order. */
  readonly kept = new Map<string, Written>();
  /** Outcomes told to a phone. */
  readonly fates = new Map<string, Fate>();
  /** Who wrote a row's field, phones and "admin" alike. */
  private readonly writers = new Map<string, Set<string>>();
  /** Rows the admin erased. */
  readonly erased = new Set<string>();
  /** Unsent work that went with a phone that had to erase itself: the one named exception to P10. */
  readonly forgone = new Set<string>();
  /** Rows made by phones: id -> type and household. */
  readonly rows = new Map<string, { type: string; household: string; owner: string }>();

  static key(type: string, id: string, field: string): string {
    return type + ' ' + id + ' ' + field;
  }

  wrote(key: string, who: string): void {
    this.writers.set(key, (this.writers.get(key) || new Set<string>()).add(who));
  }

  onlyWriter(key: string, who: string): boolean {
    const w = this.writers.get(key);
    return w !== undefined && w.size === 1 && w.has(who);
  }

  keep(w: Written, owner: string): void {
    this.kept.set(w.tag, w);
    this.wrote(Books.key(w.type, w.id, w.field || 'text'), w.phone);
    if (w.type !== 'household' && !this.rows.has(w.id)) {
      this.rows.set(w.id, { type: w.type, household: w.household, owner });
    }
  }

  /** What a reopened outbox holds was saved, even if the app died before saying so. */
  adopt(phone: Phone): void {
    for (const e of phone.core.outbox()) {
      if (!this.kept.has(tagOf(e))) {
        const field = e.patch === null ? '' : ['text', 'answers', 'address', 'notes', 'class', 'bogus'].find((f) => e.patch !== null && f in e.patch) || '';
        const given = e.patch === null || !field ? '' : e.patch[field];
        const value = typeof given === 'string' ? given : JSON.stringify(given);
        this.keep(written({ ...e }, phone.name, field, value, false), phone.owner.user);
      }
    }
  }

  /** Reads the outcomes a phone lists. */
  listen(phone: Phone): void {
    for (const e of phone.core.outcomes()) {
      this.fates.set(tagOf(e as Entry), { code: e.code, ref: e.ref });
    }
  }

  /** Changes of one row in the order they were promised. */
  of(id: string): Written[] {
    return Array.from(this.kept.values()).filter((w) => w.id === id);
  }

  /** Gives up what one phone wrote. */
  forgo(phone: string): void {
    this.kept.forEach((c) => c.phone === phone && this.forgone.add(c.tag));
  }

  /** What an answer said that reached a phone. */
  told(tag: string, code: string, ref: string): void {
    this.fates.set(tag, { code, ref });
  }

  /** Whether the change took effect as it was. */
  plain(w: Written): boolean {
    if (this.forgone.has(w.tag)) {
      return false;
    }
    const f = this.fates.get(w.tag);
    return f === undefined || f.code === 'late';
  }

  refs(code: string): string[] {
    return Array.from(this.fates.values()).filter((f) => f.code === code && f.ref).map((f) => f.ref);
  }

  isReturned(w: Written): boolean {
    const f = this.fates.get(w.tag);
    return f !== undefined && f.code !== 'late' && !isWaiting(f.code);
  }
}

export function written(c: Change, phone: string, field: string, value: string, held: boolean): Written {
  // Named as the core keeps it: with well-formed text.
  const tag = tagOf({ id: c.id, patch: c.patch === null ? null : wellFormedPatch(c.patch) });
  return { tag, phone, type: c.type, id: c.id, household: c.household, patch: c.patch, field, value, held };
}
