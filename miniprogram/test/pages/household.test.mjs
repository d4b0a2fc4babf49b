// A household on its own phone, and what becomes of its words.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Phone, server, until, withServer } from './harness.mjs';

withServer();

test('with card and PIN a household reads who helps and what came, without a link too', async () => {
  const phone = await Phone.open(server, 'new-phone');
  await phone.loginCard(server.card, server.pin);
  await phone.title('我家');
  const own = await server.api('household-0001');
  const my = await own.get('/my');
  await phone.sees(`您好，${my.household.head}家`);
  await phone.offline();
  await phone.restart();
  for (const words of [my.helpers[0].name, my.helpers[0].unit, my.measures[0].what, my.cards[0].title]) {
    await phone.sees(words);
  }
  await phone.tap('打电话');
  await phone.page.getByText('拨打 ' + my.helpers[0].phone).waitFor();
  await phone.close();
});

test('one tap confirms a visit, a complaint goes to the township and never to the cadre', async () => {
  const phone = await Phone.open(server, 'household-0002');
  await phone.login();
  const own = await server.api('household-0002');
  const my = await own.get('/my');
  await phone.sees(`您好，${my.household.head}家`);
  await phone.offline();

  await phone.button(/来过吗？来过$/).first().click();
  await phone.sees('您说：来过');
  await phone.tap('投诉、建议');
  await phone.page.getByLabel('您想说什么').fill('答应帮修的水管，一直没来。');
  // The app is ended before it was sent: what was written is there.
  await phone.restart();
  await phone.tap('投诉、建议');
  assert.equal(await phone.page.getByLabel('您想说什么').inputValue(), '答应帮修的水管，一直没来。');
  await phone.tap('帮扶干部');
  await phone.tap('送给镇里');
  await phone.tap('回到我家');
  await phone.sees('还在手机里');
  await phone.offline(false);
  await until(async () => (await phone.text('还在手机里').count()) === 0, 'what was said is sent');
  await phone.close();

  const admin = await server.api('admin');
  const { id } = my.household;
  assert.deepEqual((await admin.rows('confirmation', id)).map((c) => [c.visit, c.answer, c.channel]), [[my.visits[0].id, '来过', 'own']]);
  const complaint = (await admin.rows('complaint', id)).find((c) => c.text === '答应帮修的水管，一直没来。');
  assert.equal(complaint.whom, '帮扶干部');
  const cadre = await Phone.open(server, 'cadre-001');
  const helper = await server.api('cadre-001');
  for (const type of ['complaint', 'confirmation']) {
    assert.notEqual((await helper.send('GET', `/records/${type}?household=${id}`)).status, 200);
  }
  await cadre.login();
  await cadre.sees('已全部送达');
  const kept = await cadre.page.evaluate(() => JSON.stringify({ ...localStorage }));
  assert.ok(!kept.includes('修的水管') && !kept.includes('complaint/'), 'the phone of the cadre holds a complaint');
  await cadre.close();
});

test('a need gets an answer, and the household says what it thinks of it', async () => {
  const phone = await Phone.open(server, 'household-0003');
  await phone.login();
  await phone.tap('我有难处');
  await phone.page.getByLabel('您想说什么').fill('孩子上学的车费不够。');
  await phone.tap('上学');
  await phone.tap('送给镇里');
  await phone.tap('回到我家');
  await phone.sees('等答复');
  const admin = await server.api('admin');
  const { household } = await (await server.api('household-0003')).get('/my');
  const need = await until(async () => (await admin.rows('need', household.id)).find((n) => n.text === '孩子上学的车费不够。'), 'the need');
  assert.equal(need.kind, '上学');
  assert.ok(need.due > '', 'it has a clock');
  const answered = await fetch(`${server.url}/api/v1/records/need/${need.id}`, {
    method: 'PATCH', headers: { Authorization: 'Bearer ' + admin.token, 'Content-Type': 'application/json', 'If-Match': `"${need.rev}"` }, body: JSON.stringify({ answer: '已报学校，下月起补。' }),
  });
  assert.equal(answered.status, 200, await answered.text());
  await phone.restart();
  await phone.sees('答复：已报学校，下月起补。');
  await phone.tap('满意');
  await phone.sees('您说：满意');
  await until(async () => (await admin.rows('need', household.id)).find((n) => n.id === need.id).rating === '满意', 'the rating');
  await phone.close();
});

test('the booklet is read without a link; who looked at the data is told', async () => {
  const phone = await Phone.open(server, 'household-0004');
  await phone.login();
  const my = await (await server.api('household-0004')).get('/my');
  const admin = await server.api('admin');
  await admin.post(`/households/${my.household.id}/reveal`, { field: 'phone', reason: '核对家里的电话' });
  await phone.tap('谁看过我家的资料');
  await phone.sees('为了：核对家里的电话');
  await phone.back();
  await phone.offline();
  await phone.tap(my.cards[0].title);
  await phone.title('口袋书');
  assert.ok((await phone.top.innerText()).length > 60, 'the card has its text');
  await phone.back();
  await phone.tap('谁看过我家的资料');
  await phone.sees('现在查不到');
  await phone.close();
});
