// The runner itself, on a sample of one page and one component, in Chromium
// under the content policy it is made for.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build } from '../build.mjs';

const SAMPLE = path.join(path.dirname(fileURLToPath(import.meta.url)), 'sample');
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'";
const KINDS = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript' };

let dir;
let server;
let browser;

before(async () => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'runner-'));
  await build(SAMPLE, path.join(dir, 'out'));
  server = http.createServer((request, answer) => {
    const name = request.url.split('?')[0];
    const file = path.join(dir, 'out', name === '/' ? 'index.html' : path.normalize(name));
    if (name === '/healthz') {
      answer.end('ok');
    } else if (fs.existsSync(file)) {
      answer.writeHead(200, { 'Content-Type': KINDS[path.extname(file)], 'Content-Security-Policy': POLICY });
      answer.end(fs.readFileSync(file));
    } else {
      answer.writeHead(404);
      answer.end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox'] });
});

after(async () => {
  await browser?.close();
  await new Promise((resolve) => server.close(resolve));
  fs.rmSync(dir, { recursive: true, force: true });
});

/** A page of its own browser context; the test fails on anything the browser complains about. */
async function phone(f, size = { width: 360, height: 740 }) {
  const context = await browser.newContext({ viewport: size });
  const page = await context.newPage();
  page.setDefaultTimeout(5000);
  const complaints = [];
  page.on('pageerror', (e) => complaints.push(e.stack));
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && complaints.push(m.text()));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.locator('body[data-ready]').waitFor();
  await f(page);
  await context.close();
  assert.deepEqual(complaints, []);
}

test('page, component, input, storage and request work under the policy', () => phone(async (page) => {
  await page.getByText('taps 0 runs 1 status 200').waitFor();
  await page.getByText('按').click();
  await page.locator('input').first().fill('你好');
  await page.getByText('taps 1 runs 1 status 200 text 你好').waitFor();
  await page.reload();
  await page.getByText('taps 0 runs 2 status 200').waitFor();
}));

test('the panel takes the link away and gives it back', () => phone(async (page) => {
  await page.getByText('status 200').waitFor();
  await page.getByLabel('没有网').check();
  await page.getByText('按').click();
  await page.getByText('status request:fail').waitFor();
  await page.getByLabel('没有网').uncheck();
  await page.getByText('按').click();
  await page.getByText('taps 2 runs 1 status 200').waitFor();
}, { width: 1200, height: 800 }));

test('each WeChat user has storage of their own', () => phone(async (page) => {
  await page.getByText('runs 1').waitFor();
  await page.getByLabel('谁的微信').selectOption('village-01');
  await page.waitForFunction(() => JSON.parse(localStorage.getItem('phone')).who === 'village-01');
  await page.locator('body[data-ready]').waitFor();
  await page.getByText('runs 1').waitFor();
  await page.reload();
  await page.getByText('runs 2').waitFor();
}, { width: 1200, height: 800 }));

test('a frame beside the panel on a desk, the whole window on a phone', async () => {
  const widthOf = (page) => page.locator('#phone').evaluate((e) => e.getBoundingClientRect().width);
  await phone(async (page) => assert.equal(await widthOf(page), 375), { width: 1200, height: 800 });
  await phone(async (page) => {
    assert.equal(await widthOf(page), 360);
    assert.equal(await page.locator('#panel').isVisible(), false);
  });
});

for (const [what, file, text, complaint] of [
  ['a component that is not there', 'pages/a/a.json', '{ "usingComponents": { "b": "../../parts/c/c" } }', /parts\/c\/c was not found/],
  ['a tag that is not closed', 'pages/a/a.wxml', '<view><text>', /a\.wxml:1:/],
  ['a script that does not parse', 'pages/a/a.ts', 'Page({', /a\.ts:1:6: ERROR/],
]) {
  test('the build refuses ' + what, async () => {
    const broken = fs.mkdtempSync(path.join(dir, 'broken-'));
    fs.cpSync(SAMPLE, broken, { recursive: true });
    fs.writeFileSync(path.join(broken, file), text);
    await assert.rejects(build(broken, path.join(dir, 'refused')), complaint);
  });
}
