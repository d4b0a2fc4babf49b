// Office work that needs more than one page: a paper written question by
// question, people found by name, what persons ask for about their own data,
// what an auditor finds.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, demo, launch, login, open } from './support.mjs';

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
