// A paper asked in a visit, one question at a time. What was answered is kept
// in the visit's draft; the server scores it and its result is the one that holds.

import { Answer, Item, judge, Paper } from '../form/paper';
import { Value } from '../sync/types';
import { Card } from './records';
import { DraftQuiz } from './visit';

export interface Choice {
  key: string;
  label: string;
  on: boolean;
}

export interface Question {
  key: string;
  label: string;
  /** choose: one of the options; several: some of them; number, text, date: to be typed; note: to be read. */
  way: 'choose' | 'several' | 'number' | 'text' | 'date' | 'note';
  options: Choice[];
  /** What was typed. */
  typed: string;
}

export interface Asking {
  title: string;
  /** 第 2 题，共 8 题 */
  progress: string;
  /** Undefined = past the last one. */
  question?: Question;
  answered: number;
  /** Where to begin: topics with the place of their first question; on = the one being asked. [] = there is one topic only. */
  topics: { name: string; at: number; on: boolean }[];
  /** Cards to explain again, of what was asked. */
  again: { name: string; code: string; title: string }[];
}

const YES_NO = [{ key: 'yes', label: '对' }, { key: 'no', label: '不对' }];

function wayOf(it: Item): Question['way'] {
  switch (it.kind) {
    case 'single': case 'yesno':
      return 'choose';
    case 'multiple':
      return 'several';
    case 'number': case 'date': case 'note':
      return it.kind;
    default:
      return 'text';
  }
}

function question(it: Item, answer: Answer | undefined): Question {
  const on = (key: string) => (Array.isArray(answer) ? answer.includes(key) : answer === key);
  const options = it.kind === 'yesno' ? YES_NO : it.options || [];
  return {
    key: it.key, label: it.label, way: wayOf(it), options: options.map((o) => ({ key: o.key, label: o.label, on: on(o.key) })),
    typed: typeof answer === 'string' || typeof answer === 'number' ? String(answer) : '',
  };
}

/** The paper at its at-th question (0 = the first) with what was answered so far. A picture is not asked for in a quiz. */
export function asking(paper: Paper, answers: readonly (readonly [string, Answer])[], at: number, cards: Card[]): Asking {
  const judged = judge(paper, answers);
  const given = new Map(answers);
  const items = paper.body.items.filter((it) => it.kind !== 'photo' && judged.visible.includes(it.key));
  const it = items[at];
  const { weak, asked } = judged.marks || { weak: [] as string[], asked: [] as string[] };
  const again = paper.body.topics.filter((t) => weak.includes(t.key) && asked.includes(t.key)).map((t) => {
    const c = cards.find((x) => x.code === t.card);
    return { name: t.name, code: (c && c.code) || '', title: (c && c.title) || '' };
  });
  const first = (key: string) => items.findIndex((i) => i.topic === key);
  const topics = paper.body.topics.filter((t) => first(t.key) >= 0).map((t) => ({ name: t.name, at: first(t.key), on: it !== undefined && it.topic === t.key }));
  return { title: paper.body.title, topics: topics.length > 1 ? topics : [], progress: it ? '第 ' + (at + 1) + ' 题，共 ' + items.length + ' 题' : '', question: it && question(it, given.get(it.key)), answered: given.size, again };
}

/** Answers with one more, or with one taken back: an option that was chosen of several is let go. "" = none. */
export function answered(answers: [string, Value][], q: Question, value: string): [string, Value][] {
  const rest = answers.filter(([key]) => key !== q.key);
  if (q.way === 'several') {
    const on = q.options.filter((o) => (o.key === value) !== o.on).map((o) => o.key);
    return on.length > 0 ? rest.concat([[q.key, on]]) : rest;
  }
  const v: Value = q.way === 'number' && value.trim() !== '' && isFinite(Number(value)) ? Number(value) : value;
  return v === '' || q.way === 'note' ? rest : rest.concat([[q.key, v]]);
}

/** The visit's quizzes with the answers to one paper changed; without any it is not sent. */
export function withAnswers(quizzes: DraftQuiz[], id: string, form: string, answers: [string, Value][]): DraftQuiz[] {
  const there = quizzes.find((q) => q.form === form);
  return quizzes.filter((q) => q.form !== form).concat(answers.length > 0 ? { id: there ? there.id : id, form, answers } : []);
}
