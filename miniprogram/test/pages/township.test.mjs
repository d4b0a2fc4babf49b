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

/** A change of a household's data that the township decides, asked for on the phone. */
async function asked(who, yuan, reason) {
  const { id, head } = await first(who);
  const phone = await Phone.open(server, who);
  await phone.login();
  await delivered(phone);
  await phone.top.getByRole('button', { name: new RegExp(`^${head}，.*看这一户`) }).click();
  await phone.tap('改农户资料');
  await phone.tap('人均纯收入');
  await phone.page.locator('[role=dialog] input').fill(yuan);
  await phone.sheet('好');
  await phone.page.getByLabel('为什么改').fill(reason);
  await phone.tap('交给镇里审');
  await phone.sees('家里人');
  const proposal = await until(async () => (await admin.rows('proposal', id)).find((p) => p.reason === reason), 'the proposal');
  return { phone, id, head, proposal };
}

test('changes of data are read field by field and settled on the phone, with words for a no', async () => {
  const yes = await asked('cadre-024', '4321', '年底核算过');
  const no = await asked('cadre-025', '9876', '听邻居说的');
  const before = (await admin.rows('household', no.id))[0].income;
  const desk = await Phone.open(server, 'admin');
  await desk.login();
  await desk.title('审批');
  await desk.tap(/^资料变更 \d+/);
  await desk.sees('为什么：年底核算过');
  await desk.sees('4321');
  await desk.sees(String(Number(yes.proposal.base) / 100)); // what it was
  assert.equal(await desk.text('全选').count(), 0, 'each is settled by itself');
  await desk.tap(new RegExp(`^采纳 ${yes.head}`));
  await desk.sees('采纳了 1 条');
  assert.equal((await admin.rows('household', yes.id))[0].income, 432_100);
  await desk.tap(`不采纳 ${no.head}`);
  await desk.sheet('不采纳');
  await desk.sees('请写一句为什么。');
  await desk.page.getByLabel('写的人会看到这句话').fill('请拿账本来对。');
  await desk.sheet('不采纳');
  await desk.sees('没采纳 1 条');
  const settled = (await admin.rows('proposal', no.id)).find((p) => p.id === no.proposal.id);
  assert.deepEqual([settled.state, settled.words, (await admin.rows('household', no.id))[0].income], ['refused', '请拿账本来对。', before]);
  await desk.close();
  await yes.phone.close();
  await no.phone.close();
});

test('what was put aside is listed with its reason, taken as it was written, or refused with words', async () => {
  const people = {};
  for (const [who, text] of [['cadre-026', '停用前看过房子。'], ['cadre-027', '停用前没去成。']]) {
    const { id, head } = await first(who);
    const phone = await Phone.open(server, who);
    await phone.login();
    await delivered(phone);
    await phone.offline();
    await begin(phone, head);
    await phone.page.getByLabel('走访内容').fill(text);
    await finish(phone);
    const { me } = await server.api(who);
    await admin.post(`/users/${me.user}/disable`, { on: true, anyway: true });
    await phone.offline(false);
    await phone.sees('这个账号已停用');
    people[text] = { id, head, name: me.name };
    await phone.close();
  }
  const desk = await Phone.open(server, 'admin');
  await desk.login();
  await desk.title('审批');
  await desk.tap(/^搁着的 \d+/);
  for (const [text, { name }] of Object.entries(people)) {
    await desk.sees(new RegExp(`走访 · 账号停用以后才送到[^]*${text}`));
    await desk.sees(name);
  }
  const [[good, one], [bad, other]] = Object.entries(people);
  await desk.tap(new RegExp(`^接收 ${one.head}`));
  await desk.sees('接收了 1 条');
  assert.ok(await visitOf(one.id, good));
  await desk.tap(`不接收 ${other.head}`);
  await desk.tap('已经另外记过。');
  await desk.sheet('不接收');
  await desk.sees('没接收 1 条');
  assert.equal(await visitOf(other.id, bad), undefined);
  const kept = (await admin.get('/quarantine?state=refused&limit=50')).rows;
  assert.ok(kept.some((q) => q.reason === '已经另外记过。' && JSON.stringify(q.mutation).includes(bad)));
  await desk.close();
});
