// What was written on this phone and what became of it, one row an item. A
// visit is one row with its photos, answers and needs. What a household said
// in confidence on this phone is counted and never shown.

import { SyncCore } from '../sync/core';
import { Entry, isWaiting } from '../sync/outbox';
import { Upload } from '../sync/uploads';
import { utf8Length } from '../sync/hash';
import { dayWords, sizeWords } from './day';
import { Draft } from './drafts';
import { Photo, Visit } from './records';
import { valueWords } from './change';
import { Chip, chip, fieldWord, hasWord, NAMES, reviewed } from './words';

export interface OutboxPart {
  /** Number of the item, for resend and dismiss; 0 = none. */
  n: number;
  name: string;
  chip: Chip;
  reason: string;
  /** Photo to try again; "" = none. */
  photo: string;
}

export interface OutboxRow {
  key: string;
  name: string;
  household: string;
  head: string;
  chip: Chip;
  /** Why, in plain words; "" = nothing to say. */
  reason: string;
  size: string;
  parts: OutboxPart[];
  /** Draft to open again; "" = none. */
  draft: string;
  /** Visit that was returned and can be corrected; "" = none. */
  correct: string;
}

const PRIVATE: { readonly [type: string]: true } = { confirmation: true, complaint: true };

/** What a household said for others than the user of the phone. */
export function isPrivate(type: string): boolean {
  return PRIVATE[type] === true;
}

const WEIGHT: Chip['word'][] = ['退回', '未通过', '冲突', '上传中', '待传', '草稿', '待审', '已送达', '已通过'];

function heaviest(parts: OutboxPart[]): OutboxPart {
  return parts.reduce((a, b) => (WEIGHT.indexOf(b.chip.word) < WEIGHT.indexOf(a.chip.word) ? b : a));
}

function entryChip(e: Entry): Chip {
  return chip(e.state === '已采纳' ? '已通过' : e.state);
}

export function uploadChip(u: Upload): Chip {
  if (u.failed) {
    return chip('退回');
  }
  return u.offset > 0 ? chip('上传中', Math.floor((100 * u.offset) / u.size)) : chip('待传');
}

/** What the rows are made of. */
export interface Sources {
  core: SyncCore;
  drafts: Draft[];
  me: string;
  today: string;
  head(household: string): string;
}

interface Group {
  household: string;
  type: string;
  bytes: number;
  parts: OutboxPart[];
}

function visitOf(e: Entry): string {
  const v = e.patch && e.patch.visit;
  return typeof v === 'string' ? v : '';
}

class Builder {
  private readonly groups = new Map<string, Group>();
  private readonly photos = new Map<string, { household: string; visit: string }>();

  constructor(private readonly s: Sources) {
    for (const id of s.core.uploads.list().length > 0 ? s.core.households() : []) {
      for (const { row } of s.core.rows(id, 'photo')) {
        this.photos.set(row.id, { household: id, visit: (row as unknown as Photo).visit || '' });
      }
    }
  }

  entry(e: Entry): void {
    if (e.type === 'photo') {
      this.photos.set(e.id, { household: e.household, visit: visitOf(e) });
    }
    // A photo on its way is one line: its upload says more than its row.
    if (e.type === 'photo' && e.state === '待传' && this.s.core.uploads.list().some((u) => u.photo === e.id)) {
      return;
    }
    const hidden = isPrivate(e.type);
    const visit = e.type === 'visit' ? e.id : visitOf(e);
    const g = hidden ? this.group('private', '', e.type) : this.group(visit ? 'visit/' + visit : e.type + '/' + e.id, e.household, visit ? 'visit' : e.type);
    g.bytes += hidden ? 0 : utf8Length(JSON.stringify(e.patch));
    g.parts.push({ n: e.n, name: NAMES[e.type] || e.type, chip: entryChip(e), reason: reasonOf(e), photo: '' });
  }

  upload(u: Upload): void {
    const p = this.photos.get(u.photo) || { household: '', visit: '' };
    const g = this.group(p.visit ? 'visit/' + p.visit : 'photo/' + u.photo, p.household, p.visit ? 'visit' : 'photo');
    g.bytes += u.size;
    g.parts.push({ n: 0, name: '照片', chip: uploadChip(u), reason: u.failed, photo: u.photo });
  }

  /** What a household said of a visit that is still being written. */
  word(type: string): void {
    this.group('private', '', type).parts.push({ n: 0, name: NAMES[type] || type, chip: chip('草稿'), reason: '走访保存后一起送。', photo: '' });
  }

