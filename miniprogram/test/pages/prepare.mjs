// Makes what all files of tests share: the program, the demo's data, and the
// pages, from the source and, when it is there, from what the official
// compiler made of it.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from '../../runner/build.mjs';
import { READY, run } from './harness.mjs';

const miniprogram = fileURLToPath(new URL('../../', import.meta.url));

fs.rmSync(READY, { recursive: true, force: true });
fs.mkdirSync(READY, { recursive: true });
execFileSync('go', ['build', '-o', path.join(READY, 'daohu'), './server'], { cwd: path.join(miniprogram, '..'), stdio: 'inherit' });
await build(path.join(miniprogram, 'src'), path.join(READY, 'source'));
const compiled = path.join(miniprogram, 'dist/compiled');
if (fs.existsSync(compiled)) {
  await build(compiled, path.join(READY, 'compiled'));
}
const server = await run(path.join(READY, 'data'));
await server.stop();
