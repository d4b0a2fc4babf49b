// The short form of an exchange's bodies (docs/sync-protocol.md, Parcels). The
// core speaks JSON; this stands between it and the link.

import { Column, numbers, rowsOf } from './columns';
import { deflate } from './deflate';
import { DICTIONARY, NUMBER } from './dictionary';
import { inflate } from './inflate';
import { lengthen, shorten } from './short';
import { textOf } from './utf8';
import { Answer, HouseholdPart, HttpRequest, HttpResponse, RowOrGone, Transport } from './types';

const ID_BYTES = 9;
/** Longest text inside one answer, in bytes: a page of 64 KB inflates to a tenth of it. */
const LIMIT = 8 << 20;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

let start: Uint8Array | undefined;

function dictionary(): Uint8Array {
  return (start = start || shorten(DICTIONARY));
}

/** A parcel of a JSON text. */
export function wrap(text: string): ArrayBuffer {
  const z = deflate(shorten(text), dictionary());
  const out = new Uint8Array(z.length + 2);
  out[0] = NUMBER;
  out.set(z, 2); // no ids
  return out.buffer as ArrayBuffer;
}

function idOf(b: Uint8Array, at: number): string {
  let out = '';
  for (let i = at; i < at + ID_BYTES; i += 3) {
    const n = (b[i] << 16) | (b[i + 1] << 8) | b[i + 2];
    out += ALPHABET[n >> 18] + ALPHABET[(n >> 12) & 63] + ALPHABET[(n >> 6) & 63] + ALPHABET[n & 63];
  }
  return out;
}

/** Ids and text of a parcel. Throws at anything else. */
export function open(body: ArrayBuffer): { ids: string[]; text: string } {
  const b = new Uint8Array(body);
  let at = 1;
  let n = 0;
  for (let shift = 0; ; shift += 7) {
    if (at >= b.length || shift > 21 || b[0] !== NUMBER) {
      throw new Error('parcel: head');
    }
    n |= (b[at] & 127) << shift;
    if (b[at++] < 128) {
      break;
    }
  }
  const end = at + n * ID_BYTES;
  if (end > b.length) {
    throw new Error('parcel: ids');
  }
  const ids: string[] = [];
  for (; at < end; at += ID_BYTES) {
    ids.push(idOf(b, at));
  }
  const text = lengthen(inflate(b, at, dictionary(), LIMIT));
  if (text === undefined) {
    throw new Error('parcel: text');
  }
  return { ids, text };
}

type Table = [string, Column, 0 | 1, string, ...Column[]];

/** What a parcel has in place of `households`. */
interface Tables {
  /** How many, then space, full, cont and more: one number for all, or a column. */
  houses?: [number, ...(number | Column)[]];
  rows?: Table[];
}

/** The answer in a parcel, in its usual shape. Throws at anything else. */
export function answerOf(body: ArrayBuffer): Answer {
  const { ids, text } = open(body);
  const { houses, rows, ...answer } = JSON.parse(text) as Answer & Tables;
  if (!houses) {
    return answer;
  }
  const n = houses[0];
  const [s, full, cont, more] = houses.slice(1).map((f) => (typeof f === 'number' ? new Array<number>(n).fill(f) : numbers(f, n)));
  const parts = ids.slice(0, n).map((id, i): HouseholdPart => ({
    id, s: s[i], ...(full[i] ? { full: true } : {}), ...(cont[i] ? { cont: true } : {}), ...(more[i] ? { more: true } : {}), rows: {},
  }));
  let used = n;
  for (const table of rows || []) {
    used += put(parts, table, ids, used);
  }
  if (used !== ids.length || parts.length !== n) {
    throw new Error('parcel: ids');
  }
  return { ...answer, households: parts };
}

/** Puts one table's rows where they belong and returns how many ids they took. */
function put(parts: HouseholdPart[], [type, counts, own, keys, ...columns]: Table, ids: string[], from: number): number {
  const each = numbers(counts, parts.length);
  const total = each.reduce((a, b) => a + b, 0);
  const rows = rowsOf(total, keys === '' ? [] : keys.split(','), columns);
  let at = 0;
  each.forEach((count, i) => {
    const mine: RowOrGone[] = [];
    for (; mine.length < count; at++) {
      mine.push({ id: own ? parts[i].id : ids[from + at], ...(rows[at] as object) });
    }
    if (count > 0) {
      (parts[i].rows as { [type: string]: RowOrGone[] })[type] = mine;
    }
  });
  return own ? 0 : total;
}

/**
 * A link that speaks parcels. A server that does not know them (415) is spoken
 * to in JSON from then on; it may answer in JSON at any time.
 */
export class Parcels implements Transport {
  private plain = false;

  constructor(private readonly link: Transport) {}

  async send(r: HttpRequest): Promise<HttpResponse> {
    const poll = r.method === 'GET';
    if (this.plain || !r.path.startsWith('/api/v1/sync') || (!poll && typeof r.body !== 'string')) {
      return this.link.send(r);
    }
    const a = await this.link.send(poll
      ? { ...r, path: r.path + '&pack=' + NUMBER, binary: true }
      : { ...r, headers: { ...r.headers, 'Content-Type': 'application/octet-stream' }, body: wrap((r.body as string).slice(0, -1) + ',"pack":' + NUMBER + '}'), binary: true });
    if (a.status === 415) {
      this.plain = true;
      return this.link.send(r);
    }
    if (!a.bytes) {
      return a;
    }
    if (new Uint8Array(a.bytes)[0] !== NUMBER) {
      return { ...a, body: textOf(a.bytes) };
    }
    try {
      return { ...a, body: '', answer: answerOf(a.bytes) };
    } catch {
      return { ...a, body: '' }; // cut or damaged: no answer at all
    }
  }
}
