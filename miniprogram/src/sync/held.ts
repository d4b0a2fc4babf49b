// What the parts of the core share: options, storage, and the state in memory.

import { SyncError } from './errors';
import { Lock } from './lock';
import { key, State } from './state';
import { Store } from './store';
import { Clock, Random, Storage, Tables, Transport } from './types';
import { Files } from './uploads';

export interface Options {
  /** Keeps two accounts on one phone apart; the user id. */
  account: string;
  /** Author written on own rows: the user id, "" for a household's login. */
  me: string;
  tables: Tables;
  storage: Storage;
  transport: Transport;
  clock: Clock;
  random: Random;
  files?: Files;
  /**
   * Called when the account is to be erased, before its last keys go: removes
   * what else the phone keeps of it. Called again when the app died meanwhile.
   */
  onErase?: () => Promise<void>;
  /** Bytes of compressed answer to ask for; default 9216, 4096 to 65536. */
  budget?: { first: number; min: number; max: number };
}

/**
 * The state changes only inside the lock and only after storage has the
 * change; `state` is then replaced, never written into.
 */
export class Held {
  readonly lock = new Lock();

  constructor(
    readonly options: Options,
    readonly store: Store,
    public state: State,
  ) {}

  now(): number {
    return this.options.clock.now();
  }

  /** The server's time now, as far as the phone knows, Unix ms. */
  serverNow(): number {
    return this.now() + this.state.meta.skew;
  }

  /** An erase was ordered: nothing is shown or taken any more. */
  hidden(): boolean {
    return this.state.meta.wipe !== 0;
  }
}

export function budgetOf(o: Options): { first: number; min: number; max: number } {
  return o.budget || { first: 9216, min: 4096, max: 65536 };
}

export async function eraseAll(store: Store, others?: () => Promise<void>): Promise<void> {
  try {
    if (others) {
      await others();
    }
    await store.erase(key.meta);
  } catch (e) {
    throw new SyncError('storage', e);
  }
}
