// A household on its own phone, and what becomes of its words.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { close, open, Phone, serve, until } from './harness.mjs';

let server;
before(async () => {
  await open();
  server = await serve();
});
after(async () => {
  await close();
  await server?.stop();
});

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
