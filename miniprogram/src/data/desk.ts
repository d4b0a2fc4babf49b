// One account at work: its store, its sync, and the views its pages show.

import { Api } from '../api/calls';
import { Reminder } from '../api/shapes';
import { Link } from '../api/link';
import { Account } from './accounts';
import { Platform } from '../platform/types';
import { SyncCore } from '../sync/core';
import { SyncReport } from '../sync/exchange';
import { Parcels } from '../sync/parcel';
import { Store } from '../sync/store';
import { Change, Patch, Row } from '../sync/types';
import { open as openPaper, Paper } from '../form/paper';
import { Bell } from './bell';
import { Blobs } from './blobs';
import { asks, ChangeDraft, changeID } from './change';
import { Clips } from './clips';
import { ConflictView, conflictsOf } from './conflict';
import { dateWords, dayOf, dayWords } from './day';
import { Docs } from './docs';
import { Drafts } from './drafts';
import { Driver } from './driver';
import { allOf, FirstSync, firstSync } from './first';
import { HouseholdView, householdView } from './household';
import { Own } from './own';
import { Light, lightOf } from './light';
import { contentOf, isPrivate, OutboxRow, outboxRows, returnedVisits } from './outbox';
import { Card, Delivery, Form, Household, Notice, Pairing, Visit } from './records';
import { valueOf } from './proposal';
import { Rescue, writeRescue } from './rescue';
import { TABLES } from './tables';
import { dueOf, HouseRow, matches, rowOf, byLast } from './today';
import { VisitDraft } from './visit';
import { Visits } from './visits';

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

export class Desk {
  readonly driver: Driver;
  readonly docs: Docs;
  readonly visits: Visits;
  /** Of a household's own phone. */
  readonly home: Own;
  readonly clips: Clips;
  /** Photos in the files handed on so far, until none is left over. */
  private rescued: ReadonlySet<string> = new Set();
  private rowsAt = -1;
  private rows: HouseRow[] = [];
  private returnedOnes: ReturnType<typeof returnedVisits> = [];

  private constructor(
    readonly platform: Platform, readonly account: Account, readonly core: SyncCore, readonly api: Api, readonly drafts: Drafts,
    readonly blobs: Blobs, private readonly own: Store, private readonly bell: Bell, private lastAt: number, marked: boolean, desks: Desks,
  ) {
    this.docs = new Docs(core, blobs);
    this.home = new Own(core, drafts, () => platform.clock.now(), (changes) => this.save(changes));
    this.clips = new Clips(core, blobs, platform, api, account.me.user);
    this.visits = new Visits(this, own, marked);
    this.driver = new Driver(core, {
      syncs: 'HCV'.includes(account.me.role), timer: platform.timer, relogin: () => desks.relogin(), wiped: () => desks.wiped(), changed: () => bell.ring(), synced: (r) => this.synced(r),
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
    const drafts = new Drafts(own, () => bell.ring(false));
    const blobs = new Blobs(platform.files, api, user);
    let lastAt = 0;
    let marked = false;
    if (!core.wiping()) {
      const keys = await own.open();
      drafts.load(keys);
      lastAt = Number(keys.get('last') || '0');
      marked = keys.get('mark') === '1';
      await blobs.open();
    }
    const desk = new Desk(platform, account, core, api, drafts, blobs, own, bell, lastAt, marked, desks);
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
      returned: this.returned().length + this.core.outcomes().filter((e) => e.state === '退回').length,
      drafts: this.drafts.all().filter((d) => !isPrivate(d.kind)).length, ...this.counted(), busy: this.driver.busy, online: this.driver.online, cut: this.driver.cut,
      trouble: this.driver.trouble, reason: this.driver.reason, lastAt: this.lastAt, now: this.core.serverNow(),
      oldestAt: outbox.reduce((m, e) => (m === 0 ? e.deviceMs : Math.min(m, e.deviceMs)), 0),
    });
  }

  /** How far the first sync is; undefined = all has come once. */
  firstSync(): FirstSync | undefined {
    const { busy, online, cut } = this.driver;
    return this.lastAt > 0 ? undefined : firstSync(this.core.progress(), { busy: busy !== '', offline: !online || cut });
  }

  private counted(): { households: number; all: number } {
    if (this.lastAt > 0) {
      return { households: 0, all: 0 };
    }
    const p = this.core.progress();
    return { households: p.households, all: allOf(p) };
  }

  todayView(): Today {
    const due = dueOf(this.all());
    return {
      returned: this.returned().map((r) => ({ household: r.household, head: this.head(r.household), visit: r.visit.id, words: r.visit.words || '' })),
      due, title: due.length > 0 ? (this.docs.rhythm().every === 'month' ? '本月' : '本季') + '还有 ' + due.length + ' 户' : '这段时间都去过了',
    };
  }

  /** 11月27日 周五 */
  dayTitle(): string {
    return dateWords(this.today());
  }

