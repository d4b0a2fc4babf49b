// A cadre's day on the phone.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { close, open, Phone, serve } from './harness.mjs';

let server;
before(async () => {
  await open();
  server = await serve();
});
after(async () => {
  await close();
  await server?.stop();
});

test('after the log-in the households are there, and stay without a link', async () => {
  const phone = await Phone.open(server, 'cadre-002');
  await phone.login();
  await phone.title('今天');
  await phone.sees('已全部送达');
  const held = (await (await server.api('cadre-002')).get('/due?all=1')).rows;
  assert.ok(held.length > 0);
  await phone.offline();
  await phone.restart();
  await phone.tab('农户');
  for (const { household } of held) {
    await phone.sees(household.head);
  }
  await phone.close();
});
