// Rows in canonical form: byte-equal with the server's JSON text.

import { Patch, Row, Tables, TypeDef, Value } from './types';

/** s with every lone surrogate replaced by U+FFFD, so that it survives UTF-8. */
export function wellFormed(s: string): string {
  let out = '';
  let from = 0;
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    if (c < 0xd800 || c >= 0xe000) {
      continue;
    }
    if (c < 0xdc00 && (s.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      i++;
      continue;
    }
    out += s.slice(from, i) + '\uFFFD';
    from = i + 1;
  }
  return out + s.slice(from);
}

/** A copy of v with well-formed text all through. */
export function wellFormedValue(v: Value): Value {
  if (typeof v === 'string') {
    return wellFormed(v);
  }
  if (Array.isArray(v)) {
    return v.map(wellFormedValue);
  }
  return v === undefined ? null : v;
}

/** A copy of p with well-formed text; keys whose value is undefined are left out. */
export function wellFormedPatch(p: Patch): Patch {
  const out: Patch = {};
  for (const k of Object.keys(p)) {
    if (p[k] !== undefined) {
      out[wellFormed(k)] = wellFormedValue(p[k]);
    }
  }
  return out;
}

/** Whether v is what the server leaves out of a row. */
export function isZero(v: Value | undefined): boolean {
  return v === undefined || v === null || v === '' || v === 0 || v === false || (Array.isArray(v) && v.length === 0);
}

export function typeOf(tables: Tables, name: string): TypeDef | undefined {
  for (const t of tables.types) {
    if (t.name === name) {
      return t;
    }
  }
  return undefined;
}

/**
 * The row in canonical key order without zero values. Fields that the table
 * does not know (the server is newer) are kept behind the declared ones, in
 * the order they came.
 */
export function canonical(def: TypeDef | undefined, row: Row): Row {
  const out: Row = { id: row.id };
  if (row.by) {
    out.by = row.by;
  }
  const known: { [name: string]: true } = { id: true, by: true };
  for (const f of def ? def.fields : []) {
    known[f.name] = true;
    if (!isZero(row[f.name])) {
      out[f.name] = row[f.name];
    }
  }
  for (const k of Object.keys(row)) {
    if (known[k] !== true && !isZero(row[k])) {
      out[k] = row[k];
    }
  }
  return out;
}

/** The JSON text the server has for this row. */
export function rowText(row: Row): string {
  return JSON.stringify(row);
}

/** row with the fields of patch laid over it, canonical. */
export function patched(def: TypeDef | undefined, row: Row, patch: { [field: string]: Value }): Row {
  const next: Row = { ...row };
  for (const k of Object.keys(patch)) {
    if (k !== 'id') {
      next[k] = patch[k];
    }
  }
  return canonical(def, next);
}
