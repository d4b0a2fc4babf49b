import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluate, LogicError, parse, Value } from '../src/form/logic';
import { Answers, judge, Marks, open } from '../src/form/paper';

// The files are the server's: its tests run them too.
const server = join(__dirname, '../../../server/form');

function load<T>(name: string): T {
  return JSON.parse(readFileSync(join(server, name), 'utf8')) as T;
}

interface Vector {
  name?: string;
  logic: unknown;
  data?: { [name: string]: Value };
  result?: boolean;
  error?: string;
}

for (const file of ['vectors.json', 'made.json']) {
  test(`conditions hold as on the server: ${file}`, () => {
    const all = load<Vector[]>(`logic/testdata/${file}`);
    assert.ok(all.length > 100);
    for (const c of all) {
      const said = c.name || JSON.stringify(c.logic);
      if (c.error) {
        assert.throws(() => parse(c.logic), (e) => e instanceof LogicError && e.code === c.error, said);
      } else {
        assert.equal(evaluate(parse(c.logic), new Map(Object.entries(c.data || {}))), c.result === true, said);
      }
    }
  });
}

interface Case {
  paper: number;
  answers: Answers;
  want: Marks & { missing: string[]; visible: string[] };
}

test('papers are judged as on the server', () => {
  const { papers, cases } = load<{ papers: unknown[]; cases: Case[] }>('testdata/judged.json');
  const opened = papers.map((p) => open(JSON.stringify(p)));
  assert.ok(cases.length > 100);
  for (const c of cases) {
    const got = judge(opened[c.paper], c.answers);
    assert.deepEqual({ ...got.marks, missing: got.missing, visible: got.visible }, c.want, JSON.stringify(c.answers));
  }
});

test('an exam on the phone has no marks, and still says what to ask', () => {
  const exam = open(JSON.stringify({
    title: '题', topics: [{ key: 't', name: '主题' }],
    items: [
      { key: 'a', kind: 'yesno', label: '问？', points: 2, topic: 't', required: true },
      { key: 'b', kind: 'text', label: '为什么？', visible_if: { '==': [{ var: 'a' }, 'no'] }, required_if: { '==': [{ var: 'a' }, 'no'] } },
    ],
  }));
  assert.deepEqual(judge(exam, []), { visible: ['a'], required: ['a'], missing: ['a'] });
  assert.deepEqual(judge(exam, [['a', 'no']]), { visible: ['a', 'b'], required: ['a', 'b'], missing: ['b'] });
  assert.deepEqual(judge(exam, [['a', 'yes'], ['b', '写过的话']]), { visible: ['a'], required: ['a'], missing: [] });
});

test('a paper with a condition nobody knows is not opened', () => {
  const with_ = (visible: unknown) => JSON.stringify({ title: '题', topics: [], items: [{ key: 'a', kind: 'text', label: '问？', visible_if: visible }] });
  assert.throws(() => open(with_({ regex: ['a', '.*'] })), LogicError);
  assert.throws(() => open(with_(null)), LogicError);
  assert.throws(() => open('{'), SyntaxError);
});
