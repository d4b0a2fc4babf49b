// A roster of 400 rows, 300 of them wrong in the ways that the importer knows,
// and the workbooks that hold it. All people are invented.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { ROOT } from './support.mjs';

let tool;

/** Reads, writes and changes workbooks by the program server/servertest/cells, built into dir. */
export function cells(dir, verb, file, input) {
  if (!tool) {
    tool = path.join(dir, 'cells');
    const built = spawnSync('go', ['build', '-o', tool, './server/servertest/cells'], { cwd: ROOT, encoding: 'utf8' });
    assert.equal(built.status, 0, built.stderr);
  }
  const out = spawnSync(tool, [verb, file], { input: input && JSON.stringify(input), encoding: 'utf8', maxBuffer: 256 << 20 });
  assert.equal(out.status, 0, verb + ' ' + file + ': ' + out.stderr);
  return out.stdout ? JSON.parse(out.stdout) : null;
}

export const letter = (i) => (i < 26 ? '' : String.fromCharCode(64 + Math.floor(i / 26))) + String.fromCharCode(65 + (i % 26));

const HOUSES = 150;
const HOUSE = ['户编号', '行政村', '户主姓名', '联系电话', '识别标准', '贫困户属性', '主要致贫原因', '脱贫标志', '计划脱贫年度', '人均纯收入(元)', '住房面积(平方米)', '识别监测时间'];
const MEMBER = ['户编号', '人编号', '姓名', '性别', '证件号码', '出生年月', '与户主关系', '文化程度', '务工月数'];

/** A number as GB 11643 makes it; nobody of the demo was born before 1920. */
function idNumber(n) {
  const first = '999999' + (1901 + (n % 18)) + String(1 + (n % 12)).padStart(2, '0') + String(1 + (n % 28)).padStart(2, '0') + String(n).padStart(3, '0');
  const sum = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2].reduce((s, w, i) => s + w * Number(first[i]), 0);
  return first + '10X98765432'[sum % 11];
}

/** What the sheet should say: 150 households, 250 people. */
function right(villages) {
  const houses = [];
  const members = [];
  const person = (house, no, relation) => {
    const id = idNumber(members.length);
    const sex = Number(id[16]) % 2 ? '男' : '女';
    members.push([house, house + String(no).padStart(2, '0'), '试' + '一二三四五六七八九十'[members.length % 10] + '甲乙丙丁'[members.length % 4], sex, id, id.slice(6, 10) + '-' + id.slice(10, 12), relation || (sex === '男' ? '之子' : '之女'), '小学', '']);
    return members.at(-1);
  };
  for (let i = 0; i < HOUSES; i++) {
    const code = '9999011017' + String(i + 1).padStart(4, '0');
    const head = person(code, 1, '户主');
    houses.push([code, villages[i % villages.length], head[2], '1990000' + String(i).padStart(4, '0'), '国家标准', '一般贫困户', '缺资金', '未脱贫', '2030', '3200.50', '80', '2019-03-01']);
  }
  for (let i = 0; i < 100; i++) person(houses[i][0], 2, '');
  return { houses, members };
}

/**
 * The faults: what is put into which column in place of what is right, and
 * whether the importer can say what was meant. A fault of a person stands with
 * one who is not the head, or the household would be wrong too.
 */
const FAULTS = [
  ['农户', '行政村', (v) => v[0] + '水' + v.slice(2), true], // one character wrong
  ['农户', '行政村', () => '一个没有的地方'],
  ['农户', '户主姓名', (v) => v.repeat(20)],
  ['农户', '联系电话', () => '1990000'],
  ['农户', '识别标准', () => '国家标谁', true],
  ['农户', '贫困户属性', () => '一般贫因户', true],
  ['农户', '主要致贫原因', () => '缺资全', true],
  ['农户', '脱贫标志', () => '未脱负', true],
  ['农户', '计划脱贫年度', () => '三年后'],
  ['农户', '人均纯收入(元)', () => '三千多'],
  ['农户', '人均纯收入(元)', () => '3200.555'],
  ['农户', '住房面积(平方米)', () => '八十平'],
  ['农户', '识别监测时间', () => '2019-13-45'],
  ['农户', '识别标准', () => '#REF!'],
  ['家庭成员', '姓名', () => ''],
  ['家庭成员', '性别', () => '不明'],
  ['家庭成员', '证件号码', (v) => v.slice(0, 17) + (v[17] === '1' ? '2' : '1')], // the check digit
  ['家庭成员', '证件号码', (v) => v.slice(0, 12)],
  ['家庭成员', '证件号码', () => '9.9999919010101E+17'], // Excel took it for a number
  ['家庭成员', '出生年月', () => '民国三年'],
  ['家庭成员', '与户主关系', (v) => v.repeat(7)], // more than anybody is called
  ['家庭成员', '文化程度', () => '小學', true],
  ['家庭成员', '务工月数', () => '十三'],
  ['家庭成员', '务工月数', () => '13'],
  ['家庭成员', '人编号', () => '99990110170001' + '01'], // of the first row
  ['家庭成员', '户编号', () => '99990110199999'],
  ['家庭成员', '户编号', () => ''],
  ['家庭成员', '与户主关系', () => '户主'], // a second one
];
const ofHeads = ['性别', '证件号码', '出生年月', '文化程度', '务工月数'];

/**
 * Writes the sheet with its faults to file. Returns the faults with their places
 * and the right texts, and the rows as they should be.
 */
export function spoilt(dir, file, villages) {
  const { houses, members } = right(villages);
  const sheets = [
    { name: '农户', rows: [HOUSE, ...houses.map((r) => [...r])] },
    { name: '家庭成员', rows: [['云坪镇家庭成员表'], MEMBER, ...members.map((r) => [...r])] }, // official forms have a title
  ];
  const faults = [];
  const spoil = (sheet, y, [, header, wrong, meant]) => {
    const x = (sheet.name === '农户' ? HOUSE : MEMBER).indexOf(header);
    const was = sheet.rows[y][x];
    sheet.rows[y][x] = wrong(was);
    faults.push({ sheet: sheet.name, row: y + 1, column: letter(x), header, right: was, meant: !!meant });
  };
  const [ofHouse, ofMember] = ['农户', '家庭成员'].map((name) => FAULTS.filter((f) => f[0] === name));
  for (let i = 0; i < 110; i++) spoil(sheets[0], 1 + i, ofHouse[i % ofHouse.length]);
  for (let i = 0; i < 100; i++) spoil(sheets[1], 2 + HOUSES + i, ofMember[i % ofMember.length]);
  const heads = ofMember.filter((f) => ofHeads.includes(f[1]));
  for (let i = 0; i < 90; i++) spoil(sheets[1], 2 + 1 + i, heads[i % heads.length]);
  cells(dir, 'write', file, { sheets });
  assert.equal(new Set(faults.map((f) => f.sheet + f.row)).size, 300);
  return { faults, houses, members, rows: sheets.reduce((n, s) => n + s.rows.length, 0) - 3 };
}

/** A folder of the test's own, taken away at its end. */
export function folder(t) {
  const dir = fs.mkdtempSync(path.join(fs.realpathSync(process.env.TMPDIR || '/tmp'), 'console-files-'));
  t.after(() => { fs.rmSync(dir, { recursive: true, force: true }); tool = undefined; });
  return dir;
}
