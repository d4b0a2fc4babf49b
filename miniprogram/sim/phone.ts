// One phone in the simulation: the product's own core on a storage that can
// die or be full, and a link that loses, doubles, delays, replays and cuts.

import { SyncCore } from '../src/sync/core';
import { SyncReport } from '../src/sync/exchange';
import { HttpRequest, HttpResponse, Tables, Transport } from '../src/sync/types';
import { Entry } from '../src/sync/outbox';
import { Dice } from './dice';
import { Fault, FAULTS, Link } from './link';
import { Disk, FakeClock, MemoryStorage, SeededRandom } from './memory';

/** What a phone needs of its world. */
export interface Surroundings {
  dice: Dice;
  tables: Tables;
  /** Brings a request to a server, which dies after statement `die` (0 = it lives; status 0 = it died). */
  deliver(phone: Phone, request: HttpRequest, die?: number): Promise<HttpResponse>;
  /** Chance of a fault per request; 0 in the quiet phase. */
  faultRate(): number;
  /** Something else happens while a request is under way. */
  meanwhile(phone: Phone, when: 'before' | 'after'): Promise<void>;
  /** What an answer that reached the phone said of its mutations. */
  told(tag: string, code: string, ref: string): void;
  /** An answer said what became of one mutation, code "" = it was plainly applied. */
  heard(mutation: string, code: string, ref: string): void;
  /** The phone is about to ask: every answer before is stored. */
  looked(phone: Phone): void;
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

type Sent = [number, number, string, string, string, unknown, number];

export class Phone implements Transport {
  core!: SyncCore;
  storage: MemoryStorage;
  readonly link: Link;
  readonly clock = new FakeClock();
  /** Tags of mutations an answer has acknowledged to this phone. */
  readonly acknowledged = new Set<string>();
  /** Requests since the last time it was read. */
  exchanges = 0;
  /** World version when the present round began, and whether a later page of it carried work. */
  round = { world: -1, clean: false };
  /** The tables of an old app; null = the present ones. */
  old: Tables | null = null;
  /** It was told to erase itself. */
  wiping = false;
  /** It once erased itself. */
  wiped = false;
  /** Rows the last answer told as the phone's own: type and id. */
  own = new Set<string>();
  /** Called before each request; null = nothing is. */
  asks: (() => Promise<void>) | null = null;
  /** Stands in for the network; null = nothing does. */
  wire: ((request: HttpRequest, send: () => Promise<HttpResponse>) => Promise<HttpResponse>) | null = null;
  /** Told when the app begins to do something and when it has ended; null = nobody is. */
  running: ((on: boolean) => void) | null = null;

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
    this.link = new Link(around, this);
  }

  /** Starts the app on what its storage holds. */
  async open(): Promise<void> {
    this.storage = new MemoryStorage(this.disk);
    this.core = await this.app(() => this.start(this.storage, this));
  }

  /** Something the app does itself, not the test around it. */
  async app<T>(run: () => Promise<T>): Promise<T> {
    if (!this.running) {
      return run();
    }
    this.running(true);
    try {
      return await run();
    } finally {
      if (this.running) {
        this.running(false);
      }
    }
  }

  private start(storage: MemoryStorage, transport: Transport): Promise<SyncCore> {
    return SyncCore.open({
      account: this.owner.user, me: this.owner.user, tables: this.old || this.around.tables, storage,
      transport, clock: this.clock, random: this.random, budget: this.budget,
    });
  }

  /** What an app would find that is started on a copy of the storage. */
  twin(disk: Disk = new Map(this.disk), transport: Transport = this): Promise<SyncCore> {
    return this.start(new MemoryStorage(disk), transport);
  }

  /** Starts it again when it died. */
  async revive(): Promise<boolean> {
    if (!this.storage.dead) {
      return false;
    }
    this.around.count('app killed');
    this.around.log(`${this.name} died and is opened again`);
    this.core.abandon();
    await this.open();
    return true;
  }

  /** Households of which a part is there and not yet the whole. */
  halves(): string[] {
    const mine = 'd/' + encodeURIComponent(this.owner.user) + '/';
    const keys = Array.from(this.disk.keys()).filter((k) => k.startsWith(mine)).map((k) => k.slice(mine.length));
    // A commit that storage has yet to carry out may still take them away.
    return keys.some((k) => k.startsWith('!')) ? [] : keys.filter((k) => k.startsWith('p/')).map((k) => k.substr(2, 12));
  }

  /** Tags in the outbox, oldest first. */
  waiting(): string[] {
    return this.core.outbox().map((e: Entry) => tagOf(e));
  }

  /** One sync; a request whose answer never comes is given up by the watchdog. */
  async sync(poll = false): Promise<SyncReport> {
    const stalled = new Promise<'stalled'>((resolve) => {
      this.link.stalled = () => resolve('stalled');
    });
    const run = this.app(() => (poll ? this.core.poll() : this.core.sync()));
    const first = await Promise.race([run, stalled]);
    this.link.stalled = null;
    if (first === 'stalled') {
      this.core.abandon();
    }
    const report = await run;
    this.around.log(`${this.name} sync: ${report.state}, ${report.requests} requests, ${report.acked} acknowledged`);
    return report;
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    const mine = this.storage;
    mine.point();
    await this.link.release();
    mine.point();
    this.around.looked(this);
    if (this.asks) {
      await this.asks();
    }
    this.exchanges++;
    this.noteRound(request);
    const noisy = this.around.faultRate() > 0;
    if (noisy) {
      await this.around.meanwhile(this, 'before');
    }
    const { dice } = this.around;
    const fault: Fault = noisy && dice.chance(this.around.faultRate()) ? dice.weighted(FAULTS) : 'none';
    if (fault !== 'none') {
      this.around.count(fault);
      this.around.log(`${this.name} fault: ${fault}`);
    }
    this.link.note(request);
    const carry = (): Promise<HttpResponse> => this.link.carry(fault, request);
    const r = this.wire ? await this.wire(request, carry) : await carry();
    if (fault === 'answer late') {
      return r;
    }
    if (noisy) {
      await this.around.meanwhile(this, 'after');
    }
    mine.point();
    this.noteAnswer(request, r);
    return r;
  }

  private noteRound(request: HttpRequest): void {
    if (!this.core.facts().round) {
      this.round = { world: this.version(), clean: true };
    } else if (request.body !== undefined && !/"muts":\[\]/.test(String(request.body))) {
      this.round.clean = false;
    }
  }

  private noteAnswer(request: HttpRequest, r: HttpResponse): void {
    if (r.status !== 200) {
      return;
    }
    let a: { last?: number; newClient?: string; wipe?: boolean; results?: [number, string, string?, string?][]; own?: [string, string][] };
    try {
      a = JSON.parse(r.body) as typeof a;
    } catch {
      return; // a cut answer acknowledges nothing
    }
    this.wiping = this.wiping || a.wipe === true;
    this.own = new Set((a.own || []).map(([type, id]) => type + ' ' + id));
    if (request.method !== 'POST' || a.newClient) {
      return;
    }
    const q = JSON.parse(String(request.body)) as { muts: Sent[] };
    const results = new Map((a.results || []).map((x) => [x[0], x]));
    for (const m of q.muts) {
      if (m[0] <= (a.last || 0)) {
        const tag = tagOf({ id: m[3], patch: m[5] });
        this.acknowledged.add(tag);
        const x = results.get(m[0]);
        this.around.heard(`${tag} ${m[6]}`, x ? x[1] : '', (x && x[3]) || '');
        if (x) {
          this.around.told(tag, x[1], x[3] || '');
        }
      }
    }
  }
}
