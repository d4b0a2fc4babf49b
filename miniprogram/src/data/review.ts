// What waits for the township admin, one card a record.

import { Api } from '../api/calls';
import { InboxPage, Kept, Queue, Reviewed } from '../api/shapes';
import { valueWords } from './change';
import { dayOf, dayWords } from './day';
import { ChangeLine, changeLines, proposalTitle } from './proposal';
import { Clip, Household, Measure, Pairing, Proposal, Visit } from './records';
import { fieldWord, hasWord, moneyWords, NAMES } from './words';

export interface ReviewKind {
  type: Queue;
  name: string;
  /** How many wait; 0 = none. */
  n: number;
}

export interface ReviewRow {
  id: string;
  rev: number;
  household: string;
  /** 户主甲 · 坪子村二组 */
  head: string;
  /** 干部丙 · 昨天 */
  who: string;
  text: string;
  /** What the household said of it; "" = nothing. */
  word: string;
  photos: number;
  /** What would change, field by field; [] = text says it all. */
  lines: ChangeLine[];
}

/** What a kind is called, what may be said to it, and whether many can be decided at once and taken back. */
export interface QueueKind {
  type: Queue;
  name: string;
  yes: string;
  no: string;
  /** Said of a decision: 通过了 3 条. */
  done: { yes: string; no: string };
  /** Sentences to choose from for a no. */
  reasons: readonly string[];
  /** Who reads the reason. */
  reader: string;
  many: boolean;
  note: string;
}

const SENT = { yes: '通过', no: '退回', done: { yes: '通过了', no: '退回了' }, reasons: ['照片看不清，请补拍。', '请写明做了什么。', '日期不对，请改。'], reader: '写的人会看到这句话', many: true, note: '' };

/** In the order of the tabs. */
export const QUEUES: readonly QueueKind[] = [
  { ...SENT, type: 'visit', name: '走访' }, { ...SENT, type: 'measure', name: '帮扶措施' }, { ...SENT, type: 'clip', name: '录音' },
  {
    type: 'proposal', name: '资料变更', yes: '采纳', no: '不采纳', done: { yes: '采纳了', no: '没采纳' }, reasons: ['请附上凭据再报。', '跟实际不一样，请核实。'], reader: '写的人会看到这句话', many: false,
    note: '采纳了就照着改，撤不回来；要改回去，再报一次。',
  },
  {
    type: 'quarantine', name: '搁着的', yes: '接收', no: '不接收', done: { yes: '接收了', no: '没接收' }, reasons: ['已经另外记过。', '跟这家人核实过，不是这样。'], reader: '记下来备查', many: false,
    note: '手机送来、但不能自己收下的内容。接收就照写的人写的存好；不接收也原样留着。',
  },
];

const WHY: { readonly [why: string]: string } = { late: '结对结束很久以后才送到', 'push-only': '账号停用以后才送到', wiped: '手机报失以后才送到', unreadable: '读不出来' };

function textOf(type: Reviewed | 'proposal', row: unknown): string {
  if (type === 'proposal') {
    const p = row as Proposal;
    return proposalTitle(p) + (p.reason ? '\n为什么：' + p.reason : '');
  }
  if (type === 'visit') {
    return (row as Visit).text || '（没有写字）';
  }
  if (type === 'clip') {
    const c = row as Clip;
    return [c.dialect || '', c.seconds ? c.seconds + ' 秒' : ''].filter((x) => x !== '').join(' · ');
  }
  const m = row as Measure;
  const what = [m.kind || '', m.what || '', m.quantity ? m.quantity + ' ' + (m.unit || '') : '', m.amount ? moneyWords(m.amount) : ''];
  return what.concat(m.result || '').filter((x) => x !== '').join(' · ');
}

function pageRows(type: Reviewed | 'proposal', page: InboxPage, today: string): ReviewRow[] {
  return page.rows.map((row, i) => {
    const a = page.about[i];
    const day = typeof row.day === 'string' ? row.day : dayOf(a.at);
    const said = a.confirmation;
    return {
      id: row.id, rev: row.rev, household: typeof row.household === 'string' ? row.household : '', head: [a.head, a.place].filter((x) => x !== '').join(' · '),
      who: [a.author, dayWords(day, today)].filter((x) => x !== '').join(' · '), text: textOf(type, row), photos: a.photos, lines: type === 'proposal' ? changeLines(row as unknown as Proposal) : [],
      word: said ? '这家人说：' + said.answer + (said.text ? '，“' + said.text + '”' : '') + (said.channel === 'own' ? '' : '（在干部手机上点的）') : '',
    };
  });
}

function keptRow(k: Kept, house: Household, helpers: Pairing[], today: string): ReviewRow {
  const [, type, , , patch] = k.mutation;
  const author = helpers.find((p) => p.cadre === k.by);
  const { text, ...rest } = patch || {};
  const lines = Object.keys(rest).filter(hasWord).map((name) => ({ name: fieldWord(name), before: '', after: valueWords({ name }, rest[name]), theirs: '' }));
  const said = [NAMES[type] || type, WHY[k.why] || k.why].join(' · ') + (patch === null ? '\n要删掉这一条。' : typeof text === 'string' ? '\n' + text : '');
  return {
    id: k.id, rev: 0, household: k.household, head: [house.head || '', house.place || ''].filter((x) => x !== '').join(' · '), who: [(author && author.name) || '', dayWords(dayOf(k.at), today)].filter((x) => x !== '').join(' · '),
    text: said, word: '', photos: 0, lines: lines.filter((l) => l.after !== ''),
  };
}

async function keptRows(api: Api, rows: Kept[], today: string): Promise<ReviewRow[]> {
  const ids = Array.from(new Set(rows.map((k) => k.household)));
  const found = await Promise.all(ids.map((id) => Promise.all([api.householdRow(id), api.pairingsOf(id)])));
  return rows.map((k) => {
    const [house, helpers] = found[ids.indexOf(k.household)];
    return keptRow(k, house, helpers.rows, today);
  });
}

export interface QueuePage {
  rows: ReviewRow[];
  next: string;
  /** How much waits of a kind. */
  counts: { [type in Queue]: number };
}

/** A page of what waits, the longest first; rejects with an ApiError. */
export async function queuePage(api: Api, type: Queue, after: string, limit: number, today: string): Promise<QueuePage> {
  const page = await api.inbox(type === 'quarantine' ? 'visit' : type, type === 'quarantine' ? '' : after, type === 'quarantine' ? 1 : limit);
  const count = (t: Queue) => page.counts.filter((c) => c.type === t && (c.state === 'pending' || c.state === 'open')).reduce((n, c) => n + c.n, 0);
  const counts = { visit: count('visit'), measure: count('measure'), clip: count('clip'), proposal: count('proposal'), quarantine: count('quarantine') };
  if (type !== 'quarantine') {
    return { rows: pageRows(type, page, today), next: page.next || '', counts };
  }
  const kept = await api.quarantine(after, limit);
  return { rows: await keptRows(api, kept.rows, today), next: kept.next || '', counts };
}

/** Settles a change that was asked for or put aside; rejects with an ApiError. */
export async function settle(api: Api, type: 'proposal' | 'quarantine', row: ReviewRow, yes: boolean, reason: string): Promise<void> {
  if (type === 'proposal') {
    await api.settle(row.id, row.rev, yes ? 'accept' : 'refuse', reason);
  } else {
    await api.settleKept(row.id, yes ? 'take' : 'refuse', reason);
  }
}
