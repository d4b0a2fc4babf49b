import { deepStrictEqual, strictEqual } from 'node:assert';
import { test } from 'node:test';
import { pointed } from '../sim/points';

test('every await of a compiled module passes the hook, one inside another too', () => {
  deepStrictEqual(pointed('async () => { a(await b(await c), "await d"); await e ? 1 : 2; }'), {
    text: 'async () => { a(await globalThis.point(b(await globalThis.point(c))), "await d"); await globalThis.point(e) ? 1 : 2; }',
    points: 3,
  });
});

test('a module without awaits stays as it is', () => {
  strictEqual(pointed('const x = "await";\n').text, 'const x = "await";\n');
});
