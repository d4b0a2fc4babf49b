// What a household sees of itself and says: who helps, what came, who was
// there. All of it from the phone's own store; what is said waits for a link
// as a visit does.

import { SyncCore } from '../sync/core';
import { Shown } from '../sync/overlay';
import { Change } from '../sync/types';
import { Calendar } from './calendar';
import { dayWords } from './day';
import { Draft, Drafts } from './drafts';
import { Complaint, Confirmation, Household, Measure, Need, Pairing, Visit } from './records';
import { Clock, clockChip, moneyWords } from './words';

/** How many visits the household is asked about, the latest first. */
const VISITS = 3;

export type Answer = '来过' | '没来过' | '有事';

export interface HelperView {
  id: string;
  name: string;
  unit: string;
  phone: string;
}

export interface HelpView {
  id: string;
  /** 能繁母牛 2 头 · 1万元 */
  what: string;
  /** Whether it came, in words: 钱已到, 正在办. */
  state: string;
  came: boolean;
  /** Asked whether it came; what the household said is shown as well. */
  asked: boolean;
  said: '' | '到了' | '没到';
}

export interface CallerView {
  id: string;
  /** 11月12日 有人来过吗？ */
  words: string;
  text: string;
  said: Answer | '';
}

export interface SaidView {
  id: string;
  /** 难处, 投诉, 建议 */
  kind: string;
  text: string;
  state: string;
  /** Of a need that waits for its answer; null = no clock runs. */
  clock: Clock | null;
  answer: string;
  /** The household may say what it thinks of the answer. */
  rate: boolean;
  rating: string;
}

export interface OwnView {
  head: string;
  helpers: HelperView[];
  helps: HelpView[];
  visits: CallerView[];
  said: SaidView[];
}

/** What is being said to the township; kept at every key as a visit is. */
export interface SayDraft extends Draft {
  kind: 'say';
  what: '难处' | '投诉' | '建议';
  /** Kind of a need, or whom a complaint is about. */
  about: string;
  text: string;
}

function arrivalWords(m: Measure): { state: string; came: boolean } {
  const amount = m.amount || 0;
  const given = m.given || 0;
  if (given > 0) {
    return given < amount ? { state: '到了 ' + moneyWords(given) + '，还差 ' + moneyWords(amount - given), came: false } : { state: '已到 ' + moneyWords(given), came: true };
  }
  const done = m.stage === 'done';
  const stages: { readonly [s: string]: string } = { wish: '您家的打算，还没定', doing: '正在办', done: '已办好', stopped: '不办了' };
  return { state: (stages[m.stage || ''] || '已定，还没开始') + (amount > 0 && !done && m.stage !== 'stopped' ? '，钱还没到' : ''), came: done };
}

function helpView(shown: Shown): HelpView {
  const m = shown.row as unknown as Measure;
  const what = (m.what || m.kind || '') + (m.quantity ? ' ' + m.quantity + ' ' + (m.unit || '') : '');
  const said = m.arrived === 'arrived' ? '到了' : m.arrived === 'not_arrived' ? '没到' : '';
  const { state, came } = arrivalWords(m);
  return { id: m.id, what: m.amount ? what + ' · ' + moneyWords(m.amount) : what, state, came, asked: m.stage !== 'wish' && m.stage !== 'stopped', said };
}

function needView({ row, unsent }: Shown, today: string, calendar: Calendar): SaidView {
  const n = row as unknown as Need;
  const state = unsent ? '待传' : n.state === 'closed' ? '已办结' : n.answer ? '已答复' : '等答复';
  return { id: n.id, kind: '难处', text: n.text || '', state, clock: state === '等答复' && n.due ? clockChip(n.due, today, calendar) : null, answer: n.answer || '', rate: (n.answer || '') !== '' && !n.rating, rating: n.rating || '' };
}

function complaintView({ row, unsent }: Shown): SaidView {
  const c = row as unknown as Complaint;
  return { id: c.id, kind: c.kind || '投诉', text: c.text || '', state: unsent ? '待传' : c.answer ? '已答复' : '等答复', clock: null, answer: c.answer || '', rate: false, rating: '' };
}

export class Own {
  constructor(
    private readonly core: SyncCore, private readonly drafts: Drafts, private readonly now: () => number,
    private readonly save: (changes: Change[]) => Promise<void>,
  ) {}

  /** The household whose own phone this is; "" = not here yet. */
  household(): string {
    return this.core.households().find((id) => this.core.rows(id, 'household').some((s) => !(s.row as unknown as Household).kind)) || '';
  }

  view(today: string, calendar: Calendar): OwnView {
    const id = this.household();
    const rows = (type: string) => (id ? this.core.rows(id, type) : []);
    const own = rows('household').map((s) => s.row as unknown as Household)[0];
    const answers = rows('confirmation').map((s) => s.row as unknown as Confirmation);
    const said = (visit: string) => (answers.filter((a) => a.visit === visit && a.channel !== 'cadre_phone').map((a) => a.answer)[0] || '') as Answer | '';
    const visits = rows('visit').map((s) => s.row as unknown as Visit).sort((a, b) => ((a.day || '') < (b.day || '') ? 1 : -1));
    return {
      head: (own && own.head) || '',
      helpers: rows('pairing').map((s) => s.row as unknown as Pairing).filter((p) => !p.to).map((p) => ({ id: p.id, name: p.name || '', unit: p.unit || '', phone: p.phone || '' })),
      helps: rows('measure').filter((s) => (s.row as unknown as Measure).state !== 'rejected').sort((a, b) => ((a.row.from || '') < (b.row.from || '') ? 1 : -1)).map(helpView),
      visits: visits.slice(0, VISITS).map((v) => ({ id: v.id, words: dayWords(v.day || '', today) + '有人来过吗？', text: v.text || '', said: said(v.id) })),
      said: rows('need').map((s) => needView(s, today, calendar)).concat(rows('complaint').map(complaintView)),
    };
  }

  /** One tap about a visit. */
  async confirm(visit: string, answer: Answer): Promise<void> {
    await this.save([{ type: 'confirmation', id: await this.core.newID(), household: this.household(), patch: { visit, answer } }]);
  }

  /** Whether what was promised has come. */
  arrived(measure: string, came: boolean): Promise<void> {
    const household = this.household();
    return this.save([{ type: 'measure', id: measure, household, base: this.core.baseOf(household), patch: { arrived: came ? 'arrived' : 'not_arrived' } }]);
  }

  rate(need: string, rating: string): Promise<void> {
    const household = this.household();
    return this.save([{ type: 'need', id: need, household, base: this.core.baseOf(household), patch: { rating } }]);
  }

  /** What was begun, else something new. */
  async saying(): Promise<SayDraft> {
    const there = this.drafts.all().find((d) => d.kind === 'say') as SayDraft | undefined;
    const now = this.now();
    const household = this.household();
    return there || { id: await this.core.newID(), kind: 'say', household, base: this.core.baseOf(household), openedAt: now, changedAt: now, what: '难处', about: '', text: '' };
  }

  /** Sends what was written; rejects with a sentence, the draft still being there. */
  async send(d: SayDraft): Promise<void> {
    const text = d.text.trim();
    if (text === '') {
      throw new Error('请先写一句，想说什么都行。');
    }
    const need = d.what === '难处';
    const patch = need ? { text, kind: d.about || '其他' } : { text, kind: d.what, ...(d.about ? { whom: d.about } : {}) };
    await this.save([{ type: need ? 'need' : 'complaint', id: d.id, household: d.household, patch }]);
    await this.drafts.drop(d.id).catch(() => undefined);
  }
}
