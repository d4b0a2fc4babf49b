// FNV-1a, 32 bits (Fowler, Noll, Vo), over UTF-8: names mutations and rows.

const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/** Calls each with the UTF-8 bytes of s; a lone surrogate counts as U+FFFD. */
function eachByte(s: string, each: (b: number) => void): void {
  for (let i = 0; i < s.length; i++) {
    let c = s.charCodeAt(i);
    if (c < 0x80) {
      each(c);
      continue;
    }
    if (c < 0x800) {
      each(0xc0 | (c >> 6));
      each(0x80 | (c & 63));
      continue;
    }
    if (c >= 0xd800 && c < 0xe000) {
      const low = c < 0xdc00 ? s.charCodeAt(i + 1) : NaN;
      if (low >= 0xdc00 && low < 0xe000) {
        i++;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        each(0xf0 | (c >> 18));
        each(0x80 | ((c >> 12) & 63));
        each(0x80 | ((c >> 6) & 63));
        each(0x80 | (c & 63));
        continue;
      }
      c = 0xfffd;
    }
    each(0xe0 | (c >> 12));
    each(0x80 | ((c >> 6) & 63));
    each(0x80 | (c & 63));
  }
}

/** FNV-1a 32 of s as UTF-8, as an unsigned number. */
export function fnv(s: string, basis: number = BASIS): number {
  let h = basis;
  eachByte(s, (b) => {
    h = Math.imul(h ^ b, PRIME);
  });
  return h >>> 0;
}

/** Length of s in UTF-8 bytes. */
export function utf8Length(s: string): number {
  let n = 0;
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    if (c < 0x80) {
      n += 1;
    } else if (c < 0x800) {
      n += 2;
    } else if (c >= 0xd800 && c < 0xdc00 && (s.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      n += 4;
      i++;
    } else {
      n += 3;
    }
  }
  return n;
}

function hex8(n: number): string {
  return ('0000000' + n.toString(16)).slice(-8);
}

/** Hash of a mutation's text (without its number), 16 hex digits. */
export function mutationHash(text: string): string {
  return hex8(fnv(text, BASIS)) + hex8(fnv(text, PRIME));
}

/** Digest of a household: the sum of its rows' versions modulo 2^32, whatever their order. */
export function digest(rowTexts: Iterable<string>): number {
  let sum = 0;
  for (const t of rowTexts) {
    sum = (sum + fnv(t)) >>> 0;
  }
  return sum;
}
