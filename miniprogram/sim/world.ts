// One seeded history: phones, a township, two servers, and everything that can
// go wrong between them.

import { SyncError } from '../src/sync/errors';
import { Parcels } from '../src/sync/parcel';
import { HttpRequest, HttpResponse, Tables, Change } from '../src/sync/types';
import { makeID } from '../src/sync/id';
import { ACTIONS, act } from './actions';
import { Books, written } from './books';
import { Broken, Counts, SECRET, THINGS } from './broken';
import { Checks } from './checks';
import { Dice, part } from './dice';
import { someHand } from './hands';
import { Disk, SeededRandom } from './memory';
import { bodyOf, Peer, Refused, Reply, replyOf } from './peer';
import { Phone, Surroundings, User } from './phone';

export class World implements Surroundings {
  dice: Dice;
  readonly books = new Books();
  readonly checks: Checks;
  readonly lines: string[] = [];
  random: SeededRandom;
  phones: Phone[] = [];
  users: User[] = [];
  households: string[] = [];
  common = '';
  forms: string[] = [];
  /** The server's clock, Unix ms. */
  now: number;
  /** Grows whenever anything but a phone's own work changes the township. */
  version = 0;
  /** Grows with everything that may change a row at the server. */
  changes = 0;
  /** Share of long texts: wordy worlds have rounds of many pages and parts. */
  readonly wordy: number;
  /** The database may go back to a backup; then no more than days go by at once. */
  readonly restorable: boolean;
  /** When the last backup was taken; 0 = never. */
  backupAt = 0;
  restores = 0;
  /** How often an app died. */
  deaths = 0;
  purges = 0;
  /** Phones that are copies of others. */
  copies = 0;
  /** Steps left out: by shrinking. */
  readonly without: Set<number>;
  /** The first broken promise; the sync core takes what is thrown while it asks for a bad link. */
  private broken: Broken | null = null;
  private serial = 0;
  private faults = 0.25;
  private inside = false;
  /** A poll that is to be answered in the middle of another phone's push. */
  private flash: { phone: Phone; request?: HttpRequest; answer?: (r: HttpResponse) => void; asked?: () => void } | null = null;

  constructor(
    readonly peer: Peer,
    readonly seed: number,
    readonly tables: Tables,
    readonly counts: Counts,
    without: Iterable<number> = [],
    /** In a database of its own: the same seed may be played twice. */
    private readonly fresh = false,
    private readonly more: { [action: string]: number } = {},
  ) {
    this.without = new Set(without);
    this.dice = new Dice(seed);
    this.wordy = this.dice.chance(0.4) ? 0.8 : 0.1;
    this.restorable = this.dice.chance(0.15) || 'restore' in more;
    this.random = new SeededRandom(seed ^ 0x5bd1e995);
    this.checks = new Checks(this);
    this.now = 1790000000000 + (seed % 1000) * 86400000;
  }

  /** Runs the whole history; throws Broken at the first violated promise. */
  async run(actions: number): Promise<void> {
    await this.settle();
    for (let i = 0; i < actions; i++) {
      if (!this.without.has(i)) {
        await this.step(i);
      }
    }
    await this.quiet();
    await this.checks.final();
  }

  /** Runs one told history, without any fault that it does not bring itself. */
  async script(told: (w: World) => Promise<void>): Promise<void> {
    this.faults = 0;
    await this.settle();
    await told(this);
    await this.quiet();
    await this.checks.final();
  }

  /** Step i has chance of its own, so that it stays the same when others are left out. */
  private async step(i: number): Promise<void> {
    this.counts.actions++;
    this.dice = new Dice(part(this.seed, i));
    this.random = new SeededRandom(part(this.seed ^ 0x5bd1e995, i));
    this.serial = (i + 1) * 1000;
    await this.tick(this.dice.below(60000));
    this.log(`step ${i}`);
    await act(this, this.dice.weighted({ ...ACTIONS, ...this.more }));
  }

  fail(message: string): never {
    this.broken = this.broken || new Broken(message);
    throw this.broken;
  }

  log(line: string): void {
    this.lines.push(line);
  }

  count(what: string): void {
    this.counts.faults[what] = (this.counts.faults[what] || 0) + 1;
  }

