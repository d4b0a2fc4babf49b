// Work that cannot be sent goes as a file, and is there once.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { begin, delivered, finish, shoot } from './acts.mjs';
import { Phone, server, until, withServer } from './harness.mjs';

let admin;
withServer(async () => {
  admin = await server.api('admin');
});

test('a phone without a link writes a file; the township brings it in; later the phone sends the same: there once', async () => {
  const who = 'cadre-040';
  const text = '手机连不上网，用文件送。';
  const phone = await Phone.open(server, who);
  await phone.login();
  await delivered(phone);
  await phone.offline();
  const { household } = (await (await server.api(who)).get('/due?all=1')).rows[0];
  await begin(phone, household.head);
  await phone.page.getByLabel('走访内容').fill(text);
  await shoot(phone, 1);
  await finish(phone);

  await phone.text('待传').first().click();
  const download = phone.page.waitForEvent('download');
  await phone.tap('导出没传的');
  const file = await download;
  assert.match(file.suggestedFilename(), /^到户-没传的-.*\.json$/);
  await phone.sees('请交给乡镇管理员导入');
  const whole = JSON.parse(fs.readFileSync(await file.path(), 'utf8'));
  assert.equal(whole.photos.length, 1);

  const visits = async () => (await admin.rows('visit', household.id)).filter((v) => v.text === text);
  const photos = async () => (await admin.rows('photo', household.id)).filter((p) => p.sha256 === whole.photos[0].sha256);
  for (const state of ['waiting', 'waiting']) {
    const report = await admin.post('/quarantine/file', whole);
    assert.deepEqual(report.rows.filter((r) => r.type === 'visit').map((r) => r.state), [state]);
    assert.deepEqual(report.photos.map((r) => r.state), [state]);
  }
  assert.equal((await visits()).length, 0, 'nothing is stored before the township decides');
  const { rows } = await admin.get('/quarantine?limit=200');
  for (const type of ['visit', 'photo']) {
    for (const kept of rows.filter((r) => r.mutation[1] === type)) {
      await admin.post(`/quarantine/${kept.id}/decision`, { action: 'take' });
    }
  }
  assert.equal((await visits()).length, 1);
  const [picture] = await photos();
  assert.equal((await admin.send('GET', `/photos/${picture.id}?size=full`)).status, 200);

  await phone.offline(false);
  await phone.text('已全部送达').first().waitFor();
  assert.equal((await visits()).length, 1, 'sent after all, and there once');
  assert.equal((await photos()).length, 1);
  const again = await admin.post('/quarantine/file?dry=1', whole);
  assert.ok(again.rows.concat(again.photos).every((r) => r.state === 'arrived'), JSON.stringify(again));
  await until(async () => (await phone.top.innerText()).includes(household.head), 'the visit in the outbox');
  assert.equal(await phone.text('待审').count() + (await phone.text('退回').count()), 1, 'the visit waits for its approval, nothing else is left');
  await phone.close();
});
