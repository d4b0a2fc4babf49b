// Random histories of one phone against the small server, with faults between.

import test from 'node:test';
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { SyncCore } from '../src/sync/core';
import { HttpResponse } from '../src/sync/types';
import { Disk, FakeClock, MemoryStorage, SeededRandom } from '../sim/memory';
import { FakeServer, FakeTransport, ME, ok } from './support/server';
import { assertConverged, idOf, openCore, visit } from './support/phone';

type Step =
  | { do: 'visit' | 'edit' | 'delete' | 'note' | 'poison'; at: number }
  | { do: 'sync'; fault: 'none' | 'lost' | 'answer lost' | 'cut' | 'reconcile' | 'double' }
  | { do: 'late' }
  | { do: 'kill'; at: number; after: boolean }
  | { do: 'grant' | 'revoke' | 'other'; at: number }
  | { do: 'pages'; n: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('visit', 'visit', 'edit', 'delete', 'note', 'poison'), at: fc.nat(5) }) as fc.Arbitrary<Step>,
  fc.record({ do: fc.constant('sync'), fault: fc.constantFrom('none', 'lost', 'answer lost', 'cut', 'reconcile', 'double') }) as fc.Arbitrary<Step>,
  fc.record({ do: fc.constant('late') }) as fc.Arbitrary<Step>,
  fc.record({ do: fc.constant('kill'), at: fc.integer({ min: 1, max: 12 }), after: fc.boolean() }) as fc.Arbitrary<Step>,
  fc.record({ do: fc.constantFrom('grant', 'revoke', 'other'), at: fc.nat(2) }) as fc.Arbitrary<Step>,
  fc.record({ do: fc.constant('pages'), n: fc.integer({ min: 1, max: 6 }) }) as fc.Arbitrary<Step>,
);

class World {
  server = new FakeServer('h0', 'h1', 'h2');
  disk: Disk = new Map();
  transport = new FakeTransport(this.server);
  clock = new FakeClock();
  random = new SeededRandom(5);
  storage = new MemoryStorage(this.disk);
  core!: SyncCore;
  visits: { id: string; household: string }[] = [];
  texts = 0;
  /** Text of every change that save() promised, by mutation. */
  promised: { id: string; text: string }[] = [];

  async open(storage: MemoryStorage = new MemoryStorage(this.disk)): Promise<void> {
    this.storage = storage;
    this.core = await openCore(storage, this.transport, this.clock, this.random);
  }

  async run(s: Step): Promise<void> {
    this.clock.at += 1000;
    switch (s.do) {
      case 'sync':
        return this.sync(s.fault);
      case 'late':
        return this.late();
      case 'kill':
        await this.open(new MemoryStorage(this.disk, s.at, s.after)).catch(() => this.open());
        return;
      case 'pages':
        this.server.pageRows = s.n;
        return;
      case 'grant':
        if ((this.server.houses.get('h' + s.at) as { until: number }).until > 0) {
          this.server.grant('h' + s.at);
        }
        return;
      case 'revoke':
        if ((this.server.houses.get('h' + s.at) as { until: number }).until === 0) {
          this.server.revoke('h' + s.at, '某');
        }
        return;
      case 'other':
        this.server.put('h' + s.at, 'member', { id: 'm' + (this.texts++ % 4), name: 'n' + this.texts });
        return;
      default:
        return this.write(s.do, s.at);
    }
  }

  private async write(what: 'visit' | 'edit' | 'delete' | 'note' | 'poison', at: number): Promise<void> {
    const text = 't' + ++this.texts;
    const old = this.visits[at % Math.max(1, this.visits.length)];
    if (what === 'visit' || what === 'poison' || !old) {
      const v = { id: idOf(this.texts), household: 'h' + (at % 3) };
      await this.save(visit(v.id, v.household, what === 'poison' ? 'POISON' + text : text), v.id, what === 'poison' ? 'POISON' + text : text);
      this.visits.push(v);
      return;
    }
    if (what === 'note') {
      const h = 'h' + (at % 3);
      return this.save({ type: 'household', id: h, household: h, patch: { notes: text } }, h, text);
    }
    return this.save({ type: 'visit', id: old.id, household: old.household, patch: what === 'delete' ? null : { text } }, old.id, what === 'delete' ? '' : text);
  }

