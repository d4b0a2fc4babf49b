import test from 'node:test';
import assert from 'node:assert/strict';
import { SyncError } from '../src/sync/errors';
import { HttpResponse } from '../src/sync/types';
import { MemoryStorage } from '../sim/memory';
import { FakeServer, FakeTransport, ME, ok } from './support/server';
import { assertConverged, baseTexts, idOf, openCore, phone, visit } from './support/phone';

const lost = (): Promise<HttpResponse> => Promise.reject(new Error('no network'));

test('a save is shown at once, sent, and equals the server byte for byte', async () => {
  const k = await phone(new FakeServer('h1', 'h2'));
  assert.equal((await k.core.sync()).state, 'done');
  const id = await k.core.newID();
  await k.core.save(visit(id, 'h1', '看望\ud800'));
  assert.equal(k.core.row('h1', 'visit', id)?.unsent, true);
  assert.equal(k.core.row('h1', 'visit', id)?.row.text, '看望\ufffd');
  assert.equal(k.core.outbox()[0].state, '待传');
  const r = await k.core.sync();
  assert.equal(r.acked, 1);
  assert.deepEqual(k.core.row('h1', 'visit', id), { row: { id, by: ME, day: '2026-01-31', text: '看望\ufffd', state: 'pending' }, unsent: false });
  assert.equal(k.core.stateOf('visit', id), '已送达');
  assertConverged(k.core, k.server);
});

test('an edit after creation in one request, and a deletion', async () => {
  const k = await phone(new FakeServer('h1'));
  await k.core.sync();
  await k.core.save([visit(idOf(1), 'h1', 'a'), { type: 'visit', id: idOf(1), household: 'h1', patch: { text: 'b', needs: '水' } }]);
  await k.core.save(visit(idOf(2), 'h1', 'c'));
  await k.core.sync();
  assertConverged(k.core, k.server);
  await k.core.save({ type: 'visit', id: idOf(1), household: 'h1', patch: null });
  assert.equal(k.core.row('h1', 'visit', idOf(1)), undefined);
  await k.core.sync();
  assertConverged(k.core, k.server);
  assert.equal(k.core.rows('h1', 'visit').length, 1);
});

test('a storage error in save rejects in plain words and nothing changed', async () => {
  const k = await phone(new FakeServer('h1'));
  await k.core.sync();
  k.storage.onWrite = () => {
    throw new Error('exceed max size');
  };
  await assert.rejects(k.core.save(visit(idOf(1), 'h1', 'x')), (e: SyncError) => e.why === 'storage' && /没有保存上/.test(e.message));
  await assert.rejects(k.core.save([visit(idOf(1), 'h1', 'x'), visit(idOf(2), 'h1', 'x')]));
  assert.equal(k.core.outbox().length, 0);
  k.storage.onWrite = () => undefined;
  await k.core.save(visit(idOf(3), 'h1', 'y'));
  assert.deepEqual(k.core.outbox().map((e) => e.id), [idOf(3)]);
  const again = await phone(k.server, { disk: k.disk });
  assert.deepEqual(again.core.outbox().map((e) => e.id), [idOf(3)]);
});

test('what could never be sent is refused before "saved"', async () => {
  const k = await phone(new FakeServer('h1'));
  await assert.rejects(k.core.save(visit(idOf(1), 'h1', '长'.repeat(30000))), (e: SyncError) => e.why === 'too-large');
  await assert.rejects(k.core.save({ type: '', id: 'x', household: 'h1', patch: {} }), (e: SyncError) => e.why === 'malformed');
});

test('a reason travels behind the change and is part of what is hashed', async () => {
  const k = await phone(new FakeServer('h1'));
  await k.core.sync();
  await k.core.save({ type: 'household', id: 'h1', household: 'h1', patch: { class: '低保户' }, reason: '看过低保证\ud800' });
  await k.core.save({ type: 'household', id: 'h1', household: 'h1', patch: { class: '一般农户' }, reason: '' });
  const again = await phone(k.server, { disk: k.disk });
  assert.deepEqual(again.core.outbox().map((e) => e.patch), [{ class: '低保户' }, { class: '一般农户' }]);
  assert.equal((await again.core.sync()).state, 'done');
  assert.deepEqual(again.server.proposals.map((m) => m.slice(6)), [['看过低保证\ufffd'], []]);
  assert.deepEqual(again.core.outbox(), []);
  await again.core.sync(); // the acknowledgement matches the text as sent
  assert.equal(again.server.proposals.length, 2);
});

