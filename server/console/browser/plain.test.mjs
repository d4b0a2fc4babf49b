// The console without JavaScript: every form of every page is posted with
// something wrong in it and stays with what was typed, and the main jobs are
// done from end to end. The forms are found on the pages; an act of the list of
// pages that no form here asked for fails the last test.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { phone } from './phone.mjs';
import { cells, folder } from './sheet.mjs';
import { ADMINS, api, demo, households, launch, login, newID, open, registry, today } from './support.mjs';

let server;
let browser;
let admin;
let houses;
let worker;
let list; // the pages that are walked, as the program lists them
const posted = new Set(); // "pattern act", of what a browser sent here

before(async () => {
  server = await demo();
  browser = await launch();
  admin = await api(server.url, 'admin');
  worker = await phone(server.url, 'demo:village-01');
  houses = (await households(admin, (h) => h.village.endsWith('201') && !h.state)).filter((h) => h.head);
  list = await registry(admin);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** The page of the list that an address shows. */
function patternOf(url) {
  const parts = new URL(url, server.url).pathname.split('/');
  const fits = (p) => p.pattern.split('/').length === parts.length && p.pattern.split('/').every((s, i) => s.startsWith('{') || s === parts[i]);
  return list.filter(fits).sort((a, b) => a.pattern.includes('{') - b.pattern.includes('{'))[0]?.pattern;
}

/** A window without JavaScript. What its forms ask for is noted. */
async function plain(role = 'T') {
  const page = await open(browser, server.url, { javaScriptEnabled: false });
  page.on('request', (r) => {
    if (r.method() !== 'POST') return;
    const body = r.postDataBuffer()?.toString() ?? '';
    const multipart = [...body.matchAll(/name="do"\r\n\r\n(\w+)/g)].map((m) => m[1]);
    for (const act of multipart.length ? multipart : new URLSearchParams(body).getAll('do')) posted.add(patternOf(r.url()) + ' ' + act);
  });
  await login(page, ADMINS[role]);
  if (role !== 'T') await page.context().addCookies([{ name: 'daohu-township', value: '999901101', url: server.url }]);
  return page;
}

const visit = (house, text) => ['visit', house.id, { day: today(), text }];
const decision = async (type, id, action, reason) => admin.post('/records/' + type + '/' + id + '/decision', { action, rev: (await admin.get('/records/' + type + '/' + id)).rev, reason });

test('approve, return, try and approve a batch, take back', async () => {
  const [id] = await worker.push(houses.slice(0, 5).map((h) => visit(h, '没有脚本也审得了。')));
  const page = await plain();
  await page.goto('/queue?at=' + id);
  await page.click('summary[data-key=r]');
  await page.click('button[value=return]');
  assert.match(await page.textContent('.decide .wrong'), /请写明原因/);
  await page.fill('[name=reason]', '请写明孩子几岁。');
  await page.click('button[value=return]');
  await page.waitForSelector('.taken');
  assert.equal((await admin.get('/records/visit/' + id)).state, 'returned');
  await page.click('[data-key=u]');
  assert.match(await page.textContent('.say'), /已撤销/);
  await page.click('[data-key=a]');
  await page.waitForSelector('.taken');
  assert.equal((await admin.get('/records/visit/' + id)).state, 'approved');
  await page.goto('/queue?state=approved&at=' + id);
  await page.click('summary:has-text("有异议")');
  await page.fill('.record [name=reason]', '农户说那天没有人来。');
  await page.click('button:has-text("回到待审")');
  assert.match(await page.textContent('.say'), /又在待审/);
  await page.goto('/queue');
  for (const box of await page.locator('[name=mark]').all()) await box.check();
  await page.click('#batch [value=approve]');
  await page.click('text=确定通过 5 条');
  await page.waitForSelector('text=通过了 5 条');
  await page.click('button:has-text("撤销这 5 条")');
  assert.match(await page.textContent('.say'), /已撤销 5 条/);
  await page.context().close();
});

test('import: nothing chosen, wrong rows named and marked, then brought in', async (t) => {
  const dir = folder(t);
  const file = path.join(dir, '新户.xlsx');
  const rows = (sex) => ({ sheets: [{ name: '农户', rows: [['户编号', '行政村', '户主姓名'], ['99990110188001', '冲子村', '试新户']] }, { name: '家庭成员', rows: [['户编号', '人编号', '姓名', '性别', '与户主关系'], ['99990110188001', '9999011018800101', '试新户', sex, '户主']] }] });
  cells(dir, 'write', file, rows('不明'));
  const page = await plain();
  await page.goto('/data');
  await page.locator('#file').evaluate((f) => f.removeAttribute('required'));
  await page.click('button:has-text("先检查")');
  assert.match(await page.textContent('#bring .wrong'), /请选一个文件/);
  await page.check('[name=update]');
  await page.setInputFiles('#file', file);
  await page.click('button:has-text("先检查")');
  assert.match(await page.textContent('section[role=status]'), /有 1 处错，一行也没导入/);
  assert.match(await page.locator('section[role=status] tbody tr', { hasText: '性别' }).textContent(), /家庭成员2D 性别/);
  assert.ok(await page.isChecked('[name=update]'), 'what was ticked stays');
  await page.setInputFiles('#file', file);
  const [marked] = await Promise.all([page.waitForEvent('download'), page.click('button:has-text("下载标好错的文件")')]);
  await marked.saveAs(path.join(dir, 'marked.xlsx'));
  assert.equal(cells(dir, 'read', path.join(dir, 'marked.xlsx')).sheets[1].fills.D2, 'FFC7CE');
  cells(dir, 'write', file, rows('女'));
  await page.setInputFiles('#file', file);
  await page.click('button:has-text("导入"):not(:has-text("先"))');
  assert.match(await page.textContent('section[role=status]'), /导入好了/);
  assert.equal((await households(admin, (h) => h.code === '99990110188001'))[0].head, '试新户');
  await page.context().close();
});

test('hand-over and a list of pairings', async () => {
  const users = (await admin.get('/users?role=C&limit=200')).rows;
  const pairs = (await admin.get('/pairings?on=' + today() + '&limit=200')).rows;
  const of = (u) => pairs.filter((p) => p.cadre === u.id).length;
  const from = users.find((u) => of(u) === 2);
  const to = users.find((u) => of(u) === 1) || users.findLast((u) => of(u) === 2);
  const page = await plain();
  await page.goto('/pairings/handover');
  await page.selectOption('#from', from.login);
  await page.click('button:has-text("看他的户")');
  await page.selectOption('[name=to]', to.login);
  await page.fill('[name=reason]', '换岗位');
  await page.click('button:has-text("先试一遍")');
  assert.match(await page.textContent('main'), /还没有办/);
  await page.click('button:has-text("办理交接")');
  assert.match(await page.textContent('.say'), /已交接 \d 户/);
  await page.goto('/pairings/bulk');
  const house = (await admin.get('/records/household/' + pairs.find((p) => p.cadre === from.id).household)).code;
  await page.fill('[name=lines]', house + '\t' + from.login);
  await page.fill('[name=reason]', '换回来');
  await page.click('button:has-text("试")');
  await page.click('form:has([name=do][value=carry]) button');
  assert.match(await page.textContent('.say'), /换人 1 户/);
  await page.context().close();
});

test('a paper is written and published', async (t) => {
  const dir = folder(t);
  const book = path.join(dir, 'quiz.xlsx');
  cells(dir, 'write', book, { sheets: [{ name: 'survey', rows: [['type', 'name', 'label', 'points', 'topic', 'answer'], ['select_one yesno', 'boil', '水要烧开喝。对不对？', '1', 'water', 'yes']] }, { name: 'topics', rows: [['key', 'name'], ['water', '饮水']] }, { name: 'settings', rows: [['form_title', 'form_id', 'kind'], ['烧水问答', 'boil-quiz', 'quiz']] }] });
  const page = await plain();
  await page.goto('/papers');
  await page.locator('details:has([type=file])').evaluateAll((all) => all.forEach((d) => { d.open = true; })); // it may stand folded
  await page.setInputFiles('[type=file]', book);
  await page.click('button:has-text("上传")');
  assert.match(await page.textContent('.say'), /已存成草稿/);
  await page.locator('main button:has-text("发布")').click();
  assert.match(await page.textContent('.say'), /已发布/);
  await worker.contact();
  assert.equal(worker.row('form', page.url().split('/').at(-1))?.state, 'published');
  await page.context().close();
});

/** Rows in all the states in which a page has a form. */
async function morning() {
  const [, ok] = await worker.push([visit(houses[20], '等着审。'), visit(houses[21], '会通过。')]);
  await decision('visit', ok, 'approve');
  await worker.push([['measure', houses[22].id, { kind: '产业帮扶', what: '能繁母牛', amount: 1000000, quantity: 2, unit: '头' }],
    ['member', houses[23].id, { name: '新生儿', sex: '男', birth: today().slice(0, 7), relation: '之孙子' }], ['need', houses[24].id, { text: '水管冻裂了。', kind: '饮水' }]]);
  const shut = houses[25];
  await admin.post('/households/' + shut.id + '/close', { rev: (await admin.get('/records/household/' + shut.id)).rev, reason: '全家搬到外省了' });
  const notice = (title) => admin.post('/notices', { kind: '通知', title, text: '下周三开会。' });
  await notice('开会');
  const out = await notice('再开会');
  await admin.post('/notices/' + out.id + '/publish', { rev: out.rev, days: 3 });
  await admin.post('/cards', { code: 'winter', title: '过冬', text: '夜里关好门窗。' });
  await admin.post('/forms', { code: 'stove', kind: 'checklist', paper: { title: '炉子', items: [{ key: 'stove', kind: 'yesno', label: '炉子通风吗？' }] } });
  const complaint = (await admin.get('/complaints')).rows[0];
  const at = '/complaints/' + complaint.id;
  await admin.post(at + '/answer', { rev: complaint.rev, answer: '已经去看过。' });
  const county = await api(server.url, 'county');
  for (const count of [1, 2]) await county.post('/settings/rhythm?township=999901101', { edition: count - 1, title: '每月几次', body: { edition: 1, every: 'month', count }, reason: '试一试' });
  // A recording: silent frames of mono MPEG 1 Layer III.
  const frame = Buffer.alloc(208);
  frame.set([0xff, 0xfb, 0x50, 0xc0]);
  const voice = Buffer.concat(Array(60).fill(frame));
  const common = (await admin.get('/records/form?limit=1')).rows[0].household; // the township itself
  const [clip] = await worker.push([['clip', common, { card: 'safe-water', dialect: '本地话', sha256: crypto.createHash('sha256').update(voice).digest('hex'), size: voice.length }]]);
  const heard = await fetch(server.url + '/api/v1/clips/' + clip + '/body', { method: 'POST', headers: { Authorization: 'Bearer ' + worker.token, 'Content-Type': 'audio/mpeg' }, body: voice });
  assert.equal(heard.status, 200, await heard.text());
  await decision('clip', clip, 'approve');
  // What a phone sends after its session may only push is put aside.
  const last = await phone(server.url, 'demo:village-12');
  await last.push([]);
  const user = (await admin.get('/users?role=V&limit=200')).rows.find((u) => u.login === 'village-12');
  await admin.post('/users/' + user.id + '/disable', { on: true, anyway: true });
  const codes = [];
  const far = await households(admin, (h) => h.village.endsWith('212') && h.head);
  await last.push(far.slice(0, 3).map((h) => ['visit', h.id, { day: today(), text: '停用以后送来的。' }]), codes);
  assert.deepEqual(codes, ['quarantined', 'quarantined', 'quarantined']);
  // Two requests about personal data: a copy, and an erasure that another admin wrote down.
  const asks = (kind) => ({ kind, asker: '户主本人', way: '当面', text: '想看看，想抹去。', day: today() });
  await admin.post('/households/' + houses[26].id + '/datarequests', asks('copy'));
  await (await api(server.url, 'admin-b')).post('/households/' + houses[27].id + '/datarequests', asks('erasure'));
  await (await api(server.url, 'auditor')).post('/findings', { about: 'household', row: houses[28].id, severity: '一般', text: '人口数对不上。' });
}

/** The addresses to walk: each page, with a row of each state where its path has an id, and those that show a form only when asked. */
async function addresses(role) {
  const out = role === 'T' ? ['/households/' + houses[20].id + '?edit=household.address', '/households/' + houses[23].id, '/households/' + houses[25].id, '/measures?household=' + houses[22].id,
    '/pairings/handover?from=cadre-010', '/users?role=C', '/queue?type=proposal', '/sheets/ledger?month=' + today().slice(0, 7)] : role === 'A' ? ['/findings?about=household&row=' + houses[29].id] : role === 'K' ? [...(await admin.get('/settings')).rows.map((s) => '/settings?code=' + s.code), '/settings?code=rhythm&edition=1'] : [];
  for (const p of list.filter((x) => x.roles.includes(role) && x.acts?.length)) {
    if (!p.sample) {
      out.push(p.pattern);
      continue;
    }
    const rows = (await admin.get(p.sample.replace('/api/v1', '').replace('limit=1', 'limit=200'))).rows;
    const kinds = new Map(rows.filter((r) => r.kind !== 'township').map((r) => [[r.state, !!r.given, !!r.agreement, r.asker && r.kind].join(), r.id]));
    for (const id of kinds.values()) out.push(p.pattern.replace(/\{\w+\}/, id));
  }
  return out;
}

/** What a person fills in, wherever on the page it stands: form.elements that match. */
const typed = 'input:not([type=hidden]):not([type=submit]),textarea,select';

/** Fills a form with what cannot be right, past what the browser itself would refuse. */
function spoil(form) {
  return form.evaluate((f, sel) => {
    f.noValidate = true;
    for (let up = f; up; up = up.parentElement) if (up.tagName === 'DETAILS') up.open = true;
    const out = [];
    for (const el of Array.from(f.elements).filter((e) => e.matches(sel))) {
      const max = el.maxLength;
      el.removeAttribute('maxlength');
      let value = '';
      if (el.type === 'file') continue;
      if (el.type === 'checkbox' || el.type === 'radio') {
        el.checked = true;
        value = el.value;
      } else if (el.tagName === 'SELECT') {
        const some = Array.from(el.options).find((o) => o.value);
        if (some) el.value = some.value;
        value = el.value;
      } else {
        value = { number: 'abc', date: '2026-13-45', month: '2026-13', password: 'x' }[el.type] || '长'.repeat((max > 0 ? max : 300) + 1);
        const was = el.type;
        if (el.tagName === 'INPUT' && was !== 'password') el.type = 'text'; // a date that is none can only be written so
        el.value = value;
        if (was === 'password') continue; // never sent back
      }
      out.push({ name: el.name, value, box: el.type === 'checkbox' || el.type === 'radio' });
    }
    for (const rev of f.querySelectorAll('[name=rev]')) rev.value = String(Number(rev.value) + 7); // a page that is not of now
    return out;
  }, typed);
}

/** What is wrong with how a form came back. */
async function came(page, back, sent, status) {
  const faults = [];
  if (status < 400 || status >= 500) return ['answers ' + status];
  if (await back.count() === 0) return ['is not there any more, after ' + status + ': ' + (await page.textContent('main')).replace(/\s+/g, ' ').slice(0, 80)];
  const now = await back.evaluate((f, sel) => ({
    wrong: f.querySelectorAll('.wrong,[aria-invalid=true]').length,
    closed: !!f.closest('details:not([open])'),
    fields: Array.from(f.elements).filter((e) => e.matches(sel + ',[type=hidden]')).map((el) => ({ name: el.name, value: el.tagName === 'INPUT' ? el.getAttribute('value') : el.value, on: el.checked, box: el.type === 'checkbox' || el.type === 'radio' })),
  }), typed);
  for (const s of sent) {
    const f = now.fields.find((x) => x.name === s.name && (!s.box || x.value === s.value));
    if (!f || (s.box ? !f.on : !f.value.includes(s.value))) faults.push('loses what was typed into ' + s.name);
  }
  if (now.closed) faults.push('is shut');
  const said = await page.locator('.refused').count();
  if (!said) faults.push('says nothing');
  if (sent.length && status === 422 && !now.wrong) faults.push('names no field: ' + (await page.textContent('.refused')).slice(0, 80));
  return faults;
}

/** Tries the forms of one address that were not tried yet. */
async function tryForms(page, address, tried, faults) {
  const acts = list.find((p) => p.pattern === patternOf(address)).acts;
  if (acts.every((a) => tried.has(patternOf(address) + ' ' + a))) return;
  await page.goto(address);
  const of = (act, key) => page.locator('main form[method=post]', { has: page.locator(`[name=do][value="${act}"]`) }).filter({ has: page.locator(`[name=key][value="${key}"]`) }).first();
  const forms = await page.locator('main form[method=post]').evaluateAll((all, sel) => all.flatMap((f) => Array.from(f.querySelectorAll('[name=do]'), (e) => ({
    act: e.value, key: f.querySelector('[name=key]')?.value ?? '', wrong: Array.from(f.elements).filter((el) => el.matches(sel + ',[name=rev]')).some((el) => el.type !== 'checkbox'),
  }))), typed);
  const all = (f) => f.act.endsWith('-all');
  forms.sort((a, b) => b.wrong - a.wrong || all(a) - all(b)); // what succeeds may take the next form with it
  for (const { act, key, wrong } of forms) {
    const name = patternOf(address) + ' ' + act;
    if (tried.has(name)) continue;
    tried.add(name);
    if (page.url() !== new URL(address, server.url).href || tried.last) await page.goto(address);
    tried.last = name; // the form before it left something on the page
    const form = of(act, key);
    const sent = await spoil(form);
    const button = form.locator(`button[value="${act}"]`);
    const press = (await button.count() ? button : form.locator('button:not([type=button]):not([name=step])')).first();
    const answered = page.waitForResponse((r) => r.request().method() === 'POST', { timeout: 15000 });
    answered.catch(() => {}); // told below
    try {
      await press.click({ timeout: 10000 });
    } catch (e) {
      faults.push(address + ' ' + act + ' cannot be pressed: ' + e.message.split('\n').at(-2));
      continue;
    }
    const status = (await answered).status();
    if (!wrong) { // a button, or a file to be had: there is nothing to get wrong
      if (status >= 400) faults.push(address + ' ' + act + ' answers ' + status);
      continue;
    }
    for (const f of await came(page, of(act, key), sent, status)) faults.push(address + ' ' + act + ' ' + f);
  }
}

test('every form with something wrong in it stays as it was typed, and says what is wrong', async () => {
  await morning();
  const faults = [];
  const tried = new Set();
  for (const role of ['T', 'K', 'A']) {
    const page = await plain(role);
    for (const address of await addresses(role)) await tryForms(page, address, tried, faults);
    await page.context().close();
    admin = await api(server.url, 'admin'); // one of the buttons ends the other sessions
  }
  console.log('figure: ' + tried.size + ' forms tried without script');
  assert.deepEqual(faults, []);
});

test('no act of a page is without a form that asks for it', () => {
  const missing = list.flatMap((p) => (p.acts ?? []).map((a) => p.pattern + ' ' + a)).filter((a) => !posted.has(a));
  assert.deepEqual(missing, []);
});
