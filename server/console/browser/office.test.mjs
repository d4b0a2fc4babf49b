// Office work that needs more than one page: a paper written question by
// question, people found by name, what persons ask for about their own data,
// what an auditor finds.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
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

const press = (page, value) => Promise.all([page.waitForNavigation(), page.locator(`button[name=step][value="${value}"]`).last().click()]);

for (const script of [true, false]) {
  test('a paper is written question by question, published and seen by the phone, ' + (script ? 'with' : 'without') + ' script', async () => {
    const page = await open(browser, server.url, { javaScriptEnabled: script });
    const title = '秋收问答' + (script ? '一' : '二');
    await login(page, 'admin', '/papers');
    await page.click('text=写一份新的');
    await page.fill('[name=title]', title);
    await page.fill('[name="topics.0.name"]', '秋收');
    await page.fill('[name="items.0.label"]', '粮食卖出去了吗？');
    await page.fill('[name="items.0.options.0.label"]', '卖了');
    await page.fill('[name="items.0.options.1.label"]', '没卖');
    await press(page, 'option.0');
    await page.fill('[name="items.0.options.2.label"]', '不想卖');
    await press(page, 'add.1');
    assert.equal(await page.inputValue('[name="items.0.options.2.label"]'), '不想卖', 'what was typed is there after a step');
    await page.selectOption('[name="items.1.kind"]', 'yesno');
    await page.fill('[name="items.1.label"]', '有人来收吗？');
    await press(page, 'look');
    await page.selectOption('[name="items.1.visible_if"]', { label: '第 1 题“粮食卖出去了吗？”答“没卖”才问' });
    await page.fill('[name="items.0.points"]', '2');
    await Promise.all([page.waitForNavigation(), page.click('button:has-text("存草稿") >> nth=0')]);
    assert.match(await page.textContent('fieldset#item-0 strong.wrong'), /有分值就要有答案/, 'the fault stands at its question');
    assert.equal(await page.inputValue('[name=title]'), title);
    await page.check('[name="items.0.right"] >> nth=0');
    await page.selectOption('[name=pass]', 'percent');
    await page.fill('[name=percent]', '50');
    await Promise.all([page.waitForNavigation(), page.click('button:has-text("存草稿") >> nth=0')]);
    assert.match(await page.textContent('.say'), /草稿已存/);
    assert.match(await page.textContent('.phone'), /粮食卖出去了吗？.*卖了 ✓ 对.*有人来收吗/s);
    await press(page, 'up.1');
    assert.match(await page.textContent('#item-0'), /不在前面了/, 'a condition on a later question is told before it is sent');
    await press(page, 'down.0');
    await page.goto(page.url().split('#')[0]);
    await Promise.all([page.waitForNavigation(), page.click('button:has-text("发布")')]);
    assert.match(await page.textContent('.head'), /第 1 版/);
    const row = (await admin.get('/records/form?limit=200')).rows.find((r) => r.title === title);
    const paper = await admin.get('/blobs/' + row.sha256);
    assert.deepEqual(paper.items.map((i) => [i.label, i.answer, i.visible_if]), [['粮食卖出去了吗？', 'o1', undefined], ['有人来收吗？', undefined, { '==': [{ var: 'q1' }, 'o2'] }]]);
    assert.deepEqual(paper.pass, { '>=': [{ var: '@percent' }, 50] });
    assert.deepEqual(page.said, []);
    await page.context().close();
  });
}

const TOWN = '999901101';

/** A window of a role of the demo's first township. */
async function as(account, next, options) {
  const page = await open(browser, server.url, options);
  await login(page, account);
  if (account === 'auditor') await page.context().addCookies([{ name: 'daohu-township', value: TOWN, url: server.url }]);
  await page.goto(next);
  return page;
}

const send = (page, button) => Promise.all([page.waitForNavigation(), page.click(button)]);

