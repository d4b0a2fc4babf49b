// Unsent work as one file, for a phone that cannot send any more: the changes
// byte for byte as they would be sent, and the photos, so that the township can
// bring them in (docs/phone.md). What households said in confidence is not in
// it: whoever holds the file could read it.

import { SyncCore } from '../sync/core';
import { base64Of } from '../sync/base64';
import { SavedFiles } from '../platform/types';
import { isPrivate } from './outbox';
import { bytesOf } from '../sync/utf8';

export interface Rescue {
  /** Name of the saved file. */
  file: string;
  /** Name it is handed on under. */
  name: string;
  changes: number;
  /** Ids of the photos in it. */
  photos: string[];
  /** Changes and photos that wait for the next file: what the server takes in one is bounded. */
  more: number;
  /** Left out: said in confidence. */
  kept: number;
}

/** What the server takes in one file (server/api/rescue.go). */
const MOST_CHANGES = 2000;
const MOST_PHOTOS = 200;
const MOST_BYTES = 11 << 20;

/**
 * Writes the file. Photos that stand in done were in an earlier one and are
 * left out. Rejects when the phone is full; nothing of the outbox changes.
 */
export async function writeRescue(core: SyncCore, files: SavedFiles, user: string, who: string, day: string, done: ReadonlySet<string>): Promise<Rescue> {
  const all = core.unsentTexts();
  const open = all.filter((c) => !isPrivate(c.type));
  const sent = open.slice(0, MOST_CHANGES);
  const photos: { photo: string; sha256: string; data: string }[] = [];
  let more = open.length - sent.length;
  let bytes = 0;
  for (const u of core.uploads.list().filter((x) => !done.has(x.photo))) {
    if (photos.length >= MOST_PHOTOS || bytes + u.size > MOST_BYTES) {
      more++;
      continue;
    }
    const body = await files.read(u.ref, 0, u.size).catch(() => undefined);
    if (body) {
      bytes += u.size;
      photos.push({ photo: u.photo, sha256: u.sha256, data: base64Of(new Uint8Array(body)) });
    }
  }
  const head = JSON.stringify({ format: 'daohu-rescue', edition: 1, user, client: core.facts().client });
  const text = head.slice(0, -1) + ',"changes":[' + sent.map((c) => c.text).join(',') + '],"photos":' + JSON.stringify(photos) + '}';
  const file = user + '.r.rescue.json';
  await files.write(file, bytesOf(text));
  return { file, name: '到户-没传的-' + who + '-' + day + '.json', changes: sent.length, photos: photos.map((p) => p.photo), more, kept: all.length - open.length };
}
