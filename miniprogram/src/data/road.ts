// 出发前检查: is everything on the phone that a day without signal needs.

import { Desk } from './desk';
import { momentWords, sizeWords } from './day';

export interface RoadLine {
  key: 'login' | 'fresh' | 'cards' | 'papers' | 'sound' | 'unsent' | 'space';
  name: string;
  /** As it is. */
  text: string;
  ok: boolean;
}

/** Room for a day of pictures: 8 of at most 200 KB, and as much again. */
const ROOM = 16 * (200 << 10);
const DAY = 86400000;

export async function roadLines(desk: Desk): Promise<RoadLine[]> {
  const { core, blobs, docs, driver } = desk;
  const cards = desk.cards();
  const missing = (hashes: string[]) => hashes.filter((h) => h !== '' && !blobs.has(h)).length;
  const cardsMissing = missing(cards.map((c) => c.sha256 || ''));
  const papers = desk.paperRows();
  const papersMissing = missing(papers.map((f) => f.sha256 || '').concat(docs.hashes()));
  const sounds = desk.clips.hashes(cards);
  const soundsMissing = missing(sounds);
  const space = await desk.platform.space.storage();
  const files = (await desk.platform.files.list()).reduce((n, f) => n + f.size, 0);
  const room = desk.platform.space.filesLimit - files;
  const low = space.limit - space.used < space.limit / 10;
  const light = desk.light();
  const lastAt = desk.lastSyncAt();
  const have = (total: number, gone: number, unit: string) => (total === 0 ? '没有' : gone === 0 ? total + ' ' + unit + '都在' : '还差 ' + gone + ' ' + unit);
  const out = driver.trouble === 'disabled' ? '账号已停用' : driver.lapsed ? '过期了，请先重新登录' : '';
  return [
    { key: 'login', name: '登录', text: out || '有效', ok: out === '' },
    { key: 'fresh', name: '农户资料', text: lastAt > 0 ? core.households().length - 1 + ' 户，' + momentWords(lastAt, core.serverNow()) + ' 取的' : '还没取来', ok: lastAt > 0 && core.serverNow() - lastAt < DAY },
    { key: 'cards', name: '口袋书', text: have(cards.length, cardsMissing, '张'), ok: cards.length > 0 && cardsMissing === 0 },
    { key: 'papers', name: '题目和规定', text: have(papers.length, papersMissing, '份'), ok: papersMissing === 0 },
    { key: 'sound', name: '录音', text: have(sounds.length, soundsMissing, '段'), ok: soundsMissing === 0 },
    { key: 'unsent', name: '没传的', text: light.unsent > 0 ? light.unsent + ' 条，有网先传' : '都传了', ok: light.unsent === 0 },
    { key: 'space', name: '手机空间', text: low || room < ROOM ? '快满了，请先传完或清理手机' : '还能存 ' + sizeWords(room), ok: !low && room >= ROOM },
  ];
}

/** Fetches everything that is missing. Rejects with a sentence when there is no link. */
export async function loadAll(desk: Desk): Promise<void> {
  await desk.driver.pull();
  if (desk.driver.cut || !desk.driver.online) {
    throw new Error('现在没有网，请找有信号的地方再取。');
  }
  await desk.fetchBodies(desk.clips.hashes(desk.cards()));
}
