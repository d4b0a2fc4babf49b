// One account at work: its store, its sync, and the views its pages show.

import { Api } from '../api/calls';
import { Link } from '../api/link';
import { Account } from './accounts';
import { DeviceError, Platform } from '../platform/types';
import { SyncCore } from '../sync/core';
import { SyncReport } from '../sync/exchange';
import { Parcels } from '../sync/parcel';
import { Store } from '../sync/store';
import { Change, Patch } from '../sync/types';
import { open as openPaper } from '../form/paper';
import { Bell } from './bell';
import { Blobs } from './blobs';
import { ConflictView, conflictsOf, valueOf } from './conflict';
import { clockOf, dayOf } from './day';
import { Docs } from './docs';
import { Drafts } from './drafts';
import { Driver } from './driver';
import { HouseholdView, householdView } from './household';
import { Light, lightOf } from './light';
import { OutboxRow, outboxRows, returnedVisits } from './outbox';
import { Card, Consent, Form, Household, Notice, Pairing, Visit } from './records';
import { sha256 } from './sha256';
import { TABLES } from './tables';
import { dueOf, HouseRow, matches, rowOf, byLast } from './today';
import { askFor, DraftPhoto, newVisit, nextStage, visitChanges, VisitDraft } from './visit';

export interface ReturnedRow {
  household: string;
  head: string;
  visit: string;
  /** The admin's words. */
  words: string;
}

export interface Today {
  returned: ReturnedRow[];
  due: HouseRow[];
  /** 本月还有 4 户 */
  title: string;
}

/** What the desk is told by its phone. */
export interface Desks {
  relogin(): Promise<boolean>;
  wiped(): Promise<void>;
}

/** Largest edge, in pixels, and quality to try until a photo fits. */
const SIZES: readonly [number, number][] = [[1600, 0.8], [1600, 0.6], [1280, 0.6], [1024, 0.5], [800, 0.4]];
const PHOTO_MAX = 200 << 10;

export class Desk {
  readonly driver: Driver;
  readonly docs: Docs;
  private rowsAt = -1;
  private rows: HouseRow[] = [];

  private constructor(
    readonly platform: Platform, readonly account: Account, readonly core: SyncCore, readonly api: Api, readonly drafts: Drafts,
    readonly blobs: Blobs, private readonly own: Store, private readonly bell: Bell, private lastAt: number, desks: Desks,
  ) {
    this.docs = new Docs(core, blobs);
    this.driver = new Driver(core, {
      timer: platform.timer, relogin: () => desks.relogin(), wiped: () => desks.wiped(), changed: () => bell.ring(), synced: (r) => this.synced(r),
    });
  }

  /** Opens the account's store; an erase that was ordered is finished before anything can be seen. */
  static async open(platform: Platform, account: Account, link: Link, bell: Bell, desks: Desks): Promise<Desk> {
    const user = account.me.user;
    const own = new Store(platform.storage, user + '/own');
    const files = {
      open: (ref: string) => ({ read: (offset: number, length: number) => platform.files.read(ref, offset, length) }),
      drop: (ref: string) => platform.files.remove(ref),
    };
    const transport = new Parcels({ send: (r) => link.send(r).finally(() => bell.ring()) });
    const core = await SyncCore.open({
      account: user, me: account.me.role === 'H' ? '' : user, tables: TABLES, storage: platform.storage, transport,
      clock: platform.clock, random: platform.random, files, onErase: () => eraseRest(platform, own, user),
    });
    const api = new Api(link);
    const drafts = new Drafts(own, () => bell.ring());
    const blobs = new Blobs(platform.files, api, user);
    let lastAt = 0;
    if (!core.wiping()) {
      const keys = await own.open();
      drafts.load(keys);
      lastAt = Number(keys.get('last') || '0');
      await blobs.open();
    }
    const desk = new Desk(platform, account, core, api, drafts, blobs, own, bell, lastAt, desks);
    await desk.tidy();
    await desk.readBodies();
    return desk;
  }

  get me(): string {
    return this.account.me.user;
  }

  today(): string {
    return dayOf(this.core.serverNow());
  }

  // ---- what pages show

