// One phone on a real link: the product's own sync core behind JSON lines,
// talking HTTP/1.1 to whatever address it is given. server/servertest/wire
// drives it and counts what passes through the connection.

import { Agent, request as ask } from 'node:http';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { gunzipSync } from 'node:zlib';
import { TABLES } from '../src/data/tables';
import { SyncCore } from '../src/sync/core';
import { Parcels } from '../src/sync/parcel';
import { Change, HttpRequest, HttpResponse, Transport } from '../src/sync/types';
import { Disk, MemoryStorage } from './memory';

/** What the platform lets one request take, ms. */
const TIMEOUT = 60000;

/** What one line asks for; the fields used depend on the op. */
interface Line {
  n: number;
  op: 'open' | 'save' | 'sync' | 'poll' | 'size' | 'facts' | 'photo' | 'upload';
  url?: string;
  token?: string;
  user?: string;
  /** Sent with every request, as WeChat does. */
  headers?: { [name: string]: string };
  changes?: Change[];
  /** A photo whose row is the first of the changes: its file in base 64, and the file's hash. */
  file?: string;
  sha256?: string;
  /** An app that knows no parcels. */
  plain?: boolean;
}

/** The platform's wx.request over one kept connection. */
class Wire implements Transport {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });
  requests = 0;

  constructor(private readonly line: Line) {}

  send(r: HttpRequest): Promise<HttpResponse> {
    this.requests++;
    const path = r.path.startsWith('/') ? r.path : new URL(r.path).pathname;
    const body = r.body === undefined ? undefined : (typeof r.body === 'string' ? Buffer.from(r.body) : Buffer.from(r.body));
    const headers: { [name: string]: string | number } = { ...this.line.headers, ...lower(r.headers), authorization: 'Bearer ' + this.line.token };
    if (body) {
      headers['content-length'] = body.length;
    }
    return new Promise((resolve, reject) => {
      const q = ask(this.line.url + path, { method: r.method, headers, agent: this.agent }, (a) => {
        const parts: Buffer[] = [];
        a.on('data', (b: Buffer) => parts.push(b));
        a.on('error', reject);
        a.on('end', () => {
          clearTimeout(late);
          if (!a.complete) {
            reject(new Error('cut'));
            return;
          }
          const raw = Buffer.concat(parts);
          const text = a.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
          const bytes = r.binary ? text.buffer.slice(text.byteOffset, text.byteOffset + text.length) as ArrayBuffer : undefined;
          resolve({ status: a.statusCode || 0, headers: a.headers as { [name: string]: string }, body: bytes ? '' : text.toString('utf8'), bytes });
        });
      });
      const late = setTimeout(() => q.destroy(Object.assign(new Error('timeout'), { timeout: true })), TIMEOUT);
      q.on('error', (e) => {
        clearTimeout(late);
        reject(e);
      });
      q.end(body);
    });
  }
}

function lower(headers: { [name: string]: string }): { [name: string]: string } {
  return Object.fromEntries(Object.entries(headers).map(([k, v]) => [k.toLowerCase(), v]));
}

class Remote {
  private readonly disk: Disk = new Map();
  private readonly files = new Map<string, Buffer>();
  private core!: SyncCore;
  private wire!: Wire;

  async answer(line: Line): Promise<object> {
    switch (line.op) {
      case 'open':
        await this.open(line);
        return {};
      case 'save':
        await this.core.save(line.changes || []);
        return {};
      case 'sync':
      case 'poll': {
        const before = this.wire.requests;
        const { state, acked, outcomes } = line.op === 'sync' ? await this.core.sync() : await this.core.poll();
        return { state, acked, outcomes: outcomes.length, requests: this.wire.requests - before };
      }
      case 'photo':
        return this.photo(line);
      case 'upload': {
        const before = this.wire.requests;
        const state = await this.core.uploads.run();
        return { state, requests: this.wire.requests - before, left: this.core.uploads.list().length };
      }
      case 'size':
        return this.size();
      case 'facts':
        return { ...this.core.facts(), households: this.core.households(), unsent: this.core.outbox().length, id: await this.core.newID(), forms: this.core.common('form').map((f) => f.id) };
      default:
        throw new Error('unknown op');
    }
  }

  private async open(line: Line): Promise<void> {
    this.wire = new Wire(line);
    this.core = await SyncCore.open({
      account: line.user || '', me: line.user || '', tables: TABLES, storage: new MemoryStorage(this.disk), transport: line.plain ? this.wire : new Parcels(this.wire),
      clock: { now: () => Date.now() },
      random: { bytes: (n) => new Uint8Array(randomBytes(n)) },
      files: { open: (ref) => ({ read: (from, n) => Promise.resolve(this.read(ref, from, n)) }) },
    });
  }

  private read(ref: string, from: number, n: number): ArrayBuffer {
    return new Uint8Array((this.files.get(ref) as Buffer).subarray(from, from + n)).buffer;
  }

  private async photo(line: Line): Promise<object> {
    const changes = line.changes || [];
    const file = Buffer.from(line.file || '', 'base64');
    this.files.set(changes[0].id, file);
    await this.core.save(changes, [{ photo: changes[0].id, ref: changes[0].id, size: file.length, sha256: line.sha256 || '' }]);
    return {};
  }

  /** What storage holds, in bytes as UTF-8: keys and values. */
  private size(): object {
    let total = 0;
    let largest = 0;
    this.disk.forEach((value, key) => {
      const n = Buffer.byteLength(value);
      total += n + Buffer.byteLength(key);
      largest = Math.max(largest, n);
    });
    return { total, largest, keys: this.disk.size };
  }
}

const remote = new Remote();
createInterface({ input: process.stdin }).on('line', (text) => {
  const line = JSON.parse(text) as Line;
  remote.answer(line).then(
    (r) => process.stdout.write(JSON.stringify({ n: line.n, ...r }) + '\n'),
    (e: unknown) => process.stdout.write(JSON.stringify({ n: line.n, error: e instanceof Error ? e.stack : String(e) }) + '\n'),
  );
}).on('close', () => process.exit(0));
