// Data of a household changed, alone and by two people at once; what the phone
// says when an account ends or an erase is ordered.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Phone, server, until, withServer } from './harness.mjs';

withServer();

async function login(who) {
  const phone = await Phone.open(server, who);
  await phone.login();
  await phone.sees('已全部送达');
  return phone;
}

/** Opens the page of a household by its head's name. */
async function house(phone, head) {
  await phone.tab('农户');
  await phone.top.getByLabel('搜户主、村组、电话后几位').fill(head);
  await phone.top.getByRole('button', { name: new RegExp(`^${head}，.*看这一户`) }).first().click();
  await phone.sees('家里人');
}

/** Types a value into a field of the form of a household's data. */
async function change(phone, field, value) {
  await phone.tap('改农户资料');
  await phone.sees('改了就算');
  await phone.tap(field);
  await phone.top.getByRole('dialog').getByRole('textbox').fill(value);
  await phone.top.getByRole('button', { name: '好', exact: true }).click();
  await phone.sees('原来：');
}

const first = async (who) => (await (await server.api(who)).get('/due?all=1')).rows[0].household;

test('what the township decides is asked with a reason and waits there', async () => {
  const { id, head } = await first('cadre-020');
  const phone = await login('cadre-020');
  await house(phone, head);
  await change(phone, '人均纯收入', '5000');
  await phone.tap('交给镇里审');
  await phone.sees('请写为什么要改');
  await phone.top.getByLabel('为什么改').fill('核实过，今年少收');
  await phone.tap('交给镇里审');
  await phone.sees('家里人');
  const admin = await server.api('admin');
  const asked = await until(async () => (await admin.rows('proposal', id)).find((p) => p.field === 'income'), 'the proposal');
  assert.deepEqual([asked.mine, asked.reason, asked.state], ['500000', '核实过，今年少收', 'open']);
  await phone.close();
});

test('two people change one field: both are shown, and one tap restores', async () => {
  const { id, head } = await first('cadre-001');
  const phone = await login('cadre-001');
  const other = await login('village-01');
  await phone.offline();
  await house(phone, head);
  await change(phone, '联系电话', '19900009998');
  await phone.tap('保存');
  await phone.sees('家里人');
  await house(other, head);
  await change(other, '联系电话', '19900009999');
  await other.tap('保存');
  await other.sees('家里人');
  await other.back();
  await other.tab('今天');
  await other.sees('已全部送达');
  await other.close();
  await phone.offline(false);
  await phone.tap('两个人都改了');
  for (const words of ['19900009998', '19900009999']) {
    await phone.sees(words);
  }
  await phone.sees(new RegExp(`^${(await server.api('village-01')).me.name}改的，\\d\\d:\\d\\d$`));
  await phone.tap('用我的');
  await phone.sees('没有要选的了');
  const api = await server.api('cadre-001');
  await until(async () => (await api.rows('household', id))[0].phone === '19900009998', 'the number picked');
  await phone.close();
});

test('an account that is disabled says so, and its work is kept and sent', async () => {
  const phone = await login('cadre-021');
  await phone.offline();
  await phone.top.getByRole('button', { name: /家记走访/ }).first().click();
  await phone.top.getByLabel('走访内容', { exact: true }).fill('停用前写的。');
  await phone.tap('完 成');
  await phone.sees(/待传 1/);
  const admin = await server.api('admin');
  const user = (await admin.get('/users?limit=200')).rows.find((u) => u.login === 'cadre-021');
  await admin.post(`/users/${user.id}/disable`, { on: true, anyway: true });
  await phone.offline(false);
  await phone.sees('这个账号已停用');
  await phone.close();
});

test('the road: everything is there after one tap, and stays without a link', async () => {
  const phone = await login('cadre-022');
  await phone.tap('出发前检查');
  await phone.tap('都取来');
  await phone.sees('都齐了，没信号也能用。');
  await phone.offline();
  await phone.restart();
  await phone.tab('口袋书');
  await phone.tap('看病报销');
  await phone.sees('您要做什么');
  await phone.close();
});

test('an erase that is ordered leaves nothing to be seen, and says why', async () => {
  const phone = await login('cadre-023');
  const head = /给(.+)家记走访/.exec(await phone.top.getByRole('button', { name: /家记走访/ }).first().getAttribute('aria-label'))[1];
  const admin = await server.api('admin');
  const me = (await server.api('cadre-023')).me.user;
  const device = await until(async () => (await admin.get('/devices?limit=200')).rows.find((d) => d.user === me), 'the phone');
  await admin.post(`/devices/${device.id}/wipe`, { on: true, reason: '手机丢了' });
  await phone.restart();
  await phone.sees('资料已清除');
  const left = await phone.page.evaluate((name) => Object.entries(localStorage).filter(([k, v]) => k.includes(':s:') && v.includes(name)).length, head);
  assert.equal(left, 0);
  await phone.close();
});
