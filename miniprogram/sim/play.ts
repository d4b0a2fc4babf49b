// Plays one world, and when it breaks looks for a shorter history that breaks
// the same promise.

import { Tables } from '../src/sync/types';
import { Broken, Counts } from './broken';
import { Peer } from './peer';
import { World } from './world';

export interface Failure {
  /** P1 to P14; "?" = the simulation itself stumbled. */
  promise: string;
  what: string;
  /** The history, one line each. */
  lines: string[];
  /** Steps played. */
  steps: number;
}

export interface Play {
  peer: Peer;
  tables: Tables;
  counts: Counts;
  actions: number;
  fresh: boolean;
  /** Weights of actions, other than usual. */
  more: { [action: string]: number };
}

export async function play(p: Play, seed: number, without: Iterable<number> = []): Promise<{ world: World; failure?: Failure }> {
  const world = new World(p.peer, seed, p.tables, p.counts, without, p.fresh, p.more);
  try {
    await world.run(p.actions);
    return { world };
  } catch (e) {
    const promise = e instanceof Broken ? e.promise : '?';
    const what = e instanceof Broken ? e.message : e instanceof Error ? String(e.stack) : String(e);
    return { world, failure: { promise, what, lines: world.lines, steps: p.actions - world.without.size } };
  }
}

/**
 * Leaves steps out, large pieces first, as long as the same promise breaks;
 * gives up after `seconds`.
 */
export async function shrink(p: Play, seed: number, first: Failure, seconds: number): Promise<Failure> {
  const end = Date.now() + seconds * 1000;
  const quietly: Play = { ...p, fresh: true, counts: { actions: 0, requests: 0, faults: {}, met: {} } };
  let best = first;
  let steps = Array.from({ length: p.actions }, (_x, i) => i);
  for (let size = steps.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < steps.length && Date.now() < end; ) {
      const fewer = steps.slice(0, at).concat(steps.slice(at + size));
      const kept = new Set(fewer);
      const without = Array.from({ length: p.actions }, (_x, i) => i).filter((i) => !kept.has(i));
      const { failure } = await play(quietly, seed, without);
      if (failure && failure.promise === first.promise) {
        best = failure;
        steps = fewer;
      } else {
        at += size;
      }
    }
  }
  return best;
}