  private async save(change: Parameters<SyncCore['save']>[0], id: string, text: string): Promise<void> {
    const before = this.core.outbox().length;
    try {
      await this.core.save(change);
      this.promised.push({ id, text });
    } catch {
      assert.ok(this.storage.dead);
      await this.open();
      assert.ok(this.core.outbox().length === before || this.core.outbox().length === before + 1, 'outbox shrank');
    }
  }

  private async sync(fault: string): Promise<void> {
    this.transport.meddle = (q) => {
      if (/POISON/.test(String(q.body))) {
        return { status: 422, headers: {}, body: '{}' };
      }
      const once = fault;
      fault = 'none';
      return this.faulty(once, () => this.transport.pass(q));
    };
    const before = this.core.outbox().map((e) => e.deviceMs);
    await this.core.sync();
    if (this.storage.dead) {
      await this.open();
    }
    // What left the outbox had an effect, an outcome, or was a repetition of one that had.
    const now = new Set(this.core.outbox().map((e) => e.deviceMs));
    for (const ms of before.filter((x) => !now.has(x))) {
      const known = Array.from(this.server.clients.values()).some((c) => c.last > 0) || this.core.outcomes().some((o) => o.deviceMs === ms);
      assert.ok(known);
    }
  }

  private faulty(fault: string, pass: () => HttpResponse): HttpResponse | Promise<HttpResponse> | undefined {
    switch (fault) {
      case 'lost':
        return Promise.reject(new Error('lost'));
      case 'answer lost':
        pass();
        return Promise.reject(new Error('lost'));
      case 'cut': {
        const r = pass();
        return { ...r, body: r.body.slice(0, r.body.length >> 1) };
      }
      case 'double':
        pass();
        return pass();
      case 'reconcile':
        return ok({ cursor: '', reconcile: true });
      default:
        return undefined;
    }
  }

  /** The platform never calls back; the old answer comes after the next request began. */
  private async late(): Promise<void> {
    let tell: (r: HttpResponse) => void = () => undefined;
    let body: HttpResponse | undefined;
    this.transport.meddle = (q) => {
      if (/POISON/.test(String(q.body))) {
        return { status: 422, headers: {}, body: '{}' };
      }
      body = this.transport.pass(q);
      return new Promise((resolve) => (tell = resolve));
    };
    const first = this.core.sync();
    await new Promise((r) => setImmediate(r));
    this.core.abandon();
    await first;
    let once = true;
    this.transport.meddle = async (q) => {
      if (once && body) {
        once = false;
        tell(body);
        await new Promise((r) => setImmediate(r));
      }
      return /POISON/.test(String(q.body)) ? { status: 422, headers: {}, body: '{}' } : (undefined as unknown as HttpResponse);
    };
    await this.core.sync();
    if (this.storage.dead) {
      await this.open();
    }
  }

  async quiet(): Promise<void> {
    await this.open();
    for (let i = 0; i < 3; i++) {
      await this.sync('none');
    }
    assert.equal(this.core.outbox().length, 0, 'something blocks the outbox');
    assertConverged(this.core, this.server);
    for (const p of this.promised) {
      const there = this.server.applied.some((m) => m[2] === p.id && (p.text === '' ? m[4] === null : m[4] !== null && (m[4].text === p.text || m[4].notes === p.text)));
      const back = this.core.outcomes().some((o) => o.id === p.id);
      assert.ok(there || back, `lost: ${p.id} ${p.text}`);
    }
    const texts = this.server.applied.map((m) => JSON.stringify(m.slice(1)));
    assert.equal(new Set(texts).size, texts.length, 'applied twice');
    assert.ok(this.server.applied.every((m) => m[4] === null || m[1] !== 'visit' || !('by' in m[4]) || m[4].by === ME));
  }
}

test('whatever happens, nothing is lost, nothing doubles, and quiet phones converge', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
    const w = new World();
    await w.open();
    for (const s of steps) {
      await w.run(s);
    }
    await w.quiet();
  }), { numRuns: Number(process.env.RUNS || 400) });
});
