// Every figure of the overview is the sum of the rows it leads to, over the
// whole demo, and moves when a visit comes.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { phone } from './phone.mjs';
import { addsUp, descend, read } from './sums.mjs';
import { api, demo, households, launch, login, open, today } from './support.mjs';

let server;
let browser;

before(async () => {
  server = await demo();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

for (const [account, deep] of [['admin', true], ['county', false], ['auditor', false]]) {
  test('every figure ' + account + ' sees is the sum of its rows', async () => {
    const page = await open(browser, server.url);
    await login(page, account);
    const seen = await addsUp(page, deep);
    console.log(`figure: ${account}: ${seen.figures} figures equal their rows, ${seen.households} households reached`);
    assert.deepEqual(page.said, []);
    await page.context().close();
  });
}

test('a visit moves the figures and the chart of the month, and its village becomes a point', async () => {
  const admin = await api(server.url, 'admin');
  const worker = await phone(server.url, 'demo:village-01');
  const houses = (await households(admin, (h) => h.village.endsWith('201') && !h.state)).filter((h) => h.head).slice(0, 12);
  const page = await open(browser, server.url);
  await login(page, 'admin');
  const before = (await read(page, '/')).tiles.at(-1);
  await worker.push(houses.map((h, i) => ['visit', h.id, { day: today(), text: '来过。', lat: 26850000 + 900 * i, lng: 104280000, accuracy: 15, coord: 'gcj02' }]));
  await page.goto('/');
  const now = (await read(page, '/')).tiles.at(-1);
  assert.equal(now.n, before.n + 12);
  await descend(page, now, { figures: 0, households: 0 });
  const drawn = await page.locator('[data-chart]').evaluateAll((boxes) => boxes.map((b) => ({ d: JSON.parse(b.dataset.chart), canvas: b.querySelectorAll('canvas').length })));
  assert.ok(drawn.length >= 3 && drawn.every((c) => c.canvas === 1), 'every chart is drawn');
  assert.equal(drawn[0].d.series[0].values.at(-1), 12);
  assert.equal(drawn.at(-1).d.points.length, 1);
  assert.deepEqual(page.said, []);
  await page.context().close();
});
