// What is done at the door: a visit opened, checked in, pictured, confirmed and
// saved. Nothing here asks for more than household and day.

import { DeviceError } from '../platform/types';
import { Store } from '../sync/store';
import { clockOf, dayOf } from './day';
import { Desk } from './desk';
import { Consent, Visit } from './records';
import { sha256 } from './sha256';
import { askFor, DraftPhoto, DraftWord, newVisit, nextStage, visitChanges, VisitDraft, wordPatch } from './visit';

/** Largest edge, in pixels, and quality to try until a photo fits. */
const SIZES: readonly [number, number][] = [[1600, 0.8], [1600, 0.6], [1280, 0.6], [1024, 0.5], [800, 0.4]];
const PHOTO_MAX = 200 << 10;

export class Visits {
  /** own keeps the choice of marking pictures. */
  constructor(private readonly desk: Desk, private readonly own: Store, private marked_: boolean) {}

  /** Opens a visit: the draft of the household if there is one, else a new one. Nothing is asked. */
  async open(household: string): Promise<VisitDraft> {
    const there = this.desk.drafts.all().find((d) => d.kind === 'visit' && d.household === household);
    if (there) {
      return there as VisitDraft;
    }
    const visits = this.desk.core.rows(household, 'visit').map((s) => s.row as unknown as Visit);
    const d = newVisit(await this.desk.core.newID(), household, this.desk.core.baseOf(household), this.desk.platform.clock.now(), this.desk.today());
    return { ...d, stage: nextStage(visits.map((v) => v.stage || 0)) };
  }

  /** Opens a returned visit for correction. */
  correct(household: string, id: string): VisitDraft | undefined {
    const there = this.desk.drafts.get<VisitDraft>(id);
    const shown = this.desk.core.row(household, 'visit', id);
    if (there || !shown) {
      return there;
    }
    const v = shown.row as unknown as Visit;
    const d = newVisit(id, household, this.desk.core.baseOf(household), this.desk.platform.clock.now(), v.day || this.desk.today());
    const met = (Array.isArray(v.met) ? v.met : []) as string[];
    return { ...d, stage: v.stage || 0, text: v.text || '', met, correcting: true };
  }

  /** Text of the latest visit, to begin from; "" = none. */
  lastText(household: string): string {
    const visits = this.desk.core.rows(household, 'visit').map((s) => s.row as unknown as Visit).sort((a, b) => ((a.day || '') < (b.day || '') ? 1 : -1));
    return visits.length > 0 ? visits[0].text || '' : '';
  }

