// Bodies named by their SHA-256: card texts, papers, settings, sound. Fetched
// once, checked, kept as files; texts that pages need at once also in memory.

import { Api } from '../api/calls';
import { ApiError } from '../api/link';
import { SavedFiles } from '../platform/types';
import { sha256 } from './sha256';
import { textOf } from '../sync/utf8';

export class Blobs {
  private readonly texts = new Map<string, string>();
  private readonly have = new Map<string, number>();
  private readonly prefix: string;

  constructor(private readonly files: SavedFiles, private readonly api: Api, user: string) {
    this.prefix = user + '.b.';
  }

  /** Looks at what the phone holds. */
  async open(): Promise<void> {
    for (const f of await this.files.list()) {
      if (f.name.startsWith(this.prefix)) {
        this.have.set(f.name.slice(this.prefix.length), f.size);
      }
    }
  }

  /** The text, when it was loaded. */
  text(hash: string): string | undefined {
    return this.texts.get(hash);
  }

  has(hash: string): boolean {
    return this.have.has(hash);
  }

  /** What the platform plays it by; "" = not here. */
  path(hash: string): string {
    return this.has(hash) ? this.files.path(this.prefix + hash) : '';
  }

  /** Reads texts the phone holds into memory. A file that is not what its name says is thrown away. */
  async load(hashes: string[]): Promise<void> {
    for (const hash of hashes) {
      if (this.texts.has(hash) || !this.have.has(hash)) {
        continue;
      }
      const bytes = await this.files.read(this.prefix + hash, 0, this.have.get(hash) as number).catch(() => undefined);
      if (bytes && sha256(bytes) === hash) {
        this.texts.set(hash, textOf(bytes));
      } else {
        this.have.delete(hash);
        await this.files.remove(this.prefix + hash);
      }
    }
  }

  /** Fetches what is missing; gives how many came. Ends at the first failure of the link and rejects with it. */
  async fetch(hashes: string[]): Promise<number> {
    let n = 0;
    for (const hash of hashes) {
      if (hash === '' || this.have.has(hash)) {
        continue;
      }
      let bytes: ArrayBuffer;
      try {
        bytes = await this.api.blob(hash);
      } catch (e) {
        // Taken away meanwhile: the next sync says so.
        if (e instanceof ApiError && (e.status === 404 || e.status === 403)) {
          continue;
        }
        throw e;
      }
      if (sha256(bytes) === hash) {
        await this.files.write(this.prefix + hash, bytes);
        this.have.set(hash, bytes.byteLength);
        n++;
      }
    }
    return n;
  }
}