  /** Visits that were begun and not saved. */
  openVisits(): { id: string; household: string; head: string }[] {
    return (this.drafts.all() as VisitDraft[]).filter((d) => d.kind === 'visit').map((d) => ({ id: d.id, household: d.household, head: this.head(d.household) }));
  }

  /** The villages the phone holds households of, by the first word of their places. */
  villages(): { code: string; name: string }[] {
    const names = new Map<string, string>();
    this.all().forEach((r) => names.set(r.village, names.get(r.village) || (/^.*?村/.exec(r.place) || [r.place])[0]));
    return Array.from(names, ([code, name]) => ({ code, name })).sort((a, b) => (a.code < b.code ? -1 : 1));
  }

  /** 今天, 昨天, 11月20日 */
  dayWords(day: string): string {
    return dayWords(day, this.today());
  }

  /** The last eight days, and the day chosen where it is older. */
  recentDays(chosen: string): { day: string; words: string; on: boolean }[] {
    const days = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => dayOf(this.core.serverNow() - n * 86400000));
    return (days.includes(chosen) ? days : days.concat(chosen)).map((day) => ({ day, words: this.dayWords(day), on: day === chosen }));
  }

  /** The longest unvisited first; village "" = all. */
  households(query = '', village = ''): HouseRow[] {
    return this.all().filter((r) => (village === '' || r.village === village) && matches(r, query)).sort(byLast);
  }

  household(id: string): HouseholdView | undefined {
    const row = this.all().find((r) => r.id === id);
    return row && householdView(this.core, id, row, this.me, this.today(), this.docs.calendar(), (f) => {
      const paper = this.paper(f);
      return paper && paper.body;
    });
  }

  outbox(): OutboxRow[] {
    return outboxRows({ core: this.core, drafts: this.drafts.all(), me: this.me, today: this.today(), head: (id) => this.head(id) });
  }

  /** What an item of the outbox holds; undefined = gone, or said in confidence. */
  content(n: number): ReturnType<typeof contentOf> {
    return contentOf(this.core, n);
  }

  /** Fields that somebody else changed at the same time. */
  conflicts(): ConflictView[] {
    return conflictsOf(this.core, this.me, this.core.serverNow());
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

  /** Quizzes that hold now, on the phone or not. */
  paperRows(): Form[] {
    return (this.core.common('form') as unknown as Form[]).filter((f) => f.kind === 'quiz' && f.state === 'published');
  }

  /** Papers that can be asked now, without a link. */
  quizzes(): Form[] {
    return this.paperRows().filter((f) => this.blobs.text(f.sha256 || '') !== undefined);
  }

  /** Reminders the township can send and the user may say yes to; [] = none, or no link. */
  async reminders(): Promise<Reminder[]> {
    return this.api.reminders().then((r) => r.rows, () => []);
  }

  /** Asks the user, from a tap, and tells the server what was granted; gives how many were. */
  async askReminders(of: Reminder[]): Promise<number> {
    const yes = await this.platform.host.askReminders(of.map((r) => r.id));
    const granted = of.filter((r) => yes.includes(r.id));
    for (const r of granted) {
      await this.api.countReminder(r.template, 1);
    }
    return granted.length;
  }

  /** When everything had last been acknowledged and fetched, Unix ms; 0 = never. */
  lastSyncAt(): number {
    return this.lastAt;
  }

  /** Whether the user may record cards. */
  mayRecord(): boolean {
    return this.account.me.role === 'C' || this.account.me.role === 'V';
  }

  /** A paper read; undefined = it is not on the phone, or not to be read by this app. */
  paper(f: Form): Paper | undefined {
    const text = f.sha256 ? this.blobs.text(f.sha256) : undefined;
    try {
      return text === undefined ? undefined : openPaper(text);
    } catch {
      return undefined;
    }
  }

  /** 已移交给 X，您有 2 条仍在发送 */
  handovers(): { household: string; text: string }[] {
    return this.core.departed().map((g) => {
      const n = this.core.outbox().filter((e) => e.household === g.household).length;
      return { household: g.household, text: '已移交给' + (g.to || '别人') + (n > 0 ? '，您有 ' + n + ' 条仍在发送。' : '。') };
    });
  }

  /** Addresses of a visit's pictures, asked of the server: they work for some minutes. */
  async photosOf(household: string, visit: string): Promise<{ id: string; url: string }[]> {
    const photos = (await this.api.photosOf(household)).rows.filter((p) => p.visit === visit);
    return Promise.all(photos.map(async (p) => ({ id: p.id, url: this.api.link.address((await this.api.photoLink(p.id, 'full')).url) })));
  }

  // ---- what pages do

  /** Who can be asked to answer a need of the household: those who are paired with it. */
  answerers(household: string): { user: string; name: string }[] {
    const rows = this.core.rows(household, 'pairing').map((s) => s.row as unknown as Pairing).filter((p) => !p.to && p.cadre);
    return rows.map((p) => ({ user: p.cadre as string, name: p.name || '' }));
  }

  /** 11月3日上门 · 第 1 版. What the household said of it is not shown back, not even before it is sent. */
  delivered(household: string): string {
    const rows = this.core.rows(household, 'delivery').map((s) => s.row as unknown as Delivery);
    const last = rows.reduce((m, d) => (m && (m.day || '') > (d.day || '') ? m : d), rows[0]);
    return last ? [this.dayWords(last.day || '') + (last.way || ''), last.edition ? '第 ' + last.edition + ' 版' : ''].filter((x) => x !== '').join(' · ') : '还没有记过';
  }

  /** Notes that the household was given the booklet; receipt = what it says, "" = not asked. */
  async deliver(household: string, way: string, receipt: '' | '收到' | '没收到'): Promise<void> {
    await this.add(household, 'delivery', { day: this.today(), way, ...(receipt ? { receipt } : {}) });
  }

  /** Opens the data of a household or of a member for change: the draft that is there, or a new one. row "" = a new member. */
  async openChange(kind: ChangeDraft['kind'], household: string, row: string): Promise<ChangeDraft> {
    const there = this.drafts.get<ChangeDraft>(changeID(kind, row || household + '+'));
    if (there) {
      return there;
    }
    const now = this.platform.clock.now();
    const fresh = row === '';
    return {
      id: changeID(kind, row || household + '+'), kind, household, base: this.core.baseOf(household), openedAt: now, changedAt: now, row: row || (await this.core.newID()), fresh,
      patch: fresh ? { joinedDay: this.today() } : {}, reason: '',
    };
  }

  /** The row a change is for, as shown; undefined = a new one. */
  rowOf(d: ChangeDraft): Row | undefined {
    const shown = this.core.row(d.household, d.kind, d.row);
    return shown && shown.row;
  }

  /** Sends a change and drops its draft; what the township decides waits there. */
  async saveChange(d: ChangeDraft): Promise<void> {
    await this.core.save([{ type: d.kind, id: d.row, household: d.household, patch: d.patch, base: d.base, ...(asks(d) ? { reason: d.reason.trim() } : {}) }]);
    await this.drafts.drop(d.id).catch(() => undefined);
    this.sent();
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

  /** Sends a refused item again, its text corrected where one is given. */
  async resend(n: number, text?: string): Promise<void> {
    await this.core.resend(n, text === undefined ? {} : { text });
    this.sent();
  }

  /** Hands unsent work on as a file; rejects when the user does not. What did not fit is in the next one. */
  async rescue(): Promise<Rescue> {
    const r = await writeRescue(this.core, this.platform.files, this.me, this.account.me.name, this.today(), this.rescued);
    await this.platform.host.share(this.platform.files.path(r.file), r.name);
    this.rescued = new Set(r.more > 0 ? Array.from(this.rescued).concat(r.photos) : []);
    return r;
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
    const unsent = this.core.outbox();
    for (const d of this.drafts.all()) {
      const visit = d.kind === 'visit' && !(d as VisitDraft).correcting;
      if ((visit || d.kind === 'confirmation') && unsent.some((e) => e.type === d.kind && e.id === d.id)) {
        await this.drafts.drop(d.id).catch(() => undefined);
      }
    }
    const named = new Set(this.core.uploads.list().map((u) => u.ref));
    (this.drafts.all() as VisitDraft[]).forEach((d) => (d.photos || []).forEach((p) => named.add(p.file)));
    for (const f of await this.platform.files.list()) {
      if ((f.name.startsWith(this.me + '.p.') && !named.has(f.name)) || f.name.startsWith(this.me + '.r.')) {
        await this.platform.files.remove(f.name);
      }
    }
  }

  /** Puts changes into the outbox and sends them as soon as it can. */
  async save(changes: Change[]): Promise<void> {
    await this.core.save(changes);
    this.sent();
  }

  /** Something was put into the outbox. */
  sent(): void {
    this.bell.ring();
    this.driver.kick();
  }

  /** What the lists show of one household. */
  row(household: string): HouseRow | undefined {
    return this.all().find((r) => r.id === household);
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
      this.returnedOnes = returnedVisits(this.core, this.me);
      this.rowsAt = this.bell.version;
    }
    return this.rows;
  }

  private returned(): ReturnType<typeof returnedVisits> {
    this.all();
    return this.returnedOnes;
  }


  private async synced(_: SyncReport): Promise<void> {
    this.lastAt = this.core.serverNow();
    await this.own.commit(new Map([['last', String(this.lastAt)]])).catch(() => undefined);
    // Bodies are for reading: without them nothing is lost and the next sync asks again.
    await this.blobs.fetch(this.bodies()).catch(() => 0);
    await this.readBodies();
    if ((await this.clips.send().catch(() => 0)) > 0) {
      this.driver.kick(); // what the server made of it is fetched at once
    }
  }

  /** Fetches the township's bodies and more by their hashes; rejects with an ApiError. */
  async fetchBodies(more: string[]): Promise<void> {
    await this.blobs.fetch(this.bodies().concat(more));
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
