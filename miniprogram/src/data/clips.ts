// Recordings of policy cards: heard, recorded once in the dialect, and handed
// in. A recording's row goes through sync, its sound in one request after it.

import { Api } from '../api/calls';
import { ApiError } from '../api/link';
import { Platform, Recording } from '../platform/types';
import { SyncCore } from '../sync/core';
import { Blobs } from './blobs';
import { sizeWords } from './day';
import { Card, Clip, Household } from './records';
import { sha256 } from './sha256';

export interface SoundView {
  id: string;
  /** 本地话 · 45 秒 */
  dialect: string;
  note: string;
}

/** Longest recording, ms, and largest file, bytes: what the server takes (server/booklet/mp3.go). */
export const CLIP_MS = 90000;
const CLIP_MAX = 300 << 10;

export class Clips {
  private running: (() => void) | undefined;

  constructor(private readonly core: SyncCore, private readonly blobs: Blobs, private readonly platform: Platform, private readonly api: Api, private readonly me: string) {}

  private all(): Clip[] {
    return this.core.common('clip') as unknown as Clip[];
  }

  /** What can be heard of a card: recordings of its present edition that the township approved. */
  sounds(card: Card): SoundView[] {
    return this.all().filter((c) => c.card === card.code && c.state === 'approved' && c.sound && (!c.edition || c.edition === card.edition)).map((c) => ({
      id: c.id, dialect: c.dialect || '',
      note: [c.seconds ? c.seconds + ' 秒' : '', this.blobs.has(c.sound || '') ? '没网也能听' : '还没取来，' + sizeWords(c.bytes || 0)].filter((x) => x !== '').join(' · '),
    }));
  }

  /** Hashes of all that can be heard. */
  hashes(cards: Card[]): string[] {
    const ids = new Set(cards.reduce((out: string[], c) => out.concat(this.sounds(c).map((s) => s.id)), []));
    return this.all().filter((c) => ids.has(c.id)).map((c) => c.sound || '');
  }

  /** Plays a recording, fetching it first where it is not here. Rejects with a sentence. */
  async play(id: string, ended: () => void): Promise<void> {
    this.stop();
    const clip = this.all().find((c) => c.id === id);
    const hash = (clip && clip.sound) || '';
    await this.blobs.fetch([hash]);
    const path = this.blobs.path(hash);
    if (path === '') {
      throw new Error('这段声音取不到，请稍后再试。');
    }
    this.running = this.platform.sound.play(path, () => {
      this.running = undefined;
      ended();
    });
  }

  stop(): void {
    if (this.running) {
      this.running();
    }
    this.running = undefined;
  }

  start(): Promise<Recording> {
    return this.platform.sound.record(CLIP_MS);
  }

  /** Keeps a recording of a card: the sound as a file, its row in the outbox. Rejects with a sentence. */
  async keep(card: string, dialect: string, temp: string): Promise<void> {
    const household = this.core.households().find((id) => this.core.rows(id, 'household').some((s) => (s.row as unknown as Household).kind === 'township'));
    if (household === undefined) {
      throw new Error('资料还没取来，请连上网后再录。');
    }
    const id = await this.core.newID();
    const size = await this.platform.files.keep(temp, this.file(id));
    if (size > CLIP_MAX) {
      await this.platform.files.remove(this.file(id));
      throw new Error('录得太长了，请录短一点，90 秒以内。');
    }
    const bytes = await this.platform.files.read(this.file(id), 0, size);
    await this.core.save([{ type: 'clip', id, household, patch: { card, dialect, sha256: sha256(bytes), size } }]);
  }

  /** Sends sounds whose row has arrived; one that the server has is not kept. Gives how many were taken; ends quietly where there is no link. */
  async send(): Promise<number> {
    let taken = 0;
    const prefix = this.file('').replace('.mp3', '');
    for (const f of (await this.platform.files.list()).filter((x) => x.name.startsWith(prefix))) {
      const id = f.name.slice(prefix.length).replace('.mp3', '');
      const row = this.all().find((c) => c.id === id);
      if (!row) {
        continue;
      }
      if (!row.sound) {
        try {
          await this.api.sendClip(id, await this.platform.files.read(f.name, 0, f.size));
          taken++;
        } catch (e) {
          if (!(e instanceof ApiError) || e.status === 0 || e.status >= 500 || e.status === 429) {
            return taken;
          }
        }
      }
      await this.platform.files.remove(f.name);
    }
    return taken;
  }

  /** What the user recorded of a card and what became of it. */
  own(card: string): { key: string; dialect: string; state: string; words: string }[] {
    const STATES: { readonly [s: string]: string } = { pending: '待审', approved: '已通过', returned: '退回', rejected: '未通过' };
    const waiting = this.core.outbox().filter((e) => e.type === 'clip' && e.patch && e.patch.card === card).map((e) => ({ key: e.id, dialect: String((e.patch || {}).dialect || ''), state: '待传', words: '' }));
    return waiting.concat(this.all().filter((c) => c.by === this.me && c.card === card).map((c) => ({ key: c.id, dialect: c.dialect || '', state: STATES[c.state || ''] || '待传', words: c.words || '' })));
  }

  private file(id: string): string {
    return this.me + '.c.' + id + '.mp3';
  }
}
