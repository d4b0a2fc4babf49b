// What pages do beside visits: changes, measures, recordings, rescue, the road.

import test from 'node:test';
import assert from 'node:assert/strict';
import { blocks } from '../src/data/markdown';
import { changed, ChangeDraft } from '../src/data/change';
import { measurePatch, movePatch } from '../src/data/measure';
import { loadAll, roadLines } from '../src/data/road';
import { sha256 } from '../src/data/sha256';
import { bytesOf } from '../src/sync/utf8';
import { VisitDraft } from '../src/data/visit';
import { ME } from './support/server';
import { reply, start, threeHouses, Town } from './support/desk';

const H1 = 'h1AAAAAAAAAA';

/** A township whose common rows the phone holds: its pseudo-household, a card, a recording. */
function township() {
  const s = threeHouses();
  s.grant('townAAAAAAAA');
  s.put('townAAAAAAAA', 'household', { id: 'townAAAAAAAA', kind: 'township' });
  const t = new Town(s);
  const body = new Uint8Array(bytesOf('---\ncode: health-claim\n---\n## 这是什么\n\n看病带上**医保卡**。\n'));
  const text = sha256(body.buffer as ArrayBuffer);
  const sound = sha256(Uint8Array.from([1, 2, 3]).buffer as ArrayBuffer);
  t.blobs.set(text, body);
  t.blobs.set(sound, Uint8Array.from([1, 2, 3]));
  s.put('townAAAAAAAA', 'card', { id: 'cardAAAAAAAA', code: 'health-claim', edition: 1, title: '看病报销', sha256: text, state: 'published' });
  s.put('townAAAAAAAA', 'clip', { id: 'clipAAAAAAAA', card: 'health-claim', edition: 1, dialect: '本地话', sound, bytes: 3, seconds: 45, state: 'approved' });
  return { town: t, sound };
}

test('a change is kept at every key, sent once, and asks the township with its reason', async () => {
  const k = await start(new Town(threeHouses()));
  k.device.network(false);
  const d = await k.desk.openChange('household', H1, H1);
  k.desk.drafts.put({ ...changed(changed(d, k.desk.rowOf(d), 'phone', '19900000002'), k.desk.rowOf(d), 'income', '5000'), reason: '核实过' } as ChangeDraft);
  await k.desk.drafts.flush();
  k.desk.close();
  const again = await start(k.town, k.device.flash);
  const kept = await again.desk.openChange('household', H1, H1);
  assert.deepEqual([kept.patch, kept.reason], [{ phone: '19900000002', income: 500000 }, '核实过']);
  assert.ok(again.desk.outbox().some((r) => r.name === '农户资料' && r.draft === kept.id));
  again.device.network(true);
  await again.desk.saveChange(kept);
  await again.desk.driver.pull();
  const sent = again.town.server.applied.concat(again.town.server.proposals).filter((m) => m[1] === 'household');
  assert.ok(sent.length > 0 && sent.every((m) => m[2] === H1));
  assert.equal(again.desk.drafts.all().length, 0);
});

test('a new person gets an id of its own, the same one when the form is opened again', async () => {
  const k = await start(new Town(threeHouses()));
  const d = await k.desk.openChange('member', H1, '');
  assert.deepEqual([d.fresh, d.patch], [true, { joinedDay: k.desk.today() }]);
  k.desk.drafts.put(d);
  assert.equal((await k.desk.openChange('member', H1, '')).row, d.row);
});

test('measures: what is missing is said, money becomes fen, a result needs words', () => {
  const typed = { stage: 'plan' as const, kind: '产业帮扶', what: '能繁母牛', quantity: '2', unit: '头', amount: '10000' };
  assert.deepEqual(measurePatch(typed), { kind: '产业帮扶', what: '能繁母牛', stage: 'plan', quantity: 2, unit: '头', amount: 1000000 });
  assert.match(String(measurePatch({ ...typed, unit: ' ' })), /单位/);
  assert.match(String(measurePatch({ ...typed, quantity: '两' })), /整数/);
  assert.match(String(measurePatch({ ...typed, amount: '一万' })), /数字/);
  assert.match(String(movePatch('done', ' ', '', '', '2026-01-31')), /成效/);
  assert.match(String(movePatch('stopped', '', '', '', '2026-01-31')), /为什么/);
  assert.deepEqual(movePatch('doing', '', '', '', '2026-01-31'), { stage: 'doing' });
  assert.deepEqual(movePatch('done', '产了小牛', '2', '头', '2026-01-31'), { stage: 'done', result: '产了小牛', yieldQuantity: 2, yieldUnit: '头', yieldDay: '2026-01-31' });
});

