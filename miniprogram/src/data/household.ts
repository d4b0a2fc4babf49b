// One household as its page shows it: plain objects with the words ready.

import { Body } from '../form/paper';
import { SyncCore } from '../sync/core';
import { Shown } from '../sync/overlay';
import { Calendar } from './calendar';
import { dayWords } from './day';
import { moneyLine } from './measure';
import { Card, Form, Household, Measure, Member, Need, Pairing, Response, Visit } from './records';
import { HouseRow } from './today';
import { Chip, chip, Clock, clockChip, reviewed } from './words';

export interface MemberView {
  id: string;
  name: string;
  /** 户主 · 女 · 58 岁 */
  line: string;
  health: string;
  /** Left the household. */
  gone: boolean;
}

export interface MeasureView {
  id: string;
  /** What may be said or done next; docs of server/measure. */
  acts: MeasureAct[];
  /** 能繁母牛 2 头 · 1万元 */
  line: string;
  stage: string;
  result: string;
  /** The admin's words. */
  words: string;
  chip: Chip;
}

/** agree: ask whether the household agrees; begin, finish, stop: go on with it; arrived: ask whether it came. */
export type MeasureAct = 'agree' | 'begin' | 'finish' | 'stop' | 'arrived';

export interface VisitView {
  id: string;
  day: string;
  words: string;
  text: string;
  mine: boolean;
  chip: Chip;
  /** The admin's words. */
  reason: string;
}

export interface NeedView {
  id: string;
  text: string;
  kind: string;
  answer: string;
  /** 看病 · 等答复 · 答复：… */
  note: string;
  /** Of one that waits for an answer; null = no clock runs. */
  clock: Clock | null;
  overdue: boolean;
  owner: string;
  /** Still to be answered, or the answer still to be changed. */
  open: boolean;
}

/** A topic to explain again, and the card for it. */
export interface Weak {
  topic: string;
  name: string;
  card: string;
  title: string;
}

export interface HouseholdView {
  id: string;
  row: HouseRow;
  household: Household;
  risks: string[];
  members: MemberView[];
  measures: MeasureView[];
  visits: VisitView[];
  needs: NeedView[];
  weak: Weak[];
  helpers: Pairing[];
}

const STAGES: { readonly [s: string]: string } = { wish: '打算', plan: '计划', doing: '进行中', done: '已完成', stopped: '已停止' };
const NEED_STATES: { readonly [s: string]: string } = { open: '等答复', answered: '已答复', closed: '已办结' };

function list(v: unknown): string[] {
  return Array.isArray(v) ? v.filter((x): x is string => typeof x === 'string') : [];
}

function age(birth: string, today: string): string {
  const years = Number(today.slice(0, 4)) - Number(birth.slice(0, 4)) - (today.slice(5, 7) < birth.slice(5, 7) ? 1 : 0);
  return birth.length >= 4 && years >= 0 ? years + ' 岁' : '';
}

function arrivalChip(shown: Shown, delivered: Chip): Chip {
  return shown.unsent ? chip('待传') : delivered;
}

function memberView(m: Member, today: string): MemberView {
  return { id: m.id, name: m.name || '', line: [m.relation || '', m.sex || '', age(m.birth || '', today)].filter((x) => x !== '').join(' · '), health: m.health && m.health !== '健康' ? m.health : '', gone: (m.left || '') !== '' };
}

/** As the server would take it (server/measure/arrive.go). */
function actsOf(m: Measure): MeasureAct[] {
  const stage = m.stage || 'plan';
  const out: MeasureAct[] = [];
  if (!m.agreement && (stage === 'plan' || stage === 'doing')) {
    out.push('agree');
  }
  if (m.state === 'approved' && m.agreement === 'agreed' && stage !== 'done' && stage !== 'stopped') {
    out.push(...(stage === 'doing' ? (['finish'] as const) : (['begin', 'finish'] as const)));
  }
  if (m.state === 'approved' && stage !== 'wish' && !m.arrived) {
    out.push('arrived');
  }
  return stage === 'done' || stage === 'stopped' ? out : out.concat('stop');
}

const SAID: { readonly [s: string]: string } = { agreed: '农户同意', objected: '农户不同意', arrived: '已到', not_arrived: '农户说没到' };

