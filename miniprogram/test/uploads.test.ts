import test from 'node:test';
import assert from 'node:assert/strict';
import { HttpRequest, HttpResponse, Transport } from '../src/sync/types';
import { Files } from '../src/sync/uploads';
import { SyncCore } from '../src/sync/core';
import { Disk, FakeClock, MemoryStorage, SeededRandom } from '../sim/memory';
import { FakeServer, ok } from './support/server';
import { openCore } from './support/phone';

const PHOTO = 'photoAAAAAAA';
const SHA = 'a'.repeat(64);

class Gallery implements Files {
  reads = 0;
  dropped: string[] = [];
  missing = false;

  constructor(readonly size: number) {}

  open(): { read(offset: number, length: number): Promise<ArrayBuffer> } {
    return {
      read: async (offset, length) => {
        this.reads += length;
        if (this.missing) {
          throw new Error('ENOENT');
        }
        return Uint8Array.from({ length: Math.min(length, this.size - offset) }, (_v, i) => (offset + i) % 251).buffer;
      },
    };
  }

  async drop(ref: string): Promise<void> {
    this.dropped.push(ref);
  }
}

/** tus with the method in a header; bytes may be cut off anywhere. */
class Tus implements Transport {
  files = new Map<string, { got: number[]; length: number }>();
  received = 0;
  creates = 0;
  heads = 0;
  /** Bytes of the n-th request with a body that arrive before the link is cut; undefined = all. */
  cut: (n: number) => number | undefined = () => undefined;
  /** Whether the n-th answer gets lost. */
  deaf: (n: number) => boolean = () => false;
  meddle: (q: HttpRequest) => HttpResponse | undefined = () => undefined;
  private n = 0;

  constructor(readonly server: FakeServer, readonly clock: FakeClock) {}

  async send(q: HttpRequest): Promise<HttpResponse> {
    if (q.path.startsWith('/api/v1/sync')) {
      return ok(this.server.answer(String(q.body)));
    }
    const n = ++this.n;
    const other = this.meddle(q);
    if (other) {
      return other;
    }
    const whole = new Uint8Array((q.body as ArrayBuffer | undefined) || new ArrayBuffer(0));
    const cutAt = this.cut(n);
    const bytes = cutAt === undefined ? whole : whole.slice(0, cutAt);
    this.received += bytes.length;
    const r = this.handle(q, bytes);
    if (cutAt !== undefined || this.deaf(n)) {
      throw new Error('cut');
    }
    return r;
  }

  private handle(q: HttpRequest, bytes: Uint8Array): HttpResponse {
    const method = q.headers['X-HTTP-Method-Override'] || 'POST';
    if (method === 'POST') {
      this.creates++;
      const at = '/api/v1/uploads/f' + this.creates;
      this.files.set(at, { got: Array.from(bytes), length: Number(q.headers['Upload-Length']) });
      return { status: 201, headers: { location: at, 'upload-offset': String(bytes.length) }, body: '' };
    }
    const f = this.files.get(q.path);
    if (!f) {
      return { status: 404, headers: {}, body: '' };
    }
    if (method === 'HEAD') {
      this.heads++;
      return { status: 200, headers: { 'Upload-Offset': String(f.got.length) }, body: '' };
    }
    if (Number(q.headers['Upload-Offset']) !== f.got.length) {
      return { status: 409, headers: {}, body: '' };
    }
    f.got = f.got.concat(Array.from(bytes));
    return { status: 204, headers: { 'Upload-Offset': String(f.got.length) }, body: '' };
  }

  complete(): boolean {
    return Array.from(this.files.values()).some((f) => f.got.length === f.length && f.got.every((b, i) => b === i % 251));
  }
}

interface Kit {
  core: SyncCore;
  tus: Tus;
  files: Gallery;
  disk: Disk;
}

async function kit(size: number): Promise<Kit> {
  const clock = new FakeClock();
  const tus = new Tus(new FakeServer('h1'), clock);
  const files = new Gallery(size);
  const disk: Disk = new Map();
  const core = await openCore(new MemoryStorage(disk), tus, clock, new SeededRandom(1), files);
  await core.sync();
  const row = { visit: 'visitAAAAAAA', sha256: SHA, size, mime: 'image/jpeg' };
  await core.save({ type: 'photo', id: PHOTO, household: 'h1', patch: row }, [{ photo: PHOTO, ref: 'file', size, sha256: SHA }]);
  return { core, tus, files, disk };
}

async function reopen(k: Kit): Promise<SyncCore> {
  return openCore(new MemoryStorage(k.disk), k.tus, k.tus.clock, new SeededRandom(2), k.files);
}

test('the row goes first; a small photo is one request', async () => {
  const k = await kit(40000);
  assert.equal(await k.core.uploads.run(), 'done');
  assert.equal(k.tus.creates, 0);
  await k.core.sync();
  assert.equal(await k.core.uploads.run(), 'done');
  assert.ok(k.tus.complete());
  assert.deepEqual([k.tus.creates, k.tus.heads, k.files.dropped.length], [1, 0, 1]);
  assert.deepEqual(k.core.uploads.list(), []);
  assert.equal(Array.from(k.disk.keys()).filter((x) => x.includes('/u/')).length, 0);
});

test('a large photo goes in growing chunks, without asking where to go on', async () => {
  const k = await kit(900000);
  await k.core.sync();
  assert.equal(await k.core.uploads.run(), 'done');
  assert.ok(k.tus.complete());
  assert.equal(k.tus.heads, 0);
  assert.equal(k.tus.received, 900000);
});

