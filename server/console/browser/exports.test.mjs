// What leaves the console, opened again: workbooks by the library of
// spreadsheets, tables, and sheets of paper as Chromium prints them.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { phone } from './phone.mjs';
import { cells, folder } from './sheet.mjs';
import { ADMINS, api, demo, households, launch, login, open, today } from './support.mjs';

// What a spreadsheet would calculate, were it not text.
const FORMULAS = ['=HYPERLINK("http://evil.example","看")', '+1+1', '-2+3', '@SUM(A1)', '\t=1+1', '=cmd|\'/C calc\'!A0'];

let server;
let browser;
let admin;
let houses;
let worker;

before(async () => {
  server = await demo();
  browser = await launch();
  admin = await api(server.url, 'admin');
  houses = (await households(admin, (h) => h.village.endsWith('201') && !h.state)).filter((h) => h.head);
  // A worker whose very name is one writes them into every text that leaves.
  const user = await admin.post('/users', { login: '-1.1', name: '=2+5', role: 'V', area: houses[0].village });
  const { code } = await admin.post('/users/' + user.id + '/code', {});
  const bound = await fetch(server.url + '/api/v1/login/wechat', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ code: 'demo:-1.1', bind: code }) });
  assert.equal(bound.status, 200, await bound.text());
  worker = await phone(server.url, 'demo:-1.1');
  const long = '看了屋后的墙和猪圈，说了医保报销的事，老人说记不住，下次再讲一遍。'.repeat(12);
  const ids = await worker.push([...FORMULAS.map((f, i) => ['visit', houses[i].id, { day: today(), stage: 1, text: f, needs: f }]), ['visit', houses[0].id, { day: today(), stage: 2, text: long, met: ['户主', 'A'.repeat(60)] }],
    ...Array.from({ length: 30 }, (_, i) => ['visit', houses[0].id, { day: today(), stage: 3, text: i + '：' + long.slice(0, 120) }])]);
  await worker.push(FORMULAS.map((f, i) => ['household', houses[i].id, { notes: f, address: f }, houses[i].id]));
  for (let at = 0; at < ids.length; at += 20) {
    const rows = [];
    for (const id of ids.slice(at, at + 20)) rows.push({ id, rev: (await admin.get('/records/visit/' + id)).rev });
    await admin.post('/inbox/decisions', { action: 'approve', rows });
  }
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function as(role) {
  const page = await open(browser, server.url);
  await login(page, ADMINS[role]);
  if (role !== 'T') await page.context().addCookies([{ name: 'daohu-township', value: '999901101', url: server.url }]);
  return page;
}

/** Presses a button that gives a file, and keeps the file. */
async function take(page, button, file) {
  const [got] = await Promise.all([page.waitForEvent('download'), button.click()]);
  await got.saveAs(file);
  return got.suggestedFilename();
}

/** The rows of a sheet as objects by header. */
function table(book, name) {
  const [head, ...rows] = book.sheets.find((s) => s.name === name).rows;
  return rows.map((r) => Object.fromEntries(head.map((h, i) => [h, r[i] ?? ''])));
}

const fen = (yuan) => Math.round(Number(yuan || 0) * 100);

async function every(call, address) {
  const rows = [];
  for (let after = ''; ;) {
    const page = await call.get(address + '&limit=200' + (after && '&after=' + encodeURIComponent(after)));
    rows.push(...page.rows);
    if (!page.next) return rows;
    after = page.next;
  }
}

