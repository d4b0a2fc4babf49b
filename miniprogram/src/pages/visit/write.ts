// One visit, from the door to saved. Every key is kept at once; leaving asks
// nothing; nothing but household and day is needed.

import { DraftNeed, HouseholdView, QUICK_PHRASES, touched, VisitDraft, Weak, withPhrase } from '../../data/index';
import { dataOf, page, PageThis, textOf } from '../../page';
import { DeviceError } from '../../platform/types';

const KINDS = ['看病', '上学', '住房', '饮水', '就业', '产业', '其他'];
const OUTPUTS: { readonly [output: string]: string } = { wish: '记下打算', measure: '定措施', result: '看成效', '': '帮扶措施' };

type Sheet = '' | 'when' | 'last' | 'consent' | 'photo' | 'need' | 'missing' | 'drop';

const view = {
  head: '', place: '', phone: '', kept: false, failed: '', words: '', correcting: false, day: '', stage: '', prompts: [] as string[], unfolded: false,
  checkin: '', placed: false, text: '', phrases: QUICK_PHRASES.slice(), last: '', photos: [] as { id: string; path: string }[], had: 0, refused: false, marked: false,
  weak: [] as Weak[], asked: 0, needs: [] as DraftNeed[], rows: [] as { id: string; line: string }[], output: '', sealed: false, busy: false,
  sheet: '' as Sheet, missing: '', kinds: KINDS, needing: { id: '', kind: '', text: '' } as DraftNeed, large: { id: '', path: '' },
  stages: [] as { stage: number; title: string; on: boolean }[], days: [] as { day: string; words: string; on: boolean }[],
  consent: { title: '', lines: [] as string[] }, speakers: [] as { id: string; name: string }[], speaker: '',
};

/** What is being written, before its first touch is kept. */
interface Work {
  opened: VisitDraft;
}

interface Helpers {
  written(d: VisitDraft): object;
  around(d: VisitDraft, house: HouseholdView): object;
  draft(): VisitDraft;
  put(change: Partial<VisitDraft>, field: string): void;
  write(text: string): void;
  shoot(): Promise<void>;
  setNeed(change: Partial<DraftNeed>): void;
  onward(url: string): void;
  save(): Promise<void>;
}

type Self = PageThis<typeof view, Helpers & WechatMiniprogram.IAnyObject> & Work;

