// One seeded history: phones, a township, an admin, and everything that can
// go wrong between them.

import { HttpRequest, HttpResponse, Tables, Change } from '../src/sync/types';
import { makeID } from '../src/sync/id';
import { Books, written } from './books';
import { Checks } from './checks';
import { Dice } from './dice';
import { SeededRandom } from './memory';
import { Peer, Refused, Reply } from './peer';
import { Phone, Surroundings, tagOf, User } from './phone';
import { ACTIONS, act } from './actions';

export class Broken extends Error {}

export interface Counts {
  actions: number;
  requests: number;
  faults: { [what: string]: number };
  /** What answers contained: a simulation that never meets a thing proves nothing about it. */
  met: { [what: string]: number };
}

const THINGS: { [what: string]: RegExp } = {
  'a further page': /"more":true/, 'a part': /"cont":true/, removal: /"removed":\[\[/, 'own row': /"own":\[\[/, 'whole own row': /\},1\][,\]]/,
  tombstone: /"del":1\}/, late: /"late"/, proposal: /,"proposal",/, conflict: /,"conflict",/, quarantined: /"quarantined"/,
  reconcile: /"reconcile":true/, epoch: /"epoch":/, 'new client': /"newClient"/, ended: /"ended":true/,
};

export class World implements Surroundings {
  readonly dice: Dice;
  readonly books = new Books();
  readonly checks: Checks;
  readonly lines: string[] = [];
  readonly random: SeededRandom;
  phones: Phone[] = [];
  users: User[] = [];
  households: string[] = [];
  common = '';
  forms: string[] = [];
  /** The server's clock, Unix ms. */
  now: number;
  /** Grows whenever anything but a phone's own work changes the township. */
  version = 0;
  /** Share of long texts: wordy worlds have rounds of many pages and parts. */
  readonly wordy: number;
  /** Makes values unique. */
  private serial = 0;
  private faults = 0.25;
  private inside = false;

  constructor(
    readonly peer: Peer,
    readonly seed: number,
    readonly tables: Tables,
    readonly counts: Counts,
  ) {
    this.dice = new Dice(seed);
    this.wordy = this.dice.chance(0.4) ? 0.8 : 0.1;
    this.random = new SeededRandom(seed ^ 0x5bd1e995);
    this.checks = new Checks(this);
    this.now = 1790000000000 + (seed % 1000) * 86400000;
  }

  /** Runs the whole history; throws Broken at the first violated promise. */
  async run(actions: number): Promise<void> {
    await this.settle();
    for (let i = 0; i < actions; i++) {
      this.counts.actions++;
      await this.tick(this.dice.below(60000));
      await act(this, this.dice.weighted(ACTIONS));
    }
    await this.quiet();
    await this.checks.final();
  }

  fail(message: string): never {
    throw new Broken(message);
  }

  log(line: string): void {
    this.lines.push(line);
  }

  count(what: string): void {
    this.counts.faults[what] = (this.counts.faults[what] || 0) + 1;
  }

  faultRate(): number {
    return this.faults;
  }

  unique(prefix: string): string {
    return prefix + ++this.serial;
  }

  id(): Promise<string> {
    return makeID(this.random);
  }

  /** One operation of the server; undefined when it says no. */
  async op(op: string, args: { [key: string]: unknown } = {}): Promise<Reply | undefined> {
    this.log(`${op} ${JSON.stringify(args)}`);
    try {
      return await this.peer.ask(op, args);
    } catch (e) {
      if (!(e instanceof Refused)) {
        throw e;
      }
      this.log(`  refused: ${e.message}`);
      return undefined;
    }
  }

  async must(op: string, args: { [key: string]: unknown } = {}): Promise<Reply> {
    const r = await this.op(op, args);
    return r || this.fail(`the server could not do ${op} ${JSON.stringify(args)}`);
  }

  /** Time goes by for everyone. */
  async tick(ms: number): Promise<void> {
    this.now += ms;
    this.phones.forEach((p) => (p.clock.at += ms + 1));
    await this.peer.ask('clock', { at: this.now });
  }

  async deliver(phone: Phone, request: HttpRequest): Promise<HttpResponse> {
    this.counts.requests++;
    if (request.method === 'POST' && /POISON413/.test(String(request.body))) {
      return { status: 413, headers: {}, body: '{"code":"too-large","detail":"内容太大。"}' };
    }
    const r = await this.peer.ask('http', {
      method: request.method, path: request.path, token: phone.owner.token, headers: request.headers, body: request.body === undefined ? '' : request.body,
    });
    const status = r.status as number;
    if (process.env.SIM_TRACE) {
      this.log(`  ${phone.name} > ${String(request.body || request.path)}\n  < ${status} ${String(r.body)}`);
    }
    if (status >= 500) {
      this.fail(`the server answered ${status}: ${String(r.body).slice(0, 300)}`);
    }
    if (status === 200) {
      this.meet(phone, String(r.body));
    }
    return { status, headers: (r.headers || {}) as { [name: string]: string }, body: String(r.body === undefined ? '' : r.body) };
  }

  private meet(phone: Phone, body: string): void {
    for (const what of Object.keys(THINGS)) {
      if (THINGS[what].test(body)) {
        this.counts.met[what] = (this.counts.met[what] || 0) + 1;
        this.log(`  ${phone.name} is answered: ${what}`);
      }
    }
  }

