import { utf8Length } from './hash';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Standard base64. */
export function base64Of(bytes: Uint8Array): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const n = (bytes[i] << 16) | ((left > 1 ? bytes[i + 1] : 0) << 8) | (left > 2 ? bytes[i + 2] : 0);
    out += ALPHABET[n >> 18] + ALPHABET[(n >> 12) & 63];
    out += left > 1 ? ALPHABET[(n >> 6) & 63] : '=';
    out += left > 2 ? ALPHABET[n & 63] : '=';
  }
  return out;
}

/** Standard base64 of ASCII text (ids, hex), as tus metadata wants it. */
export function base64(ascii: string): string {
  if (utf8Length(ascii) !== ascii.length) {
    throw new Error('base64: ASCII only');
  }
  return base64Of(Uint8Array.from(Array.from(ascii, (c) => c.charCodeAt(0))));
}
