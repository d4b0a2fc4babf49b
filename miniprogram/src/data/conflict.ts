// Two people changed the same field: before, mine, theirs. Whoever wrote picks
// by writing the value again; until the server has it the card is not shown.

import { SyncCore } from '../sync/core';
import { momentWords } from './day';
import { textWords } from './proposal';
import { Proposal } from './records';
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
  /** The three as people read them. */
  words: { before: string; mine: string; theirs: string };
  /** 李四改的，昨天 09:12 */
  who: string;
}

/** Who wrote the value that is there; an import has no name. */
function whoWords(p: Proposal, now: number): string {
  return (p.rival || '别人') + '改的' + (p.rivalAt ? '，' + momentWords(p.rivalAt, now) : '');
}

export function conflictsOf(core: SyncCore, me: string, now: number): ConflictView[] {
  const out: ConflictView[] = [];
  const waiting = core.outbox();
  for (const household of core.households()) {
    for (const { row } of core.rows(household, 'proposal')) {
      const p = row as unknown as Proposal;
      const { target: type = '', row: id = '', field = '' } = p;
      const picked = waiting.some((e) => e.type === type && e.id === id && e.patch !== null && field in e.patch);
      if (p.state === 'conflict' && p.by === me && !picked) {
        const { base: before = '', mine = '', theirs = '' } = p;
        const words = { before: textWords(type, field, before), mine: textWords(type, field, mine), theirs: textWords(type, field, theirs) };
        out.push({ id: p.id, household, type, row: id, field, name: fieldWord(field), before, mine, theirs, words, who: whoWords(p, now) });
      }
    }
  }
  return out;
}