test('a measure offers what the server would take', async () => {
  const k = await start(new Town(threeHouses()));
  const cases: [object, string[]][] = [
    [{ stage: 'wish' }, ['stop']],
    [{ stage: 'plan', state: 'pending' }, ['agree', 'stop']],
    [{ stage: 'plan', state: 'approved' }, ['agree', 'arrived', 'stop']],
    [{ stage: 'plan', state: 'approved', agreement: 'agreed' }, ['begin', 'finish', 'arrived', 'stop']],
    [{ stage: 'plan', state: 'approved', agreement: 'objected' }, ['arrived', 'stop']],
    [{ stage: 'doing', state: 'approved', agreement: 'agreed', arrived: 'arrived' }, ['finish', 'stop']],
    [{ stage: 'done', state: 'approved', agreement: 'agreed' }, ['arrived']],
    [{ stage: 'stopped', state: 'pending' }, []],
  ];
  for (const [row, acts] of cases) {
    k.town.server.put(H1, 'measure', { id: 'measAAAAAAAA', kind: '产业帮扶', what: '养牛', ...row });
    await k.desk.driver.pull();
    assert.deepEqual(k.desk.household(H1)?.measures[0].acts, acts, JSON.stringify(row));
  }
});

test('what was agreed in a visit goes with it, after it', async () => {
  const k = await start(new Town(threeHouses()));
  const d = await k.desk.visits.open(H1);
  const rows = [{ type: 'measure', id: 'measAAAAAAAA', patch: { kind: '产业帮扶', what: '养鸡', stage: 'wish', visit: d.id }, line: '养鸡' }];
  await k.desk.visits.save({ ...d, rows } as VisitDraft);
  await k.desk.driver.pull();
  assert.deepEqual(k.town.server.applied.map((m) => m[1]), ['visit', 'measure']);
});

test('a visit thrown away leaves no picture and no word', async () => {
  const k = await start(new Town(threeHouses()));
  let d = await k.desk.visits.open(H1);
  d = { ...d, photos: [await k.desk.visits.takePhoto(d, k.desk.visits.photoLines(d))] };
  assert.deepEqual([d.photos[0].place, d.photos[0].cadre], ['坪子村一组', '干部甲']);
  k.desk.drafts.put(d);
  await k.desk.visits.confirm(H1, d.id, '有事', '水管坏了');
  assert.equal(k.desk.visits.confirmed(H1, d.id), true);
  await k.desk.visits.drop(d);
  assert.deepEqual([k.desk.drafts.all(), Array.from(k.device.flash.files.keys()).filter((f) => f.includes('.p.'))], [[], []]);
  assert.equal(k.desk.visits.confirmed(H1, d.id), false);
});

test('consent is noted with who said it; against pictures holds', async () => {
  const k = await start(new Town(threeHouses()));
  await k.desk.visits.noteConsent(H1, 'refused', '');
  assert.equal(k.desk.visits.consent(H1), 'no');
  await assert.rejects(k.desk.visits.takePhoto(await k.desk.visits.open(H1), []), /不同意拍照/);
  await k.desk.driver.pull();
  const said = k.town.server.applied.find((m) => m[1] === 'consent');
  assert.deepEqual(said && said[4], { answer: 'refused', day: k.desk.today(), edition: k.desk.docs.consent().edition, who: '家里人' });
});

test('rescue: the changes byte for byte with their photos, nothing said in confidence', async () => {
  const k = await start(new Town(threeHouses()));
  k.device.network(false);
  let d = await k.desk.visits.open(H1);
  d = { ...d, text: '一切正常。', photos: [await k.desk.visits.takePhoto(d, [])] };
  await k.desk.visits.confirm(H1, d.id, '没来过', '不认识他');
  await k.desk.visits.save(d);
  const r = await k.desk.rescue();
  assert.deepEqual([r.changes, r.photos.length, r.more, r.kept], [2, 1, 0, 1]);
  const text = Buffer.from(k.device.flash.files.get(r.file) as Uint8Array).toString('utf8');
  const file = JSON.parse(text) as { format: string; user: string; changes: unknown[][]; photos: { photo: string; sha256: string; data: string }[] };
  assert.deepEqual([file.format, file.user, file.changes.map((c) => c[1])], ['daohu-rescue', ME, ['visit', 'photo']]);
  assert.equal(sha256(Uint8Array.from(Buffer.from(file.photos[0].data, 'base64')).buffer as ArrayBuffer), d.photos[0].sha256);
  assert.ok(!text.includes('没来过') && !text.includes('不认识'));
  for (const c of k.desk.core.unsentTexts()) {
    assert.equal(text.includes(c.text), c.type !== 'confirmation');
  }
  k.desk.close();
  const again = await start(k.town, k.device.flash);
  assert.ok(!Array.from(again.device.flash.files.keys()).includes(r.file), 'the file is not kept');
});

test('rescue: photos that do not fit one file are in the next', async () => {
  const k = await start(new Town(threeHouses()));
  k.device.network(false);
  let d = await k.desk.visits.open(H1);
  d = { ...d, photos: [await k.desk.visits.takePhoto(d, []), await k.desk.visits.takePhoto(d, []), await k.desk.visits.takePhoto(d, [])] };
  await k.desk.visits.save(d);
  // Pictures of the largest size the server takes: five fit, so that of many two files are made.
  const uploads = k.desk.core.uploads.list();
  const many = Array.from({ length: 7 }, (_, i) => ({ ...uploads[i % uploads.length], photo: 'photo' + i + 'AAAAAA', size: 2 << 20 }));
  k.desk.core.uploads.list = () => many;
  const first = await k.desk.rescue();
  assert.deepEqual([first.photos.length, first.more], [5, 2]);
  const second = await k.desk.rescue();
  assert.deepEqual([second.photos.length, second.more], [2, 0]);
  assert.deepEqual(first.photos.concat(second.photos), many.map((u) => u.photo));
  assert.equal((await k.desk.rescue()).photos.length, 5, 'and from the first again');
});

