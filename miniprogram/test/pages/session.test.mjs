// The end of a log-in: what the phone says of it is true, and nothing is lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { begin, delivered, finish } from './acts.mjs';
import { Phone, server, until, withServer } from './harness.mjs';

let admin;
withServer(async () => {
  admin = await server.api('admin');
});

/** A phone with one visit that is not sent, and what the township does to its user's log-in meanwhile. */
async function ended(who, text, act, body) {
  const phone = await Phone.open(server, who);
  await phone.login();
  await delivered(phone);
  await phone.offline();
  const { me } = await server.api(who);
  const held = await (await server.api(who)).get('/due?all=1');
  const { household } = held.rows[0];
  await begin(phone, household.head);
  await phone.page.getByLabel('走访内容').fill(text);
  await finish(phone);
  await admin.post(`/users/${me.user}/${act}`, body);
  await phone.offline(false);
  const kept = await until(async () => (await admin.get('/quarantine?limit=200')).rows.find((q) => JSON.stringify(q).includes(text)), 'the visit at the township');
  return { phone, household, kept };
}

test('the township ended the log-in: the phone says so, logs in again, and nothing is lost', async () => {
  const text = '登录被镇里结束了。';
  const { phone, household, kept } = await ended('cadre-041', text, 'revoke');
  await phone.text('请重新登录').first().click();
  await phone.sees('镇里结束了这部手机的登录');
  assert.ok(!(await phone.top.innerText()).includes('停用'), 'the account is not out of use');
  await phone.tap('重新登录');
  await phone.button(/干部|登录过期了/).or(phone.text('点一下重新登录')).first().click();
  await delivered(phone);
  await admin.post(`/quarantine/${kept.id}/decision`, { action: 'take' });
  assert.equal((await admin.rows('visit', household.id)).filter((v) => v.text === text).length, 1);
  await phone.close();
});

test('an account out of use: the phone says that, and does not ask to log in', async () => {
  const { phone } = await ended('cadre-042', '账号停用了也不丢。', 'disable', { on: true, anyway: true });
  await phone.text('账号已停用').first().click();
  await phone.sees('没传完的还会交给乡镇');
  assert.equal(await phone.button('重新登录').count(), 0);
  await phone.close();
});
