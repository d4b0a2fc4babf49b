import test from 'node:test';
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fill } from '../src/data/desk';
import { dayOf, dayWords, momentWords, unvisitedWords, windowOf } from '../src/data/day';
import { migrate, NewerStore, STEPS, VERSION } from '../src/data/disk';
import { lightOf, Seen } from '../src/data/light';
import { sha256 } from '../src/data/sha256';
import { decodeState, encodeHouse, freshMeta, House, State } from '../src/sync/state';
import { Row } from '../src/sync/types';
import { bytesOf, textOf } from '../src/sync/utf8';
import { askFor, newVisit, nextStage, touched, visitChanges, withPhrase } from '../src/data/visit';
import { moneyWords } from '../src/data/words';
import { Disk, MemoryStorage } from '../sim/memory';

const root = join(__dirname, '..', '..');

function sources(dir: string): string[] {
  return readdirSync(dir).flatMap((f) => {
    const p = join(dir, f);
    return statSync(p).isDirectory() ? sources(p) : p.endsWith('.ts') ? [p] : [];
  });
}

test('below the pages only platform/wx.ts names the platform', () => {
  const named = ['sync', 'data', 'form', 'api', 'platform'].flatMap((d) => sources(join(root, 'src', d)))
    .filter((p) => /\bwx\./.test(readFileSync(p, 'utf8').replace(/\/\/.*|\/\*[\s\S]*?\*\//g, '')));
  assert.deepEqual(named, [join(root, 'src', 'platform', 'wx.ts')]);
});

test('SHA-256 as the standard has it', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (b) => {
    const own = b.slice();
    assert.equal(sha256(own.buffer as ArrayBuffer), createHash('sha256').update(own).digest('hex'));
  }));
});

test('UTF-8 there and back, and bytes that are none as a decoder reads them', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (s) => {
    assert.equal(textOf(bytesOf(s)), Buffer.from(s, 'utf8').toString('utf8'));
    assert.deepEqual(Buffer.from(bytesOf(s)), Buffer.from(s, 'utf8'));
  }));
  assert.equal(textOf(Uint8Array.from([0x41, 0xff, 0x42]).buffer as ArrayBuffer), 'A\uFFFDB');
});

test('days are those of Shanghai, whatever the zone of the phone', () => {
  assert.equal(dayOf(Date.parse('2026-01-31T16:00:00Z')), '2026-02-01');
  assert.equal(dayOf(Date.parse('2026-01-31T15:59:59Z')), '2026-01-31');
  assert.deepEqual(windowOf('2024-02-10', 'month'), { from: '2024-02-01', to: '2024-02-29' });
  assert.deepEqual(windowOf('2026-12-31', 'quarter'), { from: '2026-10-01', to: '2026-12-31' });
  assert.equal(dayWords('2025-12-31', '2026-01-01'), '昨天');
  assert.equal(dayWords('2025-03-04', '2026-01-01'), '2025年3月4日');
  assert.equal(unvisitedWords('2026-01-01', '2026-03-10'), '68 天没去');
  assert.equal(momentWords(Date.parse('2026-01-01T01:12:00Z'), Date.parse('2026-01-01T09:00:00Z')), '09:12');
});

test('the places of a card are filled with known words only', () => {
  const words = { household: '帮扶户', cadre: '$&' };
  assert.equal(fill('{{household}}找{{ cadre }}，{{nobody}}、{{toString}}、{{a{b}}', words), '帮扶户找$&，{{nobody}}、{{toString}}、{{a{b}}');
});

const seen: fc.Arbitrary<Seen> = fc.record({
  unsent: fc.nat(3), failed: fc.nat(2), returned: fc.nat(2), drafts: fc.nat(2), households: fc.nat(30), busy: fc.constantFrom('', 'sync', 'photos'),
  online: fc.boolean(), cut: fc.boolean(), trouble: fc.constantFrom('', 'login', 'update', 'ended', 'disabled', 'storage', 'refused', 'busy'),
  reason: fc.constantFrom('', '稍后再试。'), lastAt: fc.constantFrom(0, 1790000000000), now: fc.constant(1790003600000), oldestAt: fc.constantFrom(0, 1780000000000),
}) as fc.Arbitrary<Seen>;

test('the light is green only when nothing waits, and always says how much does', () => {
  fc.assert(fc.property(seen, (s) => {
    const l = lightOf(s);
    const clean = s.unsent === 0 && s.failed === 0 && s.returned === 0 && s.online && !s.cut && s.trouble === '' && s.lastAt > 0;
    assert.equal(l.tone === 'pine', clean);
    assert.equal(l.text.startsWith('已全部送达'), clean);
    assert.equal(s.unsent + s.failed > 0, l.text.includes('待传 ' + (s.unsent + s.failed)));
  }), { numRuns: 500 });
});

