// What a cadre does for a household beside visits: needs with their clocks,
// the booklet given, measures made and followed; what reaches her by notices
// and reminders; a policy card spoken in the dialect.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { begin, delivered, finish } from './acts.mjs';
import { Phone, server, until, withServer } from './harness.mjs';

let admin;
withServer(async () => {
  admin = await server.api('admin');
}, { DAOHU_WECHAT_TEMPLATES: 'returned=demo_returned@pages/today/today:thing1=what,phrase2=result,thing3=words,date4=day' });

async function ready(who) {
  const phone = await Phone.open(server, who);
  await phone.login();
  await delivered(phone);
  return phone;
}

const houses = async (who) => (await (await server.api(who)).get('/due?all=1')).rows.map((r) => r.household);

/** Opens the page of a household by its head's name. */
async function house(phone, head) {
  await phone.tab('农户');
  await phone.top.getByLabel('搜户主、村组、电话后几位').fill(head);
  await phone.top.getByRole('button', { name: new RegExp(`^${head}，.*看这一户`) }).first().click();
  await phone.sees('家里人');
}

/** Nothing is on its way, by what the data layer says: not every page has the light. */
const arrived = (phone) => until(() => phone.page.evaluate(async () => (await getApp().ready).desk().light().text.startsWith('已全部送达')), 'all is delivered');

test('a need shows its clock, is answered, and its clock is gone', async () => {
  const [{ id, head }] = await houses('cadre-070');
  const phone = await ready('cadre-070');
  await house(phone, head);
  await phone.tap('记一个难处');
  await phone.sheet('饮水');
  await phone.page.getByLabel('用他自己的话写').fill('水压太小，烧不了饭。');
  await phone.sheet('记下');
  const need = await until(async () => (await admin.rows('need', id)).find((n) => n.text === '水压太小，烧不了饭。'), 'the need');
  await until(async () => {
    await phone.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    return phone.text('还有 5 个工作日').isVisible();
  }, 'the clock of five working days');
  await phone.tap('水压太小，烧不了饭。');
  await phone.page.getByLabel('答复他').fill('明天来换水管。');
  await phone.sheet('存下答复');
  await phone.sees('饮水 · 已答复 · 答复：明天来换水管。');
  assert.equal(await phone.text(/个工作日/).count(), 0);
  await until(async () => (await admin.rows('need', id)).find((n) => n.id === need.id).state === 'answered', 'the answer');
  await phone.close();
});

test('a need that is overdue says since when, and the household reads the same', async () => {
  const need = (await admin.rows('need')).find((n) => n.state === 'open' && n.due < new Date().toISOString().slice(0, 10));
  const { cadre } = (await admin.rows('pairing', need.household)).find((p) => !p.to);
  const { rows } = await admin.get('/users?role=C&limit=200');
  const { head } = await admin.get('/records/household/' + need.household);
  const phone = await ready(rows.find((u) => u.id === cadre).login);
  await house(phone, head);
  await phone.sees(/^超期 \d+ 天$/);
  await phone.close();
});

test('the booklet is given: how, and what the household says of it', async () => {
  const [{ id, head }] = await houses('cadre-071');
  const phone = await ready('cadre-071');
  await house(phone, head);
  await phone.tap('口袋书发到户');
  await phone.tap('入户讲解');
  await phone.sheet('收到了');
  await phone.sees(/今天入户讲解/);
  assert.ok(!(await phone.top.innerText()).includes('收到'), 'what the household said is shown back');
  const given = await until(async () => (await admin.rows('delivery', id)).find((d) => d.way === '入户讲解'), 'the delivery');
  assert.equal(given.receipt, '收到');
  await phone.close();
});

test('a measure: made, agreed to, approved, begun, done with its yield, arrived', async () => {
  const [{ id, head }] = await houses('cadre-072');
  const phone = await ready('cadre-072');
  await house(phone, head);
  await phone.tap('记打算、定措施');
  await phone.tap('措施（镇里审）');
  await phone.page.getByLabel('做什么').fill('本地黑山羊');
  await phone.page.getByLabel('数量').fill('2');
  await phone.tap('保存');
  await phone.sees('写了数量，请写单位，如：头。');
  await phone.page.getByLabel('单位').fill('头');
  await phone.page.getByLabel('多少钱').fill('10000');
  await phone.tap('保存');
  await phone.sees('本地黑山羊 2 头 · 1万元');
  const row = () => admin.rows('measure', id).then((rows) => rows.find((m) => m.what === '本地黑山羊' && m.amount === 1_000_000));
  const made = await until(row, 'the measure');
  assert.deepEqual([made.quantity, made.unit, made.state, made.stage || 'plan'], [2, '头', 'pending', 'plan']);
  /** Opens the measure as the server has it by now, and does one thing. */
  const follow = async (act) => {
    await phone.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await arrived(phone);
    await phone.tap('本地黑山羊 2 头');
    await act();
    await phone.sees('家里人');
  };
  await follow(() => phone.tap(/^同意$/));
  const agreed = await until(async () => ((m) => m.agreement === 'agreed' && m)(await row()), 'the agreement');
  await admin.post('/inbox/decisions', { type: 'measure', action: 'approve', rows: [{ id: agreed.id, rev: agreed.rev }], dry: false });
  await until(async () => {
    await phone.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    return phone.text('已通过').first().isVisible();
  }, 'the approval on the phone');
  await follow(() => phone.tap('开始做了'));
  await until(async () => (await row()).stage === 'doing', 'begun');
  await follow(async () => {
    await phone.tap('完成了');
    await phone.sees(/写一句成效/);
    await phone.page.getByLabel('成效，或停止的原因').fill('两只都好，下了小羊。');
    await phone.page.getByLabel('产出多少').fill('1');
    await phone.page.getByLabel('单位，如：头小牛').fill('只小羊');
    await phone.tap('完成了');
  });
  await until(async () => (await row()).stage === 'done', 'done');
  await follow(() => phone.tap('到了'));
  const done = await until(async () => ((m) => m.arrived && m)(await row()), 'arrived');
  assert.deepEqual([done.result, done.yieldQuantity, done.yieldUnit, done.arrived], ['两只都好，下了小羊。', 1, '只小羊', 'arrived']);
  await phone.sees(/已完成 · 农户同意 · 已到/);
  await phone.close();
});

