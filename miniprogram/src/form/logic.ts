/**
 * Conditions and verdicts of papers: the closed subset of JSONLogic that
 * server/form/logic evaluates. server/form/logic/testdata/vectors.json is run
 * by both; docs/forms.md tells the rules.
 */

/** An answer: a text, a whole number or a set of texts. */
export type Value = string | number | readonly string[];

/** Answers by name; a name that is not there is missing. */
export type Vars = ReadonlyMap<string, Value>;

export type LogicCode = 'format' | 'unknown-operator' | 'arguments' | 'operand' | 'name' | 'too-deep' | 'too-large';

/** Why a condition was refused. */
export class LogicError extends Error {
  constructor(readonly code: LogicCode, readonly what: string = '') {
    super(`logic: ${code} ${what}`);
  }
}

type Literal = { op: ''; lit: string | number | readonly string[] | readonly number[] };
type Variable = { op: 'var'; name: string };
type Operation = { op: 'and' | 'or' | 'not' | '==' | 'in' | '>' | '>='; args: readonly Node[] };
type Node = Literal | Variable | Operation;

/** One condition, checked. Make it with parse. */
export type Expr = Operation;

/** Bounds of one condition, as on the server. */
const maxDepth = 8;
const maxNodes = 100;
const maxText = 200;
const maxName = 24;

/** Reads a condition that JSON.parse returned; throws a LogicError. */
export function parse(raw: unknown): Expr {
  return new Parser().condition(raw, 1);
}

class Parser {
  private nodes = 0;

  private count(depth: number): void {
    if (++this.nodes > maxNodes) {
      throw new LogicError('too-large');
    }
    if (depth > maxDepth) {
      throw new LogicError('too-deep');
    }
  }

  condition(raw: unknown, depth: number): Operation {
    this.count(depth);
    const [op, args] = operator(raw);
    switch (op) {
      case 'and':
      case 'or':
      case 'not':
        return { op, args: many(op, args, 1, op === 'not' ? 1 : maxNodes).map((a) => this.condition(a, depth + 1)) };
      case '==':
      case '>':
      case '>=':
      case 'in':
        return { op, args: many(op, args, 2, 2).map((a, i) => (op === 'in' && i === 1 ? this.list(a, depth + 1) : this.value(a, depth + 1))) };
      case 'var':
        throw new LogicError('operand', op);
    }
    throw new LogicError('unknown-operator', op);
  }

  private value(raw: unknown, depth: number): Node {
    this.count(depth);
    return isObject(raw) ? variable(raw) : { op: '', lit: literal(raw) };
  }

  private list(raw: unknown, depth: number): Node {
    this.count(depth);
    if (isObject(raw)) {
      return variable(raw);
    }
    if (!Array.isArray(raw)) {
      throw new LogicError('operand');
    }
    const lit = raw.map((one) => {
      this.count(depth);
      return literal(one);
    });
    const texts = lit.filter((one): one is string => typeof one === 'string');
    if (lit.length === 0 || (texts.length > 0 && texts.length < lit.length)) {
      throw new LogicError('operand');
    }
    return texts.length > 0 ? { op: '', lit: texts } : { op: '', lit: lit as number[] };
  }
}

function isObject(raw: unknown): raw is Record<string, unknown> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}

/** Takes an object of one key apart. */
function operator(raw: unknown): [string, unknown] {
  const keys = isObject(raw) ? Object.keys(raw) : [];
  if (keys.length !== 1) {
    throw new LogicError('format');
  }
  return [keys[0], (raw as Record<string, unknown>)[keys[0]]];
}

function many(op: string, args: unknown, least: number, most: number): readonly unknown[] {
  if (!Array.isArray(args)) {
    throw new LogicError('format', op);
  }
  if (args.length < least || args.length > most) {
    throw new LogicError('arguments', op);
  }
  return args;
}

function variable(raw: unknown): Variable {
  const [op, name] = operator(raw);
  if (op !== 'var') {
    throw new LogicError('operand');
  }
  if (typeof name !== 'string') {
    throw new LogicError('format', op);
  }
  if (!isName(name)) {
    throw new LogicError('name', name);
  }
  return { op, name };
}

function literal(raw: unknown): string | number {
  if (typeof raw === 'string') {
    if (Array.from(raw).length > maxText) {
      throw new LogicError('too-large');
    }
    return raw;
  }
  if (typeof raw !== 'number' || !Number.isSafeInteger(raw) || Object.is(raw, -0)) {
    throw new LogicError('operand');
  }
  return raw;
}

/** A key as items have it, or "@" and letters for what is counted. */
function isName(s: string): boolean {
  return s.length <= maxName && /^([a-z][a-z0-9-]*|@[a-z]+)$/.test(s);
}

/** Says whether the condition holds. */
export function evaluate(e: Expr, vars: Vars): boolean {
  switch (e.op) {
    case 'and':
      return e.args.every((a) => evaluate(a as Expr, vars));
    case 'or':
      return e.args.some((a) => evaluate(a as Expr, vars));
    case 'not':
      return !evaluate(e.args[0] as Expr, vars);
  }
  const a = valueOf(e.args[0], vars);
  const b = valueOf(e.args[1], vars);
  switch (e.op) {
    case '==':
      return plain(a) && a === b;
    case 'in':
      return plain(a) && Array.isArray(b) && (b as readonly unknown[]).includes(a);
    case '>':
      return order(a, b) === 1;
    case '>=':
      return order(a, b) >= 0;
  }
}

type Operand = Literal['lit'] | undefined;

function valueOf(n: Node, vars: Vars): Operand {
  switch (n.op) {
    case 'var':
      return vars.get(n.name);
    case '':
      return n.lit;
  }
  return undefined;
}

/** A text or a number; sets are equal to nothing. */
function plain(v: Operand): v is string | number {
  return typeof v === 'string' || typeof v === 'number';
}

/** 1, 0 or -1 for two numbers or two texts that look like days (these order as texts do); NaN for all else. */
function order(a: Operand, b: Operand): number {
  const both = (typeof a === 'number' && typeof b === 'number') || (isDayShaped(a) && isDayShaped(b));
  if (!both || a === undefined || b === undefined) {
    return NaN;
  }
  return a === b ? 0 : a > b ? 1 : -1;
}

function isDayShaped(v: Operand): boolean {
  return typeof v === 'string' && /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(v);
}