test('a lost answer is asked for again with the same texts and nothing doubles', async () => {
  const k = await phone(new FakeServer('h1'));
  await k.core.sync();
  await k.core.save(visit(idOf(1), 'h1', 'a'));
  k.transport.meddle = (q) => {
    k.transport.pass(q);
    return lost();
  };
  assert.equal((await k.core.sync()).state, 'offline');
  assert.equal(k.core.outbox().length, 1);
  k.transport.meddle = () => undefined;
  await k.core.save({ type: 'visit', id: idOf(1), household: 'h1', patch: { text: 'b' } });
  await k.core.sync();
  assert.equal(k.server.applied.length, 2);
  assertConverged(k.core, k.server);
});

test('a change made while its request is under way is a mutation of its own', async () => {
  const k = await phone(new FakeServer('h1'));
  await k.core.sync();
  await k.core.save(visit(idOf(1), 'h1', 'a'));
  let saved = false;
  k.transport.meddle = async () => {
    if (!saved) {
      saved = true;
      await k.core.save({ type: 'visit', id: idOf(1), household: 'h1', patch: { text: 'b' } });
    }
    return undefined as unknown as HttpResponse;
  };
  const r = await k.core.sync();
  assert.equal(r.acked, 2);
  assert.equal(k.core.row('h1', 'visit', idOf(1))?.row.text, 'b');
  assertConverged(k.core, k.server);
});

test('an answer that comes after its request was given up is dropped', async () => {
  const k = await phone(new FakeServer('h1'));
  await k.core.sync();
  await k.core.save(visit(idOf(1), 'h1', 'a'));
  let late: (r: HttpResponse) => void = () => undefined;
  k.transport.meddle = () => new Promise((resolve) => (late = resolve));
  const first = k.core.sync();
  await new Promise((r) => setImmediate(r));
  const old = k.transport.pass(k.transport.sent[k.transport.sent.length - 1]);
  k.core.abandon();
  assert.equal((await first).state, 'abandoned');
  k.server.put('h1', 'member', { id: 'member1', name: '某某' });
  k.transport.meddle = () => undefined;
  const second = k.core.sync();
  late(old);
  assert.equal((await second).state, 'done');
  assertConverged(k.core, k.server);
  assert.equal(k.server.applied.length, 1);
});

test('two calls of sync are one', async () => {
  const k = await phone(new FakeServer('h1'));
  const [a, b] = await Promise.all([k.core.sync(), k.core.sync()]);
  assert.equal(a, b);
  assert.equal(k.server.requests, 1);
});

test('parts take effect only with the last, and own writes survive in between', async () => {
  const server = new FakeServer('h1', 'h2');
  for (let i = 0; i < 9; i++) {
    server.put('h1', 'visit', { id: idOf(i), by: ME, day: '2026-01-01', text: 't' + i, state: 'pending' });
  }
  server.pageRows = 4;
  const k = await phone(server);
  let n = 0;
  k.transport.meddle = async () => {
    n++;
    assert.equal(k.core.rows('h1', 'visit').length === 0 || n > 3, true, 'shown before the last part');
    if (n === 2) {
      await k.core.save({ type: 'visit', id: idOf(1), household: 'h1', patch: { text: 'mine' } });
    }
    return undefined as unknown as HttpResponse;
  };
  assert.equal((await k.core.sync()).state, 'done');
  assertConverged(k.core, server);
  assert.equal(k.core.row('h1', 'visit', idOf(1))?.row.text, 'mine');
});

test('an acknowledged item is shown until the round ends', async () => {
  const server = new FakeServer('h1', 'h2', 'h3');
  const k = await phone(server);
  await k.core.sync();
  server.pageRows = 1;
  server.put('h1', 'member', { id: 'm1', name: '某' });
  server.put('h2', 'member', { id: 'm2', name: '某' });
  await k.core.save({ type: 'household', id: 'h3', household: 'h3', patch: { notes: '新' } });
  k.transport.meddle = () => {
    assert.equal(k.core.row('h3', 'household', 'h3')?.row.notes, '新');
    return undefined;
  };
  await k.core.sync();
  assert.equal(k.core.row('h3', 'household', 'h3')?.row.notes, '新');
  assertConverged(k.core, server);
});

