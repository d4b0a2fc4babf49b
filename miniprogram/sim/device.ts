// A whole phone in memory for tests: files that can fail, time that is told,
// a link that can be cut.

import { DeviceError, HttpCall, HttpReply, LinkError, Place, Platform } from '../src/platform/types';
import { Disk, FakeClock, MemoryStorage, SeededRandom } from './memory';

/** What survives the app. */
export interface Flash {
  disk: Disk;
  files: Map<string, Uint8Array>;
}

export class Device {
  readonly clock = new FakeClock();
  storage: MemoryStorage;
  online = true;
  calls: HttpCall[] = [];
  /** Refuses to write files: the phone is full. */
  full = false;
  place: Place | null = { lat: 27.1, lng: 105.2, accuracy: 15, coord: 'gcj02' };
  /** Bytes of a picture by its edge. */
  bytesOf: (edge: number, quality: number) => number = () => 1000;
  timers: { at: number; fn: () => void }[] = [];
  loginCode = 'code';
  private readonly ears: { show: (() => void)[]; hide: (() => void)[]; network: ((on: boolean) => void)[] } = { show: [], hide: [], network: [] };

  constructor(readonly answer: (call: HttpCall) => Promise<HttpReply> | HttpReply, readonly flash: Flash = { disk: new Map(), files: new Map() }, private readonly seed = 1) {
    this.storage = new MemoryStorage(flash.disk);
  }

  show(): void {
    this.ears.show.forEach((f) => f());
  }

  hide(): void {
    this.ears.hide.forEach((f) => f());
  }

  network(on: boolean): void {
    this.online = on;
    this.ears.network.forEach((f) => f(on));
  }

  platform(): Platform {
    const { files } = this.flash;
    const write = (name: string, b: Uint8Array) => {
      if (this.full) {
        throw new Error('the maximum size of the file storage limit is exceeded');
      }
      files.set(name, b);
    };
    return {
      http: { send: async (call) => {
        this.calls.push(call);
        if (!this.online) {
          throw new LinkError(false, 'no link');
        }
        return this.answer(call);
      } },
      storage: this.storage, clock: this.clock, random: new SeededRandom(this.seed),
      timer: { after: (ms, fn) => {
        const t = { at: this.clock.at + ms, fn };
        this.timers.push(t);
        return () => {
          this.timers = this.timers.filter((x) => x !== t);
        };
      } },
      files: {
        keep: async (temp, name) => {
          const b = files.get(temp);
          if (!b) {
            throw new Error('no such file');
          }
          write(name, b);
          return b.length;
        },
        write: async (name, bytes) => write(name, new Uint8Array(bytes)),
        read: async (name, offset, length) => {
          const b = files.get(name);
          if (!b) {
            throw new Error('no such file');
          }
          return b.slice(offset, offset + length).buffer as ArrayBuffer;
        },
        remove: async (name) => {
          files.delete(name);
        },
        list: async () => Array.from(files).map(([name, b]) => ({ name, size: b.length })),
        path: (name) => 'saved/' + name,
      },
      space: { filesLimit: 200 << 20, storage: async () => ({ used: 0, limit: 10 << 20 }) },
      camera: {
        shoot: async () => [{ path: 'temp', width: 4000, height: 3000 }],
        draw: async (_s, edge, quality) => Uint8Array.from({ length: this.bytesOf(edge, quality) }, (_x, i) => i % 251).buffer as ArrayBuffer,
      },
      locator: { locate: async () => {
        if (!this.place) {
          throw new DeviceError('refused');
        }
        return this.place;
      } },
      signals: { onShow: (f) => this.ears.show.push(f), onHide: (f) => this.ears.hide.push(f), onNetwork: (f) => this.ears.network.push(f) },
      sound: { play: (_p, ended) => ended, record: async () => ({ stop: async () => ({ path: 'temp', ms: 1000 }) }) },
      host: {
        loginCode: async () => this.loginCode, askReminders: async () => [], onPrivacy: () => undefined, openPrivacy: async () => undefined,
        call: async () => undefined, scan: async () => '', share: async () => undefined, version: () => '', fontScale: () => 1,
      },
    };
  }
}
