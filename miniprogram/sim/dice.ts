import { seeded } from './memory';

/** A seed for one part of something that has a seed: parts do not depend on each other. */
export function part(seed: number, n: number): number {
  let h = (seed ^ Math.imul(n + 1, 0x9e3779b1)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** All chance of one world comes from one seed. */
export class Dice {
  readonly next: () => number;

  constructor(seed: number) {
    this.next = seeded(seed);
  }

  /** A whole number, 0 <= x < n. */
  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  chance(p: number): boolean {
    return this.next() < p;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  /** One of the keys, as often as its weight says. */
  weighted<K extends string>(weights: { [k in K]: number }): K {
    const keys = Object.keys(weights) as K[];
    let x = this.next() * keys.reduce((sum, k) => sum + weights[k], 0);
    for (const k of keys) {
      x -= weights[k];
      if (x < 0) {
        return k;
      }
    }
    return keys[keys.length - 1];
  }
}
