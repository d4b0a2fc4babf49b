// One household as its page shows it: plain objects with the words ready.

import { SyncCore } from '../sync/core';
import { Shown } from '../sync/overlay';
import { dayWords } from './day';
import { Card, Form, Household, Measure, Member, Need, Pairing, Response, Visit } from './records';
import { HouseRow } from './today';
import { Chip, chip, moneyWords, reviewed } from './words';

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
  /** 能繁母牛 2 头 · 1万元 */
  line: string;
  stage: string;
  result: string;
  chip: Chip;
}

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
  due: string;
  overdue: boolean;
  state: string;
  owner: string;
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

function measureView(shown: Shown): MeasureView {
  const m = shown.row as unknown as Measure;
  const what = (m.what || m.kind || '') + (m.quantity ? ' ' + m.quantity + ' ' + (m.unit || '') : '');
  return { id: m.id, line: m.amount ? what + ' · ' + moneyWords(m.amount) : what, stage: STAGES[m.stage || 'plan'], result: m.result || '', chip: arrivalChip(shown, reviewed(m.state)) };
}

function needView(n: Need, today: string): NeedView {
  const open = (n.state || 'open') === 'open';
  return { id: n.id, text: n.text || '', kind: n.kind || '其他', answer: n.answer || '', due: n.due ? dayWords(n.due, today) + '前答复' : '', overdue: open && n.due !== undefined && n.due < today, state: NEED_STATES[n.state || 'open'], owner: n.owner || '' };
}

/** How a paper's body is read: its topics by key; undefined when it is not on the phone. */
export type Topics = (form: Form) => { key: string; name: string; card?: string }[] | undefined;

/** Topics to explain again: of each paper the latest answers count. */
export function weakTopics(responses: Response[], forms: Form[], cards: Card[], topics: Topics): Weak[] {
  const latest = new Map<string, Response>();
  for (const r of responses) {
    const f = forms.find((x) => x.id === r.form);
    const code = (f && f.code) || r.form || '';
    const before = latest.get(code);
    if (!before || (r.day || '') >= (before.day || '')) {
      latest.set(code, r);
    }
  }
  const out: Weak[] = [];
  latest.forEach((r) => {
    const f = forms.find((x) => x.id === r.form);
    const known = (f && topics(f)) || [];
    for (const topic of list(r.weak)) {
      const t = known.find((x) => x.key === topic);
      const code = (t && t.card) || '';
      const c = cards.find((x) => x.code === code && x.state === 'published');
      if (!out.some((w) => w.topic === topic)) {
        out.push({ topic, name: (t && t.name) || topic, card: code, title: (c && c.title) || '' });
      }
    }
  });
  return out;
}

export function householdView(core: SyncCore, id: string, row: HouseRow, me: string, today: string, topics: Topics): HouseholdView | undefined {
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
    measures: of('measure').map(measureView),
    visits: visits.sort((a, b) => (a.day < b.day ? 1 : a.day > b.day ? -1 : 0)),
    needs: rows<Need>('need').map((n) => needView(n, today)),
    weak: weakTopics(rows<Response>('response'), common<Form>('form'), common<Card>('card'), topics),
    helpers: rows<Pairing>('pairing').filter((p) => !p.to),
  };
}
