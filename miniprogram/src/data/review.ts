// What waits for the township admin, one card a record.

import { InboxPage, Reviewed } from '../api/shapes';
import { dayWords } from './day';
import { Clip, Measure, Visit } from './records';
import { moneyWords } from './words';

export interface ReviewKind {
  type: Reviewed;
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
}

/** Words of the reviewed types, in the order of the tabs. */
export const REVIEWED: readonly { type: Reviewed; name: string }[] = [{ type: 'visit', name: '走访' }, { type: 'measure', name: '帮扶措施' }, { type: 'clip', name: '录音' }];

function textOf(type: Reviewed, row: unknown): string {
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

export function reviewRows(type: Reviewed, page: InboxPage, today: string, dayOf: (at: number) => string): ReviewRow[] {
  return page.rows.map((row, i) => {
    const a = page.about[i];
    const day = typeof row.day === 'string' ? row.day : dayOf(a.at);
    const said = a.confirmation;
    return {
      id: row.id, rev: row.rev, household: typeof row.household === 'string' ? row.household : '', head: [a.head, a.place].filter((x) => x !== '').join(' · '),
      who: [a.author, dayWords(day, today)].filter((x) => x !== '').join(' · '), text: textOf(type, row), photos: a.photos,
      word: said ? '这家人说：' + said.answer + (said.text ? '，“' + said.text + '”' : '') + (said.channel === 'own' ? '' : '（在干部手机上点的）') : '',
    };
  });
}
