// The promises (docs/sync-protocol.md, docs/reliability.md), checked while a
// history runs and at its end.

import { rowText } from '../src/sync/row';
import { isWaiting } from '../src/sync/outbox';
import { Books, Written } from './books';
import { SyncCore } from '../src/sync/core';
import { Phone } from './phone';
import type { World } from './world';

interface LedgerRow {
  id: string;
  by: string;
  household: string;
  text: string;
  deleted: boolean | number;
}

interface Ledger {
  visits: LedgerRow[];
  responses: LedgerRow[];
  proposals: { id: string; row: string; field: string; state: string }[];
  quarantine: { id: string; mutation: string }[];
  history: { row: string; field: string; old: string; new: string }[];
  /** Households sent again because a daily digest differed. */
  healed: number;
}

interface Projection {
  [household: string]: { s: number; rows: { [type: string]: string[] } };
}

export class Checks {
  /** Values each phone has seen in a field, and the last of them. */
  private seen = new Map<string, { all: Set<string>; last: string }>();
  private before = new Set<string>();
  /** Phones that have yet to hear that the server was restored. */
  private behind = new Set<Phone>();
  private syncs = 0;
  /** What each user should hold, as of World.changes. */
  private readonly projected = new Map<string, { changes: number; rows: Projection }>();
  /** What was said of each mutation, to whichever phone. */
  private verdicts = new Map<string, string>();
  /** What had been said of each when the backup was taken. */
  private backedUp = new Map<string, string>();
  /** The base rows each phone had when it last asked: household -> type and id -> text. */
  private readonly textOf = new WeakMap<object, string>();
  private readonly whole = new Map<Phone, Map<string, Map<string, string>>>();

  constructor(private readonly w: World) {}

  /** What was there before anyone wrote. */
  async begin(): Promise<void> {
    const l = await this.ledger();
    l.visits.concat(l.responses).forEach((r) => this.before.add(r.id));
  }

  /** P3: whoever offers a mutation again hears what became of it. */
  heard(mutation: string, code: string, ref: string): void {
    const [before, now] = [this.verdicts.get(mutation), isWaiting(code) ? code + ' ' + ref : code];
    this.verdicts.set(mutation, now);
    // What was refused left nothing behind; a copied phone may find that it is allowed by now.
    const was = before === undefined ? 'refused' : before.split(' ')[0];
    const counts = was === '' || was === 'late' || isWaiting(was);
    if (counts && before !== now && (isWaiting(was) || isWaiting(code))) {
      this.w.fail(`P3 it was said to be "${String(before)}" and then to be "${now}": ${mutation.slice(0, 200)}`);
    }
  }

  /** P9: of a household that is there in part, nothing shows but the rows of before. */
  halves(phone: Phone): void {
    const now = new Map(phone.core.households().map((h) => [h, this.texts(phone.core, h)]));
    const before = this.whole.get(phone) || now;
    this.whole.set(phone, now);
    for (const h of phone.halves()) {
      const [was, is] = [before.get(h) || new Map<string, string>(), now.get(h) || new Map<string, string>()];
      const other = Array.from(new Set([...was.keys(), ...is.keys()])).filter((k) => was.get(k) !== is.get(k) && !phone.own.has(k));
      if (other.length > 0) {
        this.w.fail(`P9 ${phone.name}: household ${h} came in part and shows already: ${other[0]} ${String(is.get(other[0])).slice(0, 100)}`);
      }
    }
  }

  /** P10: nothing but an acknowledgement, or being returned, shortens the outbox. */
  outbox(phone: Phone, before: string[]): void {
    const now = new Set(phone.waiting());
    const back = new Set(phone.core.outcomes().map((o) => o.id + ' ' + JSON.stringify(o.patch)));
    for (const tag of before) {
      if (!now.has(tag) && !phone.acknowledged.has(tag) && !back.has(tag)) {
        if (phone.wiping) {
          this.w.books.forgone.add(tag);
          continue;
        }
        this.w.fail(`P10 ${phone.name}: left the outbox without an acknowledgement: ${tag.slice(0, 200)}`);
      }
    }
  }

  /** Type and id -> text of the base rows of a household. */
  private texts(core: SyncCore, household: string): Map<string, string> {
    const out = new Map<string, string>();
    Object.entries((core.base(household) || { rows: {} }).rows).forEach(([type, rows]) => rows.forEach((r) => {
      const text = this.textOf.get(r) || rowText(r);
      this.textOf.set(r, text);
      out.set(type + ' ' + r.id, text);
    }));
    return out;
  }

