// Pictures of every page at 360 by 740, with ordinary and with large letters:
// npm run shots. They are kept in docs/screens/phone, small enough for a 2G link.

import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { delivered } from './acts.mjs';
import { close, open, Phone, serve } from './harness.mjs';

/** Households read in large letters whatever the system says: one picture of each page. */
const ALWAYS_LARGE = 'household-0010';
const OUT = fileURLToPath(new URL('../../../docs/screens/phone/', import.meta.url));

/** What is done on the way; "name" alone = a picture of where we are. */
const TOURS = {
  'cadre-040': [
    ['login'], (p) => p.login(), (p) => delivered(p), ['today'],
    (p) => p.tab('农户'), ['households'], (p) => p.top.getByRole('button', { name: /看这一户/ }).first().click(), (p) => p.sees('家里人'), ['household'],
    (p) => p.tap('改农户资料'), ['record'], (p) => p.tap('人均纯收入'), (p) => p.page.locator('[role=dialog] input').fill('4321'), (p) => p.sheet('好'), (p) => p.page.getByLabel('为什么改').fill('年底核算过'), (p) => p.tap('交给镇里审'), (p) => p.sees('家里人'),
    (p) => p.tap('记打算、定措施'), ['measure'], (p) => p.back(), (p) => p.back(),
    (p) => p.tab('今天'), (p) => p.button(/家记走访/).first().click(), (p) => p.title('走访'), (p) => p.tap('一切正常。'), (p) => p.tap('到户签到'), (p) => p.sees(/误差/), ['visit'],
    (p) => p.tap('顺便问几道政策题'), (p) => p.sees('第 1 题'), ['quiz'], (p) => p.back(), (p) => p.tap('请这家人点一下'), (p) => p.sees('来过吗'), ['confirm'], (p) => p.back(),
    (p) => p.offline(), (p) => p.tap('完 成'), (p) => p.title('今天'), ['today-offline'], (p) => p.top.getByRole('button', { name: /送达情况/ }).click(), ['outbox'], (p) => p.back(), (p) => p.offline(false),
    (p) => p.tab('口袋书'), ['booklet'], (p) => p.tap('看病报销'), ['card'], (p) => p.back(),
    (p) => p.tab('我的'), ['me'], (p) => p.tap('出发前检查'), ['road'], (p) => p.back(),
  ],
  [ALWAYS_LARGE]: [
    (p) => p.login(), (p) => p.sees('您好'), ['home'], (p) => p.button('我有难处').click(), ['say'], (p) => p.back(),
    (p) => p.tap('谁看过我家的资料'), (p) => p.sees(/没有人看过|为了/), ['looks'], (p) => p.back(), (p) => p.tap('关于、投诉电话、隐私'), (p) => p.sees('主办单位'), ['about'],
  ],
  admin: [(p) => p.login(), (p) => p.title('审批'), (p) => p.sees('一切正常。'), ['inbox'], (p) => p.button(/^退回 /).first().click(), ['inbox-return'], (p) => p.button('关上').first().click(), (p) => p.tap(/^资料变更 \d/), (p) => p.sees('为什么：年底核算过'), ['inbox-proposals']],
  'village-02': [(p) => cutSync(p, 2), (p) => p.login(), (p) => p.sees('断了'), ['today-first']],
};

/** Lets so many exchanges through and cuts the link. */
async function cutSync(phone, n) {
  let left = n;
  await phone.context.route('**/api/v1/sync*', (route) => (left-- > 0 ? route.continue() : route.abort()));
}

/** The browser makes the picture smaller than it takes it. */
async function webp(page, png) {
  const base64 = await page.evaluate(async (text) => {
    const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))]));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext('2d').drawImage(bitmap, 0, 0);
    const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/webp', quality: 0.8 })).arrayBuffer());
    return btoa(bytes.reduce((s, b) => s + String.fromCharCode(b), ''));
  }, png.toString('base64'));
  return Buffer.from(base64, 'base64');
}

await open();
const server = await serve();
fs.rmSync(OUT, { recursive: true, force: true });
fs.mkdirSync(OUT, { recursive: true });
for (const [who, tour] of Object.entries(TOURS)) {
  for (const care of who === ALWAYS_LARGE ? [true] : [false, true]) {
    const phone = await Phone.open(server, who, { care });
    await phone.page.addStyleTag({ content: '#panel-open { display: none }' });
    for (const step of tour) {
      if (typeof step === 'function') {
        await step(phone);
        continue;
      }
      await phone.page.locator('.over-toast').waitFor({ state: 'detached' });
      const png = await phone.page.screenshot({ animations: 'disabled' });
      fs.writeFileSync(`${OUT}${step[0]}${care && who !== ALWAYS_LARGE ? '-care' : ''}.webp`, await webp(phone.page, png));
    }
    await phone.close();
  }
}
await close();
await server.stop();