function measureView(shown: Shown, today: string): MeasureView {
  const m = shown.row as unknown as Measure;
  const said = [STAGES[m.stage || 'plan'], SAID[m.agreement || ''] || '', SAID[m.arrived || ''] ? SAID[m.arrived || ''] + (m.arrivedDay ? ' ' + dayWords(m.arrivedDay, today) : '') : ''];
  return {
    id: m.id, line: moneyLine(m), stage: said.filter((x) => x !== '').join(' · '), result: m.result || '', words: m.words || '',
    chip: arrivalChip(shown, m.stage === 'wish' && !m.state ? chip('已送达') : reviewed(m.state)), acts: actsOf(m),
  };
}

function needView(n: Need, today: string, calendar: Calendar): NeedView {
  const clock = (n.state || 'open') === 'open' && n.due ? clockChip(n.due, today, calendar) : null;
  const note = [n.kind || '其他', NEED_STATES[n.state || 'open'], n.answer ? '答复：' + n.answer : ''];
  return {
    id: n.id, text: n.text || '', kind: n.kind || '其他', answer: n.answer || '', note: note.filter((x) => x !== '').join(' · '), clock, overdue: clock !== null && clock.tone === 'brick',
    owner: n.owner || '', open: n.state !== 'closed',
  };
}

/** How a paper's body is read; undefined when it is not on the phone. */
export type Bodies = (form: Form) => Body | undefined;

/** Topics of a response of which something was answered; one that was stopped early says nothing of the rest. */
function asked(r: Response, body: Body | undefined): string[] {
  if (!body) {
    return list(r.weak);
  }
  const given = new Set((Array.isArray(r.answers) ? r.answers : []).map((a) => String(Array.isArray(a) ? a[0] : '')));
  return body.topics.map((t) => t.key).filter((key) => body.items.some((it) => it.topic === key && given.has(it.key)));
}

/** Topics to explain again: of each topic the latest response that asked it counts, as for the rates. */
export function weakTopics(responses: Response[], forms: Form[], cards: Card[], bodies: Bodies): Weak[] {
  const latest = new Map<string, Weak | undefined>();
  for (const r of responses.slice().sort((a, b) => ((a.day || '') < (b.day || '') ? -1 : (a.day || '') > (b.day || '') ? 1 : 0))) {
    const f = forms.find((x) => x.id === r.form);
    const body = f && bodies(f);
    for (const topic of asked(r, body)) {
      const t = ((body && body.topics) || []).find((x) => x.key === topic);
      const code = (t && t.card) || '';
      const c = cards.find((x) => x.code === code && x.state === 'published');
      latest.set(topic, list(r.weak).includes(topic) ? { topic, name: (t && t.name) || topic, card: code, title: (c && c.title) || '' } : undefined);
    }
  }
  return Array.from(latest.values()).filter((w): w is Weak => w !== undefined);
}

export function householdView(core: SyncCore, id: string, row: HouseRow, me: string, today: string, calendar: Calendar, bodies: Bodies): HouseholdView | undefined {
  const house = core.house(id);
  const own = house.get('household');
  const base = own && own.get(id);
  if (!base) {
    return undefined;
  }
  const of = (type: string) => Array.from((house.get(type) || new Map<string, Shown>()).values());
  const rows = <R>(type: string) => of(type).map((s) => s.row as unknown as R);
  const common = <R>(type: string) => core.common(type) as unknown as R[];
  const visits = of('visit').map((s): VisitView => {
    const v = s.row as unknown as Visit;
    return { id: v.id, day: v.day || '', words: dayWords(v.day || '', today), text: v.text || '', mine: v.by === me, chip: arrivalChip(s, reviewed(v.state)), reason: v.words || '' };
  });
  return {
    id, row, household: base.row as unknown as Household, risks: list((base.row as unknown as Household).risks),
    members: rows<Member>('member').map((m) => memberView(m, today)),
    measures: of('measure').map((m) => measureView(m, today)),
    visits: visits.sort((a, b) => (a.day < b.day ? 1 : a.day > b.day ? -1 : 0)),
    needs: rows<Need>('need').map((n) => needView(n, today, calendar)),
    weak: weakTopics(rows<Response>('response'), common<Form>('form'), common<Card>('card'), bodies),
    helpers: rows<Pairing>('pairing').filter((p) => !p.to),
  };
}