  /** P4: an answer holds households of its reader only. */
  async answer(phone: Phone, body: string, disturbed: boolean): Promise<void> {
    if (disturbed || !body.includes('"households":[')) {
      return;
    }
    const scope = (await this.w.peer.ask('scope', { user: phone.owner.user })).households as string[];
    const sent = (JSON.parse(body) as { households: { id: string }[] }).households;
    for (const h of sent) {
      if (!scope.includes(h.id)) {
        this.w.fail(`P4 ${phone.name} (${phone.owner.user}) is sent household ${h.id}, which is another's`);
      }
    }
  }

  /** P9: what storage holds is what the app shows, and no more. */
  async stored(phone: Phone): Promise<void> {
    if (phone.storage.dead || ++this.syncs % 4 !== 0) {
      return;
    }
    const rows = (c: SyncCore, h: string): unknown => Object.entries((c.base(h) || { rows: {} }).rows).filter(([, list]) => list.length > 0);
    const picture = (c: SyncCore): string => {
      const { cursor, client, acked, staged } = c.facts();
      return JSON.stringify([cursor, client, acked, staged, c.outbox(), c.outcomes(), c.households().sort().map((h) => [h, rows(c, h)])]);
    };
    const [shown, kept] = [picture(phone.core), picture(await phone.twin())];
    if (shown !== kept) {
      this.w.fail(`P9 ${phone.name}: shows ${shown.slice(0, 300)} and keeps ${kept.slice(0, 300)}`);
    }
  }

  /** What other accounts keep on this phone. */
  others(phone: Phone): string {
    if (!this.w.phones.some((p) => p !== phone && p.disk === phone.disk)) {
      return '';
    }
    const mine = 'd/' + encodeURIComponent(phone.owner.user) + '/';
    return JSON.stringify(Array.from(phone.disk).filter(([k]) => !k.startsWith(mine)).sort());
  }

  /** P4: one account's sync does not touch another's storage. */
  untouched(phone: Phone, before: string): void {
    if (before !== '' && this.others(phone) !== before) {
      this.w.fail(`P4 ${phone.name}: the storage of another account on the same phone changed`);
    }
  }

  /** P8: with answers there is progress; P14: an app that is too old hands in its work. */
  progress(phone: Phone, state: string): void {
    if (state === 'stuck' || state === 'refused') {
      this.w.fail(`P8 ${phone.name}: its sync ended as ${state}`);
    }
    if (state === 'update' && phone.core.outbox().length > 0) {
      this.w.fail(`P14 ${phone.name}: an old app keeps ${phone.waiting()[0].slice(0, 200)}`);
    }
    if (state === 'done') {
      this.behind.delete(phone);
    }
  }

  backup(): void {
    this.backedUp = new Map(this.verdicts);
  }

  /** Receipts are kept as long as tombstones. */
  purged(): void {
    this.verdicts = new Map();
  }

  /** The server went back: so may what phones see, until each has heard of it. */
  restored(): void {
    this.seen = new Map();
    this.verdicts = new Map(this.backedUp);
    this.behind = new Set(this.w.phones);
  }

  /** P5: what a phone has seen replaced does not come back. */
  monotonic(phone: Phone): void {
    if (this.behind.has(phone) || this.forgotten()) {
      return;
    }
    for (const h of phone.core.households()) {
      const b = phone.core.base(h);
      if (!b) {
        continue;
      }
      (b.rows.visit || []).forEach((r) => this.saw(phone, 'visit ' + r.id + ' text', String(r.text || '')));
      (b.rows.household || []).forEach((r) => {
        this.saw(phone, 'household ' + r.id + ' address', String(r.address || ''));
        this.saw(phone, 'household ' + r.id + ' notes', String(r.notes || ''));
      });
    }
  }

  /** Receipts go after half a year: what a copied phone kept unsent that long is new. */
  private forgotten(): boolean {
    return this.w.purges > 0 && this.w.copies > 0;
  }

  private saw(phone: Phone, what: string, value: string): void {
    const key = phone.name + ' ' + what;
    const s = this.seen.get(key) || { all: new Set<string>(), last: value };
    if (value !== s.last && s.all.has(value)) {
      this.w.fail(`P5 ${phone.name}: ${what} went back from "${s.last.slice(0, 40)}" to "${value.slice(0, 40)}"`);
    }
    s.all.add(value);
    s.last = value;
    this.seen.set(key, s);
  }