test('a card is heard without a link once its sound was fetched', async () => {
  const { town, sound } = township();
  const k = await start(town);
  const [card] = k.desk.cards();
  assert.match(k.desk.clips.sounds(card)[0].note, /45 秒 · 还没取来/);
  assert.deepEqual(k.desk.clips.hashes([card]), [sound]);
  await loadAll(k.desk);
  k.device.network(false);
  assert.match(k.desk.clips.sounds(card)[0].note, /没网也能听/);
  await k.desk.clips.play('clipAAAAAAAA', () => undefined);
  await assert.rejects(loadAll(k.desk), /没有网/);
});

test('the road: what is missing is named, and one tap fetches it', async () => {
  const { town } = township();
  const k = await start(town);
  const bad = async () => (await roadLines(k.desk)).filter((l) => !l.ok).map((l) => l.key);
  assert.deepEqual(await bad(), ['sound']);
  await loadAll(k.desk);
  assert.deepEqual(await bad(), []);
  k.device.network(false);
  await k.desk.add(H1, 'need', { text: '水管坏了', kind: '饮水' });
  assert.deepEqual(await bad(), ['unsent']);
  k.town.sessions.clear();
  k.device.network(true);
  await k.desk.driver.pull();
  assert.ok((await bad()).includes('login'));
});

test('a recording: its row first, its sound after it, once', async () => {
  const { town } = township();
  const k = await start(town);
  const posts: string[] = [];
  town.meddle = (c) => {
    if (!c.url.includes('/clips/')) {
      return undefined;
    }
    posts.push(c.url.slice(c.url.indexOf('/clips/')));
    const id = c.url.split('/')[6];
    town.server.put('townAAAAAAAA', 'clip', { id, by: ME, card: 'health-claim', dialect: '彝话', sound: 'a'.repeat(64), state: 'pending' });
    return reply(204, undefined);
  };
  k.device.flash.files.set('temp', Uint8Array.from([9, 9]));
  k.device.network(false);
  await k.desk.clips.keep('health-claim', '彝话', 'temp');
  assert.equal(k.desk.clips.own('health-claim')[0].state, '待传');
  k.device.network(true);
  await k.desk.driver.pull(); // what the server made of the sound comes with the same
  assert.equal(posts.length, 1);
  assert.equal(k.desk.clips.own('health-claim')[0].state, '待审');
  assert.ok(!Array.from(k.device.flash.files.keys()).some((f) => f.includes('.c.')));
  k.device.flash.files.set('long', new Uint8Array(301 << 10));
  await assert.rejects(k.desk.clips.keep('health-claim', '彝话', 'long'), /录短一点/);
});

test('cards as blocks: headings, items, bold words; a broken line goes on', () => {
  const made = blocks('---\ncode: x\n---\n## 您要做什么\n\n- 带上**医保卡**。\n  也行。\n- 到医院。\n\n能报多少，\n问镇里。\n').map((b) => b.kind + ':' + b.runs.map((r) => (r.bold ? '*' + r.text + '*' : r.text)).join(''));
  assert.deepEqual(made, ['heading:您要做什么', 'item:带上*医保卡*。也行。', 'item:到医院。', 'line:能报多少，问镇里。']);
  blocks('- **甲**乙\n丙').forEach((b) => assert.equal(new Set(b.runs.map((r) => r.key)).size, b.runs.length));
});

test('a need is answered and passed on; the booklet is given', async () => {
  const k = await start(new Town(threeHouses()));
  k.town.server.put(H1, 'need', { id: 'needAAAAAAAA', text: '水管坏了', kind: '饮水', state: 'open', due: '2020-01-01' });
  await k.desk.driver.pull();
  assert.deepEqual([k.desk.household(H1)?.needs[0].overdue, k.desk.household(H1)?.needs[0].open], [true, true]);
  assert.deepEqual(k.desk.answerers(H1), [{ user: ME, name: '干部甲' }]);
  await k.desk.edit(H1, 'need', 'needAAAAAAAA', { answer: '明天来修' }, k.desk.core.baseOf(H1));
  await k.desk.deliver(H1, '上门', '收到');
  assert.match(k.desk.delivered(H1), /今天上门$/); // what the household said of it is not shown back
  await k.desk.driver.pull();
  assert.deepEqual(k.town.server.applied.map((m) => [m[1], m[4]]), [['need', { answer: '明天来修' }], ['delivery', { day: k.desk.today(), way: '上门', receipt: '收到' }]]);
});
