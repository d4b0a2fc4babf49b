import test from 'node:test';
import assert from 'node:assert/strict';
import { open } from '../src/form/paper';
import { answered, asking, Question, withAnswers } from '../src/data/quiz';
import { weakTopics } from '../src/data/household';
import { Card, Form, Response } from '../src/data/records';
import { Value } from '../src/sync/types';

const PAPER = open(JSON.stringify({
  title: '政策问答',
  topics: [{ key: 'health', name: '看病', card: 'health-claim' }, { key: 'school', name: '上学' }],
  items: [
    { key: 'bring', kind: 'single', topic: 'health', points: 1, label: '带什么？', options: [{ key: 'card', label: '医保卡' }, { key: 'deed', label: '土地证' }], answer: 'card' },
    { key: 'why', kind: 'text', label: '为什么？', visible_if: { '==': [{ var: 'bring' }, 'deed'] } },
    { key: 'look', kind: 'photo', label: '拍一张' },
    { key: 'both', kind: 'multiple', topic: 'school', points: 1, label: '找谁？', options: [{ key: 'a', label: '老师' }, { key: 'b', label: '村干部' }], answer: ['a', 'b'] },
    { key: 'far', kind: 'number', label: '多少里路？' },
    { key: 'yes', kind: 'yesno', topic: 'school', points: 1, label: '要读完吗？', answer: 'yes' },
  ],
}));
const CARDS = [{ id: 'c1', code: 'health-claim', title: '看病报销', state: 'published' }] as Card[];

type Answers = [string, Value][];
const at = (answers: Answers, n: number) => asking(PAPER, answers as [string, string][], n, CARDS);
const ask = (answers: Answers, n: number): Question => {
  const q = at(answers, n).question;
  assert.ok(q);
  return q;
};

test('one question after another; a picture is not asked for, a condition holds', () => {
  assert.deepEqual([0, 1, 2, 3].map((n) => ask([], n).key), ['bring', 'both', 'far', 'yes']);
  assert.equal(at([], 4).question, undefined);
  assert.equal(at([], 0).progress, '第 1 题，共 4 题');
  assert.equal(ask([['bring', 'deed']], 1).key, 'why');
  assert.deepEqual(ask([], 3).options.map((o) => o.label), ['对', '不对']);
});

test('answers: one of the options, some of them, a number; empty takes an answer back', () => {
  const one = answered([], ask([], 0), 'card');
  assert.deepEqual(one, [['bring', 'card']]);
  assert.deepEqual(answered(one, ask(one, 0), 'deed'), [['bring', 'deed']]);
  const both = answered(answered([], ask([], 1), 'b'), ask([['both', ['b']]], 1), 'a');
  assert.deepEqual(both, [['both', ['a', 'b']]]);
  assert.deepEqual(answered(answered(both, ask(both, 1), 'a'), ask([['both', ['b']]], 1), 'b'), []);
  assert.deepEqual(answered([], ask([], 2), '12'), [['far', 12]]);
  assert.deepEqual(answered([['far', 12]], ask([['far', 12]], 2), ''), []);
});

test('what comes of it is which card to explain again, of what was asked only', () => {
  assert.deepEqual(at([['bring', 'deed']], 9).again, [{ name: '看病', code: 'health-claim', title: '看病报销' }]);
  assert.deepEqual(at([['bring', 'card'], ['yes', 'no']], 9).again, [{ name: '上学', code: '', title: '' }]);
  assert.deepEqual(at([], 9).again, []);
});

test('a paper has one response in a visit, and none when nothing was answered', () => {
  const one = withAnswers([], 'r1', 'f1', [['bring', 'card']]);
  assert.deepEqual(one, [{ id: 'r1', form: 'f1', answers: [['bring', 'card']] }]);
  assert.deepEqual(withAnswers(one, 'r2', 'f1', [['bring', 'deed']]), [{ id: 'r1', form: 'f1', answers: [['bring', 'deed']] }]);
  assert.deepEqual(withAnswers(one, 'r2', 'f1', []), []);
});

test('a topic can be begun with; a paper of one topic offers no choice', () => {
  assert.deepEqual(at([], 0).topics, [{ name: '看病', at: 0, on: true }, { name: '上学', at: 1, on: false }]);
  // What a condition brings in moves the rest.
  assert.deepEqual(at([['bring', 'deed']], 2).topics.map((t) => [t.at, t.on]), [[0, false], [2, true]]);
  const one = open(JSON.stringify({ title: '一类', topics: [PAPER.body.topics[0]], items: PAPER.body.items.slice(0, 2) }));
  assert.deepEqual(asking(one, [], 0, CARDS).topics, []);
});

test('cards to explain again: a topic that was not asked says nothing, and the latest that asked it counts', () => {
  const form = [{ id: 'f1', code: 'quiz' }] as Form[];
  const weak = (...responses: { day: string; weak: string[]; answers: Answers }[]) =>
    weakTopics(responses.map((r, i) => ({ id: 'r' + i, form: 'f1', ...r })) as unknown as Response[], form, CARDS, () => PAPER.body).map((w) => w.topic);
  // The server calls a topic weak of which nothing was answered.
  assert.deepEqual(weak({ day: '2026-01-05', weak: ['school'], answers: [['bring', 'card']] }), []);
  assert.deepEqual(weak({ day: '2026-01-05', weak: ['health', 'school'], answers: [['bring', 'deed']] }), ['health']);
  const before = { day: '2026-01-05', weak: ['health', 'school'], answers: [['bring', 'deed'], ['yes', 'no']] as Answers };
  assert.deepEqual(weak({ day: '2026-02-05', weak: ['school'], answers: [['bring', 'card']] }, before), ['school']);
  assert.deepEqual(weakTopics([{ id: 'r', form: 'gone', day: '2026-01-05', weak: ['health'] }] as unknown as Response[], [], CARDS, () => undefined).map((w) => w.name), ['health']);
});