  light(): Light {
    const uploads = this.core.uploads.list();
    const outbox = this.core.outbox();
    return lightOf({
      unsent: outbox.length + uploads.filter((u) => !u.failed && !outbox.some((e) => e.id === u.photo)).length, failed: uploads.filter((u) => u.failed).length,
      returned: returnedVisits(this.core, this.me).length + this.core.outcomes().filter((e) => e.state === '退回').length,
      drafts: this.drafts.all().length, households: this.core.households().length, busy: this.driver.busy, online: this.driver.online, cut: this.driver.cut,
      trouble: this.driver.trouble, reason: this.driver.reason, lastAt: this.lastAt, now: this.core.serverNow(),
      oldestAt: outbox.reduce((m, e) => (m === 0 ? e.deviceMs : Math.min(m, e.deviceMs)), 0),
    });
  }

  todayView(): Today {
    const due = dueOf(this.all());
    return {
      returned: returnedVisits(this.core, this.me).map((r) => ({ household: r.household, head: this.head(r.household), visit: r.visit.id, words: r.visit.words || '' })),
      due, title: due.length > 0 ? (this.docs.rhythm().every === 'month' ? '本月' : '本季') + '还有 ' + due.length + ' 户' : '这段时间都去过了',
    };
  }

  /** The longest unvisited first; village "" = all. */
  households(query = '', village = ''): HouseRow[] {
    return this.all().filter((r) => (village === '' || r.village === village) && matches(r, query)).sort(byLast);
  }

  household(id: string): HouseholdView | undefined {
    const row = this.all().find((r) => r.id === id);
    return row && householdView(this.core, id, row, this.me, this.today(), (f) => this.paper(f));
  }

  outbox(): OutboxRow[] {
    return outboxRows({ core: this.core, drafts: this.drafts.all(), me: this.me, today: this.today(), head: (id) => this.head(id) });
  }

  /** Fields that somebody else changed at the same time. */
  conflicts(): ConflictView[] {
    return conflictsOf(this.core, this.me);
  }

  cards(): Card[] {
    const today = this.today();
    return (this.core.common('card') as unknown as Card[])
      .filter((c) => c.state === 'published' && (!c.from || c.from <= today) && (!c.until || c.until >= today))
      .sort((a, b) => (a.order || 0) - (b.order || 0));
  }

  /** A card's Markdown with the township's words in its places; undefined = not on the phone yet. */
  cardText(card: Card): string | undefined {
    const text = card.sha256 ? this.blobs.text(card.sha256) : undefined;
    return text === undefined ? undefined : fill(text, this.docs.words());
  }

  notices(): Notice[] {
    const today = this.today();
    return (this.core.common('notice') as unknown as Notice[]).filter((n) => n.state === 'published' && (!n.from || n.from <= today) && (!n.until || n.until >= today));
  }

  /** Papers that can be asked now, without a link. */
  quizzes(): Form[] {
    return (this.core.common('form') as unknown as Form[]).filter((f) => f.kind === 'quiz' && f.state === 'published' && this.blobs.text(f.sha256 || '') !== undefined);
  }

  /** 已移交给 X，您有 2 条仍在发送 */
  handovers(): { household: string; text: string }[] {
    return this.core.departed().map((g) => {
      const n = this.core.outbox().filter((e) => e.household === g.household).length;
      return { household: g.household, text: '已移交给' + (g.to || '别人') + (n > 0 ? '，您有 ' + n + ' 条仍在发送。' : '。') };
    });
  }

  // ---- what pages do

  /** Opens a visit: the draft of the household if there is one, else a new one. Nothing is asked. */
  async openVisit(household: string): Promise<VisitDraft> {
    const there = this.drafts.all().find((d) => d.kind === 'visit' && d.household === household);
    if (there) {
      return there as VisitDraft;
    }
    const visits = this.core.rows(household, 'visit').map((s) => s.row as unknown as Visit);
    const d = newVisit(await this.core.newID(), household, this.core.baseOf(household), this.platform.clock.now(), this.today());
    return { ...d, stage: nextStage(visits.map((v) => v.stage || 0)) };
  }

  /** Opens a returned visit for correction. */
  correctVisit(household: string, id: string): VisitDraft | undefined {
    const there = this.drafts.get<VisitDraft>(id);
    const shown = this.core.row(household, 'visit', id);
    if (there || !shown) {
      return there;
    }
    const v = shown.row as unknown as Visit;
    const d = newVisit(id, household, this.core.baseOf(household), this.platform.clock.now(), v.day || this.today());
    const met = (Array.isArray(v.met) ? v.met : []) as string[];
    return { ...d, stage: v.stage || 0, text: v.text || '', met, correcting: true };
  }

