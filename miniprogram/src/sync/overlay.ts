// What is shown: base rows with the outbox on top.

import { patched, typeOf } from './row';
import { Item, Rows, State } from './state';
import { Row, Tables, TypeDef } from './types';

/** A row as shown; unsent says that part of it has not reached the server. */
export interface Shown {
  row: Row;
  unsent: boolean;
}

/** The items laid over one household's rows, in order. Re-offered ones are history. */
function itemsOver(state: State, household: string): Item[] {
  const over = (i: Item) => !i.again && i.m[3] === household;
  return state.linger.filter(over).concat(state.outbox.filter(over));
}

/** row after one item; undefined = no such row. An edit of a row that is gone does not bring it back. */
export function lay(def: TypeDef | undefined, row: Row | undefined, item: Item, me: string): Row | undefined {
  const [, , id, , patch] = item.m;
  if (patch === null) {
    return undefined;
  }
  if (row) {
    return patched(def, row, patch);
  }
  return item.fresh ? patched(def, me ? { id, by: me } : { id }, patch) : undefined;
}

/** All rows of one household as shown, by type and id. */
export function viewHouse(state: State, tables: Tables, me: string, household: string): Map<string, Map<string, Shown>> {
  const out = new Map<string, Map<string, Shown>>();
  const house = state.base.get(household);
  if (!house) {
    return out;
  }
  house.rows.forEach((byID, type) => {
    const shown = new Map<string, Shown>();
    byID.forEach((row, id) => shown.set(id, { row, unsent: false }));
    out.set(type, shown);
  });
  const waiting = new Set(state.outbox);
  for (const item of itemsOver(state, household)) {
    const [, type, id] = item.m;
    let shown = out.get(type);
    if (!shown) {
      shown = new Map();
      out.set(type, shown);
    }
    const before = shown.get(id);
    const row = lay(typeOf(tables, type), before && before.row, item, me);
    if (row) {
      shown.set(id, { row, unsent: (before !== undefined && before.unsent) || waiting.has(item) });
    } else {
      shown.delete(id);
    }
  }
  return out;
}

const UNKNOWN: Tables = { schema: 0, types: [] };

/** One row as shown, without canonical order: enough to know whether and how it is there. */
export function viewRow(state: State, household: string, type: string, id: string): Row | undefined {
  const house = state.base.get(household);
  let row = house && baseRow(house.rows, type, id);
  for (const item of itemsOver(state, household)) {
    if (item.m[1] === type && item.m[2] === id) {
      row = lay(typeOf(UNKNOWN, type), row, item, '');
    }
  }
  return row;
}

export function baseRow(rows: Rows, type: string, id: string): Row | undefined {
  const byID = rows.get(type);
  return byID && byID.get(id);
}
