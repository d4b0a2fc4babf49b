/** The text of UTF-8 bytes; bytes that are none become U+FFFD. The platform has no TextDecoder. */
export function textOf(bytes: ArrayBuffer): string {
  const b = new Uint8Array(bytes);
  let out = '';
  for (let i = 0; i < b.length; ) {
    const c = b[i++];
    const more = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xf0 && c < 0xf5 ? 3 : -1;
    let point = more <= 0 ? c : c & (0x3f >> more);
    let left = more;
    for (; left > 0 && (b[i] & 0xc0) === 0x80; left--) {
      point = (point << 6) | (b[i++] & 0x3f);
    }
    out += more < 0 || left > 0 || point > 0x10ffff ? '\uFFFD' : String.fromCodePoint(point);
  }
  return out;
}

/** The UTF-8 bytes of a text; lone surrogates become U+FFFD. */
export function bytesOf(text: string): ArrayBuffer {
  const out: number[] = [];
  for (const ch of text) {
    const p = ch.codePointAt(0) as number;
    const c = p >= 0xd800 && p < 0xe000 ? 0xfffd : p;
    if (c < 0x80) {
      out.push(c);
    } else if (c < 0x800) {
      out.push(0xc0 | (c >> 6), 0x80 | (c & 63));
    } else if (c < 0x10000) {
      out.push(0xe0 | (c >> 12), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
    } else {
      out.push(0xf0 | (c >> 18), 0x80 | ((c >> 12) & 63), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
    }
  }
  return Uint8Array.from(out).buffer as ArrayBuffer;
}
