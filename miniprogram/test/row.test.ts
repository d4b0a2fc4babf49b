import test from 'node:test';
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { canonical, patched, rowText, typeOf, wellFormed, wellFormedPatch } from '../src/sync/row';
import { Row } from '../src/sync/types';
import { TABLES } from './support/tables';

const VISIT = typeOf(TABLES, 'visit');

test('keys stand in declared order and zero values are left out', () => {
  const row: Row = { state: 'pending', text: '', lat: 0, met: [], day: '2026-01-31', by: 'u', stage: 2, id: 'a', coord: null, flags: ['late'] };
  assert.equal(rowText(canonical(VISIT, row)), '{"id":"a","by":"u","day":"2026-01-31","stage":2,"state":"pending","flags":["late"]}');
});

test('text is JSON.stringify text: no escapes for <, &, U+2028', () => {
  const row = canonical(VISIT, { id: 'a', text: '<&>\u2028\u0007"\\\n😀' });
  assert.equal(rowText(row), '{"id":"a","text":"<&>\u2028\\u0007\\"\\\\\\n😀"}');
});

test('a field the table does not know is kept behind the declared ones', () => {
  assert.equal(rowText(canonical(VISIT, { id: 'a', newer: 'x', day: '2026-01-01' })), '{"id":"a","day":"2026-01-01","newer":"x"}');
});

test('null in a patch puts a field back to zero', () => {
  const row = patched(VISIT, { id: 'a', by: 'u', day: '2026-01-01', text: 'x' }, { text: null, needs: '水' });
  assert.equal(rowText(row), '{"id":"a","by":"u","day":"2026-01-01","needs":"水"}');
});

test('a patch never changes the id', () => {
  assert.equal(patched(VISIT, { id: 'a' }, { id: 'b' }).id, 'a');
});

test('canonical is idempotent whatever the order the fields came in', () => {
  const names = (VISIT ? VISIT.fields : []).map((f) => f.name);
  fc.assert(fc.property(fc.shuffledSubarray(names), fc.array(fc.oneof(fc.string(), fc.integer(), fc.boolean())), (keys, values) => {
    const row: Row = { id: 'a' };
    keys.forEach((k, i) => {
      row[k] = values[i % Math.max(1, values.length)];
    });
    const sorted: Row = { id: 'a' };
    keys.slice().sort().forEach((k) => {
      sorted[k] = row[k];
    });
    assert.equal(rowText(canonical(VISIT, row)), rowText(canonical(VISIT, sorted)));
    assert.equal(rowText(canonical(VISIT, canonical(VISIT, row))), rowText(canonical(VISIT, row)));
  }));
});

test('lone surrogates become U+FFFD and pairs stay', () => {
  assert.equal(wellFormed('a\ud800b\udc00c😀\udbff'), 'a\ufffdb\ufffdc😀\ufffd');
  fc.assert(fc.property(fc.array(fc.constantFrom('\ud800', '\udc00', 'x', '😀', '中')).map((a) => a.join('')), (s) => {
    const w = wellFormed(s);
    assert.equal(w, Buffer.from(w, 'utf8').toString('utf8'));
    assert.equal(w.length, s.length);
    assert.equal(wellFormed(w), w);
  }));
});

test('a patch is made well-formed down to its lists; undefined is left out', () => {
  assert.deepEqual(wellFormedPatch({ met: ['\ud800', ['\udc00', 1, null]], text: undefined as unknown as string }), { met: ['\ufffd', ['\ufffd', 1, null]] });
});
