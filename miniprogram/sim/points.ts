// node build/sim/points.js
//
// Writes build/points: the compiled simulation once more, with every await of
// the sync core passed through globalThis.point, so that a sweep can let the
// app die at each of them.

import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';

/** The text of a compiled module with `await x` turned into `await point(x)`, and how many there were. */
export function pointed(text: string): { text: string; points: number } {
  const source = ts.createSourceFile('x.js', text, ts.ScriptTarget.ES2018, true);
  const inserts: [number, string][] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isAwaitExpression(node)) {
      inserts.push([node.expression.getStart(), 'globalThis.point('], [node.expression.end, ')']);
    }
    node.forEachChild(visit);
  };
  visit(source);
  let out = '';
  let at = 0;
  // What begins at a place comes before what ends there: an await of an await is one inside the other.
  inserts.sort((a, b) => a[0] - b[0]).forEach(([to, what]) => {
    out += text.slice(at, to) + what;
    at = to;
  });
  return { text: out + text.slice(at), points: inserts.length / 2 };
}

function main(): void {
  const build = join(__dirname, '..');
  const to = join(build, 'points');
  rmSync(to, { recursive: true, force: true });
  for (const part of ['src', 'sim', 'test']) {
    cpSync(join(build, part), join(to, part), { recursive: true });
  }
  const sync = join(to, 'src', 'sync');
  let points = 0;
  for (const name of readdirSync(sync).filter((n) => n.endsWith('.js'))) {
    const p = pointed(readFileSync(join(sync, name), 'utf8'));
    writeFileSync(join(sync, name), p.text);
    points += p.points;
  }
  process.stdout.write(JSON.stringify({ points }) + '\n');
}

if (require.main === module) {
  main();
}