test('work whose answer was lost in the middle of a round stays shown until the next round brings it', async () => {
  const server = new FakeServer('h1', 'h2', 'h3');
  const k = await phone(server);
  await k.core.sync();
  server.pageRows = 1;
  ['h1', 'h2', 'h3'].forEach((h) => server.put(h, 'member', { id: 'm-' + h, name: '某' }));
  const first = k.transport.sent.length;
  k.transport.meddle = async (q, n) => {
    if (n === first + 1) {
      await k.core.save(visit(idOf(1), 'h1', 'done in a walked household'));
    }
    if (n === first + 2) {
      k.transport.pass(q);
      return lost();
    }
    return undefined as unknown as HttpResponse;
  };
  assert.equal((await k.core.sync()).state, 'offline');
  const again = await phone(server, { disk: k.disk });
  assert.equal((await again.core.sync()).state, 'done');
  assert.equal(again.core.row('h1', 'visit', idOf(1))?.row.text, 'done in a walked household');
  await again.core.sync();
  assert.equal(again.core.row('h1', 'visit', idOf(1))?.row.text, 'done in a walked household');
  assertConverged(again.core, server);
});

test('removal keeps the outbox, says who holds the household now, and later work keeps the base held', async () => {
  const server = new FakeServer('h1', 'h2');
  const k = await phone(server);
  await k.core.sync();
  await k.core.save(visit(idOf(1), 'h1', 'a'));
  server.revoke('h1', '李某');
  k.transport.meddle = lost;
  await k.core.sync();
  k.transport.meddle = () => undefined;
  const r = await k.core.sync();
  assert.deepEqual(r.left, [{ household: 'h1', to: '李某', unsent: 0 }]);
  assert.deepEqual(k.core.departed().map((g) => g.to), ['李某']);
  assert.deepEqual(k.core.households(), ['h2']);
  await k.core.save(visit(idOf(2), 'h1', 'a draft opened before'));
  assert.equal((await k.core.sync()).state, 'done');
  assert.deepEqual(k.core.outcomes(), []);
  assert.equal(server.applied.length, 2);
  await k.core.departedSeen('h1');
  assert.equal(k.core.departed().length, 0);
  const again = await phone(server, { disk: k.disk });
  assert.equal(again.core.departed().length, 0);
});

test('refused goes to returned with its text, proposals wait, nothing blocks', async () => {
  const k = await phone(new FakeServer('h1'));
  await k.core.sync();
  await k.core.save({ type: 'visit', id: idOf(1), household: 'h1', patch: { day: '2026-01-01', bogus: 1, text: 'keep me' } });
  await k.core.save({ type: 'household', id: 'h1', household: 'h1', patch: { class: '低保户' } });
  await k.core.save(visit(idOf(2), 'h1', 'fine'));
  const r = await k.core.sync();
  assert.equal(r.acked, 3);
  assert.deepEqual(k.core.outcomes().map((o) => [o.state, o.code, o.id]), [['退回', 'invalid', idOf(1)], ['待审', 'proposal', 'h1']]);
  assert.equal(k.core.row('h1', 'visit', idOf(1)), undefined);
  assert.equal(k.core.row('h1', 'household', 'h1')?.row.class, undefined);
  k.server.put('h1', 'proposal', { id: 'p1', by: ME, state: 'refused', words: '请补材料' });
  await k.core.sync();
  assert.equal(k.core.outcomes()[1].state, '未通过');
  assert.equal(k.core.outcomes()[1].reason, '请补材料');
  const n = k.core.outcomes()[0].n;
  const again = await phone(k.server, { disk: k.disk });
  assert.equal(again.core.outcomes().length, 2);
  await again.core.resend(n, { bogus: undefined as unknown as null });
  assert.equal(again.core.row('h1', 'visit', idOf(1))?.row.text, 'keep me');
  await again.core.sync();
  assertConverged(again.core, k.server);
  await again.core.dismiss(again.core.outcomes()[0].n);
  assert.deepEqual(again.core.outcomes(), []);
  await assert.rejects(again.core.resend(999));
});