  /** P7: what was acknowledged and only this phone wrote is shown as written. */
  ownWrites(phone: Phone, before: string[]): void {
    const now = new Set(phone.waiting());
    const held = new Set(phone.core.households());
    const done = new Set(before.filter((t) => !now.has(t)));
    this.w.books.kept.forEach((c) => {
      if (!done.has(c.tag) || !held.has(c.household) || !c.value) {
        return;
      }
      const all = this.w.books.of(c.id).filter((x) => x.field === c.field || x.patch === null);
      const last = all[all.length - 1];
      const clean = all.every((x) => this.w.books.fates.get(x.tag) === undefined);
      if (last !== c || !clean || !this.w.books.onlyWriter(Books.key(c.type, c.id, c.field), phone.name)) {
        return;
      }
      const shown = phone.core.row(c.household, c.type, c.id);
      const value = shown && shown.row[c.field];
      if (!shown || !(typeof value === 'string' ? value === c.value : JSON.stringify(value || '').includes(c.value))) {
        this.w.fail(`P7 ${phone.name}: ${c.type} ${c.id} was acknowledged as ${c.value.slice(0, 40)} and shows ${JSON.stringify(value || null).slice(0, 80)}`);
      }
    });
  }

  /** P4, and P1 where nothing else happened: a phone after a completed round holds what is its own. */
  async scope(phone: Phone): Promise<void> {
    if (phone.round.world !== this.w.version || phone.core.facts().round) {
      return;
    }
    const want = await this.projection(phone);
    this.sameHouseholds(phone, want, 'P4');
  }

  private sameHouseholds(phone: Phone, want: Projection, name: string): void {
    const have = phone.core.households().sort().join(' ');
    const ought = Object.keys(want).sort().join(' ');
    if (have !== ought) {
      this.w.fail(`${name} ${phone.name} (${phone.owner.user}) holds [${have}], ought to hold [${ought}]`);
    }
  }

  private async projection(phone: Phone): Promise<Projection> {
    const known = this.projected.get(phone.owner.user);
    if (known && known.changes === this.w.changes) {
      return known.rows;
    }
    const rows = (await this.w.peer.ask('projection', { user: phone.owner.user })).households as Projection;
    this.projected.set(phone.owner.user, { changes: this.w.changes, rows });
    return rows;
  }

  private async ledger(): Promise<Ledger> {
    const l = (await this.w.peer.ask('ledger')) as unknown as Partial<Ledger>;
    return {
      visits: l.visits || [], responses: l.responses || [], proposals: l.proposals || [],
      quarantine: l.quarantine || [], history: l.history || [], healed: l.healed || 0,
    };
  }

  /** Everything that must hold when all is quiet. */
  async final(): Promise<void> {
    for (const p of this.w.phones) {
      if (p.core.outbox().length > 0) {
        this.w.fail(`P11 ${p.name}: something blocks the outbox: ${p.waiting()[0].slice(0, 200)}`);
      }
      await this.converged(p);
    }
    const ledger = await this.ledger();
    if (ledger.healed > 0) {
      this.w.fail(`P1 ${ledger.healed} households had to be healed by a daily digest`);
    }
    this.w.books.kept.forEach((c) => this.fate(c, ledger));
    this.aside(ledger);
    this.rows('visit', ledger.visits);
    this.rows('response', ledger.responses);
    this.history(ledger);
  }

  /** P1: base rows equal the projection, text for text. */
  private async converged(phone: Phone): Promise<void> {
    const want = await this.projection(phone);
    this.sameHouseholds(phone, want, 'P1');
    for (const h of Object.keys(want)) {
      const base = phone.core.base(h);
      const types = new Set(Object.keys(want[h].rows || {}).concat(Object.keys((base && base.rows) || {})));
      types.forEach((type) => {
        const have = ((base && base.rows[type]) || []).map(rowText).sort();
        const ought = ((want[h].rows || {})[type] || []).slice().sort();
        have.forEach((t) => {
          if (!ought.includes(t)) {
            this.w.fail(`P1 ${phone.name}: ${type} in ${h}: extra or other row ${t.slice(0, 400)} …${t.slice(-120)}, not one of ${ought.map((o) => o.slice(0, 30) + " …" + o.slice(-120)).join(" | ").slice(0, 600)}`);
          }
        });
        if (have.length !== ought.length) {
          this.w.fail(`P1 ${phone.name}: ${type} in ${h}: missing ${ought.filter((t) => !have.includes(t)).join('\n').slice(0, 400)}`);
        }
      });
    }
  }

