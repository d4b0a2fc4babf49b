// The version of what the phone keeps, and the way from each older one. The
// keys of all accounts share one number; a step may run twice, when the app
// died in it, and must not mind.

import { Storage } from '../sync/types';

const KEY = 'v';

/** Takes the store from one version to the next. */
export type Step = (storage: Storage) => Promise<void>;

/**
 * STEPS[n] leads from version n to n + 1. Version 0 is a store without a
 * number: the sync core alone. Since version 2 the rows of a household are
 * packed (sync/row.ts): the core reads both forms and packs what it writes, so
 * nothing is rewritten; the number keeps an app of before, which would read
 * packed rows as rows without ids, away from them.
 */
export const STEPS: readonly Step[] = [async () => undefined, async () => undefined];

export const VERSION = STEPS.length;

/** What the phone holds was written by a newer app; the message is shown. */
export class NewerStore extends Error {
  constructor() {
    super('手机里的资料是新版本存下的，请先更新小程序。资料都还在。');
    this.name = 'NewerStore';
  }
}

/** Brings the store up to the version of this app; rejects with NewerStore, having changed nothing. */
export async function migrate(storage: Storage, steps: readonly Step[] = STEPS): Promise<number> {
  const found = Number((await storage.get(KEY)) || '0');
  if (!(found <= steps.length)) {
    throw new NewerStore();
  }
  for (let v = found; v < steps.length; v++) {
    await steps[v](storage);
    await storage.set(KEY, String(v + 1));
  }
  return found;
}
