// The first log-in of a cadre, by the telephone number that the township wrote down.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Phone, server, withServer } from './harness.mjs';

let admin;
withServer(async () => {
  admin = await server.api('admin');
});

/** The number that the demo's WeChat vouches for (server/wechat/fake.go). */
function numberOf(who) {
  let h = 0x811c9dc5;
  for (const b of Buffer.from(who)) {
    h = Math.imul(h ^ b, 0x01000193) >>> 0;
  }
  return '1990000' + String(h % 10000).padStart(4, '0');
}

/** A cadre whom no WeChat account belongs to yet. */
const add = (login, phone) => admin.post('/users', { login, name: '新来的' + login.slice(-2), role: 'C', township: admin.me.township, unit: '镇政府', phone });

/** A phone that was asked who it is, as far as the button for the number. */
async function asked(who) {
  const phone = await Phone.open(server, who);
  await phone.login();
  await phone.sees('要认一认您是谁');
  return phone;
}

const answer = (phone, words) => phone.page.getByRole('button', { name: words, exact: true }).click();

test('the number is known: one tap, one yes, and it stays so', async () => {
  await add('new-01', numberOf('wx-new-01'));
  const phone = await asked('wx-new-01');
  await phone.tap('用这个微信的手机号');
  await answer(phone, '允许');
  await phone.title('今天');
  await phone.tab('我的');
  await phone.sees('新来的01');
  await phone.tap('退出登录');
  await phone.sheet('退出');
  await phone.login(); // the number does not matter any more
  await phone.title('今天');
  await phone.close();
});

test('no number, a number nobody wrote down, one that two have: said in plain words, and the code still works', async () => {
  const phone = await asked('wx-new-02');
  await phone.tap('用这个微信的手机号');
  await answer(phone, '不允许');
  await phone.sees('没有拿到手机号');
  await phone.tap('用这个微信的手机号');
  await answer(phone, '允许');
  await phone.sees('没有账号登记了这个手机号');
  const { id } = await add('new-02', numberOf('wx-new-02'));
  await add('new-03', numberOf('wx-new-02'));
  await phone.tap('用这个微信的手机号');
  await answer(phone, '允许');
  await phone.sees('有两个账号登记了这个手机号');
  const { code } = await admin.post(`/users/${id}/code`);
  await phone.page.getByLabel('绑定码').fill(code);
  await phone.tap('绑定并登录');
  await phone.title('今天');
  assert.equal((await server.api('wx-new-02')).me.user, id);
  await phone.close();
});
