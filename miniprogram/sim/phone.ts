// One phone in the simulation: the product's own core on a storage that can
// die and a link that loses, doubles, delays, replays and cuts.

import { SyncCore } from '../src/sync/core';
import { SyncReport } from '../src/sync/exchange';
import { HttpRequest, HttpResponse, Tables, Transport } from '../src/sync/types';
import { Entry } from '../src/sync/outbox';
import { Dice } from './dice';
import { Disk, FakeClock, MemoryStorage, SeededRandom } from './memory';

export type Fault =
  | 'none' | 'request lost' | 'answer lost' | 'doubled, first answer used' | 'doubled, second answer used'
  | 'answer late' | 'answer cut' | 'busy' | 'slow';

export const FAULTS: { [f in Exclude<Fault, 'none'>]: number } = {
  'request lost': 3, 'answer lost': 5, 'doubled, first answer used': 2, 'doubled, second answer used': 2,
  'answer late': 3, 'answer cut': 2, busy: 1, slow: 1,
};

/** What a phone needs of its world. */
export interface Surroundings {
  dice: Dice;
  tables: Tables;
  /** Brings a request to the server. */
  deliver(phone: Phone, request: HttpRequest): Promise<HttpResponse>;
  /** Chance of a fault per request; 0 in the quiet phase. */
  faultRate(): number;
  /** Something else happens while a request is under way. */
  meanwhile(phone: Phone, when: 'before' | 'after'): Promise<void>;
  count(what: string): void;
  log(line: string): void;
}

export interface User {
  user: string;
  role: string;
  token: string;
}

/** Names a change the same way on the phone and in the books. */
export function tagOf(e: { id: string; patch: unknown }): string {
  return e.id + ' ' + JSON.stringify(e.patch);
}

export class Phone implements Transport {
  core!: SyncCore;
  storage: MemoryStorage;
  readonly clock = new FakeClock();
  /** Tags of mutations an answer has acknowledged to this phone. */
  readonly acknowledged = new Set<string>();
  /** Requests the network may deliver again. */
  readonly past: HttpRequest[] = [];
  /** Requests since the last time it was read. */
  exchanges = 0;
  /** World version when the present round began, and whether a later page of it carried work. */
  round = { world: -1, clean: false };
  private parked: { settle: (r: HttpResponse) => void; answer: HttpResponse }[] = [];
  private stalled: (() => void) | null = null;

  constructor(
    readonly name: string,
    readonly owner: User,
    private readonly around: Surroundings,
    readonly disk: Disk,
    private readonly random: SeededRandom,
    private readonly budget: { first: number; min: number; max: number },
    private readonly version: () => number,
  ) {
    this.storage = new MemoryStorage(disk);
  }

  /** Starts the app on what its storage holds. */
  async open(): Promise<void> {
    this.storage = new MemoryStorage(this.disk);
    this.core = await SyncCore.open({
      account: this.owner.user, me: this.owner.user, tables: this.around.tables, storage: this.storage,
      transport: this, clock: this.clock, random: this.random, budget: this.budget,
    });
  }

  /** Starts it again when it died. */
  async revive(): Promise<boolean> {
    if (!this.storage.dead) {
      return false;
    }
    this.around.count('killed');
    this.around.log(`${this.name} died and is opened again`);
    this.core.abandon();
    await this.open();
    return true;
  }

  /** Tags in the outbox, oldest first. */
  waiting(): string[] {
    return this.core.outbox().map((e: Entry) => tagOf(e));
  }

  /** One sync; a request whose answer never comes is given up by the watchdog. */
  async sync(poll = false): Promise<SyncReport> {
    const stalled = new Promise<'stalled'>((resolve) => {
      this.stalled = () => resolve('stalled');
    });
    const run = poll ? this.core.poll() : this.core.sync();
    const first = await Promise.race([run, stalled]);
    this.stalled = null;
    if (first === 'stalled') {
      this.core.abandon();
    }
    const report = await run;
    this.around.log(`${this.name} sync: ${report.state}, ${report.requests} requests, ${report.acked} acknowledged`);
    return report;
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    const mine = this.storage;
    await this.release();
    this.exchanges++;
    this.noteRound(request);
    if (this.around.faultRate() > 0) {
      await this.around.meanwhile(this, 'before');
    }
    const { dice } = this.around;
    const fault: Fault = dice.chance(this.around.faultRate()) ? dice.weighted(FAULTS) : 'none';
    if (fault !== 'none') {
      this.around.count(fault);
      this.around.log(`${this.name} fault: ${fault}`);
    }
    if (request.method === 'POST') {
      this.past.push(request);
      this.past.splice(0, this.past.length - 12);
    }
    const r = await this.faulty(fault, request);
    if (fault === 'answer late') {
      return r;
    }
    if (this.around.faultRate() > 0) {
      await this.around.meanwhile(this, 'after');
    }
    if (mine.dead) {
      throw new Error('the app is gone');
    }
    this.noteAnswer(request, r);
    return r;
  }

  private async faulty(fault: Fault, request: HttpRequest): Promise<HttpResponse> {
    const { dice } = this.around;
    switch (fault) {
      case 'request lost':
        throw new Error('request lost');
      case 'answer lost':
        await this.around.deliver(this, request);
        throw new Error('answer lost');
      case 'slow':
        await this.around.deliver(this, request);
        throw Object.assign(new Error('timeout'), { timeout: true });
      case 'doubled, first answer used': {
        const r = await this.around.deliver(this, request);
        await this.around.deliver(this, request);
        return r;
      }
      case 'doubled, second answer used':
        await this.around.deliver(this, request);
        return this.around.deliver(this, request);
      case 'answer late': {
        const answer = await this.around.deliver(this, request);
        return new Promise((settle) => {
          this.parked.push({ settle, answer });
          if (this.stalled) {
            this.stalled();
          }
        });
      }
      case 'answer cut': {
        const r = await this.around.deliver(this, request);
        return r.status === 200 ? { ...r, body: r.body.slice(0, dice.below(r.body.length)) } : r;
      }
      case 'busy':
        return { status: dice.pick([500, 502, 503, 429]), headers: { 'Retry-After': '1' }, body: '' };
      default:
        return this.around.deliver(this, request);
    }
  }

  /** Late answers come now that another request has begun. */
  private async release(): Promise<void> {
    const late = this.parked;
    this.parked = [];
    for (const p of late) {
      p.settle(p.answer);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  private noteRound(request: HttpRequest): void {
    if (!this.core.facts().round) {
      this.round = { world: this.version(), clean: true };
    } else if (request.body !== undefined && !/"muts":\[\]/.test(String(request.body))) {
      this.round.clean = false;
    }
  }

  private noteAnswer(request: HttpRequest, r: HttpResponse): void {
    if (r.status !== 200 || request.method !== 'POST') {
      return;
    }
    try {
      const a = JSON.parse(r.body) as { last?: number; newClient?: string };
      const q = JSON.parse(String(request.body)) as { muts: [number, number, string, string, string, unknown, number][] };
      for (const m of q.muts) {
        if (!a.newClient && m[0] <= (a.last || 0)) {
          this.acknowledged.add(tagOf({ id: m[3], patch: m[5] }));
        }
      }
    } catch {
      // A cut answer acknowledges nothing.
    }
  }
}
