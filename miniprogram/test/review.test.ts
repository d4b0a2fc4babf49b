// What waits for the township, and clocks, in the words of the pages.

import test from 'node:test';
import assert from 'node:assert/strict';
import { Calendar } from '../src/data/calendar';
import { firstSync } from '../src/data/first';
import { changeLines, proposalTitle, textWords, valueOf } from '../src/data/proposal';
import { Proposal } from '../src/data/records';
import { RULES } from '../src/data/rules';
import { clockChip } from '../src/data/words';

const calendar = new Calendar(JSON.parse(RULES.calendar));

test('working days are those of the State Council: holidays are off, days in exchange are worked', () => {
  assert.deepEqual(['2026-10-01', '2026-11-27', '2026-11-28', '2026-02-14', '2026-02-16'].map((d) => calendar.working(d)), [false, true, false, true, false]);
  assert.equal(calendar.between('2026-11-27', '2026-12-04'), 5);
  assert.equal(calendar.between('2026-02-13', '2026-02-24'), 2); // the Saturday before the holiday, the Tuesday after
  assert.equal(calendar.between('2026-11-27', '2026-11-27'), 0);
  // A year nobody has published holidays of has its weekends.
  assert.equal(new Calendar({}).between('2031-01-03', '2031-01-10'), 5);
});

test('a clock says how long there is, that today is the day, how long it is over', () => {
  const say = (due: string, today: string) => Object.values(clockChip(due, today, calendar)).join(' ');
  assert.equal(say('2026-12-02', '2026-11-27'), '还有 3 个工作日 slate');
  assert.equal(say('2026-11-30', '2026-11-27'), '还有 1 个工作日 amber');
  assert.equal(say('2026-11-30', '2026-11-29'), '还有 1 个工作日 amber');
  assert.equal(say('2026-11-27', '2026-11-27'), '今天到期 amber');
  assert.equal(say('2026-11-27', '2026-11-29'), '超期 2 天 brick');
});

test('a proposal is read field by field: money in yuan, lists in words, what stands there meanwhile', () => {
  const p = (over: Partial<Proposal>): Proposal => ({ id: 'p', target: 'household', row: 'h', state: 'open', ...over });
  const income = p({ field: 'income', base: '603134', mine: '500000', theirs: '603134' });
  assert.deepEqual([proposalTitle(income), changeLines(income)], ['农户资料', [{ name: '人均纯收入（元）', before: '6031.34', after: '5000', theirs: '' }]]);
  assert.deepEqual(changeLines(p({ field: 'risks', base: '["因病"]', mine: '["因病","因学"]', theirs: '[]' })), [{ name: '返贫风险', before: '因病', after: '因病、因学', theirs: '没填' }]);
  const joined = p({ target: 'member', field: '*', mine: '{"name":"王小甲","sex":"男","joined":"新生儿","idType":"x"}' });
  assert.deepEqual([proposalTitle(joined), changeLines(joined).map((l) => l.name + l.after)], ['家庭成员 · 新增', ['姓名王小甲', '性别男', '增加原因新生儿']]);
  assert.equal(textWords('household', 'safety', 'true'), '是');
  assert.deepEqual([valueOf('household', 'income', ''), valueOf('household', 'income', '5'), valueOf('household', 'notes', '5')], [null, 5, '5']);
});

test('the first sync counts what is here and guesses nothing', () => {
  const going = { busy: true, offline: false };
  assert.deepEqual(firstSync({ households: 12, rows: 345, left: 8 }, going), { title: '正在取资料', counts: '12 / 20 户，345 条', note: '取到的已经能用，不用等。', percent: 60 });
  assert.deepEqual([firstSync({ households: 3, rows: 9, left: 0 }, going).percent, firstSync({ households: 3, rows: 9, left: 0 }, going).counts], [-1, '3 户，9 条']);
  const cut = firstSync({ households: 12, rows: 345, left: 8 }, { busy: false, offline: true });
  assert.deepEqual([cut.title, cut.note, cut.percent], ['断了', '接上后从这里继续，取到的已经能用。', 60]);
  assert.equal(firstSync({ households: 0, rows: 0, left: 0 }, { busy: false, offline: true }).title, '还没连上');
});
