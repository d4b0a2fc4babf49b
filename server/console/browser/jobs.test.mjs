// The main jobs of a township's admin from one end to the other: what is done
// on the console arrives, and the figures equal their rows after it.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { phone } from './phone.mjs';
import { cells, folder, spoilt } from './sheet.mjs';
import { addsUp, descend, read } from './sums.mjs';
import { api, demo, households, launch, login, open, today } from './support.mjs';

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
  assert.match(await press(page, '先检查'), /没有错，可以导入/);
  assert.ok(await page.isChecked('[name=update]'), 'what was ticked stays');
  await press(page, '导入');
  assert.match(await page.textContent('section[role=status]'), /户：新增 0，改动 0，没变 150.*人：新增 0，改动 0，没变 250/);
  console.log(`figure: 300 of 400 rows named, marked and mended; ${now.figures} figures equal their rows after it`);
  assert.deepEqual(page.said, []);
  await page.context().close();
});

/** Cadres with open pairings: [{user, houses}], as the API lists them. */
async function paired() {
  const users = new Map((await all('/users?role=C')).map((u) => [u.id, u]));
  const of = new Map();
  for (const p of await all('/pairings?on=' + today())) of.set(p.cadre, [...(of.get(p.cadre) || []), p.household]);
  return [...of].filter(([id]) => users.get(id)).map(([id, houses]) => ({ user: users.get(id), houses }));
}

async function all(path) {
  const rows = [];
  for (let after = ''; ;) {
    const page = await admin.get(path + '&limit=200' + (after && '&after=' + encodeURIComponent(after)));
    rows.push(...page.rows);
    if (!page.next) return rows;
    after = page.next;
  }
}

test('a visit sent back is on the phone of its cadre with the words, comes corrected, and is approved', async () => {
  const cadre = (await paired()).find((c) => c.houses.length > 1);
  const worker = await phone(server.url, 'demo:' + cadre.user.login);
  await worker.contact();
  const [id] = await worker.push([['visit', cadre.houses[0], { day: today(), stage: 2, text: '看了房子。' }]]);
  await worker.contact();
  const page = await open(browser, server.url);
  await login(page, 'admin', '/queue?at=' + id);
  await page.waitForLoadState();
  await page.keyboard.press('r');
  await page.fill('[name=reason]', '请写明看到了什么，“裂缝”在哪里 <墙>？');
  await page.click('button[value=return]');
  await page.waitForSelector('.taken');
  await worker.contact();
  assert.deepEqual([worker.row('visit', id)?.state, worker.row('visit', id)?.words], ['returned', '请写明看到了什么，“裂缝”在哪里 <墙>？']);
  await worker.push([['visit', cadre.houses[0], { text: '看了房子，屋后墙有一条裂缝，两指宽。' }, id]]);
  await page.goto('/queue?at=' + id);
  assert.match(await page.textContent('.record'), /两指宽/);
  assert.match(await page.textContent('.record'), /待审/);
  await page.keyboard.press('a');
  await page.waitForSelector('.taken');
  await worker.contact();
  assert.deepEqual([worker.row('visit', id).state, worker.row('visit', id).text], ['approved', '看了房子，屋后墙有一条裂缝，两指宽。']);
  assert.deepEqual(page.said, []);
  await page.context().close();
});

test('a hand-over by the wizard: both phones hold what is theirs, unsent work arrives, figures equal rows', async () => {
  const cadres = await paired();
  const from = cadres.filter((c) => c.houses.length === 3).at(-1);
  const to = cadres.find((c) => c.houses.length === 2 && c.user.township === from.user.township && c.user.unit === from.user.unit) || cadres.find((c) => c.houses.length === 2);
  const leaving = await phone(server.url, 'demo:' + from.user.login);
  const coming = await phone(server.url, 'demo:' + to.user.login);
  await leaving.contact(1); // it says that one row is unsent
  await coming.contact();
  for (const h of from.houses) assert.ok(leaving.held.has(h) && !coming.held.has(h));
  const page = await open(browser, server.url);
  await login(page, 'admin', '/pairings/handover');
  const before = Object.fromEntries((await read(page, '/')).tiles.map((x) => [x.word, x.n]));
  await Promise.all([page.waitForURL(/from=/), page.selectOption('#from', from.user.login)]);
  assert.match(await page.textContent('main'), /没送到 1 条/);
  assert.equal(await page.locator('[name=households]:checked').count(), 3);
  await page.selectOption('[name=to]', to.user.login);
  await page.fill('[name=reason]', '调到县里工作');
  await page.click('button:has-text("先试一遍")');
  assert.match(await page.textContent('main'), /3 户 → 0 户/);
  assert.match(await page.textContent('main'), /2 户 → 5 户/);
  assert.match(await page.textContent('main'), /1 条/); // what is unsent is said again
  await page.click('button:has-text("办理交接")');
  assert.match(await page.textContent('.say'), /已交接 3 户/);

  // Written before the hand-over was heard of, sent after it.
  const codes = [];
  const [late] = await leaving.push([['visit', from.houses[1], { day: today(), text: '交接前去过，路上没有信号。' }]], codes);
  assert.deepEqual(codes, ['late']);
  const gone = await leaving.contact();
  assert.deepEqual([...from.houses].filter((h) => leaving.held.has(h)), []);
  assert.deepEqual(gone.filter((g) => from.houses.includes(g.house)).map((g) => [g.house, g.to]).sort(), from.houses.map((h) => [h, to.user.name]).sort(), 'it is told who has them now');
  await coming.contact();
  for (const h of from.houses) {
    assert.ok(coming.row('household', h)?.code, 'the new phone holds the household');
    assert.ok([...coming.held.get(h).keys()].some((k) => k.startsWith('member/')), 'and its people');
  }
  assert.equal(coming.row('visit', late)?.text, '交接前去过，路上没有信号。');
  await page.goto('/queue?flag=late&at=' + late);
  assert.match(await page.textContent('.record'), /路上没有信号/);
  assert.equal(await page.locator('.items li').count(), 1);
  await page.keyboard.press('a');
  await page.waitForSelector('.taken');

  // The lists by cadre and by household say the same, and the figures add up.
  const now = await addsUp(page);
  assert.equal(now.tiles['已结对'].n, before['已结对']);
  assert.equal(now.tiles['本月已走访'].n, before['本月已走访'] + 1);
  await page.goto('/pairings/households?cadre=' + to.user.login);
  assert.equal(await page.locator('tbody tr').count(), 5);
  await page.goto('/pairings/households?cadre=' + from.user.login);
  assert.match(await page.textContent('main'), /0 户|没有/);
  assert.equal((await paired()).find((c) => c.user.id === to.user.id).houses.length, 5);
  assert.deepEqual(page.said, []);
  await page.context().close();
});