  /** Text of the latest visit, to begin from; "" = none. */
  lastText(household: string): string {
    const visits = this.core.rows(household, 'visit').map((s) => s.row as unknown as Visit).sort((a, b) => ((a.day || '') < (b.day || '') ? 1 : -1));
    return visits.length > 0 ? visits[0].text || '' : '';
  }

  /** One tap at the door; without a place it is a time. Never rejects. */
  async checkIn(d: VisitDraft): Promise<VisitDraft> {
    const at = this.platform.clock.now();
    try {
      return { ...d, checkinAt: at, place: await this.platform.locator.locate() };
    } catch {
      return { ...d, checkinAt: at, place: null };
    }
  }

  /** 到户签到 09:12 · 误差 15 米 */
  checkInWords(d: VisitDraft): string {
    return d.checkinAt === 0 ? '' : '到户签到 ' + clockOf(d.checkinAt) + (d.place ? ' · 误差 ' + Math.round(d.place.accuracy) + ' 米' : '');
  }

  /** What the household says of pictures: "" = not asked yet. */
  consent(household: string): '' | 'given' | 'no' {
    const said = this.core.rows(household, 'consent').map((s) => ({ c: s.row as unknown as Consent, unsent: s.unsent }));
    // Of two of one day that arrived, the one against pictures holds.
    const key = (x: { c: Consent; unsent: boolean }) => (x.unsent ? '1' : '0') + (x.c.day || '') + (x.unsent || x.c.answer === 'given' ? '0' : '1');
    const latest = said.reduce((m, x) => (m && key(m) > key(x) ? m : x), said[0]);
    return latest ? (latest.c.answer === 'given' ? 'given' : 'no') : '';
  }

  /** Takes one picture, small enough and kept at once; rejects with a DeviceError, or a SyncError when the phone is full. */
  async takePhoto(d: VisitDraft, lines: string[]): Promise<DraftPhoto> {
    if (this.consent(d.household) === 'no') {
      throw new DeviceError('refused', '这一户不同意拍照，走访照样能记。');
    }
    const [shot] = await this.platform.camera.shoot(1);
    if (!shot) {
      throw new DeviceError('cancelled');
    }
    let bytes = new ArrayBuffer(0);
    for (const [edge, quality] of SIZES) {
      bytes = await this.platform.camera.draw(shot, edge, quality, lines);
      if (bytes.byteLength <= PHOTO_MAX) {
        break;
      }
    }
    const id = await this.core.newID();
    const file = this.me + '.p.' + id + '.jpg';
    await this.platform.files.write(file, bytes);
    return { id, file, size: bytes.byteLength, sha256: sha256(bytes), takenAt: this.platform.clock.now(), place: '', cadre: this.account.me.name };
  }

  /** What is asked before saving; "" = nothing. */
  ask(d: VisitDraft): string {
    return askFor(d, this.docs.evidence(d.day));
  }

  /** Saves a visit: resolves when the phone has it; rejects with a SyncError, the draft still being there. */
  async saveVisit(d: VisitDraft): Promise<void> {
    const { changes, uploads } = visitChanges(d);
    await this.core.save(changes, uploads);
    // Saved: a draft that cannot be taken away now is taken away at the next start.
    await this.drafts.drop(d.id).catch(() => undefined);
    this.sent();
  }

  /** The household's word on a visit, on this phone: sent and never shown again. */
  async confirm(household: string, visit: string, answer: '来过' | '没来过' | '有事', text: string): Promise<void> {
    await this.save([{ type: 'confirmation', id: await this.core.newID(), household, patch: text.trim() ? { visit, answer, text: text.trim() } : { visit, answer } }]);
  }

  /** Changed fields of a row, with the reason for those that go to the township first. */
  async edit(household: string, type: string, id: string, patch: Patch, base: number, reason = ''): Promise<void> {
    await this.save([{ type, id, household, patch, base, ...(reason ? { reason } : {}) }]);
  }

  /** Settles a conflict: one's own value again, or the other's. */
  async pick(c: ConflictView, whose: 'mine' | 'theirs'): Promise<void> {
    await this.edit(c.household, c.type, c.row, { [c.field]: valueOf(c.type, c.field, c[whose]) }, this.core.baseOf(c.household));
  }

