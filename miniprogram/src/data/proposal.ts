// A change that waits for the township, read: its texts as values, and what it
// would change, field by field.

import { typeOf } from '../sync/row';
import { Value } from '../sync/types';
import { valueWords } from './change';
import { Proposal } from './records';
import { TABLES } from './tables';
import { fieldWord, hasWord, NAMES } from './words';

export interface ChangeLine {
  name: string;
  /** As it was when the author wrote; "" = nothing, or a new row. */
  before: string;
  after: string;
  /** What stands there meanwhile, where somebody else wrote it; "" = nobody did. */
  theirs: string;
}

/** A proposal's text as the field holds it. */
export function valueOf(type: string, field: string, text: string): Value {
  const def = typeOf(TABLES, type);
  const f = def && def.fields.find((x) => x.name === field);
  if (text === '') {
    return null;
  }
  switch (f && f.kind) {
    case 'int':
      return Number(text);
    case 'bool':
      return text === 'true' || text === '1';
    case 'list':
      return JSON.parse(text) as Value;
    default:
      return text;
  }
}

/** A proposal's text as people read it; "" = nothing. */
export function textWords(type: string, field: string, text: string): string {
  const v = valueOf(type, field, text);
  return typeof v === 'boolean' ? (v ? '是' : '否') : valueWords({ name: field }, v);
}

/** 农户资料; 家庭成员 · 新增. Which field it is, its line says. */
export function proposalTitle(p: Proposal): string {
  const { target = '', field = '' } = p;
  return (NAMES[target] || target) + (field === '*' ? ' · ' + fieldWord(field) : '');
}

/** What it would change; a new row line by line. */
export function changeLines(p: Proposal): ChangeLine[] {
  const { target = '', field = '', base = '', mine = '', theirs = '' } = p;
  if (field !== '*') {
    const other = theirs !== base ? textWords(target, field, theirs) || '没填' : '';
    return [{ name: fieldWord(field), before: textWords(target, field, base), after: textWords(target, field, mine), theirs: other }];
  }
  const row = JSON.parse(mine) as { [field: string]: Value };
  return Object.keys(row).filter(hasWord).map((name) => ({ name: fieldWord(name), before: '', after: valueWords({ name }, row[name]), theirs: '' }));
}
