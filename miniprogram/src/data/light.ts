// The honest light of the header: green only when the server has acknowledged
// every item and every photo.

import { momentWords } from './day';
import { Trouble } from './driver';
import { Tone } from './words';

export interface Light {
  text: string;
  tone: Tone;
  /** Items and photos not acknowledged yet. */
  unsent: number;
  returned: number;
  drafts: number;
  busy: boolean;
  /** What the user can do about it, in a sentence; "" = nothing to do. */
  hint: string;
}

export interface Seen {
  unsent: number;
  /** Photos that were given up and wait for the user. */
  failed: number;
  returned: number;
  drafts: number;
  households: number;
  /** Of them all, where the first sync knows; 0 = not known. */
  all: number;
  busy: '' | 'sync' | 'photos';
  online: boolean;
  cut: boolean;
  trouble: Trouble;
  reason: string;
  /** When everything had last been acknowledged and fetched; 0 = never. */
  lastAt: number;
  now: number;
  /** Device time of the oldest unsent item; 0 = none. */
  oldestAt: number;
}

const WEEK = 7 * 86400000;

/** What is over until the user or the township does something. */
const OVER: { readonly [trouble in Trouble]?: string } = { login: '请重新登录', ended: '请重新登录', disabled: '账号已停用', update: '请更新' };

export function lightOf(s: Seen): Light {
  const waiting = s.unsent + s.failed;
  const last = s.lastAt > 0 ? ' · 上次 ' + momentWords(s.lastAt, s.now) : '';
  const out = { unsent: waiting, returned: s.returned, drafts: s.drafts, busy: s.busy !== '', hint: hintOf(s) };
  const say = (text: string, tone: Tone): Light => ({ ...out, text, tone });
  const sum = waiting > 0 ? '待传 ' + waiting : '';
  const over = OVER[s.trouble];
  if (over) {
    return say(sum ? over + ' · ' + sum : over, 'brick');
  }
  if (s.returned > 0) {
    return say(['退回 ' + s.returned, sum].filter((x) => x !== '').join(' · '), 'brick');
  }
  if (!s.online || s.cut) {
    return say(['离线', sum].filter((x) => x !== '').join(' · ') + last, waiting > 0 ? 'amber' : 'slate');
  }
  if (waiting > 0) {
    return say(sum + last, 'amber');
  }
  if (s.lastAt === 0) {
    return say(s.busy ? '正在取资料 · ' + s.households + (s.all > 0 ? ' / ' + s.all : '') + ' 户' : '还没连上', 'slate');
  }
  if (s.trouble !== '') {
    return say('没连上' + last, 'amber');
  }
  return say('已全部送达 · ' + momentWords(s.lastAt, s.now), 'pine');
}

function hintOf(s: Seen): string {
  if (s.trouble === 'disabled') {
    return '这个账号已停用：没传完的还会交给乡镇，新的资料看不到了。有疑问请问乡镇管理员。';
  }
  if (s.trouble === 'ended') {
    return '镇里结束了这部手机的登录，请重新登录接着用。写的都没有丢，没传的先交镇里收着。';
  }
  if (s.trouble === 'login') {
    return '登录过期了，请重新登录。没传的都还在。';
  }
  if (s.trouble === 'update') {
    return '小程序太旧，请更新。没传的会照样送出。';
  }
  if (s.trouble === 'storage') {
    return s.reason || '手机存储空间不够，请清理一些空间。';
  }
  if (s.failed > 0) {
    return '有 ' + s.failed + ' 张照片没传上，请点开看看。';
  }
  if (s.oldestAt > 0 && s.now - s.oldestAt > WEEK) {
    return '有内容超过 7 天没传出去，请尽快找有信号的地方。';
  }
  return s.trouble !== '' ? s.reason : '';
}
