// Several keys changed as one, over storage that can only set single keys.
//
// A commit that changes one physical key is that one write. Any other writes a
// write-ahead entry first (all changes under one key, the moment of commit),
// then the changes, then removes the entry; open() applies a left-over entry
// again. Values and entries longer than a part are split, so no key comes near
// the platform's 1 MB.

import { SyncError } from './errors';
import { fnv } from './hash';
import { Storage } from './types';

/** Longest value under one key, in UTF-16 units: at most 240 KB as UTF-8. */
const PART = 80000;
const WAL = '!';

/** Logical changes: value, or null to remove the key. */
export type Writes = Map<string, string | null>;
type Op = [string, string | null];

/** Cuts text into parts that never end inside a surrogate pair. */
export function cut(text: string, part: number): string[] {
  const out: string[] = [];
  let i = 0;
  while (i < text.length || out.length === 0) {
    let end = Math.min(text.length, i + part);
    const c = text.charCodeAt(end - 1);
    if (end < text.length && end - i > 1 && c >= 0xd800 && c < 0xdc00) {
      end--;
    }
    out.push(text.slice(i, end));
    i = end;
    if (text.length === 0) {
      break;
    }
  }
  return out;
}

export class Store {
  private readonly prefix: string;
  /** Number of further parts a logical key has in storage now; 0 = one key. */
  private parts = new Map<string, number>();
  /** A commit that is decided but not yet fully carried out. */
  private left: Op[] | null = null;
  private broken = false;

  constructor(
    private readonly storage: Storage,
    account: string,
    private readonly part: number = PART,
  ) {
    this.prefix = 'd/' + encodeURIComponent(account) + '/';
  }

  /** Finishes what a killed run left over and returns every key of the account. */
  async open(): Promise<Map<string, string>> {
    try {
      await this.recover();
      return await this.load();
    } catch (e) {
      throw e instanceof SyncError ? e : new SyncError('storage', e);
    }
  }

  /**
   * Makes all changes or none. When it rejects nothing has changed; when it
   * resolves they hold, even if the phone dies at once.
   */
  async commit(writes: Writes): Promise<void> {
    if (this.broken) {
      throw new SyncError('broken');
    }
    await this.finish();
    const ops = this.physical(writes);
    if (ops.length === 0) {
      return;
    }
    if (ops.length === 1) {
      await this.one(ops[0]);
    } else {
      await this.writeAhead(ops);
      this.left = ops;
      // From here on the commit holds; what cannot be done now is done before the next.
      await this.finish().catch(() => undefined);
    }
    this.remember(writes);
  }

  /** Logical keys held. */
  keys(): Iterable<string> {
    return this.parts.keys();
  }

  /** Logical values as stored, for what is not kept in memory. */
  async read(keys: string[]): Promise<string[]> {
    await this.finish();
    try {
      return await Promise.all(keys.map((k) => this.value(k)));
    } catch (e) {
      throw new SyncError('storage', e);
    }
  }

  private async value(key: string): Promise<string> {
    let text = (await this.storage.get(this.prefix + key)) || '';
    const more = this.parts.get(key) || 0;
    text = more > 0 ? text.slice(text.indexOf('~', 1) + 1) : text;
    for (let i = 1; i <= more; i++) {
      text += (await this.storage.get(this.prefix + key + '~' + i)) || '';
    }
    return text;
  }

  /** Removes every key of the account; the one named goes last. */
  async erase(last: string): Promise<void> {
    this.left = null;
    const mine = (await this.storage.keys()).filter((k) => k.startsWith(this.prefix));
    for (const k of mine) {
      if (k !== this.prefix + last) {
        await this.storage.remove(k);
      }
    }
    await this.storage.remove(this.prefix + last);
    this.parts.clear();
  }

  private physical(writes: Writes): Op[] {
    const ops: Op[] = [];
    writes.forEach((value, key) => {
      const before = this.parts.get(key);
      if (value === null) {
        if (before === undefined) {
          return;
        }
        ops.push([key, null]);
        for (let i = 1; i <= before; i++) {
          ops.push([key + '~' + i, null]);
        }
        return;
      }
      const pieces = cut(value, this.part);
      const head = pieces.length === 1 ? pieces[0] : '~' + (pieces.length - 1) + '~' + pieces[0];
      ops.push([key, head]);
      for (let i = 1; i < pieces.length; i++) {
        ops.push([key + '~' + i, pieces[i]]);
      }
      for (let i = pieces.length; i <= (before || 0); i++) {
        ops.push([key + '~' + i, null]);
      }
    });
    return ops;
  }

