import test from 'node:test';
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { SyncError } from '../src/sync/errors';
import { cut, Store, Writes } from '../src/sync/store';
import { Disk, MemoryStorage } from '../sim/memory';

type Model = Map<string, string>;

function apply(model: Model, writes: Writes): Model {
  const next = new Map(model);
  writes.forEach((v, k) => (v === null ? next.delete(k) : next.set(k, v)));
  return next;
}

const entries = (m: Map<string, string>) => Array.from(m).sort((a, b) => (a[0] < b[0] ? -1 : 1));

const someWrites = fc
  .array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.option(fc.string({ unit: 'binary', maxLength: 40 }).map((s) => '{' + s.replace(/[\ud800-\udfff]/g, 'x')), { nil: null })), { minLength: 1, maxLength: 5 })
  .map((list) => new Map(list) as Writes);

test('a commit killed at any write leaves the state before or after, and the next run goes on', async () => {
  await fc.assert(fc.asyncProperty(fc.array(someWrites, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 30 }), fc.boolean(), async (commits, killAt, after) => {
    const disk: Disk = new Map();
    const storage = new MemoryStorage(disk, killAt, after);
    let model: Model = new Map();
    let maybe: Model = model;
    try {
      const store = new Store(storage, 'u', 8);
      await store.open();
      for (const w of commits) {
        maybe = apply(model, w);
        await store.commit(w);
        model = maybe;
      }
    } catch (e) {
      assert.ok(storage.dead);
    }
    const store = new Store(new MemoryStorage(disk), 'u', 8);
    const found = await store.open();
    const is = (m: Model) => JSON.stringify(entries(found)) === JSON.stringify(entries(m));
    assert.ok(is(model) || is(maybe), 'neither before nor after');
    const last = new Map([['a', '{long enough to be cut'], ['e', '{}']]);
    await store.commit(last);
    assert.deepEqual(entries(await new Store(new MemoryStorage(disk), 'u', 8).open()), entries(apply(new Map(found), last)));
  }), { numRuns: 400 });
});

test('recovery killed at any write recovers the next time', async () => {
  const writes: Writes = new Map([['a', '{1234567890'], ['b', '{x'], ['c', '{1234567890123456789']]);
  for (let killAt = 1; killAt < 20; killAt++) {
    for (let again = 1; again < 20; again++) {
      const disk: Disk = new Map();
      await new Store(new MemoryStorage(disk, killAt, true), 'u', 8).commit(writes).catch(() => undefined);
      await new Store(new MemoryStorage(disk, again, again % 2 === 0), 'u', 8).open().catch(() => undefined);
      const found = await new Store(new MemoryStorage(disk), 'u', 8).open();
      assert.ok(found.size === 0 || found.size === 3, `killed at ${killAt}, then ${again}`);
      assert.equal(Array.from(disk.keys()).filter((k) => k.includes('!')).length, 0);
    }
  }
});

test('a refused write rejects and changes nothing', async () => {
  for (let refuse = 1; refuse < 8; refuse++) {
    const disk: Disk = new Map();
    const storage = new MemoryStorage(disk);
    const store = new Store(storage, 'u');
    await store.commit(new Map([['a', '1'], ['b', '1']]));
    storage.writes = 0;
    storage.onWrite = (_k, n) => {
      if (n >= refuse) {
        throw new Error('quota');
      }
    };
    const said = await store.commit(new Map([['a', '2'], ['b', '2']])).then(() => 'yes', (e: unknown) => (e instanceof SyncError ? e.why : String(e)));
    storage.onWrite = () => undefined;
    const found = await new Store(new MemoryStorage(disk), 'u').open();
    assert.equal(said, refuse === 1 ? 'storage' : 'yes');
    assert.deepEqual(entries(found), said === 'yes' ? [['a', '2'], ['b', '2']] : [['a', '1'], ['b', '1']]);
    await store.commit(new Map([['c', '3'], ['a', '4']]));
    assert.equal((await new Store(new MemoryStorage(disk), 'u').open()).get('a'), '4');
  }
});

test('no key comes near the platform limit', async () => {
  const disk: Disk = new Map();
  const storage = new MemoryStorage(disk);
  const store = new Store(storage, 'u');
  const big = '{' + '户'.repeat(900000);
  await store.commit(new Map([['h', big], ['m', '1']]));
  assert.ok(storage.largest <= 80010, String(storage.largest));
  const again = new Store(new MemoryStorage(disk), 'u');
  assert.equal((await again.open()).get('h'), big);
  await again.commit(new Map([['h', '{}']]));
  assert.deepEqual(Array.from(disk.keys()).sort(), ['d/u/h', 'd/u/m']);
});

test('parts never end inside a surrogate pair', () => {
  fc.assert(fc.property(fc.array(fc.constantFrom('😀', 'a')).map((a) => a.join('')), fc.integer({ min: 2, max: 5 }), (s, n) => {
    const parts = cut(s, n);
    assert.equal(parts.join(''), s);
    parts.forEach((p) => assert.equal(Buffer.from(p, 'utf8').toString('utf8'), p));
  }));
});

test('two accounts never see each other', async () => {
  const disk: Disk = new Map();
  for (const name of ['u', 'u/', 'u/x', '']) {
    await new Store(new MemoryStorage(disk), name).commit(new Map([['k', name], ['l', '1']]));
  }
  for (const name of ['u', 'u/', 'u/x', '']) {
    assert.equal((await new Store(new MemoryStorage(disk), name).open()).get('k'), name);
  }
  const store = new Store(new MemoryStorage(disk), 'u');
  await store.open();
  await store.erase('l');
  assert.equal((await new Store(new MemoryStorage(disk), 'u').open()).size, 0);
  assert.equal((await new Store(new MemoryStorage(disk), 'u/x').open()).get('k'), 'u/x');
});
