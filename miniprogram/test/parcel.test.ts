// Parcels: against zlib, against damage, and over a link that knows none.

import assert from 'node:assert/strict';
import test from 'node:test';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { Packed, packColumn, packRows, unpackColumn, unpackRows } from '../src/sync/columns';
import { deflate } from '../src/sync/deflate';
import { DICTIONARY, NUMBER } from '../src/sync/dictionary';
import { BadStream, inflate } from '../src/sync/inflate';
import { answerOf, open, Parcels, wrap } from '../src/sync/parcel';
import { lengthen, shorten } from '../src/sync/short';
import { HttpRequest, HttpResponse, Row, Value } from '../src/sync/types';

const MAX = 1 << 20;
const START = shorten(DICTIONARY);

/** Bytes that compress: pieces repeated, with literals between. */
const bytes = fc.array(fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 200 })).map(([b, n]) => Uint8Array.from({ length: b.length * n }, (_, i) => b[i % b.length])),
  fc.integer({ min: 0, max: START.length - 300 }).map((at) => START.slice(at, at + 280)),
), { maxLength: 12 }).map((parts) => Uint8Array.from(parts.reduce((all, p) => all.concat(Array.from(p)), [] as number[])));

test('inflate reads what zlib writes, at every level and strategy', () => {
  fc.assert(fc.property(bytes, fc.integer({ min: 0, max: 9 }), fc.constantFrom(constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY, constants.Z_RLE), (b, level, strategy) => {
    const z = deflateRawSync(b, { level, strategy, dictionary: START });
    assert.deepEqual(Buffer.from(inflate(Buffer.concat([Buffer.from([9]), z]), 1, START, MAX)), Buffer.from(b));
  }), { numRuns: 400 });
});

test('zlib reads what deflate writes, and it is small', () => {
  fc.assert(fc.property(bytes, (b) => {
    const z = deflate(b, START);
    assert.deepEqual(inflateRawSync(z, { dictionary: START }), Buffer.from(b));
    const fixed = deflateRawSync(b, { level: 9, strategy: constants.Z_FIXED, dictionary: START });
    assert.ok(z.length <= fixed.length * 1.1 + 12, `${z.length} bytes, zlib ${fixed.length}`);
  }), { numRuns: 400 });
  const far = Uint8Array.from({ length: 80000 }, (_, i) => (i * i * 31 + (i >> 8)) & 255);
  assert.deepEqual(inflateRawSync(deflate(far, START), { dictionary: START }), Buffer.from(far));
});

test('a stream that is cut, damaged, too long or followed by anything is none', () => {
  const z = deflateRawSync(Buffer.from('到户时家里正在做饭。'.repeat(9)), { level: 9, dictionary: START });
  for (let n = 0; n < z.length; n++) {
    assert.throws(() => inflate(z.subarray(0, n), 0, START, MAX), BadStream);
  }
  assert.throws(() => inflate(Buffer.concat([z, Buffer.from([0])]), 0, START, MAX), BadStream);
  assert.throws(() => inflate(z, 0, START, 20), BadStream);
  fc.assert(fc.property(fc.integer({ min: 0, max: z.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, x) => {
    const b = Buffer.from(z);
    b[at] ^= x;
    try {
      inflate(b, 0, START, MAX);
    } catch (e) {
      assert.ok(e instanceof BadStream, String(e));
    }
  }));
});

test('the short form of a text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (s) => assert.equal(lengthen(shorten(s)), s)));
  for (const s of ['一鿿', '\u3000\u30ff\u3100', '\uff00\uffff', '\u{10000}\u{10ffff}', 'a'.repeat(9000) + '户'.repeat(9000)]) {
    assert.equal(lengthen(shorten(s)), s);
  }
  assert.equal(shorten('户主a').length, 5);
  for (const bad of [[0xd5, 0], [0x80], [0xd4, 1], [0xff]]) {
    assert.equal(lengthen(Uint8Array.from(bad)), undefined);
  }
});

const word = fc.oneof(fc.constantFrom('是', '否', 'a|b', '#1', '=x', '𠮷', 'q"\\', '2026-01-31'), fc.string({ minLength: 1, maxLength: 6 }));
const cell: fc.Arbitrary<Value | undefined> = fc.oneof(fc.constant(undefined), word, fc.maxSafeInteger().filter((n) => n !== 0), fc.constant(true), fc.array(word, { minLength: 1, maxLength: 3 }));

test('a column comes back as it was', () => {
  const kinds = [fc.option(word, { nil: undefined }), fc.option(fc.integer({ min: -9, max: 99 }).filter((n) => n !== 0), { nil: undefined }), cell];
  for (const kind of kinds) {
    fc.assert(fc.property(fc.array(kind as fc.Arbitrary<Value | undefined>, { minLength: 1, maxLength: 8 }), (values) => {
      const back = unpackColumn(JSON.parse(JSON.stringify(packColumn(values))) as string, values.length);
      assert.deepEqual(back.map((v) => (v === 0 || v === '' ? undefined : v)), values);
    }), { numRuns: 500 });
  }
  assert.equal(packColumn(['是', '是', '是']), '=是');
  assert.equal(packColumn([2025, 2025]), '#1k9');
  assert.throws(() => unpackColumn('#1 2 3', 2));
});