test('cut in every request, at every kind of place, and with every answer lost: at most one chunk again', async () => {
  for (const size of [40000, 300000]) {
    for (let at = 1; at < 8; at++) {
      for (const cut of [0, 1, 9999, 'answer', 'kill'] as const) {
        const k = await kit(size);
        await k.core.sync();
        k.tus.cut = (n) => (n === at && typeof cut === 'number' ? cut : undefined);
        k.tus.deaf = (n) => n === at && typeof cut !== 'number';
        await k.core.uploads.run();
        const core = cut === 'kill' ? await reopen(k) : k.core;
        assert.equal(await core.uploads.run(), 'done');
        assert.ok(k.tus.complete(), `size ${size} cut ${cut} at ${at}`);
        assert.ok(k.tus.received <= size + (256 << 10), 'more than one chunk again');
        assert.deepEqual(core.uploads.list(), []);
      }
    }
  }
});

test('the session ends at any request: after the next log-in nothing the server has is sent again', async () => {
  const size = 300000;
  let ended = 0;
  for (let at = 1; at < 20; at++) {
    const k = await kit(size);
    await k.core.sync();
    let n = 0;
    k.tus.meddle = () => (++n === at ? { status: 401, headers: {}, body: '{"code":"session"}' } : undefined);
    const first = await k.core.uploads.run();
    if (first === 'done') {
      break;
    }
    assert.equal(first, 'login');
    ended++;
    assert.equal(await k.core.uploads.run(), 'done', `ended at ${at}`);
    assert.ok(k.tus.complete(), `ended at ${at}`);
    assert.equal(k.tus.received, size, `ended at ${at}`);
    assert.equal(k.tus.creates, 1);
  }
  assert.ok(ended >= 3, `${ended} requests`);
});

test('gone: created again; wrong offset: asked', async () => {
  const k = await kit(300000);
  await k.core.sync();
  k.tus.cut = (n) => (n === 3 ? 0 : undefined);
  await k.core.uploads.run();
  k.tus.files.clear();
  assert.equal(await k.core.uploads.run(), 'done');
  assert.ok(k.tus.complete());
  const j = await kit(300000);
  await j.core.sync();
  let once = true;
  j.tus.meddle = (q) => {
    if (once && q.headers['X-HTTP-Method-Override'] === 'PATCH') {
      once = false;
      return { status: 409, headers: {}, body: '' };
    }
    return undefined;
  };
  assert.equal(await j.core.uploads.run(), 'done');
  assert.ok(j.tus.complete());
  assert.equal(j.tus.heads, 1);
});

test('a checksum failure starts again once, then gives up visibly; the user may try again', async () => {
  const k = await kit(300000);
  await k.core.sync();
  let bad = 2;
  k.tus.meddle = (q) => {
    const last = Number(q.headers['Upload-Offset'] || 0) + (q.body ? (q.body as ArrayBuffer).byteLength : 0) === 300000;
    return last && bad-- > 0 ? { status: 409, headers: {}, body: '{"code":"checksum","detail":"照片没有传完整，请重新传。"}' } : undefined;
  };
  assert.equal(await k.core.uploads.run(), 'done');
  assert.equal(k.core.uploads.list()[0].failed, '照片没有传完整，请重新传。');
  assert.equal((await reopen(k)).uploads.list().length, 1);
  await k.core.uploads.retry(PHOTO);
  assert.equal(await k.core.uploads.run(), 'done');
  assert.ok(k.tus.complete());
});

test('refusals: shown, waiting, or log in; the photo is never dropped', async () => {
  for (const [status, want, failed] of [[413, 'done', true], [422, 'done', true], [404, 'done', false], [401, 'login', false], [503, 'offline', false], [429, 'offline', false]] as const) {
    const k = await kit(1000);
    await k.core.sync();
    k.tus.meddle = () => ({ status, headers: {}, body: '' });
    assert.equal(await k.core.uploads.run(), want);
    assert.equal(k.core.uploads.list()[0].failed !== '', failed, String(status));
    k.tus.meddle = () => undefined;
    if (failed) {
      await k.core.uploads.retry(PHOTO);
    }
    await k.core.uploads.run();
    assert.ok(k.tus.complete());
  }
});

test('a file that is gone from the phone is told, not retried for ever', async () => {
  const k = await kit(1000);
  await k.core.sync();
  k.files.missing = true;
  assert.equal(await k.core.uploads.run(), 'done');
  assert.match(k.core.uploads.list()[0].failed, /找不到/);
});

test('a returned photo row keeps its photo until the user dismisses it', async () => {
  const k = await kit(1000);
  await k.core.save({ type: 'photo', id: 'photoBBBBBBB', household: 'h1', patch: { bogus: 1 } }, [{ photo: 'photoBBBBBBB', ref: 'b', size: 9, sha256: SHA }]);
  await k.core.sync();
  await k.core.uploads.run();
  const again = await reopen(k);
  assert.deepEqual(again.uploads.list().map((u) => u.photo), ['photoBBBBBBB']);
  await again.dismiss(again.outcomes()[0].n);
  assert.deepEqual(again.uploads.list(), []);
  assert.deepEqual((await reopen(k)).uploads.list(), []);
});

test('an offset that makes no sense is not believed', async () => {
  const k = await kit(300000);
  await k.core.sync();
  k.tus.meddle = (q) => (q.headers['X-HTTP-Method-Override'] ? { status: 204, headers: { 'Upload-Offset': '999999999' }, body: '' } : undefined);
  await k.core.uploads.run();
  assert.equal(k.core.uploads.list().length, 1);
  k.tus.meddle = () => undefined;
  await k.core.uploads.run();
  assert.ok(k.tus.complete());
});
