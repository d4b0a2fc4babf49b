// Photos on their way: tus 1.0 with the method in a header, because the
// platform's request knows no PATCH. A cut costs at most one chunk.

import { header, readProblem } from './answer';
import { base64 } from './base64';
import { SyncError } from './errors';
import { Lock } from './lock';
import { key } from './state';
import { Store, Writes } from './store';
import { Clock, FileSource, HttpResponse, Transport } from './types';

const MIN_CHUNK = 16 << 10;
const MAX_CHUNK = 256 << 10;
const FIRST_CHUNK = 64 << 10;
/** A chunk should take a few seconds: the platform cuts requests 5 s into the background. */
const QUICK_MS = 2000;
const SLOW_MS = 5000;
/** Answers in a row that bring no progress before the photo waits for the next run. */
const PATIENCE = 6;
const PATH = '/api/v1/uploads';

/** What the caller says of a photo when its row is saved. */
export interface NewUpload {
  photo: string;
  /** Names the file to the platform. */
  ref: string;
  size: number;
  /** 64 hex digits. */
  sha256: string;
}

/** One photo on its way. */
export interface Upload extends NewUpload {
  /** Where the server keeps it; "" = not begun. */
  location: string;
  /** Bytes the server has, as last heard. */
  offset: number;
  /** Started again after a checksum failure. */
  again: boolean;
  /** Shown when it was given up; "" = still on its way. */
  failed: string;
}

/** Opens files by ref; drop is called when the server has the whole photo. */
export interface Files {
  open(ref: string): FileSource;
  drop?(ref: string): Promise<void>;
}

export type UploadState = 'done' | 'offline' | 'login' | 'storage';

type Step = 'go' | 'later' | 'stop' | 'login';

export class UploadQueue {
  private readonly entries = new Map<string, Upload>();
  /** Photos whose offset was told by the server in this run of the app. */
  private readonly sure = new Set<string>();
  private chunk = FIRST_CHUNK;
  private running: Promise<UploadState> | null = null;

  constructor(
    private readonly store: Store,
    private readonly lock: Lock,
    private readonly transport: Transport,
    private readonly clock: Clock,
    private readonly files: Files,
    /** Whether the photo's row has reached the server: the row goes first. */
    private readonly rowSent: (photo: string) => boolean,
  ) {}

  /** Takes over what storage holds. */
  load(keys: Map<string, string>): void {
    keys.forEach((text, k) => {
      if (k.startsWith('u/')) {
        const u = JSON.parse(text) as Upload;
        this.entries.set(u.photo, u);
      }
    });
  }

  /** The write that queues an upload; `queued` must follow when it is committed. */
  prepare(writes: Writes, n: NewUpload): Upload {
    const u: Upload = { photo: n.photo, ref: n.ref, size: n.size, sha256: n.sha256, location: '', offset: 0, again: false, failed: '' };
    writes.set(key.upload(u.photo), JSON.stringify(u));
    return u;
  }

  queued(u: Upload): void {
    this.entries.set(u.photo, u);
  }

  /** Forgets an upload whose row the user dismissed. */
  forget(photo: string): void {
    this.entries.delete(photo);
    this.sure.delete(photo);
  }

  list(): Upload[] {
    return Array.from(this.entries.values()).map((u) => ({ ...u }));
  }

  /** Tries a given-up photo again from the start. */
  async retry(photo: string): Promise<void> {
    const u = this.entries.get(photo);
    if (u) {
      await this.keep({ ...u, failed: '', again: false, location: '', offset: 0 });
    }
  }

  /** Sends what can be sent now. One run at a time. */
  run(): Promise<UploadState> {
    if (!this.running) {
      this.running = this.drain().finally(() => {
        this.running = null;
      });
    }
    return this.running;
  }

  private async drain(): Promise<UploadState> {
    try {
      for (const photo of Array.from(this.entries.keys())) {
        const end = await this.send(photo);
        if (end === 'stop' || end === 'login') {
          return end === 'login' ? 'login' : 'offline';
        }
      }
      return 'done';
    } catch (e) {
      if (e instanceof SyncError) {
        return 'storage';
      }
      throw e;
    }
  }

  private async send(photo: string): Promise<Step> {
    let idle = 0;
    while (idle < PATIENCE) {
      const u = this.entries.get(photo);
      if (!u || u.failed || !this.rowSent(photo)) {
        return 'later';
      }
      const step = await this.step(u);
      if (step !== 'go') {
        return step;
      }
      const now = this.entries.get(photo);
      idle = now && now.offset > u.offset ? 0 : idle + 1;
    }
    return 'later';
  }

  private step(u: Upload): Promise<Step> {
    if (!u.location) {
      return this.create(u);
    }
    return this.sure.has(u.photo) ? this.patch(u) : this.ask(u);
  }

