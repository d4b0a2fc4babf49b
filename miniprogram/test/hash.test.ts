import test from 'node:test';
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { digest, fnv, mutationHash, utf8Length } from '../src/sync/hash';
import { base64 } from '../src/sync/base64';
import { makeID } from '../src/sync/id';
import { SeededRandom } from '../sim/memory';

test('FNV-1a vectors of its authors', () => {
  assert.equal(fnv(''), 0x811c9dc5);
  assert.equal(fnv('a'), 0xe40c292c);
  assert.equal(fnv('foobar'), 0xbf9cf968);
});

test('hash of a mutation is the one the server computes', () => {
  const text = '[12,"visit","AAAAAAAAAAAA","BBBBBBBBBBBB",{"text":"到户，<b>&😀 é"},1790000000000]';
  assert.equal(mutationHash(text), '1fb7052d72dd0ebf');
  assert.equal(mutationHash('foobar'), 'bf9cf9681e622b02');
  assert.equal(mutationHash(''), '811c9dc501000193');
});

test('bytes are those of UTF-8', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (s) => {
    const bytes = Buffer.from(s, 'utf8');
    let h = 0x811c9dc5;
    for (const b of bytes) {
      h = Math.imul(h ^ b, 0x01000193);
    }
    assert.equal(fnv(s), h >>> 0);
    assert.equal(utf8Length(s), bytes.length);
  }));
});

test('a digest does not depend on order and wraps at 2^32', () => {
  fc.assert(fc.property(fc.array(fc.string()), (texts) => {
    const want = texts.reduce((n, t) => (n + BigInt(fnv(t))) % BigInt(4294967296), BigInt(0));
    assert.equal(BigInt(digest(texts)), want);
    assert.equal(digest(texts.slice().reverse()), digest(texts));
  }));
});

test('ids are 9 bytes as URL-safe base64', async () => {
  for (let seed = 1; seed < 50; seed++) {
    const id = await makeID(new SeededRandom(seed));
    assert.equal(id, Buffer.from(new SeededRandom(seed).bytes(9)).toString('base64url'));
  }
});

test('base64 of ASCII', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme-ascii' }), (s) => assert.equal(base64(s), Buffer.from(s).toString('base64'))));
  assert.throws(() => base64('中'));
});