test('a quiz is made of a workbook, published, answered on phones, and counted', async (t) => {
  const dir = folder(t);
  const book = path.join(dir, 'quiz.xlsx');
  cells(dir, 'write', book, { sheets: [
    { name: 'survey', rows: [['type', 'name', 'label', 'required', 'points', 'topic', 'answer'], ['select_one yesno', 'boil', '井水要烧开再喝。对不对？', 'yes', '1', 'water', 'yes'], ['select_one who', 'ask', '水浑了该找谁？', 'yes', '1', 'water', 'village']] },
    { name: 'choices', rows: [['list_name', 'name', 'label'], ['who', 'village', '村干部'], ['who', 'nobody', '不用管']] },
    { name: 'topics', rows: [['key', 'name'], ['water', '饮水安全']] },
    { name: 'settings', rows: [['form_title', 'form_id', 'kind'], ['饮水问答', 'water-quiz', 'quiz']] },
  ] });
  const cadre = (await paired()).find((c) => c.houses.length > 1);
  const worker = await phone(server.url, 'demo:' + cadre.user.login);
  await worker.contact();
  const page = await open(browser, server.url);
  await login(page, 'admin', '/papers');
  await page.locator('details:has([type=file])').evaluateAll((all) => all.forEach((d) => { d.open = true; })); // it may stand folded
  await page.setInputFiles('[type=file]', book);
  await page.click('button:has-text("上传")');
  assert.match(await page.textContent('.say'), /已存成草稿/);
  const id = page.url().split('/').at(-1);
  await worker.contact();
  assert.equal(worker.row('form', id)?.state, undefined, 'a draft stays at the desk');
  await page.locator('main button:has-text("发布")').click();
  assert.match(await page.textContent('.say'), /已发布/);
  await worker.contact();
  const paper = worker.row('form', id);
  assert.deepEqual([paper.state, paper.title], ['published', '饮水问答']);

  // The cadre asks inside a visit; so do eleven visits of the village worker of the same village.
  const house = (await admin.get('/records/household/' + cadre.houses[0]));
  const village = await phone(server.url, 'demo:village-' + house.village.slice(-2));
  const others = (await households(admin, (h) => h.village === house.village && !h.state && h.id !== house.id)).slice(0, 11);
  const visits = await village.push(others.map((h) => ['visit', h.id, { day: today(), text: '问了饮水的事。' }]));
  await village.push(others.map((h, i) => ['response', h.id, { form: id, visit: visits[i], day: today(), answers: [['boil', i < 8 ? 'yes' : 'no'], ['ask', 'village']] }]));
  const [visit] = await worker.push([['visit', house.id, { day: today(), text: '喝的是井水，烧开了再喝。' }]]);
  const [answered] = await worker.push([['response', house.id, { form: id, visit, day: today(), answers: [['boil', 'yes'], ['ask', 'nobody']] }]]);
  await worker.contact();
  assert.deepEqual([worker.row('response', answered).score, worker.row('response', answered).full], [1, 2]);

  await page.goto('/visits/' + visit);
  const shown = await page.textContent('main');
  assert.match(shown, /饮水问答\s*答对 1 \/ 2/);
  assert.match(shown, /再讲一讲：饮水安全/);
  assert.match(shown, /水浑了该找谁？\s*不用管/);
  // 8 of 12 households know it: the figure stands with the topic and with the village.
  await page.goto('/');
  const rate = page.locator('tr', { has: page.locator('th', { hasText: /^饮水安全$/ }) });
  assert.deepEqual(await rate.locator('td').allTextContents(), ['12', '8', '66.6%']);
  const drawn = await page.locator('[data-chart]').evaluateAll((boxes) => boxes.map((b) => ({ d: JSON.parse(b.dataset.chart), canvas: b.querySelectorAll('canvas').length })));
  const share = (name) => drawn.flatMap((c) => c.d.names?.includes(name) && c.d.series[0].name === '知晓率 %' ? [[c.d.series[0].values[c.d.names.indexOf(name)], c.canvas]] : []);
  assert.deepEqual(share('饮水安全'), [[66.6, 1]], 'the chart draws it');
  const cell = (await admin.get('/rates/awareness?village=' + house.village + '&topic=water')).cells[0];
  assert.deepEqual([cell.asked, cell.aware, cell.rate], [12, 8, '66.6%']);
  await addsUp(page);
  assert.deepEqual(page.said, []);
  await page.context().close();
});
