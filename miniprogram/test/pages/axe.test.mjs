// What a screen reader finds on every page of app.json. A page that is not
// reached here fails the test.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { begin, delivered, finish, quiz, shoot } from './acts.mjs';
import { Phone, server, until, withServer } from './harness.mjs';

withServer();

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const APP = JSON.parse(fs.readFileSync(fileURLToPath(new URL('../../src/app.json', import.meta.url)), 'utf8'));
const ALL = APP.pages.concat(...APP.subPackages.map((p) => p.pages.map((page) => p.root + '/' + page)));

/** Pages that were looked at, and what was found: page: rule: element. */
const seen = new Set();
const found = [];

/** Looks at the page on top as it is now; what says how it is when it is not plain. */
async function look(phone, what = '') {
  const route = await phone.page.evaluate(() => getCurrentPages().at(-1).route);
  await phone.page.evaluate(AXE);
  const { violations } = await phone.page.evaluate(() => globalThis.axe.run(document.getElementById('phone'), { resultTypes: ['violations'] }));
  seen.add(route);
  found.push(...violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${route} ${what}: ${v.id}: ${v.nodes[0].html.slice(0, 200)}`));
}

async function go(phone, url) {
  await phone.page.evaluate((to) => wx.navigateTo({ url: to }), url);
  const [route] = url.slice(1).split('?');
  await until(() => phone.page.evaluate((want) => getCurrentPages().at(-1).route === want && getCurrentPages().at(-1).data.ready !== false, route), url);
}

/** Opens a page, looks at it, does more on it, and goes back. */
async function visit(phone, url, more = async () => undefined) {
  await go(phone, url);
  await look(phone);
  await more();
  await phone.page.evaluate(() => wx.navigateBack());
}

test('a cadre\'s pages', async () => {
  const admin = await server.api('admin');
  const draft = await admin.post('/notices', { kind: '通知', title: '下乡义诊', text: '周五上午在村委会。', hotline: '085000001' });
  await admin.post(`/notices/${draft.id}/publish`, { rev: draft.rev, days: 7 });
  const phone = await Phone.open(server, 'cadre-001', { privacy: false });
  await look(phone);
  await phone.tap('农户卡登录');
  await look(phone, 'with a card');
  await phone.page.reload();
  await phone.page.locator('body[data-ready]').waitFor();
  await phone.login();
  await delivered(phone);
  await look(phone);
  for (const tab of ['农户', '口袋书', '我的']) {
    await phone.tab(tab);
    await look(phone);
  }
  await phone.tab('今天');
  const houses = (await (await server.api('cadre-001')).get('/due?all=1')).rows.map((r) => r.household);
  const measures = (await Promise.all(houses.map(async ({ id }) => (await admin.rows('measure', id)).map((m) => ({ house: id, id: m.id }))))).flat();
  assert.ok(measures.length > 0);
  const [{ id, head }] = houses;
  await visit(phone, '/pages/household/show?id=' + id, async () => {
    await phone.tap('记一个难处');
    await look(phone, 'a need');
  });
  await visit(phone, `/pages/record/edit?kind=household&household=${id}&row=${id}`);
  await visit(phone, `/pages/record/edit?kind=member&household=${id}&row=`);
  await visit(phone, '/pages/measure/write?household=' + id);
  await visit(phone, `/pages/measure/follow?household=${measures[0].house}&id=${measures[0].id}`);
  await visit(phone, '/pages/booklet/card?code=health-claim');
  await visit(phone, '/packages/kit/clip/record?code=health-claim');
  await visit(phone, '/packages/kit/road/check');
  await visit(phone, '/packages/kit/notice/list', () => phone.sees('下乡义诊'));
  await visit(phone, '/packages/home/about/about');
  await phone.offline();
  await begin(phone, head);
  await look(phone);
  await phone.tap('到户签到');
  await phone.sees('隐私保护指引');
  await look(phone, 'the question about privacy');
  await phone.button(/^同意$/).last().click();
  await phone.sees(/误差/);
  await phone.tap('拍照');
  await phone.button('同意，去拍').waitFor();
  await look(phone, 'the question about pictures');
  await phone.tap('同意，去拍');
  await phone.top.locator('.write-picture').first().waitFor();
  await phone.tap('发现难处');
  await look(phone, 'a need');
  await phone.sheet('好');
  await phone.tap('顺便问几道政策题');
  await phone.sees('第 1 题');
  await look(phone);
  await phone.back();
  await phone.tap('请这家人点一下');
  await phone.sees('来过吗');
  await look(phone);
  await phone.tap('有事');
  await look(phone, 'something is the matter');
  await phone.back();
  await finish(phone);
  await look(phone, 'without a link');
  await visit(phone, '/pages/outbox/outbox', async () => {
    await phone.tap(/^看/);
    await look(phone, 'an item');
  });
  await phone.close();
});

test('two people changed one field; a store that cannot be opened; work on its way', async () => {
  const admin = await server.api('admin');
  const { id } = (await (await server.api('cadre-002')).get('/due?all=1')).rows[0].household;
  const phone = await Phone.open(server, 'cadre-002');
  await phone.login();
  await delivered(phone);
  await phone.offline();
  await phone.page.evaluate(async (house) => {
    const desk = (await getApp().ready).desk();
    await desk.edit(house, 'household', house, { notes: '门前路修好了' }, desk.core.baseOf(house));
  }, id);
  const { rev } = await admin.get('/records/household/' + id);
  const changed = await fetch(`${server.url}/api/v1/records/household/${id}`, {
    method: 'PATCH', headers: { Authorization: 'Bearer ' + admin.token, 'Content-Type': 'application/json', 'If-Match': `"${rev}"` }, body: JSON.stringify({ notes: '户主在外务工' }),
  });
  assert.equal(changed.status, 200, await changed.text());
  await phone.offline(false);
  await phone.sees('已全部送达');
  await visit(phone, '/pages/conflict/pick', () => phone.sees('户主在外务工'));
  // A picture that is half there: the bar of the outbox.
  await phone.context.route('**/api/v1/uploads*', (route) => route.abort());
  await phone.button(/家记走访/).first().click();
  await phone.title('走访');
  await shoot(phone, 1);
  await quiz(phone, 1);
  await finish(phone);
  await visit(phone, '/pages/outbox/outbox');
  await visit(phone, '/pages/stop/stop?why=' + encodeURIComponent('手机里的资料是更新的版本存的。'));
  await phone.close();
});

test('a household\'s pages', async () => {
  const phone = await Phone.open(server, 'household-0001');
  await phone.login();
  await phone.sees('您好');
  await look(phone);
  await visit(phone, '/packages/home/say/say?what=' + encodeURIComponent('难处'));
  await visit(phone, '/packages/home/say/say?what=' + encodeURIComponent('投诉'));
  await visit(phone, '/packages/home/looks/looks');
  await visit(phone, '/packages/home/about/about');
  await phone.close();
});

test('the township\'s page, kind by kind', async () => {
  const phone = await Phone.open(server, 'admin', { care: true });
  await phone.login();
  await phone.title('审批');
  for (const kind of ['走访', '帮扶措施', '录音', '资料变更', '搁着的']) {
    await phone.tap(new RegExp(`^${kind} \\d+`));
    await until(() => phone.page.evaluate(() => getCurrentPages().at(-1).data.state === 'there'), kind);
    await look(phone, kind);
  }
  await phone.tap(/^走访 \d+/);
  await phone.button(/^退回 /).first().click();
  await look(phone, 'a return');
  await phone.close();
});

test('no page is left out, and nothing serious was found', () => {
  assert.deepEqual(ALL.filter((page) => !seen.has(page)), []);
  assert.deepEqual(found, []);
});
