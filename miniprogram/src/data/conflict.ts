// Two people changed the same field: before, mine, theirs. Whoever wrote picks
// by writing the value again; until the server has it the card is not shown.

import { SyncCore } from '../sync/core';
import { typeOf } from '../sync/row';
import { Value } from '../sync/types';
import { Proposal } from './records';
import { TABLES } from './tables';
import { fieldWord } from './words';

export interface ConflictView {
  id: string;
  household: string;
  /** Record type, row and wire name of the field. */
  type: string;
  row: string;
  field: string;
  /** What the field is called. */
  name: string;
  before: string;
  mine: string;
  theirs: string;
}

export function conflictsOf(core: SyncCore, me: string): ConflictView[] {
  const out: ConflictView[] = [];
  const waiting = core.outbox();
  for (const household of core.households()) {
    for (const { row } of core.rows(household, 'proposal')) {
      const p = row as unknown as Proposal;
      const { target: type = '', row: id = '', field = '' } = p;
      const picked = waiting.some((e) => e.type === type && e.id === id && e.patch !== null && field in e.patch);
      if (p.state === 'conflict' && p.by === me && !picked) {
        out.push({ id: p.id, household, type, row: id, field, name: fieldWord(field), before: p.base || '', mine: p.mine || '', theirs: p.theirs || '' });
      }
    }
  }
  return out;
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