test('a mutation that the server refuses as a request is isolated; the rest goes through', async () => {
  for (const status of [400, 413, 422]) {
    const k = await phone(new FakeServer('h1'));
    await k.core.sync();
    for (let i = 0; i < 7; i++) {
      await k.core.save(visit(idOf(i), 'h1', i === 4 ? 'POISON' : 't' + i));
    }
    const name = k.core.facts().client;
    k.transport.meddle = (q) => (/POISON/.test(String(q.body)) ? { status, headers: {}, body: '{"code":"too-large","detail":"内容太大。"}' } : undefined);
    const r = await k.core.sync();
    assert.equal(r.state, 'done');
    assert.deepEqual(k.core.outcomes().map((o) => [o.id, o.state, o.reason]), [[idOf(4), '退回', '内容太大。']]);
    assert.equal(k.server.applied.length, 6);
    assert.notEqual(k.core.facts().client, name, 'a number was used for two texts under one name');
    assertConverged(k.core, k.server);
    const again = await phone(k.server, { disk: k.disk });
    assert.equal(again.core.outcomes().length, 1);
    assert.equal((await again.core.sync()).state, 'done');
  }
});

test('when everything is refused nothing is moved to returned', async () => {
  const k = await phone(new FakeServer('h1'));
  await k.core.save([visit(idOf(1), 'h1', 'a'), visit(idOf(2), 'h1', 'b')]);
  k.transport.meddle = () => ({ status: 400, headers: {}, body: 'a proxy' });
  assert.equal((await k.core.sync()).state, 'refused');
  assert.equal(k.core.outbox().length, 2);
  assert.deepEqual(k.core.outcomes(), []);
});

test('no answer, cut answer, strange answer: nothing is known, everything is kept', async () => {
  const k = await phone(new FakeServer('h1'));
  await k.core.sync();
  await k.core.save(visit(idOf(1), 'h1', 'a'));
  const before = JSON.stringify(Array.from(k.disk));
  const whole = JSON.stringify({ cursor: 'x', last: 1, households: [{ id: 'h1', s: 1, full: true, rows: {} }] });
  const bad: HttpResponse[] = [
    ok('hello'), ok([]), ok({}), { ...ok(0), body: '<html>' }, ok({ cursor: 1, last: 1 }), ok({ cursor: 'x', last: 'y' }),
    ok({ cursor: 'x', households: [{ id: 'h1' }] }), ok({ cursor: 'x', households: [{ id: 'h1', s: 1, rows: { visit: [{}] } }] }),
    { status: 302, headers: {}, body: '' }, { status: 503, headers: { 'retry-after': '9' }, body: '' }, { status: 401, headers: {}, body: '' },
    ...Array.from({ length: whole.length }, (_v, i) => ({ status: 200, headers: {}, body: whole.slice(0, i) })),
  ];
  for (const b of bad) {
    k.transport.meddle = () => b;
    const r = await k.core.sync();
    assert.equal(r.state, b.status === 401 ? 'login' : b.status === 503 ? 'busy' : 'offline', b.body);
    assert.equal(r.next, b.status === 503 ? 9 : 0);
  }
  assert.equal(JSON.stringify(Array.from(k.disk)), before);
});

test('a timeout halves what is asked for, a quick answer raises it', async () => {
  const k = await phone(new FakeServer('h1'));
  const asked = () => (JSON.parse(String(k.transport.sent[k.transport.sent.length - 1].body)) as { budget: number }).budget;
  k.transport.meddle = () => Promise.reject(Object.assign(new Error('timeout'), { timeout: true }));
  const seen: number[] = [];
  for (let i = 0; i < 4; i++) {
    await k.core.sync();
    seen.push(asked());
  }
  assert.deepEqual(seen, [9216, 4608, 4096, 4096]);
  k.transport.meddle = () => undefined;
  await k.core.sync();
  await k.core.sync();
  assert.equal(asked(), 6144);
});

