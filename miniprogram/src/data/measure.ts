// Measures as they are typed: what is sent of them, or what is missing in a sentence.

import { Patch } from '../sync/types';
import { Measure } from './records';
import { LISTS } from './lists';
import { moneyWords } from './words';

export const MEASURE_KINDS: string[] = LISTS.measure.map((c) => c.word);

export interface MeasureTyped {
  stage: 'wish' | 'plan';
  kind: string;
  what: string;
  quantity: string;
  unit: string;
  /** Yuan. */
  amount: string;
}

/** What a measure is called in a line: 能繁母牛 2 头 · 1万元 */
export function moneyLine(m: Pick<Measure, 'what' | 'kind' | 'quantity' | 'unit' | 'amount'>): string {
  const what = (m.what || m.kind || '') + (m.quantity ? ' ' + m.quantity + ' ' + (m.unit || '') : '');
  return m.amount ? what + ' · ' + moneyWords(m.amount) : what;
}

/** A new measure; a sentence when something is missing or is no number. */
export function measurePatch(t: MeasureTyped): Patch | string {
  const quantity = t.quantity.trim() === '' ? 0 : Number(t.quantity);
  const yuan = t.amount.trim() === '' ? 0 : Number(t.amount);
  if (!Number.isInteger(quantity) || quantity < 0) {
    return '数量请写整数。';
  }
  if (quantity > 0 && t.unit.trim() === '') {
    return '写了数量，请写单位，如：头。';
  }
  if (!isFinite(yuan) || yuan < 0) {
    return '多少钱请写数字。';
  }
  const out: Patch = { kind: t.kind, what: t.what.trim(), stage: t.stage };
  if (quantity > 0) {
    Object.assign(out, { quantity, unit: t.unit.trim() });
  }
  if (yuan > 0) {
    out.amount = Math.round(yuan * 100);
  }
  return out;
}

/** A measure moved on; a sentence when something is missing. */
export function movePatch(stage: 'doing' | 'done' | 'stopped', said: string, quantity: string, unit: string, day: string): Patch | string {
  const result = said.trim();
  const n = quantity.trim() === '' ? 0 : Number(quantity);
  if (result === '' && stage !== 'doing') {
    return stage === 'done' ? '写一句成效：用得怎么样，有没有收益。' : '写一句为什么不做了。';
  }
  if (!Number.isInteger(n) || n < 0) {
    return '产出请写整数。';
  }
  if (n > 0 && unit.trim() === '') {
    return '写了产出，请写单位。';
  }
  const out: Patch = { stage };
  if (result !== '') {
    out.result = result;
  }
  return n > 0 && stage !== 'stopped' ? { ...out, yieldQuantity: n, yieldUnit: unit.trim(), yieldDay: day } : out;
}