test('rows come back byte for byte, or are left as they are', () => {
  const row = fc.array(fc.tuple(fc.constantFrom('by', 'day', 'text', 'x,y', 'later'), cell), { maxLength: 5 }).map((cells) => {
    const r: { [field: string]: Value } = {};
    cells.forEach(([k, v]) => v !== undefined && (r[k] = v));
    return { id: 'AAAAAAAAAAAA', ...r } as Row;
  });
  fc.assert(fc.property(fc.array(row, { minLength: 1, maxLength: 6 }), (rows) => {
    const packed = packRows(rows);
    if (packed) {
      assert.equal(JSON.stringify(unpackRows(JSON.parse(JSON.stringify(packed)) as Packed)), JSON.stringify(rows));
    }
  }), { numRuns: 1000 });
  assert.ok(packRows([{ id: 'A', day: '1' }, { id: 'B', by: 'x', day: '1' }, { id: 'C', by: 'y', text: '1' }]));
  assert.equal(packRows([{ id: 'A', day: '1', by: 'x' }, { id: 'B', by: 'x', day: '1' }]), undefined);
});

/** A link that answers as told. */
class Told {
  sent: HttpRequest[] = [];

  constructor(private readonly answers: HttpResponse[]) {}

  async send(r: HttpRequest): Promise<HttpResponse> {
    this.sent.push(r);
    return this.answers.shift() as HttpResponse;
  }
}

const POST: HttpRequest = { method: 'POST', path: '/api/v1/sync', headers: { 'Content-Type': 'application/json' }, body: '{"cursor":"","muts":[[1,1,"visit"]]}' };
const bytesOf = (b: Uint8Array): ArrayBuffer => Uint8Array.from(b).buffer as ArrayBuffer;
const parcel = (text: string, ids: number[] = []): ArrayBuffer => bytesOf(Buffer.concat([Buffer.from([NUMBER, ids.length / 9, ...ids]), deflateRawSync(shorten(text), { dictionary: START })]));

test('a request goes out as a parcel and the answer comes back in its usual shape', async () => {
  const ids = Array.from({ length: 27 }, (_, i) => i * 7);
  const text = '{"cursor":"c","houses":[2,1,1,"# 1",0],"rows":[["household","#1 ",1,"head","=万盛"],["visit","# 1",0,"by,stage","=me","#3"]],"now":5}';
  const link = new Told([{ status: 200, headers: {}, body: '', bytes: parcel(text, ids) }]);
  const a = await new Parcels(link).send(POST);
  assert.deepEqual(JSON.parse(open(link.sent[0].body as ArrayBuffer).text), { cursor: '', muts: [[1, 1, 'visit']], pack: NUMBER });
  assert.equal(link.sent[0].headers['Content-Type'], 'application/octet-stream');
  const id = (at: number): string => Buffer.from(ids.slice(at * 9, at * 9 + 9)).toString('base64url');
  assert.equal(JSON.stringify(a.answer), JSON.stringify({
    cursor: 'c', now: 5, households: [
      { id: id(0), s: 1, full: true, rows: { household: [{ id: id(0), head: '万盛' }] } },
      { id: id(1), s: 1, full: true, cont: true, rows: { visit: [{ id: id(2), by: 'me', stage: 3 }] } },
    ],
  }));
});

test('every cut of an answer is no answer; a refusal in plain words comes through', async () => {
  const whole = parcel('{"cursor":"c","houses":[1,1,1,0,0],"rows":[["household","#1",1,"head","万盛"]],"now":5}', Array.from({ length: 9 }, () => 1));
  assert.equal(answerOf(whole).households?.length, 1);
  for (let n = 1; n < whole.byteLength; n++) {
    const a = await new Parcels(new Told([{ status: 200, headers: {}, body: '', bytes: whole.slice(0, n) }])).send(POST);
    assert.equal(a.answer, undefined);
    assert.equal(a.body, '');
  }
  const said = '{"code":"forbidden","detail":"您不能看这一户。"}';
  const no = await new Parcels(new Told([{ status: 403, headers: {}, body: '', bytes: bytesOf(Buffer.from(said)) }])).send(POST);
  assert.equal(no.body, said);
});

test('a server that knows no parcels is spoken to in JSON', async () => {
  const yes = { status: 200, headers: {}, body: '{"cursor":"c"}' };
  const link = new Told([{ status: 415, headers: {}, body: '' }, yes, yes]);
  const p = new Parcels(link);
  assert.equal((await p.send(POST)).body, yes.body);
  await p.send(POST);
  assert.deepEqual(link.sent.map((r) => typeof r.body), ['object', 'string', 'string']);
  const poll = new Told([{ status: 204, headers: {}, body: '', bytes: new ArrayBuffer(0) }, { status: 200, headers: {}, body: '', bytes: bytesOf(Buffer.from(yes.body)) }]);
  const q = new Parcels(poll);
  const ask: HttpRequest = { method: 'GET', path: '/api/v1/sync?cursor=c&schema=1&client=x', headers: {} };
  assert.equal((await q.send(ask)).status, 204);
  assert.equal((await q.send(ask)).body, yes.body);
  assert.equal(poll.sent[0].path, ask.path + '&pack=' + NUMBER);
  const other = new Told([yes]);
  await new Parcels(other).send({ ...POST, path: '/api/v1/uploads' });
  assert.equal(typeof other.sent[0].body, 'string');
  assert.equal(new Uint8Array(wrap('{}'))[0], NUMBER);
});