Page(page({
  data: view,

  async begin(this: Self) {
    const { household, visit } = this.query;
    const d = visit ? this.desk.visits.correct(household, visit) : await this.desk.visits.open(household);
    if (!d) {
      this.say('这条走访现在不用改。');
      this.screen.back();
      return;
    }
    this.opened = d;
    this.setData({ text: d.text, marked: this.desk.visits.marked });
    this.screen.title(d.correcting ? '改正走访' : '走访');
  },

  draw(this: Self) {
    const d = this.opened && this.draft();
    const house = d && this.desk.household(d.household);
    if (!d) {
      return {};
    }
    // Handed over meanwhile: what was written is sent all the same.
    return { ...this.written(d), ...(house ? this.around(d, house) : { head: '这一户已移交', place: '写好的照样送到', phone: '', weak: [], last: '' }) };
  },

  /** What was written so far. */
  written(this: Self, d: VisitDraft) {
    const { files } = this.desk.platform;
    const stages = this.desk.docs.stages();
    const stage = stages.find((s) => s.stage === d.stage);
    return {
      kept: this.desk.drafts.get(d.id) !== undefined, failed: this.desk.drafts.failed, day: this.desk.dayWords(d.day), correcting: d.correcting,
      stage: stage ? '第' + '一二三四'[stage.stage - 1] + '访 ' + stage.title : '不分第几访', prompts: stage ? stage.prompts : [], output: OUTPUTS[(stage && stage.output) || ''],
      checkin: this.desk.visits.checkInWords(d), placed: d.place !== null, photos: d.photos.map((p) => ({ id: p.id, path: files.path(p.file) })),
      asked: d.quizzes.reduce((n, q) => n + q.answers.length, 0), needs: d.needs, rows: d.rows.map((r) => ({ id: r.id, line: r.line })),
      stages: stages.map((s) => ({ stage: s.stage, title: s.title, on: s.stage === d.stage })).concat({ stage: 0, title: '不分', on: d.stage === 0 }),
      days: this.desk.recentDays(d.day),
    };
  },

  /** What the phone knows of the household beside it. */
  around(this: Self, d: VisitDraft, house: HouseholdView) {
    const before = house.visits.find((v) => v.id === d.id);
    const last = this.desk.visits.lastText(d.household);
    return {
      head: house.row.head, place: house.row.place, phone: house.row.phone, words: before && d.correcting ? before.reason : '', had: d.correcting ? this.desk.visits.photosOf(d.household, d.id) : 0,
      refused: this.desk.visits.consent(d.household) === 'no', weak: house.weak.filter((w) => w.card !== ''), last: last === d.text ? '' : last, sealed: this.desk.visits.confirmed(d.household, d.id),
    };
  },

  draft(this: Self): VisitDraft {
    return this.desk.drafts.get<VisitDraft>(this.opened.id) || this.opened;
  },

  /** Keeps what was changed. */
  put(this: Self, change: Partial<VisitDraft>, field: string) {
    this.opened = touched({ ...this.draft(), ...change }, this.desk.platform.clock.now(), field, false);
    this.desk.drafts.put(this.opened);
    this.redraw();
  },

  /** Every tap on the form is counted once, of the system and never of a person. */
  tapped(this: Self) {
    if (this.opened && !this.data.busy) {
      const kept = this.desk.drafts.get(this.opened.id) !== undefined;
      this.opened = touched(this.draft(), this.desk.platform.clock.now());
      if (kept) {
        this.desk.drafts.put(this.opened);
      }
    }
  },

  typed(this: Self, e: WechatMiniprogram.Input) {
    this.put({ text: e.detail.value }, 'text');
  },

  /** Puts a text into the form; the input is told even where it was told the same before. */
  write(this: Self, text: string) {
    if (this.data.text === text) {
      this.setData({ text: text + ' ' });
    }
    this.setData({ text });
    this.put({ text }, 'text');
  },

  phrase(this: Self, e: WechatMiniprogram.TouchEvent) {
    this.write(withPhrase(this.draft().text, dataOf(e).text));
  },

  openLast(this: Self) {
    this.setData({ sheet: 'last' });
  },

  copyLast(this: Self) {
    this.setData({ sheet: '' });
    this.write(withPhrase(this.draft().text, this.data.last));
  },

  choose(this: Self) {
    this.setData({ sheet: 'when' });
  },

  setStage(this: Self, e: WechatMiniprogram.TouchEvent) {
    this.put({ stage: Number(dataOf(e).stage) }, 'stage');
  },

  setDay(this: Self, e: WechatMiniprogram.TouchEvent) {
    this.put({ day: dataOf(e).day }, 'day');
  },

  close(this: Self) {
    this.setData({ sheet: '' });
  },

  fold(this: Self) {
    this.setData({ unfolded: !this.data.unfolded });
  },

  async check(this: Self) {
    // The time is noted at the tap; the place may come later, or never.
    this.put({ checkinAt: this.desk.platform.clock.now() }, 'checkin');
    const d = await this.desk.visits.checkIn(this.draft());
    this.put({ place: d.place }, 'checkin');
  },

  uncheck(this: Self) {
    this.put({ checkinAt: 0, place: null }, 'checkin');
  },

  async shoot(this: Self) {
    const d = this.draft();
    if (this.desk.visits.consent(d.household) === '') {
      const house = this.desk.household(d.household);
      if (!house) { // handed over meanwhile: there is nobody to be asked
        this.say('这一户已移交，不再拍照。写好的照样送到。');
        return;
      }
      const speakers = house.members.filter((m) => !m.gone).map((m) => ({ id: m.id, name: m.name })).concat({ id: '', name: '别的家里人' });
      const { title, lines } = this.desk.docs.consent();
      this.setData({ sheet: 'consent', consent: { title, lines }, speakers, speaker: speakers[0].id });
      return;
    }
    try {
      const photo = await this.desk.visits.takePhoto(d, this.data.marked ? this.desk.visits.photoLines(d) : []);
      this.put({ photos: this.draft().photos.concat(photo) }, 'photo');
    } catch (e) {
      if (!(e instanceof DeviceError) || e.why !== 'cancelled') {
        this.say(this.desk.visits.cameraWords(e));
      }
    }
  },

  speak(this: Self, e: WechatMiniprogram.TouchEvent) {
    this.setData({ speaker: dataOf(e).id });
  },

  async answerConsent(this: Self, e: WechatMiniprogram.TouchEvent) {
    const { answer } = dataOf(e);
    this.setData({ sheet: '' });
    if ((await this.act(() => this.desk.visits.noteConsent(this.opened.household, answer as 'given' | 'refused', this.data.speaker))) && answer === 'given') {
      await this.shoot();
    }
  },

  look(this: Self, e: WechatMiniprogram.TouchEvent) {
    const large = this.data.photos.find((p) => p.id === dataOf(e).id);
    this.setData({ sheet: 'photo', large });
  },

  dropPhoto(this: Self) {
    this.setData({ sheet: '' });
    this.put({ photos: this.draft().photos.filter((p) => p.id !== this.data.large.id) }, 'photo');
  },

  mark(this: Self) {
    this.setData({ marked: !this.data.marked });
    return this.act(() => this.desk.visits.setMarked(this.data.marked));
  },

  async need(this: Self, e: WechatMiniprogram.TouchEvent) {
    const there = this.draft().needs.find((n) => n.id === dataOf(e).id);
    this.setData({ sheet: 'need', needing: there || { id: await this.desk.core.newID(), kind: '其他', text: '' } });
  },

  needKind(this: Self, e: WechatMiniprogram.TouchEvent) {
    this.setData({ 'needing.kind': dataOf(e).kind });
    this.setNeed({ kind: dataOf(e).kind });
  },

  needTyped(this: Self, e: WechatMiniprogram.CustomEvent) {
    this.setNeed({ text: textOf(e) });
  },

  /** Keeps the need of the sheet; its input is not told what was typed into it. */
  setNeed(this: Self, change: Partial<DraftNeed>) {
    const { needing } = this.data;
    const { needs } = this.draft();
    const now = { ...(needs.find((n) => n.id === needing.id) || needing), ...change };
    this.put({ needs: needs.some((n) => n.id === now.id) ? needs.map((n) => (n.id === now.id ? now : n)) : needs.concat(now) }, 'need');
  },

  keepNeed(this: Self) {
    this.setData({ sheet: '', needing: { id: '', kind: '', text: '' } });
    this.put({ needs: this.draft().needs.filter((n) => n.text.trim() !== '') }, 'need');
  },

  dropRow(this: Self, e: WechatMiniprogram.TouchEvent) {
    this.put({ rows: this.draft().rows.filter((r) => r.id !== dataOf(e).id) }, 'measure');
  },

  call(this: Self) {
    return this.act(() => this.desk.platform.host.call(this.data.phone));
  },

  house(this: Self) {
    this.screen.open('/pages/household/show?id=' + this.opened.household);
  },

  card(this: Self, e: WechatMiniprogram.TouchEvent) {
    this.screen.open('/pages/booklet/card?code=' + dataOf(e).code);
  },

  /** Another page goes on with the draft: it has to be kept before. */
  onward(this: Self, url: string) {
    this.put({}, '');
    this.screen.open(url + '?household=' + this.opened.household + '&visit=' + this.opened.id);
  },

  ask(this: Self) {
    this.onward('/pages/visit/quiz');
  },

  measure(this: Self) {
    this.onward('/pages/measure/write');
  },

  confirm(this: Self) {
    this.onward('/pages/visit/confirm');
  },

  finish(this: Self) {
    if (this.data.busy) {
      return;
    }
    this.put({}, '');
    const missing = this.desk.visits.ask(this.draft());
    if (missing) {
      this.setData({ sheet: 'missing', missing });
      return;
    }
    void this.save();
  },

  async save(this: Self) {
    if (this.data.busy) {
      return;
    }
    this.setData({ busy: true, sheet: '' });
    const done = touched(this.draft(), this.desk.platform.clock.now());
    if (await this.act(() => this.desk.visits.save(done))) {
      this.screen.say('存好了');
      this.screen.back();
    }
    this.setData({ busy: false });
  },

  askDrop(this: Self) {
    this.setData({ sheet: 'drop' });
  },

  async drop(this: Self) {
    if (await this.act(() => this.desk.visits.drop(this.draft()))) {
      this.screen.back();
    }
  },
}));
