import { Random } from './types';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** A record or client id: 9 random bytes as 12 characters of URL-safe base64 (RFC 4648, section 5). */
export async function makeID(random: Random): Promise<string> {
  const b = await random.bytes(9);
  let out = '';
  for (let i = 0; i < 9; i += 3) {
    const n = (b[i] << 16) | (b[i + 1] << 8) | b[i + 2];
    out += ALPHABET[n >> 18] + ALPHABET[(n >> 12) & 63] + ALPHABET[(n >> 6) & 63] + ALPHABET[n & 63];
  }
  return out;
}