  readonly faultRate = (): number => this.faults;

  told(tag: string, code: string, ref: string): void {
    this.books.told(tag, code, ref);
  }

  heard(mutation: string, code: string, ref: string): void {
    this.checks.heard(mutation, code, ref);
  }

  looked(phone: Phone): void {
    this.checks.halves(phone);
  }

  unique(prefix: string): string {
    return prefix + ++this.serial;
  }

  readonly id = (): Promise<string> => makeID(this.random);

  /** One operation of the server; undefined when it says no. */
  async op(op: string, args: { [key: string]: unknown } = {}): Promise<Reply | undefined> {
    this.log(`${op} ${JSON.stringify(args)}`);
    this.changes++;
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
    return r || this.fail(`P8 the server could not do ${op} ${JSON.stringify(args)}`);
  }

  /** Time goes by for everyone. */
  async tick(ms: number): Promise<void> {
    this.now += ms;
    this.phones.forEach((p) => (p.clock.at += ms + 1));
    await this.peer.ask('clock', { at: this.now });
  }

  /** One phone polls one server while the other server is in the middle of another phone's push. */
  async during(push: Phone, poll: Phone): Promise<void> {
    const faults = this.faults;
    this.faults = 0;
    this.inside = true;
    this.version++;
    const flash: World['flash'] = { phone: poll };
    this.flash = flash;
    const asked = new Promise<void>((resolve) => (flash!.asked = resolve));
    const polled = this.sync(poll, true);
    await Promise.race([asked, polled]);
    this.version++;
    await this.sync(push);
    this.flash = null;
    if (flash!.answer && flash!.request) { // there was no push to be in the middle of
      flash!.answer(await this.deliver(poll, flash!.request));
    }
    await polled;
    this.version++;
    this.inside = false;
    this.faults = faults;
  }

  /** Holds the poll of a flash back until somebody pushes. */
  private held(phone: Phone, request: HttpRequest): Promise<HttpResponse> | undefined {
    const f = this.flash;
    if (!f || f.phone !== phone || f.request || request.method !== 'GET') {
      return undefined;
    }
    f.request = request;
    return new Promise((resolve) => {
      f.answer = resolve;
      f.asked!();
    });
  }

