// Raw DEFLATE (RFC 1951) with a preset dictionary: the platform inflates only
// what HTTP calls gzip, and that knows no dictionary.

/** Thrown at anything that is not a whole stream. */
export class BadStream extends Error {}

export const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
export const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
export const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
];
export const DISTANCE_EXTRA = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** A canonical Huffman code: how many symbols have each length, and the symbols in order. */
interface Code {
  count: number[];
  symbol: number[];
}

function codeOf(lengths: number[]): Code {
  const count = new Array<number>(16).fill(0);
  lengths.forEach((l) => count[l]++);
  count[0] = 0;
  const at = [0, 0];
  let left = 1;
  for (let l = 1; l < 16; l++) {
    at[l + 1] = at[l] + count[l];
    left = left * 2 - count[l];
    if (left < 0) {
      throw new BadStream('code');
    }
  }
  const symbol: number[] = [];
  lengths.forEach((l, s) => {
    if (l > 0) {
      symbol[at[l]++] = s;
    }
  });
  return { count, symbol };
}

const FIXED_LENGTHS = Array.from({ length: 288 }, (_, s) => (s < 144 ? 8 : s < 256 ? 9 : s < 280 ? 7 : 8));

class Inflater {
  private out: Uint8Array;
  private n: number;
  private held = 0;
  private bitsHeld = 0;
  private fixed: [Code, Code] | null = null;

  constructor(
    private readonly src: Uint8Array,
    private at: number,
    private readonly dictionary: Uint8Array,
    private readonly limit: number,
  ) {
    this.out = new Uint8Array(dictionary.length + src.length * 6);
    this.out.set(dictionary);
    this.n = dictionary.length;
  }

  run(): Uint8Array {
    for (let last = false; !last; ) {
      last = this.bits(1) === 1;
      const kind = this.bits(2);
      if (kind === 0) {
        this.stored();
      } else if (kind === 1) {
        this.fixed = this.fixed || [codeOf(FIXED_LENGTHS), codeOf(new Array<number>(30).fill(5))];
        this.block(this.fixed[0], this.fixed[1]);
      } else if (kind === 2) {
        this.block(...this.codes());
      } else {
        throw new BadStream('block');
      }
    }
    if (this.at !== this.src.length) {
      throw new BadStream('tail');
    }
    return this.out.subarray(this.dictionary.length, this.n);
  }

  private bits(n: number): number {
    while (this.bitsHeld < n) {
      if (this.at >= this.src.length) {
        throw new BadStream('cut');
      }
      this.held |= this.src[this.at++] << this.bitsHeld;
      this.bitsHeld += 8;
    }
    const v = this.held & ((1 << n) - 1);
    this.held >>>= n;
    this.bitsHeld -= n;
    return v;
  }

  private symbol(c: Code): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let l = 1; l < 16; l++) {
      code |= this.bits(1);
      const count = c.count[l];
      if (code - count < first) {
        return c.symbol[index + code - first];
      }
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new BadStream('symbol');
  }

  private put(b: number): void {
    if (this.n === this.out.length) {
      const wider = new Uint8Array(this.out.length * 2);
      wider.set(this.out);
      this.out = wider;
    }
    this.out[this.n++] = b;
    if (this.n - this.dictionary.length > this.limit) {
      throw new BadStream('long');
    }
  }

  private stored(): void {
    this.held = this.bitsHeld = 0;
    const length = this.bits(16);
    if ((length ^ this.bits(16)) !== 0xffff) {
      throw new BadStream('stored');
    }
    for (let i = 0; i < length; i++) {
      this.put(this.bits(8));
    }
  }

  private codes(): [Code, Code] {
    const literals = this.bits(5) + 257;
    const distances = this.bits(5) + 1;
    const lengths = new Array<number>(19).fill(0);
    for (let i = this.bits(4) + 4, k = 0; k < i; k++) {
      lengths[CODE_ORDER[k]] = this.bits(3);
    }
    const code = codeOf(lengths);
    const all: number[] = [];
    while (all.length < literals + distances) {
      const s = this.symbol(code);
      const same = s === 16 ? all[all.length - 1] : s < 16 ? s : 0;
      const times = s < 16 ? 1 : s === 16 ? 3 + this.bits(2) : s === 17 ? 3 + this.bits(3) : 11 + this.bits(7);
      if (same === undefined || all.length + times > literals + distances) {
        throw new BadStream('lengths');
      }
      for (let i = 0; i < times; i++) {
        all.push(same);
      }
    }
    return [codeOf(all.slice(0, literals)), codeOf(all.slice(literals))];
  }

  private block(literal: Code, distance: Code): void {
    for (;;) {
      const s = this.symbol(literal);
      if (s === 256) {
        return;
      }
      if (s < 256) {
        this.put(s);
        continue;
      }
      const k = s - 257;
      const length = LENGTH_BASE[k] + this.bits(LENGTH_EXTRA[k]);
      const d = this.symbol(distance);
      const back = DISTANCE_BASE[d] + this.bits(DISTANCE_EXTRA[d]);
      if (!(back <= this.n) || !(length > 0)) {
        throw new BadStream('reach');
      }
      for (let i = 0; i < length; i++) {
        this.put(this.out[this.n - back]);
      }
    }
  }
}

/**
 * The bytes of the stream that is src from `from` on, at most `limit`. Throws
 * BadStream at a stream that is cut, damaged, followed by anything, or longer.
 */
export function inflate(src: Uint8Array, from: number, dictionary: Uint8Array, limit: number): Uint8Array {
  return new Inflater(src, from, dictionary, limit).run();
}
