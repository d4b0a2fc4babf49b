// Takes a picture of every page of the console at 1366 x 768 into
// docs/screens/console, with the demo's invented people and some work in the
// queue. Run it by hand after changing how pages look: npm run shots.

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { phone } from './phone.mjs';
import { api, demo, households, launch, login, open, registry, today } from './support.mjs';

const OUT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'docs', 'screens', 'console');
const DOOR = { lat: 26850000, lng: 104280000, accuracy: 15, coord: 'gcj02' };

/** A morning's work: visits of two villages, one sent back and corrected, changes to decide. */
async function work(url, admin) {
  for (const [n, account] of ['demo:village-01', 'demo:village-02'].entries()) {
    const worker = await phone(url, account);
    const mine = (await households(admin, (h) => h.village.endsWith('20' + (n + 1)) && !h.state)).filter((h) => h.head);
    const texts = ['老两口身体还行，想把猪圈修一修再养两头。屋后墙有条裂缝，已记下。', '孩子上三年级，助学金到账了，一起看了存折。', '核桃苗发下来了，一起栽了一上午。', '讲了医保报销，老人说还要再听一遍。'];
    const ids = await worker.push(mine.slice(0, 12).map((h, i) => ['visit', h.id, { day: today(), stage: 1 + (i % 4), text: texts[i % 4], met: ['户主'], ...DOOR, lat: DOOR.lat + 30000 * n + 300 * i, lng: DOOR.lng + 20000 * n }]));
    const row = await admin.get('/records/visit/' + ids[0]);
    await admin.post('/records/visit/' + ids[0] + '/decision', { action: 'return', rev: row.rev, reason: '请写明孩子几岁。' });
    await worker.push([['visit', mine[0].id, { text: texts[0] + '孙子 9 岁，上三年级。' }, ids[0]],
      ['member', mine[2].id, { name: '新生儿', sex: '男', birth: today().slice(0, 7), relation: '之孙子' }],
      ['measure', mine[1].id, { kind: '产业帮扶', what: '能繁母牛', amount: 1000000, quantity: 2, unit: '头' }],
      ['need', mine[3].id, { text: '水管冻裂了，两天没有水。', kind: '饮水' }]]);
  }
}

const server = await demo();
const browser = await launch();
try {
  const admin = await api(server.url, 'admin');
  await work(server.url, admin);
  fs.rmSync(OUT, { recursive: true, force: true });
  fs.mkdirSync(OUT, { recursive: true });
  const page = await open(browser, server.url);
  const shot = async (address, name) => {
    await page.goto(address);
    await page.waitForLoadState('networkidle');
    await page.screenshot({ path: path.join(OUT, name + '.jpg'), type: 'jpeg', quality: 55 });
  };
  await shot('/login', 'login');
  await login(page, 'admin');
  for (const p of await registry(admin)) {
    if (!p.roles.includes('T')) continue;
    await shot(p.path, p.pattern === '/' ? 'overview' : p.pattern.slice(1).replace(/[{}]/g, '').replaceAll('/', '-'));
  }
  await page.goto('/queue');
  await page.keyboard.press('r');
  await page.screenshot({ path: path.join(OUT, 'queue-return.jpg'), type: 'jpeg', quality: 55 });
  await login(page, 'county');
  await shot('/', 'overview-county');
  await shot('/compare', 'compare');
  if (page.said.length) throw new Error(page.said.join('\n'));
} finally {
  await browser.close();
  await server.stop();
}
