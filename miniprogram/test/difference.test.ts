import test from 'node:test';
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { difference } from '../src/difference';

/** setData, as far as difference uses it. */
function set(data: { [k: string]: unknown }, change: { [path: string]: unknown }): { [k: string]: unknown } {
  const out = JSON.parse(JSON.stringify(data)) as { [k: string]: unknown };
  for (const path of Object.keys(change)) {
    const item = /^(.+)\[(\d+)\]$/.exec(path);
    if (item) {
      (out[item[1]] as unknown[])[Number(item[2])] = change[path];
    } else {
      out[path] = change[path];
    }
  }
  return out;
}

const rows = fc.array(fc.record({ id: fc.constantFrom('a', 'b', 'c'), tags: fc.array(fc.integer({ max: 3, min: 0 }), { maxLength: 2 }) }), { maxLength: 5 });
const view = fc.record({ title: fc.constantFrom('', '甲', '乙'), n: fc.integer({ min: 0, max: 2 }), rows, on: fc.boolean() });

test('what is told makes the page show the new view', () => {
  fc.assert(fc.property(view, view, (now, next) => {
    assert.deepEqual(JSON.parse(JSON.stringify(set(now, difference(now, next)))), JSON.parse(JSON.stringify(next)));
  }));
});

test('nothing is told twice, and of a list only what changed', () => {
  fc.assert(fc.property(view, (v) => {
    assert.deepEqual(difference(v, JSON.parse(JSON.stringify(v)) as typeof v), {});
  }));
  assert.deepEqual(difference({ rows: [{ id: 'a', n: 1 }, { id: 'b', n: 1 }] }, { rows: [{ id: 'a', n: 1 }, { id: 'b', n: 2 }, { id: 'c', n: 0 }] }),
    { 'rows[1]': { id: 'b', n: 2 }, 'rows[2]': { id: 'c', n: 0 } });
  assert.deepEqual(difference({ rows: [1, 2] }, { rows: [1] }), { rows: [1] });
});
