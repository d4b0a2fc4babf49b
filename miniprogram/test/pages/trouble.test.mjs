// Bad luck: each has its sentence, and nothing is lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { begin, delivered, finish } from './acts.mjs';
import { Caller, Phone, server, until, withServer } from './harness.mjs';

let admin;
withServer(async () => {
  admin = await server.api('admin');
});

async function user(login) {
  const me = await server.api(login);
  return { ...me.me, api: me };
}

/** A phone that is logged in and holds an unsent visit. */
async function unsent(who, text) {
  const phone = await Phone.open(server, who);
  await phone.login();
  await delivered(phone);
  await phone.offline();
  const { household } = (await (await server.api(who)).get('/due?all=1')).rows[0];
  await begin(phone, household.head);
  await phone.page.getByLabel('走访内容').fill(text);
  await finish(phone);
  return { phone, household };
}

const arrived = async (household, text) => (await admin.rows('visit', household.id)).filter((v) => v.text === text).length;

test('privacy that is refused: the visit goes on without a place', async () => {
  const phone = await Phone.open(server, 'cadre-030', { privacy: false });
  await phone.login();
  await delivered(phone);
  await phone.button(/家记走访/).first().click();
  await phone.tap('到户签到');
  await phone.sees('隐私保护指引');
  await phone.sheet('不同意');
  await phone.sees(/到户签到 \d\d:\d\d/);
  await phone.sees('没有位置也行');
  // Asked again at the next tap, and agreed to.
  await phone.tap('不记');
  await phone.tap('到户签到');
  await phone.sheet('同意');
  await phone.sees('误差 15 米');
  await phone.close();
});

test('a server that fails, then one that is slow to say so: the visit waits and arrives once', async () => {
  const { phone, household } = await unsent('cadre-031', '服务器坏了也不怕。');
  let refused = 0;
  await phone.context.route('**/api/v1/sync', (route) => (++refused <= 2 ? route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"code":"unavailable","detail":"服务器正在重新启动，请稍后。"}' }) : route.continue()));
  await phone.offline(false);
  await until(() => refused >= 1, 'a request');
  assert.equal(await phone.text('已全部送达').count(), 0);
  await until(async () => {
    await phone.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    return refused > 2;
  }, 'a request after the two that were refused');
  await delivered(phone);
  assert.equal(await arrived(household, '服务器坏了也不怕。'), 1);
  await phone.close();
});

test('an answer that never came: sent again, kept once', async () => {
  const { phone, household } = await unsent('cadre-032', '回信丢了。');
  let cut = false;
  await phone.context.route('**/api/v1/sync', async (route) => {
    if (!cut && route.request().method() === 'POST') {
      cut = true;
      await route.fetch(); // the server has it
      await route.abort();
      return;
    }
    await route.continue();
  });
  await phone.offline(false);
  await until(() => cut, 'a request');
  await phone.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await delivered(phone);
  assert.equal(await arrived(household, '回信丢了。'), 1);
  await phone.close();
});

test('a session that expired: logged in again without a word', async () => {
  const { phone, household } = await unsent('cadre-033', '登录过期了。');
  const kept = await phone.page.evaluate(() => JSON.stringify({ ...localStorage }).replaceAll('\\', ''));
  const [, token] = /"token":"([^"]+)"/.exec(kept);
  await new Caller(server.url, token).post('/logout');
  await phone.offline(false);
  await delivered(phone);
  assert.equal(await arrived(household, '登录过期了。'), 1);
  await phone.close();
});

test('an account that was taken out of use: the work goes to the township, and the phone says so', async () => {
  const { phone } = await unsent('cadre-034', '账号停用了。');
  await admin.post(`/users/${(await user('cadre-034')).user}/disable`, { on: true });
  await phone.offline(false);
  const quarantine = await until(async () => {
    const { rows } = await admin.get('/quarantine?limit=50');
    return rows.find((q) => JSON.stringify(q).includes('账号停用了。'));
  }, 'the visit in quarantine');
  assert.ok(quarantine);
  await phone.close();
});

test('a phone that is ordered to erase itself shows nothing any more', async () => {
  const phone = await Phone.open(server, 'cadre-035');
  await phone.login();
  await delivered(phone);
  const { household } = (await (await server.api('cadre-035')).get('/due?all=1')).rows[0];
  await phone.sees(household.head);
  const me = (await user('cadre-035')).user;
  const { rows } = await admin.get('/devices?limit=200');
  const own = rows.filter((d) => d.user === me);
  assert.ok(own.length > 0, 'the phone is in the list');
  for (const device of own) {
    await admin.post(`/devices/${device.id}/wipe`, { on: true, reason: '手机丢了' });
  }
  await phone.restart();
  await phone.sees('资料已清除');
  const kept = await phone.page.evaluate(() => JSON.stringify({ ...localStorage }));
  assert.ok(!kept.includes(household.head), 'a name is left on the phone');
  await phone.close();
});

test('two users of one phone are kept apart', async () => {
  const { phone, household } = await unsent('cadre-036', '只有我看得到。');
  await phone.offline(false);
  await delivered(phone);
  await phone.offline();
  await begin(phone, household.head).catch(async () => {
    await phone.tab('农户');
    await begin(phone, household.head);
  });
  await phone.page.getByLabel('走访内容').fill('没写完的。');
  await phone.back();
  await phone.tab('我的');
  await phone.offline(false);
  await phone.tap('换一个账号');
  await phone.loginCard(server.card, server.pin);
  await phone.title('我家');
  assert.ok(!(await phone.top.innerText()).includes('没写完的'), 'the other user sees the draft');
  await phone.tap('退出登录');
  await phone.button(/干部/).or(phone.text('点一下就能接着用')).first().click();
  await phone.title('今天');
  await phone.sees('没写完的走访');
  await phone.close();
});