  rows(): OutboxRow[] {
    const out: OutboxRow[] = [];
    this.groups.forEach((g, key) => {
      const worst = heaviest(g.parts);
      const hidden = key === 'private';
      out.push({
        key, name: hidden ? '农户回执 ' + g.parts.length + ' 条' : NAMES[g.type] || g.type, household: g.household, head: hidden ? '' : this.s.head(g.household),
        chip: worst.chip, reason: worst.reason, size: hidden ? '' : sizeWords(g.bytes), parts: g.parts, draft: '',
        correct: worst.chip.word === '退回' && g.type === 'visit' ? key.slice('visit/'.length) : '',
      });
    });
    return out;
  }

  private group(key: string, household: string, type: string): Group {
    const g = this.groups.get(key) || { household, type, bytes: 0, parts: [] };
    this.groups.set(key, g);
    return g;
  }
}

function reasonOf(e: Entry): string {
  if (e.reason || !isWaiting(e.code)) {
    return e.reason;
  }
  return e.code === 'conflict' ? '别人也改了同一项，请看看用哪一个。' : '已送达，等乡镇审定。';
}

/** Returned by the township, by who wrote them: the visits of this user to be corrected. */
export function returnedVisits(core: SyncCore, me: string): { household: string; visit: Visit }[] {
  const out: { household: string; visit: Visit }[] = [];
  for (const id of core.households()) {
    for (const { row, unsent } of core.rows(id, 'visit')) {
      const v = row as unknown as Visit;
      // One that was corrected and waits to be sent is not to be corrected again.
      if (v.by === me && v.state === 'returned' && !unsent) {
        out.push({ household: id, visit: v });
      }
    }
  }
  return out;
}

/** Rows of the outbox: what needs the user first, then what is on its way, then the last 20 visits that arrived. */
export function outboxRows(s: Sources): OutboxRow[] {
  const b = new Builder(s);
  s.core.outcomes().concat(s.core.outbox()).forEach((e) => b.entry(e));
  s.core.uploads.list().forEach((u) => b.upload(u));
  s.drafts.filter((d) => isPrivate(d.kind)).forEach((d) => b.word(d.kind));
  const open = b.rows();
  const plain = { size: '', parts: [], draft: '', correct: '' };
  const drafts = s.drafts.filter((d) => !isPrivate(d.kind)).map((d) => ({
    ...plain, key: 'draft/' + d.id, name: NAMES[d.kind] || d.kind, household: d.household, head: s.head(d.household), chip: chip('草稿'), reason: '', draft: d.id,
  }));
  const seen = new Set(open.map((r) => r.key));
  const sent: { day: string; row: OutboxRow }[] = [];
  for (const id of s.core.households()) {
    for (const { row } of s.core.rows(id, 'visit')) {
      const v = row as unknown as Visit;
      if (v.by === s.me && !seen.has('visit/' + v.id)) {
        const c = reviewed(v.state);
        const day = v.day || '';
        sent.push({ day, row: { ...plain, key: 'visit/' + v.id, name: NAMES.visit + ' · ' + dayWords(day, s.today), household: id, head: s.head(id), chip: c, reason: v.words || '', correct: c.word === '退回' ? v.id : '' } });
      }
    }
  }
  sent.sort((x, y) => (x.day < y.day ? 1 : x.day > y.day ? -1 : 0));
  const weigh = (r: OutboxRow) => WEIGHT.indexOf(r.chip.word);
  const urgent = sent.filter((x) => x.row.correct !== '').map((x) => x.row);
  const rest = sent.filter((x) => x.row.correct === '').slice(0, 20).map((x) => x.row);
  return urgent.concat(open.sort((x, y) => weigh(x) - weigh(y)), drafts, rest);
}

/** What an item holds, in words, for a look at it; undefined = it is gone, or was said in confidence. */
export function contentOf(core: SyncCore, n: number): { lines: { name: string; value: string }[]; text: string | undefined } | undefined {
  const e = core.outcomes().concat(core.outbox()).find((x) => x.n === n);
  if (!e || isPrivate(e.type)) {
    return undefined;
  }
  const patch = e.patch || {};
  const named = Object.keys(patch).filter((k) => k !== 'text' && hasWord(k));
  return { lines: named.map((k) => ({ name: fieldWord(k), value: valueWords({ name: k }, patch[k]) || '没填' })), text: typeof patch.text === 'string' ? patch.text : undefined };
}
