// Every figure of the overview is the sum of the rows it leads to, over the
// whole demo, and moves when a visit comes.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, demo, households, launch, login, open, phone, today } from './support.mjs';

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

/** What a page of figures says, read in the browser: [[label, figure, link]…]. */
function read(page, address) {
  return page.evaluate(async (to) => {
    const answer = await fetch(to);
    const doc = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const number = (text) => Number(text.replace(/[^\d]/g, ''));
    return {
      status: answer.status,
      tiles: Array.from(doc.querySelectorAll('.figures:not(.tasks) a'), (a) => ({ n: number(a.querySelector('b').textContent), url: a.getAttribute('href') })),
      cells: Array.from(doc.querySelectorAll('.rows.whole tbody td a'), (a) => ({ n: number(a.textContent), url: a.getAttribute('href') })),
      lines: Array.from(doc.querySelectorAll('.rows tbody tr')).filter((tr) => tr.querySelector('th')).map((tr) => ({ url: tr.querySelector('a')?.getAttribute('href'), n: number(tr.querySelector('td')?.textContent || '0') })),
      sums: Array.from(doc.querySelectorAll('.rows tfoot td'), (td) => number(td.textContent)),
      columns: Array.from(doc.querySelectorAll('.rows.whole tbody tr'), (tr) => Array.from(tr.querySelectorAll('td'), (td) => (td.textContent.includes('✓') ? 1 : number(td.textContent)))),
    };
  }, address);
}

const total = (list) => list.reduce((sum, l) => sum + l.n, 0);

/** Follows a figure down to its households. */
async function descend(page, figure, seen) {
  const at = await read(page, figure.url);
  assert.equal(at.status, 200, figure.url);
  assert.equal(total(at.lines), figure.n, figure.url + ' is the sum of its lines');
  assert.equal(at.sums[0], figure.n, figure.url + ' is its total');
  seen.figures += 1;
  for (const l of at.lines) {
    if (!l.url || !l.url.includes('area=')) {
      assert.equal(l.n, 1, figure.url + ': a household is one');
      seen.households += 1;
    } else {
      await descend(page, l, seen);
    }
  }
}

for (const [account, deep] of [['admin', true], ['county', false], ['auditor', false]]) {
  test('every figure ' + account + ' sees is the sum of its rows', async () => {
    const page = await open(browser, server.url);
    await login(page, account);
    const top = await read(page, '/');
    assert.ok(top.tiles.length >= 9 && top.cells.length > 9);
    const seen = { figures: 0, households: 0 };
    for (const figure of top.tiles) {
      if (deep) {
        await descend(page, figure, seen);
      } else {
        const at = await read(page, figure.url);
        assert.equal(total(at.lines), figure.n, figure.url);
        seen.figures += 1;
      }
    }
    for (const figure of top.cells) {
      const at = await read(page, figure.url);
      assert.equal(total(at.lines), figure.n, figure.url);
      seen.figures += 1;
    }
    for (const [i, sum] of top.sums.entries()) {
      assert.equal(top.columns.reduce((s, row) => s + row[i], 0), sum, 'column ' + i);
    }
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