  private remember(writes: Writes): void {
    writes.forEach((value, key) => {
      if (value === null) {
        this.parts.delete(key);
      } else {
        this.parts.set(key, cut(value, this.part).length - 1);
      }
    });
  }

  private put([key, value]: Op): Promise<void> {
    return value === null ? this.storage.remove(this.prefix + key) : this.storage.set(this.prefix + key, value);
  }

  private async one(op: Op): Promise<void> {
    try {
      await this.put(op);
    } catch (e) {
      // The platform said no, but only storage itself knows what it holds.
      if ((await this.peek(op[0], e)) !== (op[1] === null ? undefined : op[1])) {
        throw new SyncError('storage', e);
      }
    }
  }

  private async peek(key: string, cause: unknown): Promise<string | undefined> {
    try {
      return await this.storage.get(this.prefix + key);
    } catch {
      this.broken = true;
      throw new SyncError('broken', cause);
    }
  }

  private async writeAhead(ops: Op[]): Promise<void> {
    const text = JSON.stringify(ops);
    const pieces = text.length <= this.part ? [] : cut(text, this.part);
    const head = pieces.length === 0 ? '=' + text : '~' + pieces.length + '~' + fnv(text);
    try {
      for (let i = 0; i < pieces.length; i++) {
        await this.storage.set(this.prefix + WAL + '~' + i, pieces[i]);
      }
    } catch (e) {
      await this.dropPieces(pieces.length);
      throw new SyncError('storage', e);
    }
    try {
      await this.storage.set(this.prefix + WAL, head);
    } catch (e) {
      if ((await this.peek(WAL, e)) !== head) {
        await this.dropPieces(pieces.length);
        throw new SyncError('storage', e);
      }
    }
  }

  /** Without their head the pieces mean nothing: failing to remove them costs space only. */
  private async dropPieces(n: number): Promise<void> {
    for (let i = 0; i < n; i++) {
      await this.storage.remove(this.prefix + WAL + '~' + i).catch(() => undefined);
    }
  }

  /** Carries out a decided commit. Doing it twice is the same as once. */
  private async finish(): Promise<void> {
    if (this.left === null) {
      return;
    }
    try {
      for (const op of this.left) {
        await this.put(op);
      }
      await this.storage.remove(this.prefix + WAL);
    } catch (e) {
      throw new SyncError('storage', e);
    }
    const n = JSON.stringify(this.left).length;
    this.left = null;
    await this.dropPieces(n <= this.part ? 0 : Math.ceil(n / (this.part - 1)) + 1);
  }

  private async recover(): Promise<void> {
    this.left = null;
    this.broken = false;
    const head = await this.storage.get(this.prefix + WAL);
    if (head !== undefined && head !== '') {
      let text = head.slice(1);
      if (head[0] === '~') {
        const [n, sum] = text.split('~');
        text = '';
        for (let i = 0; i < Number(n); i++) {
          text += (await this.storage.get(this.prefix + WAL + '~' + i)) || '';
        }
        if (String(fnv(text)) !== sum) {
          throw new SyncError('broken', 'write-ahead entry does not match its sum');
        }
      }
      this.left = JSON.parse(text) as Op[];
      await this.finish();
    }
    for (const k of await this.storage.keys()) {
      if (k.startsWith(this.prefix + WAL + '~')) {
        await this.storage.remove(k);
      }
    }
  }

  private async load(): Promise<Map<string, string>> {
    const keys = (await this.storage.keys()).filter((k) => k.startsWith(this.prefix));
    const values = await Promise.all(keys.map((k) => this.storage.get(k)));
    const raw = new Map<string, string>();
    keys.forEach((k, i) => raw.set(k.slice(this.prefix.length), values[i] || ''));
    const out = new Map<string, string>();
    this.parts.clear();
    raw.forEach((value, key) => {
      if (/~[0-9]+$/.test(key)) {
        return;
      }
      let more = 0;
      let text = value;
      if (value[0] === '~') {
        const end = value.indexOf('~', 1);
        more = Number(value.slice(1, end));
        text = value.slice(end + 1);
        for (let i = 1; i <= more; i++) {
          text += raw.get(key + '~' + i) || '';
        }
      }
      this.parts.set(key, more);
      out.set(key, text);
    });
    return out;
  }
}