test('a copied phone gets a name of its own and nothing doubles', async () => {
  const server = new FakeServer('h1');
  const a = await phone(server);
  await a.core.sync();
  await a.core.save(visit(idOf(1), 'h1', 'both have it'));
  const b = await phone(server, { disk: new Map(a.disk) });
  await b.core.save(visit(idOf(2), 'h1', 'only b'));
  await a.core.save(visit(idOf(3), 'h1', 'only a'));
  assert.equal((await a.core.sync()).state, 'done');
  assert.equal((await b.core.sync()).state, 'done');
  await a.core.sync();
  assert.notEqual(a.core.facts().client, b.core.facts().client);
  assert.equal(server.applied.length, 3);
  assertConverged(a.core, server);
  assertConverged(b.core, server);
});

test('a cursor that cannot be served is reconciled by digest, not by wiping', async () => {
  const server = new FakeServer('h1', 'h2');
  const k = await phone(server);
  await k.core.sync();
  server.put('h2', 'member', { id: 'm', name: '某' });
  server.revoke('h1', '');
  let once = true;
  k.transport.meddle = () => {
    if (once) {
      once = false;
      return ok({ cursor: 'x', reconcile: true });
    }
    return undefined;
  };
  assert.equal((await k.core.sync()).state, 'done');
  const q = JSON.parse(String(k.transport.sent[k.transport.sent.length - 1].body)) as { cursor: string; digests: unknown[] };
  assert.equal(q.cursor, '');
  assert.equal(q.digests.length, 2);
  assertConverged(k.core, server);
});

test('a server restored from a backup gets its work again, once', async () => {
  const server = new FakeServer('h1');
  const k = await phone(server);
  await k.core.sync();
  await k.core.save(visit(idOf(1), 'h1', 'before the backup'));
  await k.core.sync();
  const backup = structuredClone({ houses: server.houses, clients: server.clients, receipts: server.receipts, applied: server.applied, seq: server.seq });
  await k.core.save(visit(idOf(2), 'h1', 'lost by the restore'));
  await k.core.sync();
  await k.core.save({ type: 'visit', id: idOf(1), household: 'h1', patch: { text: 'edited' } });
  await k.core.sync();
  Object.assign(server, backup, { epoch: 2 });
  await k.core.save(visit(idOf(3), 'h1', 'unsent'));
  assert.equal((await k.core.sync()).state, 'done');
  assert.equal((await k.core.sync()).state, 'done');
  assert.equal(server.applied.length, 4);
  assertConverged(k.core, server);
  assert.deepEqual(k.core.outcomes(), []);
});

test('a server restored a second time gets what only the life between had', async () => {
  const server = new FakeServer('h1');
  const k = await phone(server);
  await k.core.sync();
  const backup = () => structuredClone(kept);
  const kept = structuredClone({ houses: server.houses, clients: server.clients, receipts: server.receipts, applied: server.applied, seq: server.seq });
  Object.assign(server, backup(), { epoch: 2 });
  await k.core.save(visit(idOf(1), 'h1', 'between'));
  let n = 0;
  k.transport.meddle = () => (++n === 2 ? lost() : undefined); // acknowledged and told of the restore in one answer, the next is lost
  assert.equal((await k.core.sync()).state, 'offline');
  assert.equal(server.applied.length, 1);
  Object.assign(server, backup(), { epoch: 3 });
  assert.equal((await k.core.sync()).state, 'done');
  assert.equal((await k.core.sync()).state, 'done');
  assert.equal(server.applied.length, 1);
  assertConverged(k.core, server);
});

test('an app that is too old hands in its work and keeps what it shows', async () => {
  const k = await phone(new FakeServer('h1'));
  await k.core.sync();
  await k.core.save(visit(idOf(1), 'h1', 'a'));
  k.server.update = true;
  assert.equal((await k.core.sync()).state, 'update');
  assert.equal(k.core.outbox().length, 0);
  assert.equal(k.core.row('h1', 'visit', idOf(1))?.row.text, 'a');
  k.server.update = false;
  await k.core.sync();
  assertConverged(k.core, k.server);
});

