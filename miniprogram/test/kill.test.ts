// The app dies at every single storage write of one scenario.

import test from 'node:test';
import assert from 'node:assert/strict';
import { SyncCore } from '../src/sync/core';
import { Disk, FakeClock, MemoryStorage, SeededRandom } from '../sim/memory';
import { FakeServer, FakeTransport, ME } from './support/server';
import { assertConverged, idOf, openCore, visit } from './support/phone';

interface Run {
  server: FakeServer;
  disk: Disk;
  storage: MemoryStorage;
  saved: number[];
  tried: number[];
}

/** Saves, pages, parts, own rows, a removal, a refusal; stops where the storage dies. */
async function scenario(killAt: number, after: boolean): Promise<Run> {
  const server = new FakeServer('h1', 'h2', 'h3');
  for (let i = 50; i < 57; i++) {
    server.put('h1', 'visit', { id: idOf(i), by: ME, day: '2026-01-01', text: 't' + i, state: 'pending' });
  }
  server.pageRows = 3;
  const disk: Disk = new Map();
  const storage = new MemoryStorage(disk, killAt, after);
  const run: Run = { server, disk, storage, saved: [], tried: [] };
  try {
    const core = await openCore(storage, new FakeTransport(server), new FakeClock(), new SeededRandom(3));
    await core.sync();
    const save = async (n: number, text: string): Promise<void> => {
      run.tried.push(n);
      await core.save(visit(idOf(n), 'h' + ((n % 3) + 1), text));
      run.saved.push(n);
    };
    await save(1, 'a');
    await save(2, 'b');
    run.tried.push(3, 4);
    await core.save([visit(idOf(3), 'h1', 'c'), visit(idOf(4), 'h2', 'd')]);
    run.saved.push(3, 4);
    await core.save({ type: 'visit', id: idOf(1), household: 'h2', patch: { day: '', bogus: 1 } });
    await core.sync();
    server.revoke('h3', '某');
    server.put('h2', 'member', { id: 'm', name: '某' });
    await save(5, 'e');
    await core.sync();
    await core.sync();
  } catch (e) {
    assert.ok(storage.dead, String(e));
  }
  return run;
}

async function reopenAndCheck(run: Run, label: string): Promise<void> {
  const core = await openCore(new MemoryStorage(run.disk), new FakeTransport(run.server), new FakeClock(), new SeededRandom(4));
  const before = outboxIDs(core);
  const r = await core.sync();
  assert.equal(r.state, 'done', label);
  assertConverged(core, run.server);
  const made = run.server.applied.filter((m) => m[1] === 'visit').map((m) => m[2]);
  assert.equal(new Set(made).size, made.length, label + ': doubled');
  for (const n of run.saved) {
    assert.ok(made.includes(idOf(n)), label + ': lost ' + n + ', outbox was ' + before.join());
  }
  for (const id of made) {
    assert.ok(run.tried.some((n) => idOf(n) === id), label);
  }
  assert.equal(core.outbox().length, 0, label);
}

const outboxIDs = (core: SyncCore): string[] => core.outbox().map((e) => e.id);

test('killed at every storage write, before and after it, nothing is lost or doubled', async () => {
  const whole = await scenario(0, false);
  assert.ok(whole.storage.writes > 40, String(whole.storage.writes));
  for (let killAt = 1; killAt <= whole.storage.writes; killAt++) {
    for (const after of [false, true]) {
      const run = await scenario(killAt, after);
      assert.ok(run.storage.dead);
      await reopenAndCheck(run, `killed ${after ? 'after' : 'before'} write ${killAt}`);
    }
  }
});

test('storage refused at every write: the state is the one before, and all goes on afterwards', async () => {
  const whole = await scenario(0, false);
  for (let refuse = 1; refuse <= whole.storage.writes; refuse++) {
    const server = new FakeServer('h1', 'h2');
    const disk: Disk = new Map();
    const storage = new MemoryStorage(disk);
    const core = await openCore(storage, new FakeTransport(server), new FakeClock(), new SeededRandom(3));
    storage.onWrite = (_k, n) => {
      if (n === refuse) {
        throw new Error('quota');
      }
    };
    const saved: number[] = [];
    for (let i = 1; i < 5; i++) {
      await core.save([visit(idOf(i), 'h1', 'x' + i), visit(idOf(i + 10), 'h2', 'x' + i)]).then(() => saved.push(i, i + 10), () => undefined);
      await core.sync();
    }
    assert.equal((await core.sync()).state, 'done', 'refused write ' + refuse);
    assertConverged(core, server);
    assert.deepEqual(server.applied.map((m) => m[2]).sort(), saved.map(idOf).sort());
    const again = await openCore(new MemoryStorage(disk), new FakeTransport(server), new FakeClock(), new SeededRandom(3));
    assertConverged(again, server);
    assert.equal(again.outbox().length, 0);
  }
});
