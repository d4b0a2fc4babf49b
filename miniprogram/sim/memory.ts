// Storage, clock and randomness for simulation and tests: in memory, seeded, able to die.

import { Clock, Random, Storage } from '../src/sync/types';

export class Killed extends Error {
  constructor() {
    super('the app was killed');
  }
}

/** What survives the app. */
export type Disk = Map<string, string>;

/** One run of the app on a disk. */
export class MemoryStorage implements Storage {
  writes = 0;
  dead = false;
  /** Largest value ever set, in UTF-16 units. */
  largest = 0;
  /** Called before a write; throws to refuse it. */
  onWrite: (key: string, n: number) => void = () => undefined;
  /** How many of the next writes find the storage full. */
  private full = 0;
  /** Whether a write that is refused happened all the same. */
  private lies = false;

  constructor(
    readonly disk: Disk,
    /** The app dies at this write (1 = the first); 0 = never. */
    private killAt: number = 0,
    /** Whether the write at which it dies still happens. */
    private killAfter: boolean = false,
  ) {}

  /** The app dies at the n-th write from now. */
  killIn(n: number, after: boolean): void {
    this.killAt = this.writes + n;
    this.killAfter = after;
  }

  /** The next n writes are refused; lies = they happen nevertheless. */
  fill(n: number, lies: boolean): void {
    this.full = n;
    this.lies = lies;
  }

  async get(key: string): Promise<string | undefined> {
    this.point();
    const value = this.disk.get(key);
    this.point();
    return value;
  }

  async keys(): Promise<string[]> {
    this.point();
    return Array.from(this.disk.keys());
  }

  set(key: string, value: string): Promise<void> {
    this.largest = Math.max(this.largest, value.length);
    return this.write(key, () => this.disk.set(key, value), true);
  }

  remove(key: string): Promise<void> {
    return this.write(key, () => this.disk.delete(key), false);
  }

  /** A place where the app waits: one that is dead does not go on. */
  point(): void {
    if (this.dead) {
      throw new Killed();
    }
  }

  private async write(key: string, act: () => void, grows: boolean): Promise<void> {
    this.point();
    this.writes++;
    if (this.writes === this.killAt) {
      if (this.killAfter) {
        act();
      }
      this.dead = true;
      throw new Killed();
    }
    if (this.full > 0 && grows) {
      this.full--;
      if (this.lies) {
        act();
      }
      throw new Error('the storage is full');
    }
    this.onWrite(key, this.writes);
    act();
    this.point();
  }
}

/** A small seeded generator (mulberry32). */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export class SeededRandom implements Random {
  private readonly next: () => number;

  constructor(seed: number) {
    this.next = seeded(seed);
  }

  bytes(n: number): Uint8Array {
    return Uint8Array.from({ length: n }, () => Math.floor(this.next() * 256));
  }
}

export class FakeClock implements Clock {
  constructor(public at: number = 1790000000000) {}

  now(): number {
    return this.at;
  }
}
