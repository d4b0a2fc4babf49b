// Rows laid out column by column: keys stand once, like stands beside like.
// Used for what is stored and, with the server's half in server/delta, for what
// is fetched (docs/sync-protocol.md, Columns).

import { List, Row, Value } from './types';

/**
 * One column: absent values are nothing or 0. Texts as one text: "=" and the
 * text when all are the same; joined without anything between when all are
 * equally long; else by "|". Whole numbers as "#" and their base-36 digits
 * joined by spaces, only once when all are the same. Anything else as a list.
 */
export type Column = string | List;

function joined(texts: string[]): string | undefined {
  if (texts.some((t) => t.indexOf('|') >= 0)) {
    return undefined;
  }
  if (texts.length > 1 && texts[0] !== '' && texts.every((t) => t === texts[0])) {
    return '=' + texts[0];
  }
  if (texts[0][0] === '#' || texts[0][0] === '=') {
    return undefined;
  }
  const equal = texts.every((t) => t.length > 0 && t.length === texts[0].length);
  return texts.join(equal ? '' : '|');
}

/** Packs the values of one column; there is at least one value. */
export function packColumn(values: (Value | undefined)[]): Column {
  const all = values.map((v) => (v === undefined ? 0 : v));
  if (all.every((v) => typeof v === 'number')) {
    const some = all.every((v) => v === all[0]) ? all.slice(0, 1) : all;
    return '#' + some.map((v) => (v === 0 ? '' : (v as number).toString(36))).join(' ');
  }
  const texts = all.every((v) => v === 0 || typeof v === 'string') ? joined(all.map((v) => (v === 0 ? '' : (v as string)))) : undefined;
  return texts === undefined ? all : texts;
}

/** The values of a column of numbers, n of them. */
export function numbers(c: Column, n: number): number[] {
  const out = typeof c === 'string' ? c.slice(1).split(' ').map((d) => (d === '' ? 0 : parseInt(d, 36))) : (c as number[]);
  return out.length === 1 ? new Array<number>(n).fill(out[0]) : out;
}

/** The n values of a column; absent ones are zero values. Throws at a column of another length. */
export function unpackColumn(c: Column, n: number): Value[] {
  const out: Value[] = typeof c !== 'string' ? c : c[0] === '#' ? numbers(c, n) : texts(c, n);
  if (out.length !== n || out.some((v) => v !== v)) {
    throw new Error('columns: length');
  }
  return out;
}

function texts(c: string, n: number): string[] {
  if (c[0] === '=') {
    return new Array<string>(n).fill(c.slice(1));
  }
  const parts = c.split('|');
  if (parts.length === n || n === 0 || c.length % n !== 0) {
    return parts;
  }
  const width = c.length / n;
  return Array.from({ length: n }, (_, i) => c.slice(i * width, (i + 1) * width));
}

/** Rows as [how many, keys, one column for each key]. */
export type Packed = [number, string, ...Column[]];

/**
 * Packs rows of one type. Undefined when their keys have no order in common
 * (fields that this app does not know): the caller keeps them as they are.
 */
export function packRows<R extends { id: string }>(rows: R[]): Packed | undefined {
  const keys: string[] = [];
  for (const r of rows) {
    let at = 0;
    for (const k of Object.keys(r)) {
      const i = keys.indexOf(k);
      if (k.indexOf(',') >= 0 || (i >= 0 && i < at)) {
        return undefined;
      }
      if (i < 0) {
        keys.splice(at++, 0, k);
      } else {
        at = i + 1;
      }
    }
  }
  const cells = rows as unknown as { [key: string]: Value | undefined }[];
  const packed: Packed = [rows.length, keys.join(','), ...keys.map((k) => packColumn(cells.map((r) => r[k])))];
  // What was put in at a guess may have come out of order.
  const back = unpackRows(packed);
  return rows.every((r, i) => JSON.stringify(r) === JSON.stringify(back[i])) ? packed : undefined;
}

/** The rows of a packed list, keys in their order, zero values left out. */
export function unpackRows(p: Packed): Row[] {
  const [n, keys, ...columns] = p;
  return rowsOf(n, keys === '' ? [] : keys.split(','), columns);
}

export function rowsOf(n: number, keys: string[], columns: Column[]): Row[] {
  if (keys.length !== columns.length) {
    throw new Error('columns: keys');
  }
  const rows: { [key: string]: Value }[] = Array.from({ length: n }, () => ({}));
  keys.forEach((k, i) => {
    unpackColumn(columns[i], n).forEach((v, r) => {
      if (v !== 0 && v !== '') {
        rows[r][k] = v;
      }
    });
  });
  return rows as unknown as Row[];
}