test('an ended session may only hand in its work', async () => {
  const k = await phone(new FakeServer('h1'));
  await k.core.sync();
  await k.core.save(visit(idOf(1), 'h1', 'a'));
  k.server.ended = true;
  assert.equal((await k.core.sync()).state, 'ended');
  assert.equal(k.server.quarantine.length, 1);
  assert.deepEqual(k.core.outcomes().map((o) => o.state), ['待审']);
});

test('wipe offers the outbox once more, shows nothing, then erases everything of this account only', async () => {
  const server = new FakeServer('h1');
  const k = await phone(server);
  const other = await phone(new FakeServer('h9'), { disk: k.disk, account: 'userBBBBBBBB' });
  await other.core.sync();
  await k.core.sync();
  await k.core.save(visit(idOf(1), 'h1', 'a'));
  server.wipe = true;
  let n = 0;
  k.transport.meddle = () => (++n === 2 ? lost() : undefined);
  await k.core.save([visit(idOf(2), 'h1', 'b')]);
  assert.equal((await k.core.sync()).state, 'wiped');
  assert.equal(server.quarantine.length, 2);
  assert.equal(Array.from(k.disk.keys()).filter((x) => x.startsWith('d/' + ME + '/')).length, 0);
  assert.deepEqual(k.core.households(), []);
  await assert.rejects(k.core.save(visit(idOf(3), 'h1', 'x')), (e: SyncError) => e.why === 'wiped');
  assert.equal((await k.core.sync()).state, 'wiped');
  assert.deepEqual(other.core.households(), ['h9']);
  const again = await phone(new FakeServer('h9'), { disk: k.disk, account: 'userBBBBBBBB' });
  assert.deepEqual(again.core.households(), ['h9']);
});

test('a wipe cut short goes on at the next start, whatever the write it died at', async () => {
  for (let killAt = 1; killAt < 12; killAt++) {
    const server = new FakeServer('h1');
    const k = await phone(server);
    await k.core.sync();
    server.wipe = true;
    const storage = new MemoryStorage(k.disk, killAt, killAt % 2 === 0);
    const dying = await openCore(storage, new FakeTransport(server), k.clock, k.random);
    await dying.sync();
    server.wipe = false;
    const next = await phone(server, { disk: k.disk });
    if (storage.dead && next.core.facts().client === k.core.facts().client) {
      continue; // died before the order was stored: the server will say it again
    }
    assert.deepEqual(next.core.households(), []);
  }
});

test('poll costs one question and takes its answer', async () => {
  const k = await phone(new FakeServer('h1'));
  await k.core.sync();
  k.transport.meddle = (q) => {
    assert.equal(q.method, 'GET');
    return { status: 204, headers: {}, body: '' };
  };
  assert.equal((await k.core.poll()).state, 'done');
  k.server.put('h1', 'member', { id: 'm', name: '某' });
  k.transport.meddle = (q) => {
    const u = new URL('http://x' + q.path);
    return ok(k.server.answer(JSON.stringify({ cursor: u.searchParams.get('cursor'), client: u.searchParams.get('client'), acked: [0, ''], muts: [] })));
  };
  assert.equal((await k.core.poll()).state, 'done');
  assertConverged(k.core, k.server);
});

test('a digest check is due once a day and heals', async () => {
  const k = await phone(new FakeServer('h1'));
  await k.core.sync();
  await k.core.sync();
  assert.equal(/digests/.test(String(k.transport.sent[1].body)), false);
  k.clock.at += 2 * 86400000;
  k.server.now += 2 * 86400000;
  await k.core.sync();
  assert.equal(/digests/.test(String(k.transport.sent[2].body)), true);
  await k.core.sync();
  assert.equal(/digests/.test(String(k.transport.sent[3].body)), false);
});

test('device times of one phone never repeat', async () => {
  const k = await phone(new FakeServer('h1'));
  await k.core.save([visit(idOf(1), 'h1', 'a'), visit(idOf(2), 'h1', 'a')]);
  await k.core.save(visit(idOf(3), 'h1', 'a'));
  await k.core.sync();
  await k.core.save(visit(idOf(4), 'h1', 'a'));
  const times = k.server.applied.map((m) => m[5]).concat(k.core.outbox().map((e) => e.deviceMs));
  assert.equal(new Set(times).size, 4);
  assert.deepEqual(baseTexts(k.core, 'nowhere'), {});
});
