// Text in two bytes a Chinese character (UTF-8 takes three): ASCII is one
// byte, a UTF-16 unit of the blocks Chinese is written in two, any other three.
// The server's half: server/parcel/short.go.

const HAN = 0x4e00; // U+4E00 to U+9FFF, under the lead bytes 0x80 to 0xD1
const CJK_LEAD = 0xd2; // U+3000 to U+30FF
const FULL_LEAD = 0xd3; // U+FF00 to U+FFFF
const UNIT_LEAD = 0xd4;

/** The short form of a text. */
export function shorten(text: string): Uint8Array {
  const out = new Uint8Array(text.length * 3);
  let n = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x80) {
      out[n++] = c;
      continue;
    }
    if (c >= HAN && c < 0xa000) {
      out[n++] = 0x80 + ((c - HAN) >> 8);
    } else if (c >> 8 === 0x30) {
      out[n++] = CJK_LEAD;
    } else if (c >> 8 === 0xff) {
      out[n++] = FULL_LEAD;
    } else {
      out[n++] = UNIT_LEAD;
      out[n++] = c >> 8;
    }
    out[n++] = c & 255;
  }
  return out.subarray(0, n);
}

/** The text of a short form; undefined when it is none. */
export function lengthen(b: Uint8Array): string | undefined {
  const pieces: string[] = [];
  let units: number[] = [];
  for (let i = 0; i < b.length; ) {
    const lead = b[i];
    const more = lead < 0x80 ? 0 : lead < UNIT_LEAD ? 1 : lead === UNIT_LEAD ? 2 : 3;
    if (more === 3 || i + more >= b.length) {
      return undefined;
    }
    const low = b[i + more];
    units.push(more === 0 ? lead : more === 2 ? (b[i + 1] << 8) | low : low | (lead === CJK_LEAD ? 0x3000 : lead === FULL_LEAD ? 0xff00 : HAN + ((lead - 0x80) << 8)));
    i += more + 1;
    if (units.length === 4096) {
      pieces.push(String.fromCharCode.apply(null, units));
      units = [];
    }
  }
  return pieces.join('') + String.fromCharCode.apply(null, units);
}
