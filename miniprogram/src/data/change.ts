// A household's or member's data being changed: the form made from the
// declared fields, kept as a draft at every key. Some fields change at once,
// others are asked of the township with a reason (the class of the field).

import { Patch, Row, Value } from '../sync/types';
import { Draft } from './drafts';
import { Code, ListName, LISTS } from './lists';
import { Field, TABLES } from './tables';
import { fieldWord, hasWord } from './words';

export interface ChangeDraft extends Draft {
  kind: 'household' | 'member';
  /** Row that changes. */
  row: string;
  /** A person who is new to the household. */
  fresh: boolean;
  patch: Patch;
  reason: string;
}

export interface FieldView {
  name: string;
  word: string;
  /** As it would stand, in words; "" = nothing. */
  text: string;
  /** As it stands, where it would change. */
  was: string;
  changed: boolean;
  /** The township decides. */
  asked: boolean;
  /** one of the options, several of them, or typed. */
  way: 'one' | 'several' | 'number' | 'money' | 'text' | 'day' | 'month';
  options: { word: string; on: boolean }[];
  max: number;
  required: boolean;
}

/** Fields whose amounts are fen and are typed as yuan. */
const MONEY: { readonly [field: string]: true } = { income: true, amount: true };

export function changeID(kind: ChangeDraft['kind'], row: string): string {
  return kind + '.' + row;
}

function fieldsOf(kind: ChangeDraft['kind']): Field[] {
  const t = TABLES.types.find((x) => x.name === kind);
  return (t ? t.fields : []).filter((f) => (f.class === 'merge' || f.class === 'propose') && hasWord(f.name));
}

function wordsOf(f: Field, profile: string): string[] {
  const name: ListName | undefined = f.list || f.offer;
  const codes: readonly Code[] = name ? LISTS[name] : [];
  return f.enum ? f.enum.slice() : codes.filter((c) => !c.profiles || c.profiles.includes(profile)).map((c) => c.word);
}

function wayOf(f: Field): FieldView['way'] {
  if (f.name === 'health' || f.kind === 'list') {
    return 'several';
  }
  if (f.list || f.offer || f.enum) {
    return 'one';
  }
  if (f.kind === 'int') {
    return MONEY[f.name] ? 'money' : 'number';
  }
  return f.format === 'day' || f.format === 'month' ? f.format : 'text';
}

/** A value in words. */
export function valueWords(f: { name: string }, v: Value | undefined): string {
  if (v === undefined || v === null || v === '' || v === 0) {
    return '';
  }
  if (Array.isArray(v)) {
    return v.join('、');
  }
  return MONEY[f.name] ? String(Number(v) / 100) : String(v).split(',').join('、');
}

/** Parts of a value that holds several words: a list, or words with commas. */
function parts(f: Field, v: Value | undefined): string[] {
  if (f.kind === 'list') {
    return Array.isArray(v) ? v.map(String) : [];
  }
  return typeof v === 'string' && v !== '' ? v.split(',') : [];
}

/** The form: declared fields in their order, with what was changed. One that the profile has no words for is left out. */
export function changeFields(d: ChangeDraft, row: Row | undefined, profile: string): FieldView[] {
  const whole = fieldsOf(d.kind).map((f): FieldView => {
    const was = row && row[f.name];
    const changed = f.name in d.patch;
    const now = changed ? d.patch[f.name] : was;
    const way = wayOf(f);
    const on = way === 'several' ? parts(f, now) : [String(now || '')];
    const words = wordsOf(f, profile);
    const odd = on.filter((w) => w !== '' && words.length > 0 && !words.includes(w));
    return {
      name: f.name, word: fieldWord(f.name), text: valueWords(f, now), was: changed ? valueWords(f, was) : '', changed, asked: f.class === 'propose', way,
      options: words.concat(odd).map((word) => ({ word, on: on.includes(word) })), max: f.kind === 'int' ? 12 : f.max || 100, required: f.required === true,
    };
  });
  return whole.filter((f) => (f.way !== 'one' && f.way !== 'several') || f.options.length > 0);
}

/** The draft with one field set to what was typed or tapped; what is as it was before is no change. */
export function changed(d: ChangeDraft, row: Row | undefined, name: string, typed: string): ChangeDraft {
  const f = fieldsOf(d.kind).find((x) => x.name === name);
  if (!f) {
    return d;
  }
  const was = row && row[name];
  const way = wayOf(f);
  let v: Value = typed;
  if (way === 'several') {
    const on = parts(f, name in d.patch ? d.patch[name] : was);
    const next = on.includes(typed) ? on.filter((w) => w !== typed) : on.concat(typed);
    // Healthy and ill are not both.
    const whole = f.name === 'health' ? next.filter((w) => (typed === '健康') === (w === '健康')) : next;
    v = f.kind === 'list' ? whole : whole.join(',');
  } else if (way === 'one') {
    v = String((name in d.patch ? d.patch[name] : was) || '') === typed ? '' : typed;
  } else if (way === 'number' || way === 'money') {
    const n = Number(typed.trim());
    v = typed.trim() === '' || !isFinite(n) ? 0 : Math.round(way === 'money' ? n * 100 : n);
  }
  const patch: Patch = { ...d.patch, [name]: v };
  if (valueWords(f, v) === valueWords(f, was)) {
    delete patch[name];
  }
  return { ...d, patch };
}

/** What keeps the change from being sent, by field; "reason" = why it is asked for is missing. Empty = nothing. */
export function unfit(d: ChangeDraft, row: Row | undefined): { [field: string]: string } {
  const out: { [field: string]: string } = {};
  for (const f of fieldsOf(d.kind)) {
    const v = f.name in d.patch ? d.patch[f.name] : row && row[f.name];
    const text = typeof v === 'string' ? v : '';
    if (f.required && (v === undefined || v === null || v === '')) {
      out[f.name] = '请填' + fieldWord(f.name) + '。';
    }
    if (f.name in d.patch && text !== '' && ((f.format === 'day' && !/^\d{4}-\d\d-\d\d$/.test(text)) || (f.format === 'month' && !/^\d{4}-\d\d$/.test(text)))) {
      out[f.name] = f.format === 'day' ? '请写成 2026-01-31 这样。' : '请写成 2026-01 这样。';
    }
    if (f.name in d.patch && f.max !== undefined && typeof v === 'number' && v > f.max) {
      out[f.name] = '这个数太大了。';
    }
  }
  if (asks(d) && d.reason.trim() === '') {
    out.reason = '请写为什么要改，镇里看了好审。';
  }
  return out;
}

/** Whether something of the change has to be asked of the township. */
export function asks(d: ChangeDraft): boolean {
  return d.fresh || fieldsOf(d.kind).some((f) => f.class === 'propose' && f.name in d.patch);
}
