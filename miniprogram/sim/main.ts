// node build/sim/main.js --seed 1 --worlds 200 -- /path/to/simserver
//
// Options: --seed S (default 1), --worlds N (default 100), --only W (replays
// one world), --actions A (default 60), --seconds T (stop after T seconds).

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Tables } from '../src/sync/types';
import { TABLES } from '../test/support/tables';
import { Peer } from './peer';
import { Counts, World } from './world';

interface Options {
  seed: number;
  worlds: number;
  only: number;
  actions: number;
  seconds: number;
  command: string[];
}

function options(argv: string[]): Options {
  const at = argv.indexOf('--');
  const own = at < 0 ? argv : argv.slice(0, at);
  const value = (name: string, none: number): number => {
    const i = own.indexOf('--' + name);
    return i < 0 ? none : Number(own[i + 1]);
  };
  return {
    seed: value('seed', 1), worlds: value('worlds', 100), only: value('only', 0), actions: value('actions', 60),
    seconds: value('seconds', Infinity), command: at < 0 ? [] : argv.slice(at + 1),
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

async function main(): Promise<number> {
  const o = options(process.argv.slice(2));
  if (o.command.length === 0) {
    process.stderr.write('usage: main.js [--seed S] [--worlds N] [--only W] [--actions A] [--seconds T] -- command\n');
    return 2;
  }
  const counts: Counts = { actions: 0, requests: 0, faults: {}, met: {} };
  const began = Date.now();
  const peer = new Peer(o.command[0], o.command.slice(1));
  let worlds = 0;
  let failures = 0;
  const first = o.only || 1;
  const last = o.only || o.worlds;
  for (let n = first; n <= last && failures === 0 && (Date.now() - began) / 1000 < o.seconds; n++) {
    const w = new World(peer, o.seed * 100003 + n, tables(), counts);
    worlds++;
    try {
      await w.run(o.actions);
    } catch (e) {
      failures++;
      process.stdout.write(w.lines.map((l, i) => `${i + 1} ${l}`).join('\n') + '\n');
      process.stdout.write(`FAILED seed ${o.seed} world ${n}: ${e instanceof Error ? e.stack : String(e)}\n`);
      process.stdout.write(`replay: --seed ${o.seed} --only ${n} --actions ${o.actions}\n`);
    }
  }
  peer.close();
  const seconds = Math.round((Date.now() - began) / 100) / 10;
  process.stdout.write(JSON.stringify({ worlds, actions: counts.actions, requests: counts.requests, faults: counts.faults, met: counts.met, failures, seconds }) + '\n');
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
