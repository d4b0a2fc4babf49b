// node build/points/sim/sweep.js awaits|cuts [--step K --first F] -- /path/to/simserver
//
// Exhaustive sweeps of the one history in scenario.ts:
//   awaits  the app dies at every place where the sync core waits, before and
//           after what it waits for; each time the whole history is played;
//   cuts    every request reaches a server cut after every byte, and every
//           answer reaches the phone cut after every byte.
// awaits needs the tree that points.js writes. --step K --first F: every K-th
// death from the F-th on (0 = the first), for several processes side by side.

import { Broken } from './broken';
import { Killed } from './memory';
import { Peer } from './peer';
import { Phone } from './phone';
import { Deed, scenario, SEED } from './scenario';
import { cut } from './link';
import { TABLES } from '../test/support/tables';
import { HttpRequest, HttpResponse } from '../src/sync/types';
import { World } from './world';

type Point = <T>(waited: T | PromiseLike<T>) => T | PromiseLike<T>;

const hook = globalThis as unknown as { point: Point };

function world(peer: Peer): World {
  return new World(peer, SEED, TABLES, { actions: 0, requests: 0, faults: {}, met: {} });
}

/** The cadre's phone that the sweeps are about. */
function victim(w: World): Phone {
  return w.phones[0];
}

/** Plays the history with the app dying at await `at` (0 = the first), before or after it; how many awaits it met. */
async function dying(peer: Peer, at: number, after: boolean): Promise<number> {
  const w = world(peer);
  let met = 0;
  let app = false;
  const die = (): never => {
    app = false;
    victim(w).storage.dead = true;
    throw new Killed();
  };
  hook.point = (waited) => {
    if (!app || met++ !== at) {
      return waited;
    }
    if (after) {
      return Promise.resolve(waited).then(die, die);
    }
    void Promise.resolve(waited).catch(() => undefined); // nobody is left to wait for it
    return die();
  };
  const deed: Deed = async (p, what, run) => {
    const kept = w.books.kept.size;
    const turns = w.deaths;
    p.running = p === victim(w) ? (on) => (app = on && !p.storage.dead) : null;
    await run().catch((e) => (p.storage.dead && !(e instanceof Broken) ? undefined : Promise.reject(e)));
    await w.revived(p, []);
    p.running = null;
    if (w.deaths > turns && (what !== 'saves' || w.books.kept.size === kept)) {
      await run(); // the user opens the app and does it again
    }
  };
  await w.script((x) => scenario(x, victim(x), deed));
  return met;
}

async function awaits(peer: Peer, first: number, step: number): Promise<object> {
  const points = await dying(peer, -1, false);
  let played = 0;
  for (let n = first; n < points * 2; n += step) {
    try {
      await dying(peer, n >> 1, n % 2 === 1);
    } catch (e) {
      throw new Error(`the app died ${n % 2 === 1 ? 'after' : 'before'} await ${n >> 1} of ${points}: ${e instanceof Error ? e.message : String(e)}`);
    }
    played++;
  }
  return { points, deaths: points * 2, played };
}

/** Counts of the cuts. */
interface Cuts {
  requests: number;
  requestCuts: number;
  answers: number;
  answerCuts: number;
}

/** Every prefix of a request is refused before a single statement. */
async function cutRequest(w: World, p: Phone, r: HttpRequest, c: Cuts): Promise<void> {
  const body = Buffer.from(String(r.body));
  c.requests++;
  for (let n = 0; n < body.length; n++, c.requestCuts++) {
    const a = await w.peer.ask('http', { method: r.method, path: r.path, token: p.owner.token, body: cut(String(r.body), n), node: 0 });
    if ((a.status as number) < 400 || (a.status as number) >= 500 || a.statements !== 0) {
      throw new Broken(`P3 a request cut after ${n} of ${body.length} bytes is answered ${String(a.status)} after ${String(a.statements)} statements`);
    }
  }
}

/** Every prefix of an answer leaves the phone as it was, and the sync ends as without a link. */
async function cutAnswer(p: Phone, answer: HttpResponse, poll: boolean, c: Cuts): Promise<void> {
  const length = Buffer.byteLength(answer.body);
  const before = JSON.stringify(Array.from(p.disk));
  c.answers++;
  for (let n = 0; n < length; n++, c.answerCuts++) {
    const disk = new Map(p.disk);
    const core = await p.twin(disk, { send: async () => ({ ...answer, body: cut(answer.body, n) }) });
    const { state } = poll ? await core.poll() : await core.sync();
    if (state !== 'offline' || JSON.stringify(Array.from(disk)) !== before) {
      throw new Broken(`P9 an answer cut after ${n} of ${length} bytes: the sync ended as ${state}, storage is ${JSON.stringify(Array.from(disk)) === before ? 'as before' : 'changed'}`);
    }
  }
}

async function cuts(peer: Peer): Promise<object> {
  const w = world(peer);
  const c: Cuts = { requests: 0, requestCuts: 0, answers: 0, answerCuts: 0 };
  const lost = new Set<string>();
  const deed: Deed = async (p, what, run) => {
    p.wire = async (request, send) => {
      if (request.method === 'POST') {
        await cutRequest(w, p, request, c);
      }
      const answer = await send();
      const name = `${p.name} ${request.path} ${String(request.body)}`;
      if (answer.status === 200 && !lost.has(name)) {
        lost.add(name); // all of it is lost the first time; then it comes
        await cutAnswer(p, answer, what === 'polls', c);
        throw new Error('answer lost');
      }
      return answer;
    };
    const before = lost.size;
    for (let seen = before - 1; seen < lost.size; ) {
      seen = lost.size;
      await run();
      if (what === 'saves' || what === 'was told') {
        break;
      }
    }
    p.wire = null;
  };
  await w.script((x) => scenario(x, victim(x), deed));
  return c;
}

async function main(argv: string[]): Promise<void> {
  const at = argv.indexOf('--');
  const value = (name: string, none: number): number => (argv.includes(name) ? Number(argv[argv.indexOf(name) + 1]) : none);
  const began = Date.now();
  hook.point = (waited) => waited;
  const peer = new Peer(argv[at + 1], argv.slice(at + 2));
  try {
    const found = argv[0] === 'awaits' ? await awaits(peer, value('--first', 0), value('--step', 1)) : await cuts(peer);
    process.stdout.write(JSON.stringify({ ...found, seconds: (Date.now() - began) / 1000 }) + '\n');
  } finally {
    await peer.close();
  }
}

main(process.argv.slice(2)).catch((e: unknown) => {
  process.stderr.write(String(e instanceof Error ? e.stack : e) + '\n');
  process.exitCode = 1;
});
