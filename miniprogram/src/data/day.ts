// Days and clocks of the programme: Asia/Shanghai, which has no summer time,
// whatever zone the phone believes to be in. Instants are Unix milliseconds.

const ZONE = 8 * 3600000;
const DAY = 86400000;

function two(n: number): string {
  return (n < 10 ? '0' : '') + n;
}

/** 2026-01-31 */
export function dayOf(at: number): string {
  return new Date(at + ZONE).toISOString().slice(0, 10);
}

/** 09:12 */
export function clockOf(at: number): string {
  return new Date(at + ZONE).toISOString().slice(11, 16);
}

/** Days from one day to another; 0 when either is none. */
export function daysBetween(from: string, to: string): number {
  const d = Date.parse(to) - Date.parse(from);
  return isFinite(d) ? Math.round(d / DAY) : 0;
}

/** 今天, 昨天, 1月31日, 2025年1月31日 */
export function dayWords(day: string, today: string): string {
  const n = daysBetween(day, today);
  if (day === today || n === 1) {
    return n === 1 ? '昨天' : '今天';
  }
  const [y, m, d] = day.split('-').map(Number);
  if (!y || !m || !d) {
    return day;
  }
  return (day.slice(0, 4) === today.slice(0, 4) ? '' : y + '年') + m + '月' + d + '日';
}

/** 11月27日 周五 */
export function dateWords(day: string): string {
  const [, m, d] = day.split('-').map(Number);
  return m + '月' + d + '日 周' + '日一二三四五六'[new Date(Date.parse(day)).getUTCDay()];
}

/** 09:12 of today, else with its day. */
export function momentWords(at: number, now: number): string {
  const day = dayOf(at);
  return day === dayOf(now) ? clockOf(at) : dayWords(day, dayOf(now)) + ' ' + clockOf(at);
}

/** First and last day of the month or quarter a day lies in. */
export function windowOf(day: string, every: 'month' | 'quarter'): { from: string; to: string } {
  const [y, m] = day.split('-').map(Number);
  const n = every === 'quarter' ? 3 : 1;
  const first = Math.floor((m - 1) / n) * n + 1;
  const last = new Date(Date.UTC(y, first - 1 + n, 0)).getUTCDate();
  return { from: y + '-' + two(first) + '-01', to: y + '-' + two(first + n - 1) + '-' + two(last) };
}

/** 68 天没去, 今天去过, 还没去过 */
export function unvisitedWords(last: string, today: string): string {
  if (last === '') {
    return '还没去过';
  }
  const n = daysBetween(last, today);
  return n <= 0 ? '今天去过' : n + ' 天没去';
}

/** 12 KB, 1.3 MB */
export function sizeWords(bytes: number): string {
  return bytes < 1024 * 1024 ? Math.max(1, Math.ceil(bytes / 1024)) + ' KB' : (bytes / 1024 / 1024).toFixed(1) + ' MB';
}
