// The approval queue: by keys and by the clock, by two admins at once, and
// wholly without script.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { phone } from './phone.mjs';
import { api, demo, households, launch, login, open, today, until } from './support.mjs';

let server;
let browser;
let admin;
let houses;
let worker;

before(async () => {
  server = await demo();
  browser = await launch();
  admin = await api(server.url, 'admin');
  worker = await phone(server.url, 'demo:village-01');
  houses = (await households(admin, (h) => h.village.endsWith('201') && !h.state)).filter((h) => h.head);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** What a test that failed left behind is not the next one's. */
afterEach(async () => {
  for (let rows; (rows = await waiting()).length > 0;) {
    await admin.post('/inbox/decisions', { action: 'approve', rows: rows.map((r) => ({ id: r.id, rev: r.rev })) });
  }
});

/** p95 of the least a key could cost at this minute: one small answer, one frame. */
async function bareRequests() {
  const took = [];
  for (let i = 0; i < 60; i++) {
    const from = performance.now();
    await (await fetch('/healthz')).text();
    await new Promise((done) => requestAnimationFrame(done));
    took.push(performance.now() - from);
  }
  return took.sort((a, b) => a - b)[57];
}

/** Has the page itself note how long each key takes until the next record is painted, and how much of it is the request. */
function clockKeys() {
  const began = { at: 0 };
  window.keys = [];
  document.addEventListener('keydown', () => { began.at = performance.now(); }, true);
  document.addEventListener('htmx:afterSettle', () => requestAnimationFrame(() => {
    const request = performance.getEntriesByType('resource').filter((e) => e.initiatorType === 'xmlhttprequest').at(-1);
    window.keys.push([performance.now() - began.at, request.responseEnd - request.startTime]);
  }));
}

const p95 = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length * 0.95)];

const visit = (house, text) => ['visit', house.id, { day: today(), stage: 2, text }];
const waiting = async () => (await admin.get('/inbox?limit=200')).rows;

test('200 visits approved by keys, one by one', async () => {
  assert.ok(houses.length >= 200, houses.length + ' households');
  await worker.push(houses.slice(0, 200).map((h, i) => visit(h, '第' + i + '次：看了房子，问了孩子上学的事。')));
  assert.equal((await waiting()).length, 200);
  const page = await open(browser, server.url);
  await login(page, 'admin', '/queue');
  await page.waitForLoadState();
  await page.evaluate(clockKeys);
  const took = [];
  const begun = Date.now();
  for (let left = 199; left >= 0; left--) {
    const from = performance.now();
    await page.keyboard.press('a');
    await page.waitForFunction((n) => document.querySelector('[data-left]')?.dataset.left === String(n), left, { polling: 'raf' });
    took.push(performance.now() - from);
  }
  const seconds = (Date.now() - begun) / 1000;
  const bare = await page.evaluate(bareRequests);
  const keys = await page.evaluate(() => window.keys);
  assert.equal(keys.length, 200, 'each key was clocked');
  const [seen, inPage, request] = [took, keys.map((k) => k[0]), keys.map((k) => k[1])].map(p95);
  console.log(`figure: 200 approvals by keyboard ${seconds.toFixed(1)} s (target < 60), p95 ${inPage.toFixed(0)} ms from the key to the next record painted (target < 150), ${request.toFixed(0)} ms of a request; ${seen.toFixed(0)} ms as the test's driver sees it; p95 of a bare request and a frame beside it ${bare.toFixed(0)} ms`);
  assert.ok(seconds < 180, 'more than three times the target: ' + seconds + ' s');
  assert.ok(inPage < Math.max(450, 20 * bare), 'more than three times the target, and the machine is not to blame: ' + inPage + ' ms');
  assert.equal((await waiting()).length, 0);
  assert.match(await page.textContent('.record'), /都审完了/);
  assert.deepEqual(page.said, []);
  await page.context().close();
});

test('a return reaches the phone with its words, and may be taken back within its seconds', async () => {
  const [id] = await worker.push([visit(houses[0], '只写了一句。')]);
  const page = await open(browser, server.url);
  await login(page, 'admin', '/queue');
  await page.waitForLoadState();
  await page.keyboard.press('r');
  await page.selectOption('[name=ready]', '照片看不清，请补拍。');
  await page.click('button[value=return]');
  await page.waitForSelector('.taken');
  const returned = await worker.get('/records/visit/' + id);
  assert.deepEqual([returned.state, returned.words], ['returned', '照片看不清，请补拍。']);
  await page.keyboard.press('u');
  await page.waitForSelector('.say');
  assert.equal((await worker.get('/records/visit/' + id)).state, 'pending');
  await page.keyboard.press('a');
  await page.waitForFunction(() => document.querySelector('[data-left]').dataset.left === '0');
  assert.equal((await worker.get('/records/visit/' + id)).state, 'approved');
  await until(async () => (await page.locator('[data-key=u]').count()) === 0, 'the offer to undo goes by itself');
  assert.deepEqual(page.said, []);
  await page.context().close();
});

