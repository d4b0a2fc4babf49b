// A cadre's day on the phone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { begin, delivered, finish, quiz, shoot } from './acts.mjs';
import { Phone, server, today, withServer } from './harness.mjs';

withServer();

/** The households of a cadre as the server has them, oldest visit first as on the phone. */
async function houses(who) {
  return (await (await server.api(who)).get('/due?all=1')).rows.map((r) => r.household);
}

/** Gives a household of one cadre to another, as the township does. */
async function move(household, to) {
  await (await server.api('admin')).post(`/households/${household}/pairing`, { cadre: to, day: today(), reason: '工作调动' });
}

test('after the log-in the households are there, and stay without a link', async () => {
  const phone = await Phone.open(server, 'cadre-002');
  await phone.login();
  await phone.title('今天');
  await delivered(phone);
  const held = await houses('cadre-002');
  assert.ok(held.length > 0);
  await phone.offline();
  await phone.restart();
  await phone.tab('农户');
  for (const { head } of held) {
    await phone.sees(head);
  }
  await phone.close();
});

test('a day without a link: 4 visits, 4 quizzes, 8 photos, two kills; all arrive once', async () => {
  const who = 'cadre-010';
  const [extra] = await houses('cadre-011');
  const [other] = await houses('cadre-012');
  await move(extra.id, who);
  await move(other.id, who);
  const held = await houses(who);
  const phone = await Phone.open(server, who);
  await phone.login();
  await delivered(phone);
  await phone.offline();

  const texts = [];
  for (const [i, { head }] of held.slice(0, 4).entries()) {
    if (i > 0) {
      await phone.tab('农户');
      await phone.tab('今天');
    }
    const listed = phone.button(`给${head}家记走访`);
    if (!(await listed.first().isVisible())) {
      await phone.page.getByPlaceholder('搜户主').fill(head);
    }
    await begin(phone, head);
    texts[i] = `第 ${i + 1} 户，看了房子，问了打算。`;
    await phone.page.getByLabel('走访内容').fill(texts[i]);
    await phone.tap('到户签到');
    await shoot(phone, 2);
    if (i === 1) {
      // The system ends the app in the middle of the form.
      await phone.restart();
      await phone.tap('接着写');
      assert.equal(await phone.page.getByLabel('走访内容').inputValue(), texts[i]);
    }
    await quiz(phone, 3);
    await finish(phone);
    if (i === 2) {
      await phone.restart();
    }
    assert.equal(await phone.text('已全部送达').count(), 0, 'the light is green while work waits');
    await phone.sees('待传');
  }

  await phone.offline(false);
  await delivered(phone);
  const admin = await server.api('admin');
  for (const [i, { id }] of held.slice(0, 4).entries()) {
    const visits = (await admin.rows('visit', id)).filter((v) => v.text === texts[i]);
    assert.equal(visits.length, 1, 'a visit arrives once');
    const of = async (type) => (await admin.rows(type, id)).filter((r) => r.visit === visits[0].id);
    assert.equal((await of('response')).length, 1);
    const photos = await of('photo');
    assert.equal(photos.length, 2);
    for (const p of photos) {
      assert.equal((await admin.send('GET', `/photos/${p.id}?size=thumb`)).status, 200, 'a photo has all arrived');
    }
  }
  await phone.close();
});
