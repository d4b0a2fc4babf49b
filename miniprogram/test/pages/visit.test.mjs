// Visits on the phone: from the list to saved, offline, killed, returned.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Phone, server, until, withServer } from './harness.mjs';

withServer();

/** A cadre's phone, logged in and synced. */
async function cadre(who, options) {
  const phone = await Phone.open(server, who, options);
  await phone.login();
  await phone.sees('已全部送达');
  return phone;
}

/** Opens a visit of the first household of the list; gives its name. */
async function begin(phone) {
  const row = phone.top.getByRole('button', { name: /家记走访/ }).first();
  const head = /给(.+)家记走访/.exec(await row.getAttribute('aria-label'))[1];
  await row.click();
  await phone.title('走访');
  return head;
}

/** The rows of a type in all households that a cadre holds, as somebody is shown them. */
async function rowsOf(who, type, as = who) {
  const { rows } = await (await server.api(who)).get('/due?all=1');
  const api = await server.api(as);
  const lists = await Promise.all(rows.map(async ({ household }) => (await api.rows(type, household.id)).map((r) => ({ ...r, head: household.head }))));
  return lists.flat();
}

const words = (phone) => phone.top.getByLabel('走访内容', { exact: true });

test('two taps from the list to a visit that is saved; a third for a quick phrase', async () => {
  const phone = await cadre('cadre-010');
  let taps = 0;
  await phone.page.exposeFunction('tapped', () => taps++);
  await phone.page.evaluate(() => document.addEventListener('pointerdown', () => window.tapped(), true));
  const head = await begin(phone);
  await phone.tap('一切正常。');
  // The system counts taps by itself, of the visit and of nobody: one so far on the form.
  assert.equal(await phone.page.evaluate(() => getCurrentPages().at(-1).draft().taps), 1);
  await phone.tap('完 成');
  await phone.title('今天');
  await until(() => taps === 3, 'three taps, not ' + taps);
  await phone.sees('已全部送达');
  const sent = (await rowsOf('cadre-010', 'visit')).filter((v) => v.text === '一切正常。');
  assert.equal(sent.length, 1);
  assert.ok(sent[0].stage >= 1 && sent[0].day);
  assert.equal(sent[0].head, head);
  await phone.close();
});

test('killed in the middle of a word, offline: nothing typed is lost, and it arrives once', async () => {
  const phone = await cadre('cadre-011');
  await phone.offline();
  await begin(phone);
  await phone.tap('到户签到');
  await phone.sees(/到户签到 \d\d:\d\d · 误差 15 米/);
  await words(phone).pressSequentially('猪圈修好了');
  await phone.sees('已自动保存');
  await phone.tap('拍照');
  await phone.tap('同意，去拍');
  await phone.top.locator('.write-picture').first().waitFor();
  await phone.restart();
  await phone.tap('没写完的走访');
  assert.equal(await words(phone).inputValue(), '猪圈修好了');
  assert.equal(await phone.top.locator('.write-picture').count(), 1);
  await phone.tap('完 成');
  await phone.sees(/离线 · 待传 3/);
  await phone.restart();
  await phone.sees(/离线 · 待传 3/);
  await phone.offline(false);
  await phone.sees(/^已全部送达/);
  const mine = (await rowsOf('cadre-011', 'visit')).filter((v) => v.text === '猪圈修好了');
  assert.equal(mine.length, 1);
  const photos = (await rowsOf('cadre-011', 'photo')).filter((p) => p.visit === mine[0].id);
  assert.deepEqual(photos.map((p) => [p.state, p.mime]), [['stored', 'image/jpeg']]);
  assert.ok(photos[0].size <= 200 << 10);
  await phone.close();
});

test('a place that is refused costs nothing', async () => {
  const phone = await cadre('cadre-012', { place: false });
  await begin(phone);
  await phone.tap('到户签到');
  await phone.sees('没有位置也行，时间记下了');
  await phone.tap('完 成');
  await phone.title('今天');
  await phone.close();
});

test('leaving asks nothing; a visit that is thrown away is gone', async () => {
  const phone = await cadre('cadre-013');
  await begin(phone);
  await phone.tap('已讲政策。');
  await phone.back();
  await phone.tap('没写完的走访');
  await phone.tap('这次不记了');
  await phone.top.getByRole('button', { name: '删掉' }).last().click();
  await phone.title('今天');
  assert.equal(await phone.text('没写完的走访').count(), 0);
  await phone.close();
});

