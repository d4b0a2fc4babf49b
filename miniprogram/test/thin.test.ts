// Links on which a request may be too long to ever arrive.

import test from 'node:test';
import assert from 'node:assert/strict';
import { FakeServer } from './support/server';
import { assertConverged, idOf, phone, visit } from './support/phone';

test('a timeout halves what is sent, down to one mutation, and answers raise it', async () => {
  const server = new FakeServer('h1');
  const k = await phone(server);
  await k.core.sync();
  for (let i = 1; i <= 40; i++) {
    await k.core.save(visit(idOf(i), 'h1', 'weeks without a link'));
  }
  const carried = () => (JSON.parse(String(k.transport.sent[k.transport.sent.length - 1].body)) as { muts: unknown[] }).muts.length;
  k.transport.meddle = () => Promise.reject(Object.assign(new Error('timeout'), { timeout: true }));
  const seen: number[] = [];
  for (let i = 0; i < 8; i++) {
    await k.core.sync();
    seen.push(carried());
  }
  assert.deepEqual(seen, [40, 20, 10, 5, 2, 1, 1, 1]);
  k.transport.meddle = () => undefined;
  const before = k.transport.sent.length;
  assert.equal((await k.core.sync()).state, 'done');
  const sent = k.transport.sent.slice(before).map((q) => (JSON.parse(String(q.body)) as { muts: unknown[] }).muts.length);
  assert.deepEqual(sent, [1, 2, 4, 8, 16, 9]);
  assert.equal(server.applied.length, 40);
  assertConverged(k.core, server);
});