for (const [role, full] of [['T', false], ['T', true], ['K', false], ['A', false]]) {
  test('the roster as a workbook, taken by ' + role + (full ? ' in full' : ''), async (t) => {
    const dir = folder(t);
    const file = path.join(dir, 'roster.xlsx');
    const call = await api(server.url, ADMINS[role]);
    const page = await as(role);
    await page.goto('/data');
    if (role === 'A') assert.equal(await page.locator('[name=full]').count(), 0, 'an auditor takes nothing in full');
    if (full) await page.check('[name=full]');
    await page.fill('form:has([value=export]) [name=reason]', '=1+1 每年核对');
    assert.match(await take(page, page.locator('form:has([value=export]) button'), file), /^999901101-\d{4}-\d\d-\d\d\.xlsx$/);
    const book = cells(dir, 'read', file);
    assert.equal(book.computed, 0, 'nothing is calculated or fetched');

    // Rows and sums are those of the API.
    const town = role === 'T' ? '' : '&township=999901101';
    const figures = await call.get('/figures?area=999901101');
    const house = table(book, '农户');
    const member = table(book, '家庭成员');
    assert.equal(house.length, figures.total.all.households);
    assert.equal(member.filter((m) => !m['减少原因']).length, figures.total.all.people);
    const measures = (await every(call, '/records/measure?' + town.slice(1))).filter((m) => m.state === 'approved');
    const kept = table(book, '措施');
    assert.equal(kept.length, measures.length);
    for (const [header, field] of [['计划金额(元)', 'amount'], ['已给金额(元)', 'given']]) {
      assert.equal(kept.reduce((s, r) => s + fen(r[header]), 0), measures.reduce((s, m) => s + (m[field] || 0), 0), header);
    }
    const funds = await call.get('/funds?' + town.slice(1));
    assert.equal(kept.reduce((s, r) => s + fen(r['已给金额(元)']), 0), funds.given, 'given equals the ledger');

    // Every number of a person as the role sees it, every text as it was typed.
    const ofCode = new Map(house.map((h) => [h['户编号'], h]));
    const some = houses.slice(0, FORMULAS.length);
    for (const [i, h] of some.entries()) {
      const row = await call.get('/records/household/' + h.id);
      const got = ofCode.get(h.code);
      assert.equal(got['联系电话'], full ? got['联系电话'].replace(/\D/g, '').slice(0, 11) : row.phone ?? '', h.code + ' phone');
      assert.equal(got['备注'], (row.notes ?? ''), h.code + ' notes');
      if (role === 'T') assert.equal(got['备注'], FORMULAS[i]);
      const people = (await call.get('/records/member?household=' + h.id + '&limit=200')).rows;
      for (const m of people) {
        const found = member.find((r) => r['人编号'] === m.code);
        if (full) assert.match(found['证件号码'], /^\d{17}[\dX]/);
        else assert.equal(found['证件号码'], m.idNo ?? '', m.code);
        assert.equal(found['姓名'], m.name ?? '', m.code);
      }
    }
    assert.equal(member.some((m) => /\*/.test(m['证件号码'])), !full, 'masked unless in full');
    if (role !== 'T') assert.ok(!member.some((m) => /\d{10}/.test(m['证件号码'] + m['残疾证号'])), 'no number of a person can be read');

    // Who took it, when, why: on a sheet of its own and on every printed page.
    const me = await call.get('/me');
    const note = Object.fromEntries(book.sheets.find((s) => s.name === '说明').rows.map((r) => [r[0], r[1]]));
    assert.deepEqual([note['种类'], note['导出人'], note['事由']], [full ? '完整导出' : '脱敏导出', me.name, '=1+1 每年核对']);
    for (const s of book.sheets.filter((x) => x.name !== '说明')) {
      for (const part of [s.header, s.footer]) assert.ok(part.includes(me.name) && part.includes(note['导出编号']), s.name + ': ' + part);
    }
    await page.context().close();
  });
}

test('the audit log as a table: no cell begins a formula', async (t) => {
  const file = path.join(folder(t), 'audit.csv');
  for (const role of ['T', 'K', 'A']) {
    const page = await as(role);
    await page.goto('/audit?by=-1.1');
    const shown = await page.locator('tbody tr').count();
    assert.equal(await page.locator('tbody .empty').count(), 0);
    await take(page, page.locator('form:has([value=export]) button'), file);
    const lines = fs.readFileSync(file, 'utf8').replace(/^\uFEFF/, '').trim().split('\r\n').flatMap((l) => l.split('\n'));
    assert.ok(lines.length > shown, 'a line for each row');
    const name = role === 'T' || role === 'A' ? "'=2+5" : null; // a county sees no names of townships' people
    for (const line of lines) {
      for (const cell of line.split(',')) assert.match(cell, /^"?[^=+\-@\t\r"]|^"?$/, 'cell ' + cell);
      if (name && line !== lines[0]) assert.ok(line.includes(name) && line.includes("'-1.1"), line);
    }
    await page.context().close();
  }
});

