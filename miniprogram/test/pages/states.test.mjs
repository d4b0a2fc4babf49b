// States of the phone that are nobody's fault and have to be said plainly: an
// old app, a camera that is refused, a first sync that is cut, a wrong clock,
// an outbox with something in it, a phone that is full.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { begin, delivered, finish, shoot } from './acts.mjs';
import { Phone, server, today, until, withServer } from './harness.mjs';

let admin;
withServer(async () => {
  admin = await server.api('admin');
});

const first = async (who) => (await (await server.api(who)).get('/due?all=1')).rows[0].household;
const visitOf = async (household, text) => (await admin.rows('visit', household)).filter((v) => v.text === text);

/** A phone that is logged in and has everything. */
async function ready(who, options) {
  const phone = await Phone.open(server, who, options);
  await phone.login();
  await delivered(phone);
  return phone;
}

/** Writes a visit of the household and saves it. */
async function write(phone, head, text) {
  await begin(phone, head);
  await phone.page.getByLabel('走访内容').fill(text);
  await finish(phone);
}

/** Has the server know no parcels, and changes what the phone sends it. */
async function rewrite(phone, change) {
  await phone.context.route('**/api/v1/sync*', async (route) => {
    const request = route.request();
    if (request.method() === 'GET') {
      const url = new URL(request.url());
      url.searchParams.set('schema', String(change({ schema: 1 }).schema));
      await route.continue({ url: url.href });
    } else if ((request.headers()['content-type'] || '').includes('json')) {
      await route.continue({ postData: JSON.stringify(change(request.postDataJSON())) });
    } else {
      await route.fulfill({ status: 415, contentType: 'application/problem+json', body: '{"code":"bad-media"}' });
    }
  });
}

test('an app that is too old: what was written is taken, nothing is fetched, and the phone says so', async () => {
  const { id, head } = await first('cadre-060');
  const phone = await ready('cadre-060');
  await phone.offline();
  await write(phone, head, '旧版写的。');
  await admin.post(`/households/${id}/pairing`, { cadre: 'cadre-061', day: today(), reason: '工作调动' });
  await rewrite(phone, (q) => ({ ...q, schema: 0 }));
  await phone.offline(false);
  await phone.sees('请更新');
  await phone.sees('小程序太旧，请更新。没传的会照样送出。');
  await until(async () => (await visitOf(id, '旧版写的。')).length === 1, 'the visit of the old app');
  // The household is somebody else's now; the old app is not told.
  await phone.tab('农户');
  await phone.sees(head);
  await phone.context.unroute('**/api/v1/sync*');
  await phone.restart();
  await delivered(phone);
  assert.equal((await visitOf(id, '旧版写的。')).length, 1);
  await phone.sees('已移交给');
  await phone.close();
});

test('a camera that is refused costs no visit, and says where to allow it', async () => {
  const { id, head } = await first('cadre-062');
  const phone = await ready('cadre-062');
  await begin(phone, head);
  await phone.page.evaluate(() => {
    wx.chooseMedia = () => Promise.reject({ errMsg: 'chooseMedia:fail auth deny' });
  });
  await phone.tap('拍照');
  await phone.tap('同意，去拍');
  await phone.sees('没有拍照的权限。走访照样能记');
  await phone.page.getByLabel('走访内容').fill('没拍成照片。');
  await finish(phone);
  await delivered(phone);
  assert.equal((await visitOf(id, '没拍成照片。')).length, 1);
  await phone.close();
});

test('the first sync says how far it is, is cut, and goes on from there', async () => {
  const phone = await Phone.open(server, 'village-02');
  let pages = 0;
  let cut = true;
  await phone.context.route('**/api/v1/sync*', (route) => (cut && ++pages > 2 ? route.abort() : route.continue()));
  await phone.login();
  await phone.sees('断了');
  await phone.sees('接上后从这里继续');
  const counts = await phone.text(/^\d+ \/ \d+ 户，\d+ 条$/).innerText();
  const [here, all] = /^(\d+) \/ (\d+) /.exec(counts).slice(1).map(Number);
  assert.ok(here > 0 && here < all, counts);
  const bar = await phone.top.getByRole('progressbar').getAttribute('aria-valuenow');
  assert.equal(Number(bar), Math.floor((100 * here) / all));
  // What is here is of use already, and is still here after the app was ended.
  await phone.tab('农户');
  await phone.button(/家记走访/).first().waitFor();
  await phone.tab('今天');
  await phone.restart();
  await phone.sees('断了');
  await phone.sees(counts);
  cut = false;
  await phone.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await delivered(phone);
  assert.equal(await phone.top.getByRole('progressbar').count(), 0);
  assert.equal(await phone.page.evaluate(async () => (await getApp().ready).desk().households().length), all, 'there are as many as it said');
  await phone.close();
});

