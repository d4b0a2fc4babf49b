// Plays the phone against the real server: `daohu demo` on a free port with
// data of its own, the pages in Chromium as the demo shows them at /phone.
//
// prepare.mjs makes what all files of tests share. Every file has a server of
// its own, every test a browser profile of its own.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

/** What prepare.mjs left: the program (daohu), the demo's data (data), pages of the source (source) and of what the official compiler made (compiled). */
export const READY = fileURLToPath(new URL('../../dist/pages/', import.meta.url));

/** The pages that are played. */
const PAGES = path.join(READY, process.env.DAOHU_PAGES || 'source');

/** Milliseconds a page may take to show what is waited for; the machine is shared. */
const PATIENCE = 20_000;

export const PHONE = { width: 360, height: 740 };

/** Runs the program on the data of a folder, with more settings where there are any, until stop() is called. */
export async function run(dir, env = {}) {
  const child = spawn(path.join(READY, 'daohu'), ['demo', '--bare', '--phone', PAGES], {
    env: { ...process.env, DAOHU_DATA: dir, DAOHU_ADDR: '127.0.0.1:0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const url = await new Promise((resolve, reject) => {
    for (const out of [child.stdout, child.stderr]) {
      out.on('data', (text) => {
        said += text;
        const found = /(http:\/\/127\.0\.0\.1:\d+)\/phone/.exec(said);
        if (found) {
          resolve(found[1]);
        }
      });
    }
    child.on('exit', (code) => reject(new Error(`the server ended with ${code}\n${said}`)));
  });
  const stop = () => new Promise((resolve) => {
    child.removeAllListeners('exit');
    child.on('exit', resolve);
    child.kill();
  });
  return { url, said: () => said, stop };
}

/** A server with the demo's data, all of it its own. */
export async function serve(env) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'daohu-pages-'));
  fs.cpSync(path.join(READY, 'data'), dir, { recursive: true });
  const { url, said, stop } = await run(dir, env);
  const notes = JSON.parse(fs.readFileSync(path.join(dir, 'demo/demo.json'), 'utf8'));
  return {
    url, said, card: notes.Card, pin: notes.PIN,
    api: (who) => Caller.open(url, who),
    stop: () => stop().then(() => fs.rmSync(dir, { recursive: true, force: true })),
  };
}

/** Somebody who asks the server's interface without a phone. */
export class Caller {
  constructor(url, token, me = {}) {
    Object.assign(this, { url, token, me });
  }

  static async open(url, who) {
    const { token, me } = await new Caller(url, '').post('/login/wechat', { code: 'demo:' + who });
    return new Caller(url, token, me);
  }