test('an account is said to be out of use only when it is, and only then nobody is told to log in', () => {
  fc.assert(fc.property(seen, (s) => {
    const l = lightOf(s);
    const all = l.text + l.hint;
    assert.equal(all.includes('停用'), s.trouble === 'disabled');
    assert.equal(all.includes('重新登录'), s.trouble === 'login' || s.trouble === 'ended');
    assert.equal(s.trouble === 'ended', l.hint.includes('结束了这部手机的登录'));
  }), { numRuns: 500 });
});

test('every version of the store is taken to the present one, also when the app dies in between', async () => {
  for (let v = 0; v <= VERSION; v++) {
    for (let kill = 0; kill < 6; kill++) {
      const disk: Disk = new Map(v === 0 ? [['d/u/meta', '{}']] : [['v', String(v)], ['d/u/meta', '{}']]);
      await migrate(new MemoryStorage(disk, kill, kill % 2 === 0)).catch(() => undefined);
      await migrate(new MemoryStorage(disk));
      assert.equal(disk.get('v'), String(VERSION));
      assert.equal(disk.get('d/u/meta'), '{}');
    }
  }
});

test('rows from before they were packed are read as they are; an app of before leaves packed ones alone', async () => {
  const rows = [{ id: 'v1', by: 'me', day: '2026-01-31', text: '甲' }, { id: 'v2', day: '2026-02-01', met: ['户主'] }];
  const before = JSON.stringify({ s: 3, top: 7, rows: { visit: rows } }); // as version 1 wrote a household
  const state = decodeState(new Map([['meta', JSON.stringify(freshMeta('client', 9216))], ['h/h1', before]])) as State;
  const house = state.base.get('h1') as House;
  assert.deepEqual([house.s, house.top, Array.from((house.rows.get('visit') as Map<string, Row>).values())], [3, 7, rows]);
  const now = encodeHouse(house);
  assert.notEqual(now, before);
  assert.deepEqual(decodeState(new Map([['meta', '{}'], ['h/h1', now]]))?.base.get('h1'), house);
  // Version 1 took every element of the list for a row.
  const list = (JSON.parse(now) as { rows: { visit: { id?: string }[] } }).rows.visit;
  assert.ok(list.some((r) => r === null || r.id === undefined), 'it would have read rows without ids');
  const disk: Disk = new Map([['v', '2'], ['d/u/h/h1', now]]);
  await assert.rejects(migrate(new MemoryStorage(disk), STEPS.slice(0, 1)), NewerStore);
  assert.deepEqual(Array.from(disk), [['v', '2'], ['d/u/h/h1', now]]);
});

test('a visit counts its own seconds, taps and fields, and pauses do not count', () => {
  let d = newVisit('v', 'h', 1, 0, '2026-01-31');
  d = touched(d, 10000, 'text');
  d = touched(d, 12000, 'text', false);
  d = touched(d, 10000000, 'stage');
  const { changes } = visitChanges(d);
  assert.deepEqual((changes[0].patch as { burden: number[] }).burden, [12, 2, 2]);
  assert.equal('burden' in (visitChanges({ ...d, correcting: true }).changes[0].patch as object), false);
});

test('the visit goes first and what speaks of it after; empty answers and needs do not go', () => {
  const d = { ...newVisit('v', 'h', 7, 0, '2026-01-31'), needs: [{ id: 'n', text: ' ', kind: '' }, { id: 'm', text: '缺水', kind: '饮水' }], quizzes: [{ id: 'q', form: 'f', answers: [] }] };
  const { changes } = visitChanges({ ...d, place: { lat: 27.1234567, lng: 105.2, accuracy: 15.4, coord: 'gcj02' }, checkinAt: 5 });
  assert.deepEqual(changes.map((c) => c.id), ['v', 'm']);
  assert.ok(changes.every((c) => c.base === 7));
  assert.equal((changes[0].patch as { lat: number }).lat, 27123457);
});

test('evidence is asked for plainly and never in the way', () => {
  const d = newVisit('v', 'h', 1, 0, '2026-01-31');
  assert.equal(askFor(d, { policy: 'optional' }), '');
  assert.match(askFor(d, { policy: 'either' }), /就这样保存/);
  assert.match(askFor(d, { policy: 'required', reason: '核查', until: '2026-12-31' }), /核查/);
  assert.equal(askFor({ ...d, checkinAt: 1, place: { lat: 1, lng: 1, accuracy: 1, coord: 'wgs84' } }, { policy: 'either' }), '');
});

test('small words', () => {
  assert.equal(withPhrase('去过了', '已讲政策。'), '去过了。已讲政策。');
  assert.equal(moneyWords(1000000), '1万元');
  assert.equal(moneyWords(12345), '123.45元');
  assert.equal(nextStage([1, 3]), 4);
  assert.equal(nextStage([4]), 4);
});
