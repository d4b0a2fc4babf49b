// The other half: raw DEFLATE with the fixed codes, one block. A table of codes
// of its own would win some 5 % of a day's request (docs/performance.md) and
// cost twice this file.

import { DISTANCE_BASE, DISTANCE_EXTRA, LENGTH_BASE, LENGTH_EXTRA } from './inflate';

const WINDOW = 32768;
const LONGEST = 258;
/** Earlier places looked at for a match. */
const TRIES = 128;
const HASH_BITS = 13;

class Bits {
  private out: Uint8Array;
  private n = 0;
  private held = 0;
  private count = 0;

  constructor(size: number) {
    this.out = new Uint8Array(size);
  }

  /** n bits, the lowest first. */
  add(v: number, n: number): void {
    this.held |= v << this.count;
    this.count += n;
    while (this.count >= 8) {
      this.out[this.n++] = this.held & 255;
      this.held >>>= 8;
      this.count -= 8;
    }
  }

  /** n bits of a Huffman code, the highest first. */
  code(v: number, n: number): void {
    for (let i = n - 1; i >= 0; i--) {
      this.add((v >> i) & 1, 1);
    }
  }

  done(): Uint8Array {
    this.add(0, 7);
    return this.out.subarray(0, this.n);
  }
}

function literal(out: Bits, s: number): void {
  if (s < 144) {
    out.code(0x30 + s, 8);
  } else if (s < 256) {
    out.code(0x190 + s - 144, 9);
  } else if (s < 280) {
    out.code(s - 256, 7);
  } else {
    out.code(0xc0 + s - 280, 8);
  }
}

function lastBelow(base: number[], v: number): number {
  let k = base.length - 1;
  while (base[k] > v) {
    k--;
  }
  return k;
}

function match(out: Bits, length: number, back: number): void {
  const k = lastBelow(LENGTH_BASE, length);
  literal(out, 257 + k);
  out.add(length - LENGTH_BASE[k], LENGTH_EXTRA[k]);
  const d = lastBelow(DISTANCE_BASE, back);
  out.code(d, 5);
  out.add(back - DISTANCE_BASE[d], DISTANCE_EXTRA[d]);
}

/** The places of a text by the three bytes that stand there. */
class Places {
  private readonly head = new Int32Array(1 << HASH_BITS).fill(-1);
  private readonly before: Int32Array;

  constructor(private readonly b: Uint8Array) {
    this.before = new Int32Array(b.length);
  }

  private hash(i: number): number {
    return (((this.b[i] << 16) | (this.b[i + 1] << 8) | this.b[i + 2]) * 2654435761) >>> (32 - HASH_BITS);
  }

  add(i: number): void {
    if (i + 2 < this.b.length) {
      const h = this.hash(i);
      this.before[i] = this.head[h];
      this.head[h] = i;
    }
  }

  /** The longest match for what stands at i: [length, how far back]; length 0 = none. */
  longest(i: number): [number, number] {
    const { b } = this;
    const most = Math.min(LONGEST, b.length - i);
    let length = 0;
    let back = 0;
    if (most < 3) {
      return [0, 0];
    }
    for (let at = this.head[this.hash(i)], tries = TRIES; at >= 0 && i - at <= WINDOW && tries > 0; at = this.before[at], tries--) {
      let n = 0;
      while (n < most && b[at + n] === b[i + n]) {
        n++;
      }
      if (n > length) {
        length = n;
        back = i - at;
      }
    }
    // Three bytes from far away cost more than they save.
    return length < 3 || (length === 3 && back > 8192) ? [0, 0] : [length, back];
  }
}

/** The raw DEFLATE stream of src behind a dictionary of at most 32 KB. */
export function deflate(src: Uint8Array, dictionary: Uint8Array): Uint8Array {
  const all = new Uint8Array(dictionary.length + src.length);
  all.set(dictionary);
  all.set(src, dictionary.length);
  const places = new Places(all);
  for (let i = 0; i < dictionary.length; i++) {
    places.add(i);
  }
  const out = new Bits(src.length * 2 + 16);
  out.add(3, 3); // the last block, fixed codes
  for (let i = dictionary.length; i < all.length; ) {
    let [length, back] = places.longest(i);
    places.add(i);
    // A longer match one byte on is worth a literal.
    const next = length > 0 && length < 32 ? places.longest(i + 1)[0] : 0;
    if (length === 0 || next > length) {
      literal(out, all[i]);
      length = 1;
      back = 0;
    } else {
      match(out, length, back);
    }
    for (let k = 1; k < length; k++) {
      places.add(i + k);
    }
    i += length;
  }
  literal(out, 256);
  return out.done();
}