  /** P2: a change waits where its result says it does, or it took effect. */
  private fate(c: Written, l: Ledger): void {
    if (this.w.books.forgone.has(c.tag)) {
      return;
    }
    const f = this.w.books.fates.get(c.tag);
    if (f && isWaiting(f.code)) {
      const there = f.code === 'quarantined' ? l.quarantine.some((q) => q.id === f.ref) : l.proposals.some((p) => p.id === f.ref);
      if (there) {
        return;
      }
      if (this.w.restores === 0) {
        this.w.fail(`P2 ${c.type} ${c.id}: ${f.code} "${f.ref}" is not at the township`);
      }
      // Told before a restore, and put aside anew when the network delivered the request again after it.
      if (f.code === 'quarantined' && l.quarantine.some((q) => c.patch !== null && q.mutation.includes(JSON.stringify(c.id)) && q.mutation.includes(c.value))) {
        return;
      }
      // Told before a restore, offered again after it, and then plainly applied.
      this.w.books.fates.delete(c.tag);
    }
    const excused = this.w.restores > 0 || this.w.purges > 0;
    if (f && f.code === 'not-found' && !excused && c.held && c.value !== '' && c.patch !== null && ('day' in c.patch || c.type === 'household')) {
      this.w.fail(`P2 ${c.type} ${c.id}: written while the household was held, and refused as if it never was`);
    }
    if (!this.w.books.plain(c)) {
      return;
    }
    if (c.field === 'bogus') {
      this.w.fail(`P11 a poison was neither returned nor refused: ${c.tag.slice(0, 200)}`);
    }
    if (c.type === 'household' && c.value && !l.history.some((h) => h.row === c.id && h.field === c.field && h.new === c.value)) {
      this.w.fail(`${this.lost()} household ${c.id}: ${c.field}=${c.value} was acknowledged and is nowhere`);
    }
  }

  /** P3: one mutation waits at the township once, however often it was offered. */
  private aside(l: Ledger): void {
    const seen = new Set<string>();
    for (const q of this.w.purges > 0 ? [] : l.quarantine) { // receipts are kept as long as tombstones
      if (seen.has(q.mutation)) {
        this.w.fail(`P3 it is kept for the township twice: ${q.mutation.slice(0, 200)}`);
      }
      seen.add(q.mutation);
    }
  }

  /** The promise that a loss breaks. */
  private lost(): string {
    return this.w.restores > 0 ? 'P13' : 'P2';
  }

  /** P2 and P3 for rows phones make: each once, with its last text. */
  private rows(type: string, list: LedgerRow[]): void {
    const byID = new Map<string, LedgerRow>();
    for (const r of list) {
      if (byID.has(r.id)) {
        this.w.fail(`P3 ${type} ${r.id} is there twice`);
      }
      byID.set(r.id, r);
      if (!this.w.books.rows.has(r.id) && !this.before.has(r.id)) {
        this.w.fail(`P3 ${type} ${r.id} was made by nobody`);
      }
    }
    this.w.books.rows.forEach((made, id) => {
      const plain = this.w.books.of(id).filter((c) => c.type === type && this.w.books.plain(c));
      if (made.type === type && plain.length > 0) {
        this.last(type, id, plain, byID.get(id));
      }
    });
  }

  private last(type: string, id: string, plain: Written[], row: LedgerRow | undefined): void {
    if (!row) {
      if (this.w.purges > 0 && (this.w.books.erased.has(id) || plain.some((c) => c.patch === null))) {
        return; // its tombstone was kept its time
      }
      this.w.fail(`${this.lost()} ${type} ${id} was acknowledged and is nowhere`);
    }
    const end = plain[plain.length - 1];
    const gone = Boolean(row.deleted);
    if (gone && !this.w.books.erased.has(id) && !plain.some((c) => c.patch === null)) {
      this.w.fail(`P2 ${type} ${id} is deleted and nobody did it`);
    }
    if (this.w.books.of(id).some((c) => this.w.books.forgone.has(c.tag))) {
      return;
    }
    if (this.w.books.erased.has(id) || !this.w.books.onlyWriter(Books.key(type, id, end.field || 'text'), end.phone)) {
      return;
    }
    if (gone !== (end.patch === null)) {
      this.w.fail(`P2 ${type} ${id}: last change ${end.tag.slice(0, 100)}, deleted at the server: ${String(gone)}`);
    }
    if (!gone && row.text !== undefined && type === 'visit' && row.text !== end.value) {
      this.w.fail(`P2 ${type} ${id}: last text ${end.value.slice(0, 60)}, at the server ${String(row.text).slice(0, 60)}`);
    }
  }

  /** P3: a value written once is applied once. */
  private history(l: Ledger): void {
    const times = new Map<string, number>();
    for (const h of this.forgotten() ? [] : l.history) {
      const key = `${h.row} ${h.field} ${h.new}`;
      times.set(key, (times.get(key) || 0) + 1);
      if (/^[ft][0-9]+/.test(h.new) && (times.get(key) as number) > 1) {
        this.w.fail(`P3 ${h.row}: ${h.field}=${h.new.slice(0, 40)} was applied twice`);
      }
    }
  }
}