  /** One tap at the door; without a place it is a time. Never rejects. */
  async checkIn(d: VisitDraft): Promise<VisitDraft> {
    const at = this.desk.platform.clock.now();
    try {
      return { ...d, checkinAt: at, place: await this.desk.platform.locator.locate() };
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
    const said = this.desk.core.rows(household, 'consent').map((s) => ({ c: s.row as unknown as Consent, unsent: s.unsent }));
    // Of two of one day that arrived, the one against pictures holds.
    const key = (x: { c: Consent; unsent: boolean }) => (x.unsent ? '1' : '0') + (x.c.day || '') + (x.unsent || x.c.answer === 'given' ? '0' : '1');
    const latest = said.reduce((m, x) => (m && key(m) > key(x) ? m : x), said[0]);
    return latest ? (latest.c.answer === 'given' ? 'given' : 'no') : '';
  }

  /** Notes what the household says of pictures. member = who said it; "" = somebody else of the family. */
  async noteConsent(household: string, answer: 'given' | 'refused', member: string): Promise<void> {
    const said = { answer, day: this.desk.today(), edition: this.desk.docs.consent().edition };
    await this.desk.add(household, 'consent', member ? { ...said, member } : { ...said, who: '家里人' });
  }

  /** Whether the last pictures were marked with time, place and name. */
  get marked(): boolean {
    return this.marked_;
  }

  async setMarked(on: boolean): Promise<void> {
    this.marked_ = on;
    await this.own.commit(new Map([['mark', on ? '1' : null]]));
  }

  /** Why there is no picture, in a sentence. */
  cameraWords(e: unknown): string {
    if (e instanceof DeviceError && e.why === 'refused' && !/[\u4e00-\u9fff]/.test(e.reason)) {
      return '没有拍照的权限。走访照样能记；要拍照，请在微信的设置里允许。';
    }
    const text = e instanceof Error ? e.message : '';
    return /[\u4e00-\u9fff]/.test(text) ? text : '照片没有存上。手机空间可能不够，走访照样能记。';
  }

  /** Takes one picture, small enough and kept at once; rejects with a DeviceError, or a SyncError when the phone is full. */
  async takePhoto(d: VisitDraft, lines: string[]): Promise<DraftPhoto> {
    if (this.consent(d.household) === 'no') {
      throw new DeviceError('refused', '这一户不同意拍照，走访照样能记。');
    }
    const [shot] = await this.desk.platform.camera.shoot(1);
    if (!shot) {
      throw new DeviceError('cancelled');
    }
    let bytes = new ArrayBuffer(0);
    for (const [edge, quality] of SIZES) {
      bytes = await this.desk.platform.camera.draw(shot, edge, quality, lines);
      if (bytes.byteLength <= PHOTO_MAX) {
        break;
      }
    }
    const id = await this.desk.core.newID();
    const file = this.desk.me + '.p.' + id + '.jpg';
    await this.desk.platform.files.write(file, bytes);
    return { id, file, size: bytes.byteLength, sha256: sha256(bytes), takenAt: this.desk.platform.clock.now(), place: lines.length > 0 ? this.placeOf(d.household) : '', cadre: lines.length > 0 ? this.desk.account.me.name : '' };
  }

  /** What is drawn at the foot of a picture: when, where, who. */
  photoLines(d: VisitDraft): string[] {
    const at = this.desk.platform.clock.now();
    return [dayOf(at) + ' ' + clockOf(at) + ' ' + this.placeOf(d.household), this.desk.account.me.name];
  }

  /** What is asked before saving; "" = nothing. */
  ask(d: VisitDraft): string {
    return askFor(d, this.desk.docs.evidence(d.day));
  }

  /** Saves a visit: resolves when the phone has it; rejects with a SyncError, the draft still being there. */
  async save(d: VisitDraft): Promise<void> {
    const words = this.wordsOn(d.id);
    const { changes, uploads } = visitChanges(d, words);
    await this.desk.core.save(changes, uploads);
    // Saved: a draft that cannot be taken away now is taken away at the next start.
    for (const id of words.map((w) => w.id).concat(d.id)) {
      await this.desk.drafts.drop(id).catch(() => undefined);
    }
    this.desk.sent();
  }

  /** Throws a visit away that was begun: its pictures, and what was said of it. */
  async drop(d: VisitDraft): Promise<void> {
    for (const id of this.wordsOn(d.id).map((w) => w.id).concat(d.id)) {
      await this.desk.drafts.drop(id);
    }
    for (const p of d.photos) {
      await this.desk.platform.files.remove(p.file);
    }
  }

  /** The household's word on a visit, on this phone: sent with the visit or after it, and never shown again. */
  async confirm(household: string, visit: string, answer: '来过' | '没来过' | '有事', text: string): Promise<void> {
    const id = await this.desk.core.newID();
    if (this.desk.core.row(household, 'visit', visit)) {
      await this.desk.save([{ type: 'confirmation', id, household, patch: wordPatch(visit, answer, text) }]);
      return;
    }
    const now = this.desk.platform.clock.now();
    const word: DraftWord = { id, kind: 'confirmation', household, base: this.desk.core.baseOf(household), openedAt: now, changedAt: now, visit, answer, text };
    this.desk.drafts.put(word);
    await this.desk.drafts.flush();
  }

  /** Whether the household's word on a visit was taken on this phone; what it said is not told. */
  confirmed(household: string, visit: string): boolean {
    return this.wordsOn(visit).length > 0 || this.desk.core.outbox().some((e) => e.type === 'confirmation' && e.patch !== null && e.patch.visit === visit) ||
      this.desk.core.rows(household, 'confirmation').some((s) => s.row.visit === visit);
  }

  /** How many pictures of a visit the server has or will get. */
  photosOf(household: string, visit: string): number {
    return this.desk.core.rows(household, 'photo').filter((s) => s.row.visit === visit).length;
  }

  private wordsOn(visit: string): DraftWord[] {
    return (this.desk.drafts.all() as DraftWord[]).filter((w) => w.kind === 'confirmation' && w.visit === visit);
  }

  private placeOf(household: string): string {
    const r = this.desk.row(household);
    return r ? r.place : '';
  }
}