  /** A row of the household that is new. */
  async add(household: string, type: string, patch: Patch, reason = ''): Promise<string> {
    const id = await this.core.newID();
    await this.save([{ type, id, household, patch, ...(reason ? { reason } : {}) }]);
    return id;
  }

  async retry(photo: string): Promise<void> {
    await this.core.uploads.retry(photo);
    this.sent();
  }

  /** Ends what runs for the account; what it holds stays. */
  close(): void {
    this.driver.close();
  }

  // ---- inside

  /** What a killed run left: drafts of visits that were saved, pictures that nothing names. */
  private async tidy(): Promise<void> {
    for (const d of this.drafts.all() as VisitDraft[]) {
      if (d.kind === 'visit' && !d.correcting && this.core.outbox().some((e) => e.type === 'visit' && e.id === d.id)) {
        await this.drafts.drop(d.id).catch(() => undefined);
      }
    }
    const named = new Set(this.core.uploads.list().map((u) => u.ref));
    (this.drafts.all() as VisitDraft[]).forEach((d) => (d.photos || []).forEach((p) => named.add(p.file)));
    for (const f of await this.platform.files.list()) {
      if (f.name.startsWith(this.me + '.p.') && !named.has(f.name)) {
        await this.platform.files.remove(f.name);
      }
    }
  }

  private async save(changes: Change[]): Promise<void> {
    await this.core.save(changes);
    this.sent();
  }

  private sent(): void {
    this.bell.ring();
    this.driver.kick();
  }

  private head(id: string): string {
    const own = this.core.base(id);
    const row = own && own.rows.household && (own.rows.household[0] as unknown as Household);
    return (row && row.head) || '';
  }

  /** Rows of all households, computed once a change. */
  private all(): HouseRow[] {
    if (this.rowsAt !== this.bell.version) {
      const rhythm = this.docs.rhythm();
      const today = this.today();
      this.rows = [];
      for (const id of this.core.households()) {
        const house = this.core.house(id);
        const own = house.get('household');
        const shown = own && own.get(id);
        const household = shown && (shown.row as unknown as Household);
        if (!household || household.kind || household.state) {
          continue;
        }
        const of = <R>(type: string) => Array.from((house.get(type) || new Map<string, { row: unknown }>()).values()).map((s) => s.row as unknown as R);
        this.rows.push(rowOf({ household, pairings: of<Pairing>('pairing'), visits: of<Visit>('visit') }, rhythm, today));
      }
      this.rowsAt = this.bell.version;
    }
    return this.rows;
  }

  private paper(f: Form): { key: string; name: string; card?: string }[] | undefined {
    const text = f.sha256 ? this.blobs.text(f.sha256) : undefined;
    try {
      return text === undefined ? undefined : openPaper(text).body.topics;
    } catch {
      return undefined;
    }
  }

  private async synced(_: SyncReport): Promise<void> {
    this.lastAt = this.core.serverNow();
    await this.own.commit(new Map([['last', String(this.lastAt)]])).catch(() => undefined);
    // Bodies are for reading: without them nothing is lost and the next sync asks again.
    await this.blobs.fetch(this.bodies()).catch(() => 0);
    await this.readBodies();
  }

  private bodies(): string[] {
    const rows = this.core.common('card').concat(this.core.common('form')) as unknown as (Card | Form)[];
    return this.docs.hashes().concat(rows.filter((r) => r.state === 'published').map((r) => r.sha256 || ''));
  }

  private async readBodies(): Promise<void> {
    await this.blobs.load(this.bodies());
    this.bell.ring();
  }
}

/** `{{name}}` replaced by the township's word, as server/booklet does; other names stay. */
export function fill(markdown: string, words: { readonly [term: string]: string }): string {
  return markdown.replace(/\{\{[\t\n\f\r ]*([^{}\n]{0,60}?)[\t\n\f\r ]*\}\}/gu, (whole, name: string) =>
    (Object.prototype.hasOwnProperty.call(words, name) && words[name]) || whole);
}

async function eraseRest(platform: Platform, own: Store, user: string): Promise<void> {
  for (const f of await platform.files.list()) {
    if (f.name.startsWith(user + '.')) {
      await platform.files.remove(f.name);
    }
  }
  await own.erase('last');
}
