// Forms being filled in. Each is one key, written at every keystroke; while a
// write is under way the newest state waits for the next, so a kill costs at
// most what was typed during one write. Leaving a form asks nothing.

import { SyncError } from '../sync/errors';
import { Store } from '../sync/store';

export interface Draft {
  id: string;
  /** visit, household, member, need … */
  kind: string;
  household: string;
  /** What `SyncCore.baseOf` gave when the form was opened. */
  base: number;
  /** Device time, Unix ms. */
  openedAt: number;
  changedAt: number;
}

const PREFIX = 'f/';

export class Drafts {
  private readonly held = new Map<string, Draft>();
  private readonly dirty = new Set<string>();
  private writing: Promise<void> | null = null;
  /** Shown while storage takes nothing; "" = all is kept. */
  failed = '';

  constructor(private readonly store: Store, private readonly changed: () => void) {}

  load(keys: Map<string, string>): void {
    keys.forEach((text, k) => {
      if (k.startsWith(PREFIX)) {
        const d = JSON.parse(text) as Draft;
        this.held.set(d.id, d);
      }
    });
  }

  all(): Draft[] {
    return Array.from(this.held.values());
  }

  get<D extends Draft>(id: string): D | undefined {
    return this.held.get(id) as D | undefined;
  }

  /** Keeps a new state; what the form shows is never behind it. */
  put(d: Draft): void {
    this.held.set(d.id, d);
    this.dirty.add(d.id);
    this.write();
  }

  /** Takes a draft away: it was saved, or thrown away by the user. */
  async drop(id: string): Promise<void> {
    this.held.delete(id);
    this.dirty.add(id);
    this.write();
    await this.flush();
  }

  /** Resolves when storage has everything; rejects with the SyncError that it said, everything still being in memory. */
  async flush(): Promise<void> {
    while (this.writing || this.dirty.size > 0) {
      this.write();
      await this.writing;
      if (this.failed !== '') {
        throw new SyncError('storage');
      }
    }
  }

  private write(): void {
    if (!this.writing) {
      this.writing = this.drain().finally(() => {
        this.writing = null;
        this.changed();
      });
    }
  }

  private async drain(): Promise<void> {
    while (this.dirty.size > 0) {
      const ids = Array.from(this.dirty);
      this.dirty.clear();
      try {
        for (const id of ids) {
          const d = this.held.get(id);
          await this.store.commit(new Map([[PREFIX + id, d ? JSON.stringify(d) : null]]));
        }
        this.failed = '';
      } catch (e) {
        ids.forEach((id) => this.dirty.add(id));
        this.failed = e instanceof SyncError ? e.message : String(e);
        return;
      }
    }
  }
}