test('two admins: the second is told, and sees what the record is by now', async () => {
  const [id] = await worker.push([visit(houses[1], '两个人同时看到的。')]);
  const one = await open(browser, server.url);
  const two = await open(browser, server.url);
  await login(one, 'admin', '/queue');
  await login(two, 'admin', '/queue');
  await Promise.all([one.waitForLoadState(), two.waitForLoadState()]);
  await one.keyboard.press('a');
  await one.waitForFunction(() => document.querySelector('[data-left]').dataset.left === '0');
  const rev = (await admin.get('/records/visit/' + id)).rev;
  const answered = two.waitForResponse((r) => r.request().method() === 'POST');
  await two.keyboard.press('a');
  assert.equal((await answered).status(), 409);
  await two.waitForSelector('.refused');
  assert.match(await two.textContent('.record'), /现在是“已通过”/);
  assert.equal((await admin.get('/records/visit/' + id)).rev, rev, 'approved once');
  await one.context().close();
  await two.context().close();
});

test('a batch is tried first, then carried out, then taken back', async () => {
  await worker.push(houses.slice(10, 22).map((h) => visit(h, '一批里的一条。')));
  const page = await open(browser, server.url);
  await login(page, 'admin', '/queue');
  await page.waitForLoadState();
  await page.click('[data-tick=mark]');
  await page.click('#batch [value=approve]');
  await page.waitForSelector('text=试一试：12 条可以通过');
  assert.equal((await waiting()).length, 12, 'nothing was done');
  await page.click('text=确定通过 12 条');
  await page.waitForSelector('text=通过了 12 条');
  assert.equal((await waiting()).length, 0);
  await page.keyboard.press('u');
  await page.waitForSelector('text=已撤销 12 条');
  assert.equal((await waiting()).length, 12);
  assert.deepEqual(page.said, []);
  await page.context().close();
});

test('photos stand beside the words, open over the page, and one used twice is said', async () => {
  const page = await open(browser, server.url);
  await page.goto('/login');
  const body = await page.screenshot({ type: 'jpeg', quality: 60 });
  const [first, second] = await worker.push([visit(houses[30], '拍了屋后的墙。'), visit(houses[31], '也拍了一张。')]);
  for (const [id, house] of [[first, houses[30]], [second, houses[31]]]) {
    await worker.photo(id, house.id, body);
  }
  await login(page, 'admin', '/queue?at=' + second);
  await page.waitForFunction(() => document.querySelector('.pics img')?.naturalWidth > 0);
  assert.match(await page.textContent('.pics'), /照片用过/);
  await page.click('.pics a');
  await page.waitForFunction(() => document.querySelector('.zoomed img')?.naturalWidth > 0);
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('.zoomed').count(), 0);
  for (let left = 1; left >= 0; left--) {
    await page.keyboard.press('a');
    await page.waitForFunction((n) => document.querySelector('[data-left]')?.dataset.left === String(n), left);
  }
  assert.deepEqual(page.said, []);
  await page.context().close();
});

test('without script: filter, return with words, approve, take back, batch', async () => {
  await worker.push(houses.slice(40, 46).map((h) => visit(h, '没有脚本也审得了。')));
  const page = await open(browser, server.url, { javaScriptEnabled: false });
  await login(page, 'admin', '/queue');
  await page.selectOption('[name=flag]', 'late');
  await page.click('.filters button');
  assert.match(page.url(), /flag=late/);
  assert.match(await page.textContent('.record'), /都审完了/);
  await page.goto('/queue');
  const before = (await waiting()).length;
  await page.click('summary[data-key=r]');
  await page.click('button[value=return]');
  assert.match(await page.textContent('main'), /请写明原因/); // refused: nothing was written
  await page.fill('[name=reason]', '请写明孩子几岁。');
  await page.click('button[value=return]');
  await page.waitForSelector('.taken');
  assert.equal((await waiting()).length, before - 1);
  await page.click('[data-key=u]');
  await page.waitForSelector('.say');
  assert.equal((await waiting()).length, before);
  await page.click('[data-key=a]');
  await page.waitForSelector('.taken');
  assert.equal((await waiting()).length, before - 1);
  for (const box of await page.locator('[name=mark]').all()) await box.check();
  await page.click('#batch [value=approve]');
  await page.click('text=确定通过');
  await page.waitForSelector('text=通过了 ' + (before - 1) + ' 条');
  assert.equal((await waiting()).length, 0);
  await page.context().close();
});