test('what the household says is sealed: sent with the visit, shown nowhere', async () => {
  const phone = await cadre('cadre-014');
  await phone.offline();
  await begin(phone);
  await phone.tap('请这家人点一下');
  await phone.tap('没来过');
  await phone.top.locator('textarea').fill('没有见到人');
  await phone.tap('封好');
  await phone.sees('封好了');
  await phone.tap('还给');
  await phone.sees('已封好交给镇里，不能再看');
  await phone.tap('完 成');
  await phone.tap('送达情况');
  await phone.sees('农户回执 1 条');
  assert.ok(!/没来过|没有见到人/.test(await phone.page.locator('body').innerText()));
  await phone.offline(false);
  await phone.sees('已全部送达');
  const said = (await rowsOf('cadre-014', 'confirmation', 'admin')).filter((c) => c.text === '没有见到人');
  assert.deepEqual(said.map((c) => [c.answer, c.channel]), [['没来过', 'cadre_phone']]);
  await phone.close();
});

test('questions, a need and a wish go with the visit', async () => {
  const phone = await cadre('cadre-015');
  await begin(phone);
  await phone.tap('顺便问几道政策题');
  await phone.sees('第 1 题');
  await phone.top.getByRole('radio').last().click();
  await phone.sees('第 2 题');
  await phone.tap('先到这里');
  await phone.sees('答了 1 题');
  await phone.tap('发现难处');
  await phone.tap('饮水');
  await phone.top.getByLabel('用他自己的话写', { exact: true }).fill('水管又冻裂了');
  await phone.top.getByRole('button', { name: '好', exact: true }).click();
  await phone.sees('饮水：水管又冻裂了');
  await phone.tap('完 成');
  await phone.sees('已全部送达');
  const need = (await rowsOf('cadre-015', 'need')).find((n) => n.text === '水管又冻裂了');
  const answers = (await rowsOf('cadre-015', 'response')).filter((r) => r.visit === need.visit);
  assert.deepEqual([need.kind, need.state, answers.length], ['饮水', 'open', 1]);
  await phone.close();
});

test('returned with the admin\'s words, corrected, sent again', async () => {
  const phone = await cadre('cadre-016');
  await begin(phone);
  await words(phone).fill('看过房子。');
  await phone.tap('完 成');
  await phone.sees('已全部送达');
  const visit = (await rowsOf('cadre-016', 'visit')).find((v) => v.text === '看过房子。');
  const admin = await server.api('admin');
  const { id, rev } = (await admin.get('/inbox?type=visit&limit=200')).rows.find((r) => r.id === visit.id);
  await admin.post('/inbox/decisions', { type: 'visit', action: 'return', rows: [{ id, rev }], dry: false, reason: '请写清楚墙的情况' });
  await phone.restart();
  await phone.sees(/退回 1/);
  await phone.sees('请写清楚墙的情况');
  await phone.tap('去改正');
  await phone.title('改正走访');
  await phone.sees('请写清楚墙的情况');
  await words(phone).fill('看过房子，后墙有一条缝。');
  await phone.tap('完 成');
  await phone.sees('已全部送达');
  const now = (await rowsOf('cadre-016', 'visit')).find((v) => v.id === visit.id);
  assert.deepEqual([now.text, now.state], ['看过房子，后墙有一条缝。', 'pending']);
  assert.equal(await phone.text('去改正').count(), 0);
  await phone.close();
});

test('a phone that is full says so while everything is still in the form', async () => {
  const phone = await cadre('cadre-017');
  await phone.offline();
  await begin(phone);
  await words(phone).fill('写了一句。');
  await phone.sees('已自动保存');
  await phone.page.evaluate(() => {
    globalThis.room = wx.setStorage;
    wx.setStorage = (o) => o.fail({ errMsg: 'setStorage:fail exceed storage max size 10Mb' });
  });
  await words(phone).fill('写了一句。又写一句。');
  await phone.sees('存储空间不够');
  await phone.tap('完 成');
  assert.equal(await words(phone).inputValue(), '写了一句。又写一句。');
  await phone.page.evaluate(() => {
    wx.setStorage = globalThis.room;
  });
  await phone.tap('完 成');
  await phone.title('今天');
  await phone.sees(/待传 1/);
  await phone.close();
});
