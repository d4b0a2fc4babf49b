// The compilers find what they are there for: each fault is planted into the
// runner's sample, which is sound.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const sample = path.join(here, '../runner/test/sample');
const config = {
  appid: 'touristappid', compileType: 'miniprogram', miniprogramRoot: 'src/', libVersion: '3.8.0',
  setting: { useCompilerPlugins: ['typescript'], es6: true, enhance: true, minified: true, ignoreUploadUnusedFiles: true },
};

let dir;
before(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'daohu-check-'));
});
after(() => fs.rmSync(dir, { recursive: true, force: true }));

/** Compiles the sample after change has been made to its files. */
function compile(change = () => undefined) {
  const project = fs.mkdtempSync(path.join(dir, 'p-'));
  const file = (name) => path.join(project, 'src', name);
  fs.cpSync(sample, path.join(project, 'src'), { recursive: true });
  fs.writeFileSync(path.join(project, 'project.config.json'), JSON.stringify(config));
  const write = (name, text) => fs.writeFileSync(file(name), text);
  const json = (name, f) => {
    const value = JSON.parse(fs.readFileSync(file(name), 'utf8'));
    f(value);
    write(name, JSON.stringify(value));
  };
  json('app.json', (app) => delete app.tabBar); // the platform wants two tabs at least, the sample has one page
  change({ write, json });
  const out = path.join(project, 'out');
  const run = spawnSync(process.execPath, [path.join(here, 'compile.mjs'), project, out], { encoding: 'utf8' });
  return { ...run, out, left: fs.readdirSync(project) };
}

test('a sound program compiles, and its size is told', () => {
  const { status, stdout, stderr, out, left } = compile();
  assert.equal(status, 0, stderr);
  const [, main] = /^mark: main=(\d+)$/m.exec(stdout);
  const files = fs.readdirSync(out, { recursive: true, withFileTypes: true }).filter((f) => f.isFile());
  assert.equal(Number(main), files.reduce((sum, f) => sum + fs.statSync(path.join(f.parentPath ?? f.path, f.name)).size, 0));
  assert.deepEqual(left.sort(), ['out', 'project.config.json', 'src'], 'the compilers leave nothing behind');
});

test('a sub-package is counted apart', () => {
  const { status, stdout, stderr } = compile(({ json, write }) => {
    json('app.json', (app) => { app.subPackages = [{ root: 'parts/', pages: ['c'] }]; });
    write('parts/c.json', '{}');
    write('parts/c.wxml', '<view>c</view>');
    write('parts/c.ts', 'Page({});');
  });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^parts\/=\d+\nmark: main=\d+$/m);
});

for (const [fault, complaint, change] of [
  ['a component that is not there', /component not found/, ({ json }) => json('pages/a/a.json', (page) => { page.usingComponents.b = '/parts/none/none'; })],
  ['a page that is not there', /could not find the corresponding file: "pages\/none/, ({ json }) => json('app.json', (app) => app.pages.push('pages/none/none'))],
  ['a private function that does not exist', /requiredPrivateInfos\[0\]/, ({ json }) => json('app.json', (app) => { app.requiredPrivateInfos = ['getWeather']; })],
  ['a tag that is not closed', /a\.wxml:1:7: end tag missing, near `text`/, ({ write }) => write('pages/a/a.wxml', '<view><text>')],
  ['a style that is not closed', /pages\/a\/a\.wxss: wcsc refuses the style/, ({ write }) => write('pages/a/a.wxss', '.a { color: red;')],
  ['a script that does not parse', /a\.ts: Unexpected token/, ({ write }) => write('pages/a/a.ts', 'Page({')],
  ['a main package beyond its budget', /the main package has 4\d{5} bytes, more than 409600/, ({ write }) => write('pages/a/a.ts', `Page({ data: { long: '${'x'.repeat(410_000)}' } });`)],
]) {
  test('caught: ' + fault, () => {
    const { status, stderr } = compile(change);
    assert.equal(status, 1);
    assert.match(stderr, complaint);
  });
}
