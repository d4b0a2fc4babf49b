// The Go process: one JSON line asked, one answered, in order.

import { ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { HttpRequest, HttpResponse } from '../src/sync/types';

export type Reply = { [key: string]: unknown };

/** The server said that it could not do an operation. */
export class Refused extends Error {}

export class Peer {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, { resolve: (r: Reply) => void; reject: (e: Error) => void }>();
  private n = 0;
  private gone: Error | null = null;

  constructor(command: string, args: string[]) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.child.on('error', (e) => this.end(e));
    this.child.on('exit', (code) => this.end(new Error('the server process ended with code ' + String(code))));
    if (this.child.stdin) {
      this.child.stdin.on('error', (e) => this.end(e));
    }
    createInterface({ input: this.child.stdout as NodeJS.ReadableStream }).on('line', (line) => this.line(line));
  }

  ask(op: string, args: { [key: string]: unknown } = {}): Promise<Reply> {
    if (this.gone) {
      return Promise.reject(this.gone);
    }
    const n = ++this.n;
    return new Promise((resolve, reject) => {
      this.waiting.set(n, { resolve, reject });
      (this.child.stdin as NodeJS.WritableStream).write(JSON.stringify({ n, op, ...args }) + '\n');
    });
  }

  /** Lets the process end by itself: it removes what it made. */
  close(): Promise<void> {
    this.child.removeAllListeners('exit');
    return new Promise((resolve) => {
      if (this.gone || !this.child.stdin) {
        resolve();
        return;
      }
      this.child.on('exit', () => resolve());
      this.child.stdin.end();
    });
  }

  private line(text: string): void {
    if (text.trim() === '') {
      return;
    }
    let r: Reply;
    try {
      r = JSON.parse(text) as Reply;
    } catch {
      this.end(new Error('not a JSON line: ' + text.slice(0, 200)));
      return;
    }
    const w = this.waiting.get(r.n as number);
    if (!w) {
      this.end(new Error('an answer to nothing: ' + text.slice(0, 200)));
      return;
    }
    this.waiting.delete(r.n as number);
    if (typeof r.error === 'string' && r.error !== '') {
      w.reject(new Refused(r.error));
    } else {
      w.resolve(r);
    }
  }

  private end(e: Error): void {
    this.gone = this.gone || e;
    this.waiting.forEach((w) => w.reject(e));
    this.waiting.clear();
  }
}

export function bodyOf(q: HttpRequest): { body: string; bytes?: string } {
  return q.body instanceof ArrayBuffer ? { body: '', bytes: Buffer.from(q.body).toString('base64') } : { body: q.body || '' };
}

export function replyOf(r: Reply): HttpResponse & Reply {
  const bytes = typeof r.bytes === 'string' ? (Uint8Array.from(Buffer.from(r.bytes, 'base64')).buffer as ArrayBuffer) : undefined;
  return { ...r, status: r.status as number, headers: (r.headers || {}) as HttpResponse['headers'], body: String(r.body === undefined ? '' : r.body), bytes };
}
