// Unsent work as one file, for a phone that cannot send any more: the changes
// byte for byte as they would be sent, and the photos. What households said in
// confidence is not in it: whoever holds the file could read it.

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
  photos: number;
  /** Left out: said in confidence. */
  kept: number;
}

/** Writes the file. Rejects when the phone is full; nothing of the outbox changes. */
export async function writeRescue(core: SyncCore, files: SavedFiles, user: string, who: string, day: string): Promise<Rescue> {
  const all = core.unsentTexts();
  const open = all.filter((c) => !isPrivate(c.type));
  const photos: { photo: string; sha256: string; data: string }[] = [];
  for (const u of core.uploads.list()) {
    const bytes = await files.read(u.ref, 0, u.size).catch(() => undefined);
    if (bytes) {
      photos.push({ photo: u.photo, sha256: u.sha256, data: base64Of(new Uint8Array(bytes)) });
    }
  }
  const head = JSON.stringify({ format: 'daohu-rescue', edition: 1, user, client: core.facts().client });
  const text = head.slice(0, -1) + ',"changes":[' + open.map((c) => c.text).join(',') + '],"photos":' + JSON.stringify(photos) + '}';
  const file = user + '.r.rescue.json';
  await files.write(file, bytesOf(text));
  return { file, name: '到户-没传的-' + who + '-' + day + '.json', changes: open.length, photos: photos.length, kept: all.length - open.length };
}
