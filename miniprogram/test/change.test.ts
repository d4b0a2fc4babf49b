import test from 'node:test';
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { asks, changed, ChangeDraft, changeFields, unfit } from '../src/data/change';
import { TABLES } from '../src/data/tables';
import { Row } from '../src/sync/types';

const house: Row = { id: 'h1', phone: '19900000001', income: 603134, risks: ['因病'], class: '一般贫困户', water: '是' };

function draft(kind: ChangeDraft['kind'], over: Partial<ChangeDraft> = {}): ChangeDraft {
  return { id: 'd', kind, household: 'h1', base: 1, openedAt: 0, changedAt: 0, row: 'h1', fresh: false, patch: {}, reason: '', ...over };
}

const field = (d: ChangeDraft, name: string, row: Row | undefined = house) => {
  const f = changeFields(d, row, 'alleviation-2016').find((x) => x.name === name);
  assert.ok(f, name);
  return f;
};

test('the form offers what may be changed and says what the township decides', () => {
  for (const kind of ['household', 'member'] as const) {
    const type = TABLES.types.find((t) => t.name === kind);
    for (const f of changeFields(draft(kind), undefined, 'alleviation-2016')) {
      const cls = (type as NonNullable<typeof type>).fields.find((x) => x.name === f.name)?.class;
      assert.ok(cls === 'merge' || cls === 'propose', f.name);
      assert.equal(f.asked, cls === 'propose', f.name);
      assert.ok((f.way !== 'one' && f.way !== 'several') || f.options.length > 0, f.name);
      assert.match(f.word, /[\u4e00-\u9fff]/);
    }
  }
});

test('only words of the township\'s profile are offered, and one that stands stays to be seen', () => {
  assert.ok(!field(draft('household'), 'class').options.some((o) => o.word === '低保脱贫户'));
  const old = field(draft('household'), 'class', { ...house, class: '低保脱贫户' });
  assert.deepEqual(old.options.filter((o) => o.on).map((o) => o.word), ['低保脱贫户']);
});

test('money is typed in yuan and kept in fen; what is typed back is no change', () => {
  const d = changed(draft('household'), house, 'income', '5000.5');
  assert.deepEqual(d.patch, { income: 500050 });
  assert.deepEqual([field(d, 'income').text, field(d, 'income').was], ['5000.5', '6031.34']);
  assert.deepEqual(changed(d, house, 'income', '6031.34').patch, {});
});

test('several words: a tap puts one in, the next takes it out; healthy and ill are not both', () => {
  const more = changed(draft('household'), house, 'risks', '因灾');
  assert.deepEqual(more.patch.risks, ['因病', '因灾']);
  assert.deepEqual(changed(more, house, 'risks', '因灾').patch, {});
  const member: Row = { id: 'm1', name: '甲', relation: '户主', health: '长期慢性病' };
  const ill = changed(draft('member', { row: 'm1' }), member, 'health', '残疾');
  assert.equal(ill.patch.health, '长期慢性病,残疾');
  assert.equal(changed(ill, member, 'health', '健康').patch.health, '健康');
});

test('what the township decides needs a reason; what changes at once does not', () => {
  const phone = changed(draft('household'), house, 'phone', '19900000002');
  assert.equal(asks(phone), false);
  assert.deepEqual(unfit(phone, house), {});
  const asked = changed(phone, house, 'income', '1');
  assert.match(unfit(asked, house).reason, /为什么/);
  assert.deepEqual(unfit({ ...asked, reason: '核实过' }, house), {});
});

test('a new person needs name and relation, and dates of the right form', () => {
  const d = draft('member', { row: 'm2', fresh: true, patch: { joinedDay: '昨天' } });
  assert.deepEqual(Object.keys(unfit(d, undefined)).sort(), ['joinedDay', 'name', 'reason', 'relation']);
  const whole = { ...changed(changed({ ...d, patch: { joinedDay: '2026-01-31' } }, undefined, 'name', '乙'), undefined, 'relation', '之子'), reason: '出生' };
  assert.deepEqual(unfit(whole, undefined), {});
});

test('whatever is typed: a patch holds values of the field\'s kind, and undoing it leaves none', () => {
  const fields = changeFields(draft('household'), house, 'alleviation-2016').map((f) => f.name);
  fc.assert(fc.property(fc.constantFrom(...fields), fc.string({ maxLength: 12 }), (name, typed) => {
    const d = changed(draft('household'), house, name, typed);
    const type = TABLES.types.find((t) => t.name === 'household');
    const kind = type && type.fields.find((f) => f.name === name)?.kind;
    const v = d.patch[name];
    if (v !== undefined) {
      assert.ok(kind === 'int' ? Number.isInteger(v) || Math.abs(v as number) > 2 ** 53 : kind === 'list' ? Array.isArray(v) : typeof v === 'string', name + ' ' + JSON.stringify(v));
    }
    assert.ok(Object.keys(d.patch).every((k) => k === name));
  }));
});
