// A household hears its booklet, without a link after the first time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Phone, server, until, withServer } from './harness.mjs';

withServer();

/** Keeps what plays, so that it can be looked at: the runner's players stand in no page. */
async function listen(phone) {
  await phone.context.addInitScript(() => {
    const { Audio } = window;
    window.players = [];
    window.Audio = function audio() {
      const a = new Audio();
      window.players.push(a);
      return a;
    };
  });
}

/** Waits until the newest player has the whole recording and plays it. */
async function heard(phone) {
  const sound = await until(() => phone.page.evaluate(() => {
    const a = window.players[window.players.length - 1];
    return a && a.currentTime > 0.2 && { seconds: a.duration, error: a.error && a.error.message, silent: a.muted || a.volume === 0, from: a.currentSrc.split(':')[0] };
  }), 'sound');
  assert.ok(sound.seconds > 5 && sound.seconds < 90 && !sound.error && !sound.silent, JSON.stringify(sound));
  return sound;
}

test('a household hears a card, stops it, and hears it again without a link', async () => {
  const phone = await Phone.open(server, 'household-0005');
  await listen(phone);
  await phone.restart();
  await phone.login();
  await phone.tap('看病报销');
  await phone.title('口袋书');
  await phone.sees('还没取来');
  await phone.tap('读给他听');
  await heard(phone);
  await phone.sees('没网也能听');
  await phone.tap('停');
  await until(() => phone.page.evaluate(() => window.players.at(-1).paused), 'silence');

  await phone.offline();
  await phone.restart();
  await phone.tap('看病报销');
  await phone.sees('没网也能听');
  await phone.tap('读给他听');
  assert.equal((await heard(phone)).from, 'blob', 'it comes from the phone itself');
  await phone.close();
});

test('the page behind the code on a card plays the recording too', async () => {
  const phone = await Phone.open(server, 'somebody');
  await phone.page.goto(`${server.url}/h/${server.card}`);
  await phone.page.getByLabel('请输入卡上的密码').fill(server.pin);
  await phone.page.getByRole('button', { name: '看我家的' }).click();
  const card = phone.page.locator('details', { hasText: '看病报销' }).first();
  await card.locator('summary').click();
  await card.getByText('听一听：普通话（电脑读的）').waitFor();
  const player = card.locator('audio');
  assert.equal(await player.evaluate((a) => a.readyState), 0, 'nothing is fetched before somebody wants to hear it');
  await player.evaluate((a) => a.play());
  const seconds = await until(() => player.evaluate((a) => a.currentTime > 0.2 && !a.error && a.duration), 'sound');
  assert.ok(seconds > 5 && seconds < 90, seconds + ' s');
  await phone.close();
});
