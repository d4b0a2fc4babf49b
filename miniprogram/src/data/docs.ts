// The township's rules as the phone goes by them: its own latest edition, else
// the one that ships (server/setting does the same).

import { SyncCore } from '../sync/core';
import { Blobs } from './blobs';
import { Calendar, Holidays } from './calendar';
import { Setting } from './records';
import { RULES } from './rules';
import { DEFAULT_PROFILE, Term, TERMS } from './terms';

export interface Stage {
  stage: number;
  title: string;
  prompts: string[];
  /** What the phone offers to make: "", wish, measure, result. */
  output: string;
}

export interface Evidence {
  policy: 'none' | 'optional' | 'either' | 'required';
  reason?: string;
  until?: string;
}

export interface Rhythm {
  every: 'month' | 'quarter';
  count: number;
}

export interface ConsentText {
  edition: string;
  title: string;
  lines: string[];
}

export class Docs {
  constructor(private readonly core: SyncCore, private readonly blobs: Blobs) {}

  /** Hashes of the documents that hold. */
  hashes(): string[] {
    return this.published().map((s) => s.sha256 || '').filter((h) => h !== '');
  }

  stages(): Stage[] {
    return (this.document('stages') as { stages: Stage[] }).stages;
  }

  rhythm(): Rhythm {
    return this.document('rhythm') as Rhythm;
  }

  /** The policy that holds on a day: required ends by itself. */
  evidence(day: string): Evidence {
    const e = this.document('evidence') as Evidence;
    return e.policy === 'required' && day > (e.until || '') ? { policy: 'optional' } : e;
  }

  calendar(): Calendar {
    return new Calendar(this.document('calendar') as Holidays);
  }

  consent(): ConsentText {
    return this.document('consent') as ConsentText;
  }

  words(): { readonly [term: string]: string } {
    const own = this.document('terms') as { words?: { [term: string]: string } } | undefined;
    return (own && own.words) || TERMS[DEFAULT_PROFILE];
  }

  /** Name of the terminology profile: which words of the code lists are offered. */
  profile(): string {
    const own = this.document('terms') as { name?: string } | undefined;
    return (own && own.name) || DEFAULT_PROFILE;
  }

  word(term: Term): string {
    return this.words()[term] || TERMS[DEFAULT_PROFILE][term];
  }

  /** Title of the booklet as a whole. */
  booklet(): { edition: number; title: string } {
    const b = this.document('booklet') as { edition?: number; title?: string } | undefined;
    return { edition: (b && b.edition) || 0, title: (b && b.title) || this.word('booklet') };
  }

  private published(): Setting[] {
    const newest = new Map<string, Setting>();
    for (const row of this.core.common('setting')) {
      const s = row as unknown as Setting;
      const before = newest.get(s.code || '');
      if (s.state === 'published' && (!before || (s.edition || 0) > (before.edition || 0))) {
        newest.set(s.code || '', s);
      }
    }
    return Array.from(newest.values());
  }

  private document(code: string): unknown {
    const row = this.published().find((s) => s.code === code);
    const text = row && row.sha256 ? this.blobs.text(row.sha256) : undefined;
    try {
      return JSON.parse(text === undefined ? RULES[code] || '{}' : text);
    } catch {
      return JSON.parse(RULES[code] || '{}');
    }
  }
}
