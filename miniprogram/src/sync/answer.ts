// Reading an answer. Anything that is not whole and of the right shape counts
// as no answer at all: a cut connection, a captive portal, a proxy's page.

import { Answer, HttpResponse } from './types';

type Check = (v: unknown) => boolean;

const isText: Check = (v) => typeof v === 'string';
const isNumber: Check = (v) => typeof v === 'number' && isFinite(v);
const isFlag: Check = (v) => typeof v === 'boolean';
const isObject: Check = (v) => typeof v === 'object' && v !== null && !Array.isArray(v);
const listOf = (each: Check): Check => (v) => Array.isArray(v) && v.every(each);

const isResult: Check = (v) => Array.isArray(v) && isNumber(v[0]) && isText(v[1]);
const isOwn: Check = (v) => Array.isArray(v) && isText(v[0]) && isText(v[1]) && isText(v[2]) && (v[3] === null || isObject(v[3]));
const isRow: Check = (v) => isObject(v) && isText((v as { id: unknown }).id);

const isPart: Check = (v) => {
  if (!isObject(v)) {
    return false;
  }
  const p = v as { id: unknown; s: unknown; rows?: unknown };
  if (!isText(p.id) || !isNumber(p.s)) {
    return false;
  }
  const rows = p.rows as { [type: string]: unknown } | undefined | null;
  return rows === undefined || rows === null || (isObject(rows) && Object.keys(rows).every((t) => listOf(isRow)(rows[t])));
};

const SHAPE: { [key: string]: Check } = {
  cursor: isText,
  last: isNumber,
  results: listOf(isResult),
  own: listOf(isOwn),
  removed: listOf((v) => Array.isArray(v) && isText(v[0])),
  households: listOf(isPart),
  tops: listOf((v) => Array.isArray(v) && isNumber(v[0]) && isNumber(v[1])),
  left: isNumber,
  more: isFlag,
  next: isNumber,
  now: isNumber,
  reconcile: isFlag,
  newClient: isText,
  update: isFlag,
  wipe: isFlag,
  ended: isFlag,
  disabled: isFlag,
};

/** The answer, or undefined when the body is not one. Absent and null keys are the same. */
export function readAnswer(r: HttpResponse): Answer | undefined {
  let v: unknown;
  try {
    v = r.answer === undefined ? JSON.parse(r.body) : r.answer;
  } catch {
    return undefined;
  }
  if (!isObject(v)) {
    return undefined;
  }
  const raw = v as { [key: string]: unknown };
  const out: { [key: string]: unknown } = {};
  for (const k of Object.keys(raw)) {
    if (raw[k] === null) {
      continue;
    }
    if (SHAPE[k] && !SHAPE[k](raw[k])) {
      return undefined;
    }
    out[k] = raw[k];
  }
  const a = out as Answer;
  const served = a.cursor !== undefined || a.reconcile || a.newClient || a.update || a.wipe || a.ended;
  return served ? a : undefined;
}

/** Code and sentence of a problem+json body; empty when it is none. */
export function readProblem(r: HttpResponse): { code: string; detail: string } {
  try {
    const p = JSON.parse(r.body) as { code?: unknown; detail?: unknown } | null;
    return {
      code: p && typeof p.code === 'string' ? p.code : '',
      detail: p && typeof p.detail === 'string' ? p.detail : '',
    };
  } catch {
    return { code: '', detail: '' };
  }
}

/** A header by name, whatever its case; "" when absent. */
export function header(r: HttpResponse, name: string): string {
  for (const k of Object.keys(r.headers)) {
    if (k.toLowerCase() === name.toLowerCase()) {
      return r.headers[k];
    }
  }
  return '';
}
