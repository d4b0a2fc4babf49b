// What the township does with a visit, and what becomes of it on the phone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { begin, delivered, finish } from './acts.mjs';
import { Phone, server, today, until, withServer } from './harness.mjs';

let admin;
withServer(async () => {
  admin = await server.api('admin');
});

async function first(who) {
  return (await (await server.api(who)).get('/due?all=1')).rows[0].household;
}

/** A cadre logs in, writes a visit of the household and sends it. */
async function visited(who, head, text) {
  const phone = await Phone.open(server, who);
  await phone.login();
  await delivered(phone);
  await begin(phone, head);
  await phone.page.getByLabel('走访内容').fill(text);
  await finish(phone);
  await delivered(phone);
  return phone;
}

const visitOf = async (id, text) => (await admin.rows('visit', id)).find((v) => v.text === text);

test('an admin returns a visit on the phone, the cadre corrects it, the admin approves', async () => {
  const { id, head } = await first('cadre-020');
  const cadre = await visited('cadre-020', head, '去看了。');

  const desk = await Phone.open(server, 'admin');
  await desk.login();
  await desk.title('审批');
  await desk.tap(`退回 ${head}`);
  await desk.tap('请写明做了什么。');
  await desk.sheet('退回');
  await desk.sees('退回了 1 条');

  await cadre.restart();
  await cadre.sees('请写明做了什么。');
  await cadre.sees('退回 1');
  await cadre.tap(`${head} · 退回`);
  await cadre.page.getByLabel('走访内容').fill('看了圈舍，两头牛都好。');
  await finish(cadre);
  await delivered(cadre);
  assert.equal((await visitOf(id, '看了圈舍，两头牛都好。')).state, 'pending');
  await cadre.close();

  await desk.restart();
  await desk.sees('看了圈舍，两头牛都好。');
  await desk.tap(`通过 ${head}`);
  await desk.sees('通过了 1 条');
  assert.equal((await visitOf(id, '看了圈舍，两头牛都好。')).state, 'approved');
  await desk.tap('撤回');
  await desk.sees('看了圈舍，两头牛都好。');
  assert.equal((await visitOf(id, '看了圈舍，两头牛都好。')).state, 'pending');
  // Many at once, and this time for good.
  await desk.tap('全选');
  await desk.tap(/^通过 \d+ 条/);
  await desk.sees('都办完了');
  assert.equal((await visitOf(id, '看了圈舍，两头牛都好。')).state, 'approved');
  await desk.close();
});

test('a household that went to somebody else: its unsent visit still arrives', async () => {
  const { id, head } = await first('cadre-021');
  const phone = await Phone.open(server, 'cadre-021');
  await phone.login();
  await delivered(phone);
  await phone.offline();
  await begin(phone, head);
  await phone.page.getByLabel('走访内容').fill('移交前去看了一次。');
  await finish(phone);
  await admin.post(`/households/${id}/pairing`, { cadre: 'cadre-022', day: today(), reason: '工作调动' });
  await phone.offline(false);
  await delivered(phone);
  assert.ok(await visitOf(id, '移交前去看了一次。'), 'the visit of before arrives');
  await phone.tab('农户');
  await until(async () => (await phone.text(head).count()) === 0, 'the household is gone from the phone');
  await phone.tab('今天');
  await phone.sees('已移交给');
  await phone.close();
});

test('two changed the same field: both are shown, one tap puts one back', async () => {
  const { id, head } = await first('cadre-023');
  const phone = await Phone.open(server, 'cadre-023');
  await phone.login();
  await delivered(phone);
  await phone.offline();
  await phone.top.getByRole('button', { name: new RegExp(`^${head}，.*看这一户`) }).click();
  await phone.tap('改农户资料');
  await phone.tap('备注');
  await phone.page.locator('[role=dialog] textarea').fill('门前路修好了');
  await phone.sheet('好');
  await phone.tap('保存');
  await phone.sees('改农户资料');
  const { rev } = (await admin.get(`/records/household/${id}`));
  const changed = await fetch(`${server.url}/api/v1/records/household/${id}`, {
    method: 'PATCH', headers: { Authorization: 'Bearer ' + admin.token, 'Content-Type': 'application/json', 'If-Match': `"${rev}"` }, body: JSON.stringify({ notes: '户主在外务工' }),
  });
  assert.equal(changed.status, 200, await changed.text());
  await phone.offline(false);
  await phone.sees('两个人都改了');
  await phone.tap('两个人都改了');
  await phone.sees('门前路修好了');
  await phone.sees('户主在外务工');
  await phone.close();
});
