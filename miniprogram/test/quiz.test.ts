import test from 'node:test';
import assert from 'node:assert/strict';
import { open } from '../src/form/paper';
import { answered, asking, Question, withAnswers } from '../src/data/quiz';
import { Card } from '../src/data/records';
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