  private async request(path: string, headers: { [name: string]: string }, body?: ArrayBuffer): Promise<HttpResponse | null> {
    const began = this.clock.now();
    try {
      const r = await this.transport.send({ method: 'POST', path, headers: { 'Tus-Resumable': '1.0.0', ...headers }, body });
      const ms = this.clock.now() - began;
      if (body && ms < QUICK_MS && body.byteLength >= this.chunk) {
        this.chunk = Math.min(MAX_CHUNK, this.chunk * 2);
      } else if (body && ms > SLOW_MS) {
        this.chunk = Math.max(MIN_CHUNK, this.chunk >> 1);
      }
      return r;
    } catch {
      if (body) {
        this.chunk = Math.max(MIN_CHUNK, this.chunk >> 1);
      }
      return null;
    }
  }

  private async read(u: Upload, offset: number): Promise<ArrayBuffer | null> {
    try {
      const bytes = await this.files.open(u.ref).read(offset, Math.min(this.chunk, u.size - offset));
      if (bytes.byteLength === 0 && u.size > offset) {
        throw new Error('empty read');
      }
      return bytes;
    } catch {
      await this.keep({ ...u, failed: '手机里找不到这张照片了，请重新拍一张。' });
      return null;
    }
  }

  private async create(u: Upload): Promise<Step> {
    const body = await this.read(u, 0);
    if (!body) {
      return 'later';
    }
    const r = await this.request(PATH, {
      'Upload-Length': String(u.size),
      'Upload-Metadata': 'photo ' + base64(u.photo) + ',sha256 ' + base64(u.sha256),
      'Content-Type': 'application/offset+octet-stream',
    }, body);
    if (!r) {
      return 'stop';
    }
    if (r.status !== 201) {
      // 404 here: the row is not known (it may wait at the township). Later.
      return r.status === 404 ? 'later' : this.refused(u, r);
    }
    const location = header(r, 'Location');
    const offset = Number(header(r, 'Upload-Offset')) || 0;
    return this.progress({ ...u, location }, offset, location !== '' || offset === u.size);
  }

  private async ask(u: Upload): Promise<Step> {
    const r = await this.request(u.location, { 'X-HTTP-Method-Override': 'HEAD' });
    if (!r) {
      return 'stop';
    }
    if (r.status !== 200 && r.status !== 204) {
      return this.refused(u, r);
    }
    const offset = Number(header(r, 'Upload-Offset'));
    return this.progress(u, offset, header(r, 'Upload-Offset') !== '');
  }

  private async patch(u: Upload): Promise<Step> {
    const body = await this.read(u, u.offset);
    if (!body) {
      return 'later';
    }
    this.sure.delete(u.photo);
    const r = await this.request(u.location, {
      'X-HTTP-Method-Override': 'PATCH',
      'Upload-Offset': String(u.offset),
      'Content-Type': 'application/offset+octet-stream',
    }, body);
    if (!r) {
      return 'stop';
    }
    if (r.status !== 204 && r.status !== 200) {
      return this.refused(u, r);
    }
    const offset = Number(header(r, 'Upload-Offset'));
    return this.progress(u, offset, offset > u.offset);
  }

  /** The server has `offset` bytes; when what it said makes no sense, it is asked. */
  private async progress(u: Upload, offset: number, sound: boolean): Promise<Step> {
    if (!sound || !(offset >= 0 && offset <= u.size)) {
      await this.keep(u);
      return 'go';
    }
    if (offset === u.size) {
      return this.finish(u);
    }
    await this.keep({ ...u, offset });
    this.sure.add(u.photo);
    return 'go';
  }

  private async refused(u: Upload, r: HttpResponse): Promise<Step> {
    const p = readProblem(r);
    if (r.status === 401) {
      return 'login';
    }
    if (r.status === 460 || p.code === 'checksum') {
      const failed = u.again ? p.detail || '照片没有传完整，请重新拍一张。' : '';
      await this.keep({ ...u, location: '', offset: 0, again: true, failed });
      return failed ? 'later' : 'go';
    }
    if (r.status === 409) {
      return 'go';
    }
    if (u.location && (r.status === 404 || r.status === 410)) {
      await this.keep({ ...u, location: '', offset: 0 });
      return 'go';
    }
    if (r.status === 429 || r.status === 408 || r.status >= 500) {
      return 'stop';
    }
    if (r.status >= 400) {
      await this.keep({ ...u, failed: p.detail || '服务器没有收下这张照片。' });
      return 'later';
    }
    return 'stop';
  }

  private async finish(u: Upload): Promise<Step> {
    await this.lock.run(() => this.store.commit(new Map([[key.upload(u.photo), null]])));
    this.forget(u.photo);
    if (this.files.drop) {
      await this.files.drop(u.ref).catch(() => undefined);
    }
    return 'later';
  }

  /** Stores an entry; what is the same as before costs no write. */
  private async keep(u: Upload): Promise<void> {
    const before = this.entries.get(u.photo);
    if (!before) {
      return;
    }
    if (before.location !== u.location || before.failed !== u.failed || before.again !== u.again) {
      await this.lock.run(() => this.store.commit(new Map([[key.upload(u.photo), JSON.stringify(u)]])));
    }
    this.entries.set(u.photo, u);
    if (before.location !== u.location) {
      this.sure.delete(u.photo);
    }
  }
}