test('the outbox: an item that waits is looked at; one that is refused is corrected and sent again', async () => {
  const { id, head } = await first('cadre-063');
  const phone = await ready('cadre-063');
  await phone.offline();
  await write(phone, head, '等着送。');
  await phone.tap('送达情况');
  await phone.tap('看看');
  const sheet = phone.top.getByRole('dialog');
  await sheet.getByText('等着送。').waitFor();
  assert.equal(await sheet.getByRole('button', { name: /再送一次|不要了|不再显示/ }).count(), 0, 'what is on its way is not thrown away here');
  await phone.sheet('关上');
  await phone.back();
  // Longer than any field of a page would let it grow: the server finds fault with it, and it comes back with its words.
  await phone.page.evaluate(async ([house, text]) => (await getApp().ready).desk().add(house, 'need', { text, kind: '饮水' }), [id, '长'.repeat(501)]);
  await phone.offline(false);
  await phone.sees('退回 1');
  await phone.tap('送达情况');
  await phone.tap('看看');
  await phone.page.getByLabel('内容，可以改').fill('改短了。');
  await phone.sheet('再送一次');
  await phone.sees('已全部送达');
  assert.equal((await visitOf(id, '等着送。')).length, 1);
  const needs = (await admin.rows('need', id)).filter((n) => n.kind === '饮水' && n.text === '改短了。');
  assert.equal(needs.length, 1);
  await phone.close();
});

test('the outbox as a file: every change and photo that was not sent, byte for byte', async () => {
  const { head } = await first('cadre-064');
  const phone = await ready('cadre-064');
  await phone.offline();
  await begin(phone, head);
  await phone.page.getByLabel('走访内容').fill('导出看看。');
  await shoot(phone, 1);
  await finish(phone);
  await phone.tap('送达情况');
  const [file] = await Promise.all([phone.page.waitForEvent('download'), phone.tap('导出没传的')]);
  const kept = JSON.parse(Buffer.concat(await (await file.createReadStream()).toArray()).toString());
  assert.deepEqual([kept.format, kept.changes.length, kept.photos.length], ['daohu-rescue', 3, 1]);
  assert.ok(JSON.stringify(kept.changes).includes('导出看看。'));
  await phone.sees('已导出 3 条、照片 1 张');
  // It is a copy: the phone sends its own.
  await phone.offline(false);
  await phone.sees('已全部送达');
  await phone.close();
});

test('a household that is handed over while its visit is open: the visit is finished and arrives', async () => {
  const { id, head } = await first('cadre-065');
  const phone = await ready('cadre-065');
  await begin(phone, head);
  await phone.page.getByLabel('走访内容').fill('正写着就移交了。');
  await phone.sees('已自动保存');
  await admin.post(`/households/${id}/pairing`, { cadre: 'cadre-066', day: today(), reason: '工作调动' });
  await phone.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await phone.sees('这一户已移交');
  assert.equal(await phone.page.getByLabel('走访内容').inputValue(), '正写着就移交了。');
  for (const words of ['拍照', '请这家人点一下', '顺便问几道政策题']) {
    await phone.button(words).first().waitFor();
  }
  await phone.tap('拍照');
  await phone.sees('这一户已移交，不再拍照。写好的照样送到。');
  await finish(phone);
  await delivered(phone);
  assert.equal((await visitOf(id, '正写着就移交了。')).length, 1);
  await phone.sees('已移交给');
  await phone.tap('知道了');
  await until(async () => (await phone.text('已移交给').count()) === 0, 'it is told once');
  await phone.close();
});

test('a phone whose clock is three days ahead: days are the server\'s, nothing is lost', async () => {
  const { id, head } = await first('cadre-067');
  const phone = await Phone.open(server, 'cadre-067');
  await phone.context.addInitScript((ahead) => {
    const real = Date;
    globalThis.Date = class extends real {
      constructor(...given) {
        super(...(given.length ? given : [real.now() + ahead]));
      }

      static now() {
        return real.now() + ahead;
      }
    };
  }, 3 * 86400_000);
  await phone.restart();
  await phone.login();
  await delivered(phone);
  await phone.offline();
  await write(phone, head, '钟不准也没事。');
  await phone.restart();
  await phone.sees(/待传 1/);
  await phone.offline(false);
  await delivered(phone);
  const [visit] = await visitOf(id, '钟不准也没事。');
  assert.equal(visit.day, today());
  const [, month, day] = today().split('-').map(Number);
  await phone.sees(`${month}月${day}日`);
  await phone.close();
});

test('a phone that is full takes no picture and says so; the visit is saved', async () => {
  const { id, head } = await first('cadre-068');
  const phone = await ready('cadre-068');
  await begin(phone, head);
  await phone.page.evaluate(async () => {
    (await getApp().ready).platform.files.write = () => Promise.reject(new Error('writeFile:fail the maximum size of the file storage limit is exceeded'));
  });
  await phone.tap('拍照');
  await phone.tap('同意，去拍');
  await phone.sees('照片没有存上。手机空间可能不够，走访照样能记。');
  await phone.page.getByLabel('走访内容').fill('没地方存照片了。');
  await finish(phone);
  await delivered(phone);
  assert.equal((await visitOf(id, '没地方存照片了。')).length, 1);
  await phone.close();
});