test('a household gets its login by its name, chosen where several have it; nobody types an id, without script', async () => {
  const page = await as('admin', '/users', { javaScriptEnabled: false });
  const houses = await households(admin, (h) => h.head && !h.state);
  const few = houses.find((h) => { const n = houses.filter((x) => x.head.startsWith(h.head.slice(0, 2))).length; return n > 1 && n < 20; });
  assert.ok(few, 'the demo has heads whose names begin alike');
  await page.click('summary:has-text("添加用户")');
  await page.fill('#add-login', 'named-house');
  await page.fill('#add-name', '按名字找的一户');
  await page.selectOption('#add-role', 'H');
  await page.fill('#add-household', few.head.slice(0, 2));
  await send(page, 'button:has-text("添加")');
  assert.match(await page.textContent('.wrong'), /请在下面选|找到的太多/);
  assert.equal(await page.inputValue('#add-name'), '按名字找的一户');
  await page.check(`[name=householdPick][value="${few.id}"]`);
  await send(page, 'button:has-text("添加") >> nth=-1');
  assert.match(await page.textContent('.say'), /已添加/);
  let made;
  for (let after = ''; !made;) {
    const list = await admin.get('/users?role=H&limit=200' + (after && '&after=' + after));
    made = list.rows.find((u) => u.login === 'named-house');
    if (!(after = list.next)) break;
  }
  assert.equal(made?.household, few.id);
  for (const address of ['/users', '/issues', '/notices', '/cards', '/rights']) {
    await page.goto(address);
    const labels = await page.locator('main label').allTextContents();
    assert.deepEqual(labels.filter((l) => /村编号|户的编号|乡镇编号|代号/.test(l)), [], address);
  }
  await page.context().close();
});

test('a person asks for its data and to have it erased: a copy on paper, two admins for the end', async () => {
  const [house] = await households(admin, (h) => h.head && !h.state && h.village.endsWith('203'));
  const page = await as('admin', '/households/' + house.id);
  await page.click('text=记一条：要看、要改、要抹去');
  await page.selectOption('[name=kind]', 'copy');
  await page.fill('[name=asker]', '户主本人');
  await send(page, 'button:has-text("记下")');
  await page.click('text=打印或下载');
  await send(page, 'button:has-text("打开要印的页")');
  const sheet = await page.textContent('article.sheet');
  assert.match(sheet, new RegExp('个人资料副本.*' + house.code, 's'));
  assert.doesNotMatch(sheet, /999999\d{12}/, 'no ID number in full');
  assert.ok((await page.pdf({ preferCSSPageSize: true })).length > 10000, 'it prints');
  await page.goto(page.url());
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('button:has-text("下载成文件")')]);
  assert.match(file.suggestedFilename(), /^个人资料副本-.*\.json$/);
  const kept = JSON.parse(fs.readFileSync(await file.path(), 'utf8'));
  assert.equal(kept.household, house.id);
  assert.ok(kept.rows.member.length > 0);
  await page.goto('/rights?household=' + house.id);
  await page.selectOption('[name=kind]', 'erasure');
  await page.fill('[name=asker]', '户主本人');
  await send(page, 'button:has-text("记下")');
  const at = page.url();
  assert.match(await page.textContent('main'), /请另一位管理员来抹/);
  await page.goto('/households/' + house.id);
  await page.click('summary:has-text("关闭这一户")');
  await page.fill('#close-reason', '搬走了，本人要求');
  await send(page, 'button:has-text("关闭") >> nth=-1');
  const other = await as('admin-b', at);
  await other.click('summary:has-text("抹去")');
  await other.fill('#erase-reason', '本人当面要求，十一月');
  await send(other, 'button:has-text("抹去，不能反悔")');
  assert.match(await other.textContent('main'), /已办.*已抹去/s);
  assert.doesNotMatch(await other.textContent('main'), /户主本人/);
  await page.goto('/households/' + house.id);
  assert.doesNotMatch(await page.textContent('main'), new RegExp(house.head));
  assert.deepEqual([...page.said, ...other.said], []);
  await page.context().close();
  await other.context().close();
});

test('an auditor writes what she finds, the township answers, she closes it', async () => {
  const [house] = await households(admin, (h) => h.head && !h.state && h.village.endsWith('204'));
  const auditor = await as('auditor', '/households/' + house.id, { javaScriptEnabled: false });
  await auditor.click('text=写一条发现');
  await auditor.fill('[name=text]', '人口对不上');
  await auditor.selectOption('[name=severity]', '一般');
  await send(auditor, 'button:has-text("写下")');
  const at = auditor.url();
  const page = await as('admin', '/findings');
  await page.click('text=人口对不上');
  await page.fill('[name=answer]', '去年嫁出一人，已更正');
  await send(page, 'button:has-text("答复")');
  await auditor.goto(at);
  assert.match(await auditor.textContent('main'), /去年嫁出一人/);
  await auditor.fill('[name=reason]', '看过了');
  await send(auditor, 'button:has-text("就这样")');
  assert.match(await auditor.textContent('.head'), /已关闭|已办结/);
  await page.goto(at);
  assert.match(await page.textContent('main'), /看过了/);
  assert.equal(await page.locator('main form').count(), 0, 'nothing more to do');
  await page.context().close();
  await auditor.context().close();
});