/** Pages and their sizes in points, of a PDF as Chromium writes it. */
function pagesOf(pdf) {
  const text = pdf.toString('latin1');
  const boxes = [...text.matchAll(/\/MediaBox \[([\d. ]+)\]/g)].map((m) => m[1].split(' ').map(Number).slice(2));
  return { n: [...text.matchAll(/\/Type \/Page\b(?!s)/g)].length, boxes };
}

/** What of a printed sheet does not fit: texts cut off, cells that stand over the edge. */
function cutOff(page) {
  return page.evaluate(() => {
    const edge = document.querySelector('.sheet').getBoundingClientRect();
    return Array.from(document.querySelectorAll('.sheet *')).filter((el) => {
      const box = el.getBoundingClientRect();
      const style = getComputedStyle(el);
      return box.right > edge.right + 1 || box.left < edge.left - 1 || (el.scrollWidth > el.clientWidth + 1 && el.clientWidth > 0 && style.overflow !== 'visible') || (el.children.length === 0 && el.clientWidth > 0 && el.scrollWidth > el.clientWidth + 1);
    }).map((el) => el.outerHTML.slice(0, 120));
  });
}

test('sheets of paper: A4, whole, with who printed them', async () => {
  const page = await as('T');
  const counts = {};
  for (const [name, address] of [['走访记录表', '/sheets/visits/'], ['帮扶手册', '/sheets/handbook/'], ['明白卡', '/sheets/card/'], ['走访月台账', '/sheets/ledger?month=' + today().slice(0, 7)]]) {
    await page.setViewportSize({ width: 1366, height: 768 });
    await page.emulateMedia({ media: null });
    await page.goto(address.includes('?') ? address : address + houses[0].id);
    await page.click('button:has-text("打开要印的页")');
    assert.equal(await page.textContent('.sheet h1'), name);
    const pdf = await page.pdf({ preferCSSPageSize: true });
    const { n, boxes } = pagesOf(pdf);
    assert.equal(boxes.length, n, name);
    for (const [w, h] of boxes) assert.ok(Math.abs(w - 595.3) < 1 && Math.abs(h - 841.9) < 1, name + ': ' + w + ' x ' + h + ' is A4 upright');
    counts[name] = n;
    // The same paper as a page of its printable width: 180 mm at 96 dots an inch.
    await page.emulateMedia({ media: 'print' });
    await page.setViewportSize({ width: Math.round(180 / 25.4 * 96), height: 1000 });
    assert.deepEqual(await cutOff(page), [], name);
    const foot = await page.textContent('.sheet footer');
    assert.match(foot, /登记号 \S{12}/);
    assert.ok(foot.startsWith((await admin.get('/me')).name), foot);
    assert.ok(await page.locator('.mark').isVisible(), 'the mark lies across the page');
    assert.ok(!/\d{17}[\dX]/.test(await page.textContent('.sheet')), 'no number in full');
    if (process.env.SHOTS) {
      fs.writeFileSync(path.join(process.env.SHOTS, name + '.pdf'), pdf);
      await page.screenshot({ path: path.join(process.env.SHOTS, name + '.png'), fullPage: true });
    }
  }
  assert.equal(counts['明白卡'], 1, 'the card is one sheet');
  assert.ok(counts['走访记录表'] >= 2 && counts['走访记录表'] < 8, counts['走访记录表'] + ' pages of 32 visits');
  console.log('figure: pages of A4: ' + Object.entries(counts).map(([k, n]) => k + ' ' + n).join(', '));
  assert.deepEqual(page.said, []);
  await page.context().close();
});