  async send(method, to, body) {
    const headers = { 'Content-Type': 'application/json', ...(this.token ? { Authorization: 'Bearer ' + this.token } : {}) };
    const answer = await fetch(this.url + '/api/v1' + to, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    return { status: answer.status, body: text && (answer.headers.get('content-type') || '').includes('json') ? JSON.parse(text) : text };
  }

  async get(to) {
    const { status, body } = await this.send('GET', to);
    assert.equal(status, 200, `${to}: ${JSON.stringify(body)}`);
    return body;
  }

  async post(to, sent = {}) {
    const { status, body } = await this.send('POST', to, sent);
    assert.ok(status < 300, `${to}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** All rows of a type; without a household of all that a cadre holds. */
  async rows(type, household) {
    const rows = [];
    if (!household && this.me.role !== 'T') {
      for (const held of (await this.get('/due?all=1')).rows) {
        rows.push(...(await this.rows(type, held.household.id)).map((r) => ({ household: held.household.id, ...r })));
      }
      return rows;
    }
    for (let after = ''; ;) {
      const page = await this.get(`/records/${type}?limit=200${household ? '&household=' + household : ''}${after ? '&after=' + after : ''}`);
      rows.push(...(page.rows || []));
      if (!page.next) {
        return rows;
      }
      after = page.next;
    }
  }
}

let browser;

/** One Chromium for a file of tests. */
export async function open() {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox'] });
}

export async function close() {
  await browser?.close();
}

/** The server of a file of tests, between its beginning and its end. */
export let server;

/**
 * Gives a file of tests a browser and a server of its own, and then does what the file says of itself in ready: one
 * hook, because Node 20 starts a second one beside the first when the file's run has begun (test.js, createHook).
 * env are settings of the server.
 */
export function withServer(ready, env) {
  before(async () => {
    await open();
    server = await serve(env);
    await ready?.();
  });
  after(async () => {
    await close();
    await server?.stop();
  });
}

/** A phone with a WeChat user in it. Close it: that fails when the browser complained of anything. */
export class Phone {
  static async open(server, who, { care = false, size = PHONE, place = true, privacy = true } = {}) {
    const phone = new Phone();
    phone.server = server;
    phone.context = await browser.newContext({
      viewport: size, deviceScaleFactor: 1, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', acceptDownloads: true,
      permissions: place ? ['geolocation'] : [], geolocation: place ? { latitude: 27.5, longitude: 106.2, accuracy: 15 } : undefined,
    });
    phone.complaints = [];
    /** Taps since the count was last set. */
    phone.taps = 0;
    if (privacy) {
      await phone.context.addInitScript((key) => localStorage.setItem(key, '1'), `wx:${who}:privacy`);
    }
    phone.address = `${server.url}/phone/?who=${encodeURIComponent(who)}&scale=${care ? 1.4 : 1}`;
    await phone.start();
    return phone;
  }

  /** Runs the app: what it kept is there. */
  async start(hash = '') {
    this.page = await this.context.newPage();
    this.page.setDefaultTimeout(PATIENCE);
    this.page.on('pageerror', (e) => this.complaints.push(e.stack));
    this.page.on('console', (m) => {
      // A refused answer is the product's matter, not the browser's.
      if (['error', 'warning'].includes(m.type()) && !/Failed to load resource/.test(m.text())) {
        this.complaints.push(m.text());
      }
    });
    this.page.on('filechooser', async (chooser) => {
      const sound = /mp3/.test(await chooser.element().getAttribute('accept'));
      await chooser.setFiles(sound ? { name: 's.mp3', mimeType: 'audio/mpeg', buffer: spoken(20) } : { name: 'p.jpg', mimeType: 'image/jpeg', buffer: await this.picture() });
    });
    await this.page.goto(this.address + hash);
    await this.page.locator('body[data-ready]').waitFor();
  }

  /** Ends the app as the system does: without a word. */
  async kill() {
    await this.page.close({ runBeforeUnload: false });
  }

  async restart() {
    await this.kill();
    await this.start();
  }

  /** The page on top. */
  get top() {
    return this.page.locator('.wx-page-box:not([hidden])').last();
  }

  text(words, options) {
    return this.top.getByText(words, options);
  }

  /** A thing to be tapped, by what it says. */
  button(words) {
    return this.top.getByRole('button', { name: words });
  }

  async tap(words) {
    await this.button(words).first().click();
    this.taps++;
  }

  /** A button of what is laid over the page. */
  async sheet(words) {
    await this.page.locator('[role=dialog]').getByRole('button', { name: words, exact: true }).click();
    this.taps++;
  }

  async sees(words) {
    try {
      await this.text(words).first().waitFor();
    } catch (e) {
      throw new Error(`"${words}" never came. The page says:\n${await this.top.innerText()}\nThe link said:\n${(await this.page.locator('#panel li').allTextContents()).join('\n')}`, { cause: e });
    }
  }

  async title(words) {
    await this.page.locator('#title', { hasText: words }).waitFor();
  }

  /** WeChat's own title bar. */
  async back() {
    await this.page.locator('#back').click();
  }

  async tab(words) {
    await this.page.locator('#tabs').getByText(words).click();
  }

  /** What the camera sees: a scene of 1600 by 1200 dots, another one each time. */
  async picture() {
    const base64 = await this.page.evaluate(() => {
      const canvas = document.createElement('canvas');
      Object.assign(canvas, { width: 1600, height: 1200 });
      const g = canvas.getContext('2d');
      for (let i = 0; i < 400; i++) {
        g.fillStyle = `hsl(${Math.random() * 360} 40% ${30 + Math.random() * 50}%)`;
        g.fillRect(Math.random() * 1600, Math.random() * 1200, 40 + Math.random() * 300, 40 + Math.random() * 300);
      }
      return canvas.toDataURL('image/jpeg', 0.9).split(',')[1];
    });
    return Buffer.from(base64, 'base64');
  }

  /** Takes the link away or gives it back, by the demo's panel; it stays so when the app is started again. */
  async offline(on = true) {
    await this.page.getByLabel('没有网', { exact: true }).evaluate((box, want) => box.checked === want || box.click(), on);
  }

  async login() {
    await this.tap('用微信登录');
  }

  async loginCard(card, pin) {
    await this.tap('农户卡登录');
    await this.page.getByLabel('卡号').fill(card);
    await this.page.getByLabel('密码').fill(pin);
    await this.tap('登录');
  }

  async close() {
    const complaints = this.complaints;
    await this.context.close();
    assert.deepEqual(complaints, []);
  }
}

/**
 * An mp3 as the phone records it, silent: frames of MPEG 2 layer III (ISO/IEC 13818-3), 24 kbit/s, 16 kHz, mono, of
 * 72 * 24000 / 16000 bytes and 36 ms each.
 */
export function spoken(seconds) {
  const frame = Buffer.alloc(108);
  Buffer.from([0xff, 0xf3, 0x38, 0xc0]).copy(frame);
  return Buffer.concat(Array.from({ length: Math.floor(seconds / 0.036) }, () => frame));
}

/** Today in the programme's time. */
export const today = () => new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 10);

/** Waits until f gives something true, asking again and again. */
export async function until(f, what) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const got = await f();
    if (got) {
      return got;
    }
    assert.ok(Date.now() < end, 'never came: ' + what);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
