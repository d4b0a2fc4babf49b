/**
 * Papers on the phone: what to ask next, what is still to be answered, which
 * cards to explain again. It counts as the server does (server/form/score.go;
 * server/form/testdata/judged.json is run by both); the server's result is the
 * one that holds.
 */
import { evaluate, Expr, parse, Value, Vars } from './logic';

export type Kind = 'single' | 'multiple' | 'yesno' | 'number' | 'date' | 'text' | 'photo' | 'note';

export interface Topic {
  key: string;
  name: string;
  card?: string;
  aware?: unknown;
}

export interface Item {
  key: string;
  kind: Kind;
  label: string;
  options?: { key: string; label: string }[];
  answer?: Answer;
  points?: number;
  topic?: string;
  required?: boolean;
  required_if?: unknown;
  visible_if?: unknown;
  met?: unknown;
}

/** The body a form row names by its SHA-256. */
export interface Body {
  title: string;
  topics: Topic[];
  items: Item[];
  pass?: unknown;
}

/** An answer as it stands in a response; null, "" and [] are none. */
export type Answer = string | number | readonly string[] | null;
export type Answers = readonly (readonly [string, Answer])[];

interface Rules {
  visible?: Expr;
  required?: Expr;
  met?: Expr;
}

/** A paper with its conditions read. Make it with open. */
export interface Paper {
  body: Body;
  rules: ReadonlyMap<string, Rules>;
  aware: ReadonlyMap<string, Expr>;
  pass?: Expr;
  /** Whether it carries what is right; exams do not. */
  keyed: boolean;
}

/** What the answers show so far. */
export interface Judged {
  /** Keys of the items to show, in order. */
  visible: string[];
  /** Keys of the visible items that are asked for. */
  required: string[];
  /** Of these, the ones still open. */
  missing: string[];
  /** Absent where the phone does not know what is right. */
  marks?: Marks;
}

export interface Marks {
  score: number;
  full: number;
  /** Topics to explain again. */
  weak: string[];
  failing: string[];
  /** "" = the paper has no rule. */
  verdict: '' | 'pass' | 'fail';
  asked: string[];
  aware: string[];
}

/** Reads a paper's body; throws when it is not JSON or a condition is not one. */
export function open(text: string): Paper {
  const body = JSON.parse(text) as Body;
  const rules = new Map<string, Rules>();
  for (const it of body.items) {
    rules.set(it.key, { visible: rule(it.visible_if), required: rule(it.required_if), met: rule(it.met) });
  }
  const aware = new Map<string, Expr>();
  for (const t of body.topics) {
    const e = rule(t.aware);
    if (e) {
      aware.set(t.key, e);
    }
  }
  return { body, rules, aware, pass: rule(body.pass), keyed: body.items.every((it) => !it.points || it.answer !== undefined) };
}

function rule(raw: unknown): Expr | undefined {
  return raw === undefined ? undefined : parse(raw);
}

/** Looks at the answers given so far. Answers to items that are not visible stay, and count for nothing. */
export function judge(p: Paper, answers: Answers): Judged {
  const given = new Map<string, Exclude<Answer, null>>();
  for (const [key, answer] of answers) {
    if (answer !== null && answer !== '' && !(Array.isArray(answer) && answer.length === 0)) {
      given.set(key, answer);
    }
  }
  const vars = new Map<string, Value>();
  const shown: Item[] = [];
  for (const it of p.body.items) {
    const when = rulesOf(p, it).visible;
    if (when && !evaluate(when, vars)) {
      continue;
    }
    shown.push(it);
    const answer = given.get(it.key);
    if (answer !== undefined && it.kind !== 'photo' && it.kind !== 'note') {
      vars.set(it.key, answer);
    }
  }
  const required = shown.filter((it) => it.required || holds(rulesOf(p, it).required, vars)).map((it) => it.key);
  const missing = required.filter((key) => !given.has(key));
  const out: Judged = { visible: shown.map((it) => it.key), required, missing };
  if (p.keyed) {
    out.marks = mark(p, shown, given, vars, missing.length);
  }
  return out;
}

function rulesOf(p: Paper, it: Item): Rules {
  return p.rules.get(it.key) || {};
}

function holds(e: Expr | undefined, vars: Vars): boolean {
  return e !== undefined && evaluate(e, vars);
}

/** The points of a topic or of the whole paper. */
class Tally {
  score = 0;
  full = 0;
  answered = false;

  add(it: Item, answer: Answer | undefined): void {
    const points = it.points || 0;
    this.full += points;
    this.answered = this.answered || answer !== undefined;
    this.score += same(it.answer, answer) ? points : 0;
  }

  /** What conditions may ask of it, added to the answers. */
  counted(vars: Vars): Map<string, Value> {
    const out = new Map(vars);
    out.set('@score', this.score).set('@full', this.full);
    return this.full > 0 ? out.set('@percent', Math.floor((100 * this.score) / this.full)) : out;
  }
}

/** Equal answers; of several options the order does not matter. */
function same(right: Answer | undefined, answer: Answer | undefined): boolean {
  if (Array.isArray(right) && Array.isArray(answer)) {
    return right.length === answer.length && right.every((key) => answer.includes(key));
  }
  return right !== undefined && right === answer;
}

function mark(p: Paper, shown: readonly Item[], given: ReadonlyMap<string, Answer>, vars: Vars, missing: number): Marks {
  const all = new Tally();
  const topics = new Map<string, Tally>();
  const out: Marks = { score: 0, full: 0, weak: [], failing: [], verdict: '', asked: [], aware: [] };
  for (const it of shown) {
    const met = rulesOf(p, it).met;
    if (met && !evaluate(met, vars)) {
      out.failing.push(it.key);
    }
    if (!it.points || !it.topic) {
      continue;
    }
    const own = topics.get(it.topic) || new Tally();
    topics.set(it.topic, own);
    own.add(it, given.get(it.key));
    all.add(it, given.get(it.key));
  }
  out.score = all.score;
  out.full = all.full;
  for (const t of p.body.topics) {
    const own = topics.get(t.key);
    if (own && own.score < own.full) {
      out.weak.push(t.key);
    }
    if (own && own.answered) {
      const known = p.aware.get(t.key);
      out.asked.push(t.key);
      if (known ? evaluate(known, own.counted(vars)) : own.score === own.full) {
        out.aware.push(t.key);
      }
    }
  }
  if (p.pass) {
    out.verdict = evaluate(p.pass, all.counted(vars).set('@failing', out.failing.length).set('@missing', missing)) ? 'pass' : 'fail';
  }
  return out;
}