test('a notice reaches the phone, is read without a link, and its telephone is called', async () => {
  const draft = await admin.post('/notices', { kind: '公示', title: '危房改造名单', text: '七天内有意见请打电话。', hotline: '085000001', households: [(await houses('cadre-073'))[0].id] });
  await admin.post(`/notices/${draft.id}/publish`, { rev: draft.rev, days: 7 });
  const phone = await ready('cadre-073');
  await phone.offline();
  await phone.tab('我的');
  await phone.sees('1 条');
  await phone.tap('公示和通知');
  for (const words of ['危房改造名单', '七天内有意见请打电话。', /今天起 .*止/]) {
    await phone.sees(words);
  }
  const { head } = (await houses('cadre-073'))[0];
  assert.ok(!(await phone.top.innerText()).includes(head), 'a notice names somebody in full');
  await phone.tap('有意见请打 085000001');
  await phone.page.getByText('拨打 085000001').waitFor();
  await phone.close();
});

test('reminders are asked for by a tap alone, counted when granted, and no matter when refused', async () => {
  const phone = await ready('cadre-074');
  const left = async () => (await (await server.api('cadre-074')).get('/me/subscriptions')).rows[0].left;
  assert.equal(await left(), 0, 'nothing is asked without a tap');
  await phone.tab('我的');
  await phone.tap('退回时微信提醒我');
  await phone.sees('好，退回时会提醒您。');
  assert.equal(await left(), 1);
  await phone.page.evaluate(() => {
    wx.requestSubscribeMessage = (o) => o.success(Object.fromEntries(o.tmplIds.map((id) => [id, 'reject'])));
  });
  await phone.tap('退回时微信提醒我');
  await phone.sees('没有允许提醒，不要紧');
  assert.equal(await left(), 1);
  await phone.close();
});

test('a card spoken in the dialect: recorded once, sent, heard by the township, played on the phone', async () => {
  const phone = await ready('cadre-075');
  await phone.tab('口袋书');
  await phone.tap('看病报销');
  await phone.tap('用方言录一遍');
  await phone.page.getByLabel('什么话').fill('彝话');
  await phone.tap('开始录');
  await phone.tap(/停，存下/);
  await phone.sees('录好了，交给镇里听。');
  await phone.sees('待审');
  const clip = await until(async () => (await admin.rows('clip')).find((c) => c.dialect === '彝话' && c.sound), 'the recording with its sound');
  assert.deepEqual([clip.card, clip.state, clip.seconds], ['health-claim', 'pending', 20]);
  await admin.post('/inbox/decisions', { type: 'clip', action: 'approve', rows: [{ id: clip.id, rev: clip.rev }], dry: false });
  await phone.close();
  const other = await ready('cadre-076');
  await other.tab('口袋书');
  await other.tap('看病报销');
  await other.sees('彝话');
  await other.close();
});

test('a microphone that is refused says where to allow it', async () => {
  const phone = await ready('cadre-077');
  await phone.page.evaluate(() => {
    let refused;
    wx.getRecorderManager = () => ({ onStop() {}, onStart() {}, onError: (f) => { refused = f; }, start: () => refused({ errMsg: 'operateRecorder:fail auth deny' }) });
  });
  await phone.tab('口袋书');
  await phone.tap('看病报销');
  await phone.tap('用方言录一遍');
  await phone.tap('开始录');
  await phone.sees('没有录音的权限，请在微信的设置里允许。');
  await phone.close();
});

test('a visit with a wish and a measure of the household carries both', async () => {
  const [{ id, head }] = await houses('cadre-078');
  const phone = await ready('cadre-078');
  await begin(phone, head);
  await phone.tap(/^(帮扶措施|记下打算|定措施|看成效)/);
  await phone.tap('打算（先记下）');
  await phone.page.getByLabel('做什么').fill('想学泥瓦匠');
  await phone.tap('记进这次走访');
  await phone.sees('想学泥瓦匠');
  await finish(phone);
  await delivered(phone);
  const wish = (await admin.rows('measure', id)).find((m) => m.what === '想学泥瓦匠');
  assert.ok(wish.stage === 'wish' && wish.visit, JSON.stringify(wish));
  await phone.close();
});
