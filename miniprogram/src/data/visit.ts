// A visit being written: everything in one draft, saved as one set of changes.
// Only household and day are needed; nothing here refuses to save.

import { Place } from '../platform/types';
import { Change, Patch, Value } from '../sync/types';
import { NewUpload } from '../sync/uploads';
import { Evidence } from './docs';
import { Draft } from './drafts';

export interface DraftPhoto {
  id: string;
  /** Name of the saved file. */
  file: string;
  size: number;
  sha256: string;
  takenAt: number;
  place: string;
  cadre: string;
}

export interface DraftQuiz {
  id: string;
  form: string;
  answers: [string, Value][];
}

export interface DraftNeed {
  id: string;
  text: string;
  kind: string;
}

/** A row made or changed with the visit, sent after it: a wish, a measure, its result. */
export interface DraftRow {
  type: string;
  id: string;
  patch: Patch;
  /** Shown in the form: 能繁母牛 2 头 */
  line: string;
}

/** What the household said on this phone, kept until the visit it speaks of is saved. Nothing shows it. */
export interface DraftWord extends Draft {
  kind: 'confirmation';
  visit: string;
  answer: string;
  text: string;
}

export interface VisitDraft extends Draft {
  kind: 'visit';
  day: string;
  /** 1 to 4; 0 = none. */
  stage: number;
  text: string;
  met: string[];
  /** Device time of the tap at the door; 0 = none. */
  checkinAt: number;
  place: Place | null;
  photos: DraftPhoto[];
  quizzes: DraftQuiz[];
  needs: DraftNeed[];
  rows: DraftRow[];
  /** A returned visit that is being corrected, not a new one. */
  correcting: boolean;
  /** Milliseconds the form was in front, taps on it, and names of fields touched. */
  ms: number;
  taps: number;
  fields: string[];
}

export const QUICK_PHRASES: readonly string[] = ['一切正常。', '已讲政策。', '需要帮忙。'];

export function newVisit(id: string, household: string, base: number, now: number, day: string): VisitDraft {
  return {
    id, kind: 'visit', household, base, openedAt: now, changedAt: now, day, stage: 0, text: '', met: [], checkinAt: 0, place: null,
    photos: [], quizzes: [], needs: [], rows: [], correcting: false, ms: 0, taps: 0, fields: [],
  };
}

/** The stage after the latest one of the household's visits; 4 stays 4. */
export function nextStage(stages: number[]): number {
  return Math.min(4, Math.max(0, ...stages) + 1);
}

/** Longest time without a touch that still counts as writing. */
const PAUSE = 60000;

/** A tap or key on the form: counted of the system, never of a person. */
export function touched(d: VisitDraft, now: number, field = '', tap = true): VisitDraft {
  const gap = now - d.changedAt;
  return {
    ...d, changedAt: now, ms: d.ms + (gap > 0 && gap <= PAUSE ? gap : 0), taps: d.taps + (tap ? 1 : 0),
    fields: field === '' || d.fields.includes(field) ? d.fields : d.fields.concat(field),
  };
}

/** A sentence added to what is written. */
export function withPhrase(text: string, phrase: string): string {
  return text === '' || text.endsWith('\n') ? text + phrase : text + (/[。！？；，]$/.test(text) ? '' : '。') + phrase;
}

/** What is asked before saving, in plain words; "" = nothing. Saving goes on whatever the answer. */
export function askFor(d: VisitDraft, e: Evidence): string {
  const shown = d.place !== null || d.photos.length > 0;
  if (shown || e.policy === 'none' || e.policy === 'optional') {
    return '';
  }
  return e.policy === 'either' ? '还没有位置，也没有照片。补一样，还是就这样保存？' : '这段时间要求留位置或照片（' + (e.reason || '') + '）。补上，还是就这样保存？';
}

function micro(degrees: number): number {
  return Math.round(degrees * 1e6);
}

function visitPatch(d: VisitDraft): Patch {
  const out: Patch = { day: d.day, stage: d.stage, text: d.text.trim(), met: d.met };
  if (d.checkinAt > 0) {
    out.checkinAt = d.checkinAt;
  }
  if (d.place) {
    Object.assign(out, { lat: micro(d.place.lat), lng: micro(d.place.lng), accuracy: Math.min(100000, Math.round(d.place.accuracy)), coord: d.place.coord });
  }
  if (!d.correcting) {
    out.burden = [Math.round(d.ms / 1000), d.taps, d.fields.length];
  }
  return out;
}

/** The changes a finished visit is, in the order they are sent: the visit first, what speaks of it after, the household's word last. */
export function visitChanges(d: VisitDraft, words: DraftWord[] = []): { changes: Change[]; uploads: NewUpload[] } {
  const at = { household: d.household, base: d.base };
  const changes: Change[] = [{ ...at, type: 'visit', id: d.id, patch: visitPatch(d) }];
  for (const p of d.photos) {
    changes.push({ ...at, type: 'photo', id: p.id, patch: { visit: d.id, sha256: p.sha256, size: p.size, mime: 'image/jpeg', takenAt: p.takenAt, place: p.place, cadre: p.cadre } });
  }
  for (const q of d.quizzes.filter((x) => x.answers.length > 0)) {
    changes.push({ ...at, type: 'response', id: q.id, patch: { form: q.form, visit: d.id, day: d.day, answers: q.answers } });
  }
  for (const n of d.needs.filter((x) => x.text.trim() !== '')) {
    changes.push({ ...at, type: 'need', id: n.id, patch: { text: n.text.trim(), kind: n.kind || '其他', visit: d.id } });
  }
  for (const r of d.rows) {
    changes.push({ ...at, type: r.type, id: r.id, patch: r.patch });
  }
  for (const w of words) {
    changes.push({ ...at, type: 'confirmation', id: w.id, patch: wordPatch(w.visit, w.answer, w.text) });
  }
  const uploads = d.photos.map((p) => ({ photo: p.id, ref: p.file, size: p.size, sha256: p.sha256 }));
  return { changes, uploads };
}

/** What a household says of a visit, as it is sent. */
export function wordPatch(visit: string, answer: string, text: string): Patch {
  return text.trim() ? { visit, answer, text: text.trim() } : { visit, answer };
}
