// node build/sim/main.js --seed 1 --worlds 200 -- /path/to/simserver
//
// Options: --seed S (default 1), --worlds N (default 100), --first W (begin at
// world W), --step K (every K-th world), --only W (replays one world),
// --actions A (default: of three worlds one has 60, two have 30), --seconds T (no new world after T seconds),
// --shrink T (look for a shorter history for T seconds, default 30), --fresh
// (every world in a database of its own), --on (go on after a failure),
// --more action=weight,... (how often something happens, other than usual;
// "restore" makes every world one that may go back to its backup).

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Tables } from '../src/sync/types';
import { TABLES } from '../test/support/tables';
import { ACTIONS } from './actions';
import { Counts } from './broken';
import { Peer } from './peer';
import { Play, play, shrink } from './play';

interface Options {
  seed: number;
  first: number;
  worlds: number;
  step: number;
  actions: number;
  seconds: number;
  shrink: number;
  fresh: boolean;
  on: boolean;
  more: { [action: string]: number };
  command: string[];
}

function options(argv: string[]): Options {
  const at = argv.indexOf('--');
  const own = at < 0 ? argv : argv.slice(0, at);
  const value = (name: string, none: number): number => {
    const i = own.indexOf('--' + name);
    return i < 0 ? none : Number(own[i + 1]);
  };
  const only = value('only', 0);
  const more: { [action: string]: number } = {};
  const i = own.indexOf('--more');
  for (const part of i < 0 ? [] : own[i + 1].split(',')) {
    const [action, weight] = part.split('=');
    if (!(action in ACTIONS)) {
      throw new Error('no such action: ' + action);
    }
    more[action] = Number(weight);
  }
  return {
    more, seed: value('seed', 1), worlds: only || value('worlds', 100), first: only || value('first', 1), step: value('step', 1),
    actions: value('actions', 0), seconds: value('seconds', Infinity), shrink: value('shrink', 30),
    fresh: own.includes('--fresh') || only > 0, on: own.includes('--on'),
    command: at < 0 ? [] : argv.slice(at + 1),
  };
}

/** The generated table when it is there, else the tests' own. */
function tables(): Tables {
  const path = join(__dirname, '..', 'src', 'data', 'records.js');
  if (existsSync(path)) {
    const found = Object.values(require(path) as { [name: string]: unknown }).find((v) => typeof v === 'object' && v !== null && 'types' in v);
    if (found) {
      return found as Tables;
    }
  }
  return TABLES;
}

/** Plays worlds: how many, and the hash of all their histories. */
async function worlds(o: Options, all: Omit<Play, 'actions'>, failed: { [promise: string]: number }): Promise<{ played: number; hash: string }> {
  const began = Date.now();
  const hash = createHash('sha256');
  let played = 0;
  for (let n = o.first; n <= o.worlds && (Date.now() - began) / 1000 < o.seconds; n += o.step) {
    played++;
    const seed = o.seed * 100003 + n;
    const p = { ...all, actions: o.actions || (n % 3 === 0 ? 60 : 30) };
    const { world, failure } = await play(p, seed);
    world.lines.forEach((l) => hash.update(l + '\n'));
    if (!failure) {
      continue;
    }
    failed[failure.promise] = (failed[failure.promise] || 0) + 1;
    const least = failure.promise === '?' ? failure : await shrink(p, seed, failure, o.shrink);
    process.stdout.write(least.lines.map((l, i) => `${i + 1} ${l}`).join('\n') + '\n');
    process.stdout.write(`FAILED seed ${o.seed} world ${n}: ${failure.what}\nthe shortest history found, ${least.steps} of ${p.actions} steps: ${least.what}\n`);
    process.stdout.write(`broken=${failure.promise} world=${n} seed=${o.seed}\n`);
    const more = Object.entries(o.more).map(([k, v]) => `${k}=${v}`).join(',');
    process.stdout.write(`replay: --seed ${o.seed} --only ${n} --actions ${p.actions}${more && ' --more ' + more}\n`);
    if (!o.on || failure.promise === '?') {
      break;
    }
  }
  return { played, hash: hash.digest('hex').slice(0, 16) };
}

async function main(): Promise<number> {
  const o = options(process.argv.slice(2));
  if (o.command.length === 0) {
    process.stderr.write('usage: main.js [options] -- command; see the head of sim/main.ts\n');
    return 2;
  }
  const counts: Counts = { actions: 0, requests: 0, faults: {}, met: {} };
  const began = Date.now();
  const peer = new Peer(o.command[0], o.command.slice(1));
  const p = { peer, tables: tables(), counts, fresh: o.fresh, more: o.more };
  const failed: { [promise: string]: number } = {};
  const { played, hash } = await worlds(o, p, failed);
  await peer.close();
  const seconds = Math.round((Date.now() - began) / 100) / 10;
  const failures = Object.values(failed).reduce((sum, n) => sum + n, 0);
  process.stdout.write(JSON.stringify({ worlds: played, actions: counts.actions, requests: counts.requests, faults: counts.faults, met: counts.met, hash, failures, failed, seconds }) + '\n');
  return failures > 0 ? 1 : 0;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (e: unknown) => {
    process.stderr.write(String(e instanceof Error ? e.stack : e) + '\n');
    process.exitCode = 1;
  },
);
