// The first sync as the home page shows it, until all has come once: counts of
// what is here and, where the server told it, of what there is. No guess.

import { SyncCore } from '../sync/core';

export interface FirstSync {
  /** 正在取资料 */
  title: string;
  /** 12 / 20 户，345 条; "" = nothing is here yet. */
  counts: string;
  note: string;
  /** Percent of the households; -1 = how many there are is not known. */
  percent: number;
}

export interface Going {
  busy: boolean;
  /** No link: none at all, or the last attempt was cut. */
  offline: boolean;
}

/** Households there will be, the township's own left out; 0 = not known. */
export function allOf(p: ReturnType<SyncCore['progress']>): number {
  return p.left > 0 ? p.households + p.left : 0;
}

export function firstSync(p: ReturnType<SyncCore['progress']>, going: Going): FirstSync {
  const all = allOf(p);
  const counts = p.rows === 0 ? '' : p.households + (all > 0 ? ' / ' + all : '') + ' 户，' + p.rows + ' 条';
  const percent = all > 0 ? Math.floor((100 * p.households) / all) : -1;
  if (going.busy) {
    return { title: '正在取资料', counts, note: counts ? '取到的已经能用，不用等。' : '头一次要取全，以后只取变了的。', percent };
  }
  if (going.offline) {
    return { title: counts ? '断了' : '还没连上', counts, note: counts ? '接上后从这里继续，取到的已经能用。' : '有网时自己会取，取来就能离线用。', percent };
  }
  return { title: '资料还没取全', counts, note: '下拉一下，从这里继续。', percent };
}
