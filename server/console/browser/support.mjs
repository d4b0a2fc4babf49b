// The demo of the real program on a free port, phones that send to it, and a
// browser in front of it.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
export const PASSWORD = 'demo-Daohu-2026';
export const ADMINS = { T: 'admin', K: 'county', A: 'auditor' };

/** Waits until found gives something, at most for the time given. */
export async function until(found, what, ms = 20000) {
  const end = Date.now() + ms;
  for (;;) {
    const got = await found();
    if (got) return got;
    if (Date.now() > end) assert.fail('not within ' + ms + ' ms: ' + what);
    await new Promise((done) => setTimeout(done, 50));
  }
}

async function freePort() {
  const server = net.createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** Builds the program (DAOHU_BIN = it is built) and starts its demo. */
export async function demo() {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'console-'));
  let bin = process.env.DAOHU_BIN;
  if (!bin) {
    bin = path.join(dir, 'daohu');
    const built = spawnSync('go', ['build', '-o', bin, './server'], { cwd: ROOT, stdio: 'inherit' });
    assert.equal(built.status, 0, 'the program does not build');
  }
  const port = await freePort();
  const url = 'http://127.0.0.1:' + port;
  const child = spawn(bin, ['demo', '--bare'], { env: { ...process.env, DAOHU_DATA: dir, DAOHU_ADDR: '127.0.0.1:' + port }, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (part) => { log = (log + part).slice(-20000); });
  const ended = new Promise((done) => child.on('exit', done));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    fs.rmSync(dir, { recursive: true, force: true });
  };
  try {
    await until(async () => {
      assert.equal(child.exitCode, null, 'the demo ended: ' + log);
      return fetch(url + '/healthz').then((r) => r.ok, () => false);
    }, 'the demo answers', 300000); // it is built first: seconds, but not on a machine that is busy
  } catch (e) {
    await stop();
    throw e;
  }
  return { url, log: () => log, stop };
}

export function newID() {
  return crypto.randomBytes(9).toString('base64url');
}

/** The API as one account: call.get(path), call.post(path, body). */
export async function api(url, account) {
  const path = account.startsWith('demo:') ? 'wechat' : 'password';
  const body = path === 'wechat' ? { code: account } : { name: account, password: PASSWORD };
  const { token } = await ask(url, '', 'POST', '/login/' + path, body);
  return {
    token,
    get: (p) => ask(url, token, 'GET', p),
    post: (p, b) => ask(url, token, 'POST', p, b),
  };
}

async function ask(url, token, method, path, body) {
  for (let turn = 0; ; turn++) {
    const answer = await fetch(url + '/api/v1' + path, {
      method,
      headers: { ...(token && { Authorization: 'Bearer ' + token }), ...(body && { 'Content-Type': 'application/json' }) },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (answer.status === 429 && turn < 5) { // as a phone does: wait as long as it is told
      await new Promise((done) => setTimeout(done, 1000 * Number(answer.headers.get('Retry-After'))));
      continue;
    }
    assert.ok(answer.ok, method + ' ' + path + ': ' + answer.status + ' ' + text);
    return text ? JSON.parse(text) : null;
  }
}

/** The households of a village, as the admin lists them. */
export async function households(admin, wanted) {
  const out = [];
  for (let after = ''; ;) {
    const page = await admin.get('/records/household?limit=200' + (after && '&after=' + after));
    out.push(...page.rows.filter((h) => h.code && wanted(h)));
    if (!page.next) return out;
    after = page.next;
  }
}

/** The pages as the program lists them, an id from the API in place of {id}. */
export async function registry(admin) {
  const out = spawnSync('go', ['run', './server/console/pagelist'], { cwd: ROOT, encoding: 'utf8' });
  assert.equal(out.status, 0, out.stderr);
  const list = JSON.parse(out.stdout);
  for (const p of list) {
    p.pattern = p.path;
    if (!p.path.includes('{')) continue;
    const rows = (await admin.get(p.sample.replace('/api/v1', ''))).rows;
    assert.ok(rows.length > 0, p.path + ': nothing at ' + p.sample);
    p.path = p.path.replace(/\{\w+\}/, rows[0].id);
  }
  assert.ok(list.length > 2);
  return list;
}

export const today = () => new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 10);

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox'] });
}

/**
 * A window of a browser, 1366 x 768. What its pages say on the console, and
 * what the content policy refuses, is kept in .said: it must stay empty.
 */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, baseURL: url, ...options });
  const page = await context.newPage();
  page.said = [];
  page.on('console', (m) => {
    if (['error', 'warning'].includes(m.type()) && !/Failed to load resource: the server responded with a status of 4\d\d/.test(m.text())) page.said.push(m.text());
  });
  page.on('pageerror', (e) => page.said.push(String(e)));
  page.on('dialog', (d) => { page.said.push('dialog: ' + d.message()); d.dismiss(); });
  return page;
}

/** Logs a window in through the log-in page. */
export async function login(page, account, next = '/') {
  await page.goto('/login?next=' + encodeURIComponent(next));
  await page.fill('[name=name]', account);
  await page.fill('[name=password]', PASSWORD);
  await page.click('main button.go');
  await page.waitForSelector('nav.menu');
}