  /** Another hand acts while a request is under way. */
  async meanwhile(phone: Phone, when: 'before' | 'after'): Promise<void> {
    if (this.inside) {
      return;
    }
    this.inside = true;
    try {
      if (this.dice.chance(0.1)) {
        await act(this, this.dice.pick(['pair', 'admin edit', 'decide', 'erase'] as const));
      }
      if (when === 'after' && this.dice.chance(phone.core.facts().round ? 0.5 : 0.1)) {
        await act(this, this.dice.pick(['visit', 'edit', 'field'] as const), phone);
      }
    } finally {
      this.inside = false;
    }
  }

  /** Saves a change on a phone and books it when it was promised. */
  async save(phone: Phone, change: Change, field: string, value: string): Promise<void> {
    const before = phone.waiting();
    const entry = written(change, phone.name, field, value, phone.core.households().includes(change.household));
    this.log(`${phone.name} saves ${change.type} ${change.id} in ${change.household}: ${JSON.stringify(change.patch).slice(0, 160)}`);
    try {
      await phone.core.save(change);
      this.books.keep(entry, phone.owner.user);
    } catch (e) {
      if (!phone.storage.dead) {
        throw e;
      }
      if (this.inside) {
        return; // the request under way notices; booked when the app is open again
      }
      await this.revived(phone, before);
      if (phone.waiting().includes(entry.tag)) {
        this.books.keep(entry, phone.owner.user);
      }
    }
  }

  /** A phone that died is opened again: its outbox may not be shorter than what it was told. */
  async revived(phone: Phone, before: string[]): Promise<void> {
    if (await phone.revive()) {
      this.checks.outbox(phone, before);
      this.adopt(phone);
    }
  }

  /** What a reopened outbox holds was saved, even if the app died before saying so. */
  private adopt(phone: Phone): void {
    for (const e of phone.core.outbox()) {
      if (!this.books.kept.has(tagOf(e))) {
        const field = e.patch === null ? '' : ['text', 'answers', 'address', 'notes', 'class', 'bogus'].find((f) => e.patch !== null && f in e.patch) || '';
        const given = e.patch === null || !field ? '' : e.patch[field];
        const value = typeof given === 'string' ? given : JSON.stringify(given);
        this.books.keep(written({ ...e }, phone.name, field, value, false), phone.owner.user);
      }
    }
  }

  /** One sync of a phone with every check that follows it. */
  async sync(phone: Phone, poll = false): Promise<string> {
    const before = phone.waiting();
    const report = await phone.sync(poll);
    await this.revived(phone, before);
    this.books.listen(phone);
    this.checks.outbox(phone, before);
    this.checks.monotonic(phone);
    this.checks.ownWrites(phone, before);
    if (report.state === 'done') {
      await this.checks.scope(phone);
    }
    return report.state;
  }

  async addPhone(owner: User, copyOf?: Phone): Promise<Phone> {
    const tight = this.dice.chance(0.6);
    const budget = tight ? { first: 300, min: 100, max: 3000 } : { first: 12288, min: 4096, max: 65536 };
    const seed = this.dice.below(0xffffffff);
    const disk = new Map(copyOf ? copyOf.disk : []);
    const p = new Phone('phone' + (this.phones.length + 1), owner, this, disk, new SeededRandom(seed), budget, () => this.version);
    p.clock.at = this.now + (this.dice.chance(0.2) ? (this.dice.below(5) - 2) * 86400000 : 0) + this.phones.length;
    await p.open();
    this.phones.push(p);
    return p;
  }

  private async settle(): Promise<void> {
    await this.peer.ask('clock', { at: this.now });
    const { dice } = this;
    const r = await this.must('world', { seed: this.seed, cadres: 2 + dice.below(2), villageWorkers: 1, households: 3 + dice.below(4) });
    this.users = r.users as User[];
    this.households = r.households as string[];
    this.common = r.common as string;
    this.forms = (r.forms as string[]) || [];
    for (const h of this.households) {
      await this.op('pair', { household: h, cadre: dice.pick(this.cadres()).user });
    }
    for (const u of this.users.filter((x) => x.role === 'C' || x.role === 'V')) {
      await this.addPhone(u);
      if (dice.chance(0.3)) {
        await this.addPhone(u);
      }
    }
    await this.checks.begin();
  }

  cadres(): User[] {
    return this.users.filter((u) => u.role === 'C');
  }

  /** Faults off; everyone syncs until nothing moves. */
  private async quiet(): Promise<void> {
    this.faults = 0;
    this.log('quiet');
    for (const u of this.users.filter((x) => x.role === 'C' || x.role === 'V')) {
      await this.op('disable', { user: u.user, on: false });
    }
    for (const p of this.phones) {
      const before = p.waiting();
      p.storage.killIn(1e9, false);
      await this.revived(p, before);
    }
    for (let turn = 0; turn < 3; turn++) {
      for (const p of this.phones) {
        const state = await this.sync(p);
        if (state !== 'done') {
          this.fail(`${p.name} cannot finish a sync without faults: ${state}`);
        }
      }
    }
  }
}
