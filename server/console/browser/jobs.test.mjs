// The main jobs of a township's admin from one end to the other: what is done
// on the console arrives, and the figures equal their rows after it.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { cells, folder, spoilt } from './sheet.mjs';
import { addsUp, descend, read } from './sums.mjs';
import { api, demo, households, launch, login, open } from './support.mjs';

let server;
let browser;
let admin;

before(async () => {
  server = await demo();
  browser = await launch();
  admin = await api(server.url, 'admin');
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** The table of what is wrong with a sheet, as the page shows it. */
const complaints = (page) => page.locator('section[role=status] tbody tr').evaluateAll((rows) => rows.map((tr) => {
  const [sheet, row, where, why, suggest] = Array.from(tr.cells, (td) => td.textContent.trim());
  const [column, header] = where.split(' ');
  return { sheet, row: Number(row), column, header, why, suggest, warning: why.startsWith('提醒') };
}));

/** Presses a button that htmx sends, sees that the page says it is at work, and waits for the answer. */
async function press(page, name) {
  await page.route('**/data', async (route) => { // the answer waits until it was seen
    await page.waitForSelector('#busy', { state: 'visible' });
    await route.continue();
  });
  const answered = page.waitForResponse((r) => r.request().method() === 'POST');
  await page.getByRole('button', { name, exact: true }).click();
  await answered;
  await page.waitForSelector('#busy', { state: 'hidden' });
  await page.waitForSelector('section[role=status]');
  await page.unroute('**/data');
  return page.textContent('section[role=status] h2');
}

async function download(page, button) {
  const [file] = await Promise.all([page.waitForEvent('download'), button.click()]);
  return file;
}

test('a roster of 400 rows, 300 of them bad: named, marked, mended by what is suggested, brought in', async (t) => {
  const dir = folder(t);
  const villages = (await admin.get('/areas')).rows.filter((p) => p.level === 'village' && p.code.startsWith('999901101')).map((p) => p.name);
  const bad = path.join(dir, '花名册.xlsx');
  const { faults, houses, members, rows } = spoilt(dir, bad, villages);
  assert.deepEqual([rows, faults.length], [400, 300]);
  const page = await open(browser, server.url);
  await login(page, 'admin', '/data');
  const before = (await read(page, '/')).tiles[0];

  await page.setInputFiles('#file', bad);
  assert.match(await press(page, '先检查'), /错，一行也没导入/);
  const found = await complaints(page);
  const at = (c) => c.sheet + '!' + c.column + c.row;
  const named = new Map(found.filter((c) => !c.warning).map((c) => [at(c), c]));
  const missed = faults.filter((f) => !named.has(at(f)));
  assert.deepEqual(missed, [], 'every bad row is named by its cell');
  for (const f of faults) {
    const c = named.get(at(f));
    assert.equal(c.header, f.header, at(f));
    assert.ok(c.why.length >= 6, at(f) + ' says why: ' + c.why);
    if (f.meant) assert.equal(c.suggest, f.right, at(f) + ' says what was meant');
  }

  // The marked copy: the same cells red, the reason beside them, the rest as it was.
  const copy = path.join(dir, 'marked.xlsx');
  await (await download(page, page.getByRole('button', { name: '下载标好错的文件' }))).saveAs(copy);
  await page.waitForSelector('#bring:not([data-sent])'); // a file leaves the page as it is: it may be had once more
  await (await download(page, page.getByRole('button', { name: '下载标好错的文件' }))).delete();
  const marked = Object.fromEntries(cells(dir, 'read', copy).sheets.map((s) => [s.name, s]));
  const was = Object.fromEntries(cells(dir, 'read', bad).sheets.map((s) => [s.name, s]));
  for (const f of faults) {
    const s = marked[f.sheet];
    assert.equal(s.fills[f.column + f.row], 'FFC7CE', at(f) + ' is red');
    assert.ok(s.rows[f.row - 1].at(-1).includes(named.get(at(f)).why), at(f) + ' says why: ' + s.rows[f.row - 1].at(-1));
  }
  for (const s of Object.values(was)) s.rows.forEach((r, y) => assert.deepEqual(marked[s.name].rows[y].slice(0, r.length), r, s.name + ' row ' + (y + 1)));

  // Mended in the marked copy, as a person would: what is suggested is taken.
  cells(dir, 'change', copy, faults.map((f) => ({ sheet: f.sheet, cell: f.column + f.row, text: named.get(at(f)).suggest && f.meant ? named.get(at(f)).suggest : f.right })));
  await page.setInputFiles('#file', copy);
  assert.match(await press(page, '先检查'), /没有错，可以导入/);
  assert.deepEqual(await complaints(page), []);
  assert.equal((await households(admin, (h) => h.code === houses[0][0])).length, 0, 'checking stores nothing');
  assert.match(await press(page, '导入'), /导入好了/);
  assert.match(await page.textContent('section[role=status]'), /户：新增 150，改动 0，没变 0.*人：新增 250，改动 0，没变 0/);
  const first = page.locator('h2:has-text("最近的导入") + .rows tbody tr').first();
  assert.match(await first.innerText(), /已导入\s+400\s+0\s+0\s+0\s+0/);

  // They are there, each with the people of its rows.
  const stored = new Map((await households(admin, (h) => h.code.startsWith('9999011017'))).map((h) => [h.code, h]));
  for (const h of houses) {
    const got = stored.get(h[0]);
    assert.deepEqual([got?.head, got?.people, got?.income, got?.planYear], [h[2], members.filter((m) => m[0] === h[0]).length, 320050, 2030], h[0]);
  }
  assert.equal(stored.size, 150);
  const now = await addsUp(page);
  const all = now.tiles[before.word];
  assert.deepEqual([all.n - before.n, all.people - before.people], [150, 250]);
  await descend(page, all, { figures: 0, households: 0 });
  // The same file again changes nothing.
  await page.goto('/data');
  await page.check('[name=update]');
  await page.setInputFiles('#file', copy);
  await press(page, '导入');
  assert.match(await page.textContent('section[role=status]'), /户：新增 0，改动 0，没变 150.*人：新增 0，改动 0，没变 250/);
  console.log(`figure: 300 of 400 rows named, marked and mended; ${now.figures} figures equal their rows after it`);
  assert.deepEqual(page.said, []);
  await page.context().close();
});
