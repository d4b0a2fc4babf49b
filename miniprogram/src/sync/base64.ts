import { utf8Length } from './hash';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Standard base64 of ASCII text (ids, hex), as tus metadata wants it. */
export function base64(ascii: string): string {
  if (utf8Length(ascii) !== ascii.length) {
    throw new Error('base64: ASCII only');
  }
  let out = '';
  for (let i = 0; i < ascii.length; i += 3) {
    const left = ascii.length - i;
    const n = (ascii.charCodeAt(i) << 16) | ((left > 1 ? ascii.charCodeAt(i + 1) : 0) << 8) | (left > 2 ? ascii.charCodeAt(i + 2) : 0);
    out += ALPHABET[n >> 18] + ALPHABET[(n >> 12) & 63];
    out += left > 1 ? ALPHABET[(n >> 6) & 63] : '=';
    out += left > 2 ? ALPHABET[n & 63] : '=';
  }
  return out;
}