  /** A push with the poll of a flash in the middle of it. */
  private async pushed(phone: Phone, request: HttpRequest): Promise<HttpResponse | undefined> {
    const f = this.flash;
    if (!f || !f.request || !f.answer || f.phone === phone || !/"muts":\[\[/.test(String(request.body)) || /POISON413/.test(String(request.body))) {
      return undefined;
    }
    this.flash = null;
    const { method, path } = f.request;
    const node = this.dice.below(2);
    const within = 4 + this.dice.below(24);
    const r = await this.peer.ask('http', {
      method: request.method, path: request.path, token: phone.owner.token, body: request.body, node, within,
      inner: { op: 'http', method, path, token: f.phone.owner.token, body: '', node: 1 - node },
    });
    this.version++;
    if (r.told) {
      this.count('poll in the middle of a push');
      this.log(`  after statement ${within} of the push of ${phone.name} ${f.phone.name} polls`);
      f.answer(await this.judge(f.phone, f.request, r.told as Reply, true));
    } else {
      f.answer(await this.deliver(f.phone, f.request));
    }
    f.answer = undefined;
    return this.judge(phone, request, r, true);
  }

  async deliver(phone: Phone, request: HttpRequest, die = 0): Promise<HttpResponse> {
    // A request without mutations, and nobody in the middle of it, changes no row.
    const quiet = this.faults === 0 && (request.method === 'GET' || /"muts":\[\]/.test(String(request.body)));
    const flashed = this.held(phone, request) || (await this.pushed(phone, request));
    if (flashed) {
      return flashed;
    }
    this.counts.requests++;
    this.changes += quiet ? 0 : 1;
    if (request.method === 'POST' && /POISON413/.test(String(request.body))) {
      return { status: 413, headers: {}, body: '{"code":"too-large","detail":"内容太大。"}' };
    }
    const hand = this.faults > 0 && this.dice.chance(0.06) ? someHand(this) : undefined;
    const after = hand ? 1 + this.dice.below(12) : 0;
    const node = this.faults > 0 ? this.dice.below(2) : 0;
    const link = { send: (q: HttpRequest) => this.peer.ask('http', {
      method: q.method, path: q.path, token: phone.owner.token, ...bodyOf(q),
      node, die, after, ...(hand ? { inner: { op: hand.op, ...hand.args } } : {}),
    }).then(replyOf) };
    // An old app knows no parcels.
    const r = (await (phone.old ? link : new Parcels(link)).send(request)) as unknown as Reply;
    if (r.bytes !== undefined && r.answer === undefined) {
      this.fail('P9 the server sent a parcel that cannot be read');
    }
    r.body = r.answer === undefined ? r.body : JSON.stringify(r.answer);
    if (hand && r.inner !== undefined) {
      this.version++;
      this.count('write during a pull');
      this.log(`  in the middle of it: ${hand.op} ${JSON.stringify(hand.args)}: ${String(r.inner)}`);
      if (r.inner === '<nil>' && hand.done) {
        hand.done();
      }
    }
    if (r.died) {
      this.version++; // what it did, or not, is not this phone's round
      this.log(`  server ${node} died after statement ${die}`);
      return { status: 0, headers: {}, body: '' };
    }
    return this.judge(phone, request, r, hand !== undefined);
  }

  /** What any answer of a server must be. */
  private async judge(phone: Phone, request: HttpRequest, r: Reply, disturbed: boolean): Promise<HttpResponse> {
    const status = r.status as number;
    const body = String(r.body === undefined ? '' : r.body);
    if (process.env.SIM_TRACE) {
      this.log(`  ${phone.name} > ${String(request.body || request.path)}\n  < ${status} ${body}`);
    }
    if (status >= 500) {
      this.fail(`P8 the server answered ${status}: ${body.slice(0, 300)} ${String(r.cause)}`);
    }
    if (status === 204 && (r.statements as number) > 2) {
      this.fail(`P12 a poll that found nothing cost ${String(r.statements)} statements`);
    }
    if (status === 200) {
      this.meet(phone, body);
      await this.checks.answer(phone, body, disturbed);
    }
    return { status, headers: (r.headers || {}) as { [name: string]: string }, body };
  }

  private meet(phone: Phone, body: string): void {
    for (const what of Object.keys(THINGS)) {
      if (THINGS[what].test(body)) {
        this.counts.met[what] = (this.counts.met[what] || 0) + 1;
        this.log(`  ${phone.name} is answered: ${what}`);
      }
    }
    if (SECRET.test(body)) {
      this.fail(`P4 ${phone.name} is sent an ID number`);
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
        await act(this, this.dice.pick(['pair', 'admin edit', 'decide', 'erase', 'end'] as const));
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
    const held = phone.core.households().concat(phone.core.departed().map((g) => g.household));
    const entry = written(change, phone.name, field, value, held.includes(change.household));
    this.log(`${phone.name} saves ${change.type} ${change.id} in ${change.household}: ${JSON.stringify(change.patch).slice(0, 160)}`);
    try {
      await phone.app(() => phone.core.save(change));
      this.books.keep(entry, phone.owner.user);
    } catch (e) {
      if (!phone.storage.dead) {
        this.unsaved(phone, before, e);
        return;
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

  /** A change that was not promised: it must be as if it had never been tried. */
  private unsaved(phone: Phone, before: string[], e: unknown): void {
    if (!(e instanceof SyncError)) {
      throw e;
    }
    this.log(`  not saved: ${e.why}`);
    const now = phone.waiting();
    if (!this.inside && now.join('\n') !== before.join('\n')) {
      this.fail(`P9 ${phone.name}: a change that was refused is in the outbox: ${now[now.length - 1].slice(0, 200)}`);
    }
    phone.storage.dead = e.why === 'broken'; // storage no longer tells: the user opens the app again
  }

  /** A phone that died is opened again: its outbox may not be shorter than what it was told. */
  async revived(phone: Phone, before: string[]): Promise<void> {
    if (await phone.revive()) {
      this.deaths++;
      this.checks.outbox(phone, before);
      this.books.adopt(phone);
    }
  }

  /** One sync of a phone with every check that follows it; asks is called before each of its requests. */
  async sync(phone: Phone, poll = false, asks?: (request: number) => Promise<void>): Promise<string> {
    const before = phone.waiting();
    const others = this.checks.others(phone);
    let n = 0;
    phone.asks = asks ? () => asks(++n) : null;
    const report = await phone.sync(poll);
    phone.asks = null;
    if (this.broken) {
      throw this.broken;
    }
    if (!phone.storage.dead) {
      this.checks.halves(phone);
    }
    await this.revived(phone, before);
    this.books.listen(phone);
    this.checks.outbox(phone, before);
    this.checks.untouched(phone, others);
    if (report.state === 'wiped' || (phone.wiping && !phone.core.facts().cursor && !phone.core.outbox().length)) {
      this.log(`${phone.name} erased itself and is set up again`);
      phone.wiping = false;
      phone.wiped = true;
      await phone.open();
      return 'wiped';
    }
    this.checks.monotonic(phone);
    this.checks.ownWrites(phone, before);
    await this.checks.stored(phone);
    this.checks.progress(phone, report.state);
    if (report.state === 'done') {
      await this.checks.scope(phone);
    }
    return report.state;
  }

  /** The database goes back to its backup; raw = the old file is put in place, and nobody is told. */
  async restore(phone: Phone, raw: boolean): Promise<void> {
    const faults = this.faults;
    this.faults = 0;
    // The server then learns of it from a phone that is ahead: one that has
    // seen everything is the first to come.
    const ahead = raw && (await this.sync(phone)) === 'done' && (await this.op('restore', { raw })) !== undefined;
    if (!ahead) {
      await this.must('restore');
    }
    this.count(ahead ? 'old database file put back' : 'restored from a backup');
    this.version++;
    this.changes++;
    this.restores++;
    this.checks.restored();
    // What a phone had sent before it was erased can be offered again by nobody.
    this.phones.filter((p) => p.wiped).forEach((p) => this.books.forgo(p.name));
    if (ahead) {
      await this.sync(phone);
    }
    this.faults = faults;
  }

  async addPhone(owner: User, disk: Disk = new Map()): Promise<Phone> {
    const tight = this.dice.chance(0.6);
    const budget = tight ? { first: 300, min: 100, max: 3000 } : { first: 9216, min: 4096, max: 65536 };
    const seed = this.dice.below(0xffffffff);
    const p = new Phone('phone' + (this.phones.length + 1), owner, this, disk, new SeededRandom(seed), budget, () => this.version);
    p.clock.at = this.now + (this.dice.chance(0.2) ? (this.dice.below(5) - 2) * 86400000 : 0) + this.phones.length;
    await p.open();
    this.phones.push(p);
    return p;
  }

  async settle(): Promise<void> {
    await this.peer.ask('clock', { at: this.now });
    const { dice } = this;
    const size = { cadres: 2 + dice.below(2), villageWorkers: 1, households: 3 + dice.below(4) };
    const r = await this.must('world', { seed: this.seed, fresh: this.fresh || this.restorable, ...size });
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
  async quiet(): Promise<void> {
    this.faults = 0;
    this.log('quiet');
    for (const u of this.users.filter((x) => x.role === 'C' || x.role === 'V')) {
      await this.op('disable', { user: u.user, on: false });
    }
    for (const p of this.phones) {
      const before = p.waiting();
      p.storage.killIn(1e9, false);
      p.storage.fill(0, false);
      p.storage.dead = p.storage.dead || p.old !== null;
      p.old = null;
      await this.revived(p, before);
    }
    let sent = 1;
    for (let turn = 0; sent > 0; turn++) {
      sent = 0;
      for (const p of this.phones) {
        sent += p.core.outbox().length;
        let state = await this.sync(p);
        if (state === 'wiped') {
          state = await this.sync(p);
        }
        if (state !== 'done') {
          this.fail(`P8 ${p.name} cannot finish a sync without faults: ${state}`);
        }
        if (turn > 4) {
          this.fail(`P8 ${p.name}: something is sent again and again`);
        }
      }
    }
  }
}
