import test from 'node:test';
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { Phone } from '../src/data/phone';
import { NewerStore } from '../src/data/disk';
import { touched, VisitDraft } from '../src/data/visit';
import { Device, Flash } from '../sim/device';
import { ME } from './support/server';
import { reply, SERVER, start, threeHouses, Town } from './support/desk';

const H1 = 'h1AAAAAAAAAA';

const fresh = (): Flash => ({ disk: new Map(), files: new Map() });

async function written(k: Awaited<ReturnType<typeof start>>, photos: number, house = H1): Promise<VisitDraft> {
  let d = await k.desk.visits.checkIn(await k.desk.visits.open(house));
  d = touched({ ...d, text: '一切正常。' }, k.device.clock.at + 5000, 'text');
  for (let i = 0; i < photos; i++) {
    d = { ...d, photos: d.photos.concat(await k.desk.visits.takePhoto(d, [])) };
  }
  k.desk.drafts.put(d);
  await k.desk.drafts.flush();
  return d;
}

test('a visit of an offline day: kept, told honestly, green only after the last photo', async () => {
  const k = await start(new Town(threeHouses()));
  assert.match(k.desk.light().text, /^已全部送达 · \d\d:\d\d$/);
  assert.equal(k.desk.todayView().title, '本月还有 3 户');
  k.device.network(false);
  k.device.bytesOf = () => 150000;
  const d = await written(k, 2);
  await k.desk.visits.confirm(H1, d.id, '没来过', '不认识他');
  await k.desk.visits.save(d);
  assert.match(k.desk.light().text, /^离线 · 待传 4/);
  assert.equal(k.desk.todayView().due.length, 2);
  const rows = k.desk.outbox();
  assert.ok(rows.some((r) => r.name === '农户回执 1 条'));
  assert.ok(!JSON.stringify(rows).includes('没来过') && !JSON.stringify(rows).includes('不认识'));
  assert.ok(!JSON.stringify(k.desk.household(H1)).includes('没来过'));
  const said: string[] = [];
  k.town.meddle = () => {
    const all = k.town.server.applied.length === 4 && k.town.uploads.size === 2 && Array.from(k.town.uploads.values()).every((u) => u.got === u.length);
    said.push((all ? 'all ' : 'some ') + k.desk.light().text);
    return undefined;
  };
  k.device.network(true);
  await k.desk.driver.pull();
  assert.ok(said.length >= 5);
  assert.ok(said.every((t) => !t.startsWith('some 已全部送达')), said.join('\n'));
  assert.match(k.desk.light().text, /^已全部送达/);
  assert.equal(k.town.server.applied.filter((m) => m[1] === 'visit').length, 1);
  // The household spoke first and is sent last: the server knows no word on a visit it has not.
  assert.deepEqual(k.town.server.applied.map((m) => m[1]), ['visit', 'photo', 'photo', 'confirmation']);
  assert.equal(k.desk.drafts.all().length, 0);
  assert.ok(Array.from(k.town.uploads.values()).every((u) => u.got === u.length));
  // What the server has is not kept a second time.
  assert.equal(Array.from(k.device.flash.files.keys()).filter((f) => f.includes('.p.')).length, 0);
});

test('the app killed at any write while a visit is saved: the draft or the visit is there, never both, never none', async () => {
  let both = 0;
  for (let at = 1; at < 14; at++) {
    for (const after of [false, true]) {
      const k = await start(new Town(threeHouses()));
      k.device.network(false);
      const d = await written(k, 1);
      k.device.storage.killIn(at, after);
      await k.desk.visits.save(d).catch(() => undefined);
      k.desk.close();
      const again = await start(k.town, k.device.flash);
      const saved = again.town.server.applied.filter((m) => m[2] === d.id && m[1] === 'visit').length;
      const draft = again.desk.drafts.get<VisitDraft>(d.id);
      assert.equal(saved + (draft ? 1 : 0), 1, `killed at ${at} ${after}`);
      assert.ok(!draft || draft.text === '一切正常。');
      assert.ok(!draft || draft.photos.every((p) => again.device.flash.files.has(p.file)));
      both += saved;
    }
  }
  assert.ok(both > 0);
});

test('every keystroke survives a kill: at most what was typed during one write is lost', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 40 }), fc.boolean(), async (keys, at, after) => {
    const k = await start(new Town(threeHouses()));
    const d = await k.desk.visits.open(H1);
    k.device.storage.killIn(at, after);
    let text = '';
    let kept = '';
    for (const key of keys) {
      text += key;
      k.desk.drafts.put({ ...d, text } as VisitDraft);
      if ((await k.desk.drafts.flush().then(() => true, () => false)) === true) {
        kept = text;
      } else {
        break;
      }
    }
    k.desk.close();
    const again = await start(k.town, k.device.flash);
    const found = again.desk.drafts.get<VisitDraft>(d.id);
    assert.ok((found ? found.text : '') === kept || (found && found.text === text), JSON.stringify([kept, found]));
  }), { numRuns: 60 });
});

test('a full phone says so, and what was typed is still there', async () => {
  const k = await start(new Town(threeHouses()));
  const d = await written(k, 0);
  k.device.storage.onWrite = () => {
    throw new Error('quota exceeded');
  };
  k.desk.drafts.put({ ...d, text: '新写的' } as VisitDraft);
  await assert.rejects(k.desk.drafts.flush(), /存储空间不够/);
  assert.match(k.desk.drafts.failed, /存储空间不够/);
  await assert.rejects(k.desk.visits.save({ ...d, text: '新写的' }), /内容还在页面里/);
  assert.equal((k.desk.drafts.get<VisitDraft>(d.id) as VisitDraft).text, '新写的');
  k.device.storage.onWrite = () => undefined;
  k.device.full = true;
  await assert.rejects(k.desk.visits.takePhoto(d, []));
  await k.desk.visits.save({ ...d, text: '新写的' });
  assert.equal(k.desk.drafts.all().length, 0);
});

test('photos are made smaller until they fit 200 KB', async () => {
  const k = await start(new Town(threeHouses()));
  const tried: number[] = [];
  k.device.bytesOf = (edge, q) => {
    tried.push(edge * q);
    return Math.round(edge * edge * q * 0.2);
  };
  const p = await k.desk.visits.takePhoto(await k.desk.visits.open(H1), ['干部甲']);
  assert.ok(p.size <= 200 << 10 && tried.length > 1);
});

test('a place that is refused costs nothing: the check-in is a time', async () => {
  const k = await start(new Town(threeHouses()));
  k.device.place = null;
  const d = await k.desk.visits.checkIn(await k.desk.visits.open(H1));
  assert.equal(d.place, null);
  assert.match(k.desk.visits.checkInWords(d), /^到户签到 \d\d:\d\d$/);
});

test('returned visits come first with the words, are corrected, and are not offered twice', async () => {
  const k = await start(new Town(threeHouses()));
  const d = await written(k, 0);
  await k.desk.visits.save(d);
  await k.desk.driver.pull();
  k.town.server.put(H1, 'visit', { id: d.id, by: ME, day: d.day, text: '一切正常。', state: 'returned', words: '照片看不清，请补拍' });
  await k.desk.driver.pull();
  assert.equal(k.desk.todayView().returned[0].words, '照片看不清，请补拍');
  assert.deepEqual([k.desk.light().text, k.desk.light().tone], ['退回 1', 'brick']);
  assert.equal(k.desk.outbox()[0].correct, d.id);
  const c = k.desk.visits.correct(H1, d.id) as VisitDraft;
  assert.equal(c.text, '一切正常。');
  k.device.network(false);
  await k.desk.visits.save({ ...c, text: '补拍了。' });
  assert.equal(k.desk.todayView().returned.length, 0);
  assert.match(k.desk.light().text, /待传 1/);
});

test('no network never logs anybody out; an ended session keeps the work and says what to do', async () => {
  const k = await start(new Town(threeHouses()));
  k.device.network(false);
  await k.desk.visits.save(await written(k, 0));
  await k.desk.driver.pull();
  assert.ok(k.phone.desk());
  k.town.sessions.clear();
  k.device.network(true);
  await k.desk.driver.pull();
  assert.match(k.desk.light().text, /^请重新登录 · 待传 1/);
  assert.equal(k.desk.households().length, 3);
  await k.phone.loginPassword('me', 'secret');
  const desk = k.phone.desk() as typeof k.desk;
  await desk.driver.pull();
  assert.equal(k.town.server.applied.length, 1);
  assert.match(desk.light().text, /^已全部送达/);
});

test('a session the township ended and an account out of use are told apart; both hand in the work', async () => {
  for (const disabled of [false, true]) {
    const k = await start(new Town(threeHouses()));
    k.device.network(false);
    await k.desk.visits.save(await written(k, 0));
    k.town.server.ended = true;
    k.town.server.disabled = disabled;
    k.device.network(true);
    await k.desk.driver.pull();
    assert.equal(k.town.server.quarantine.length, 1);
    const { text, hint, unsent } = k.desk.light();
    assert.deepEqual([text, unsent], [disabled ? '账号已停用' : '请重新登录', 0]);
    assert.match(hint, disabled ? /停用/ : /镇里结束了这部手机的登录.*没有丢/);
    assert.equal(k.desk.driver.lapsed, !disabled);
    // Once it is over, nothing is left of it.
    k.town.server.ended = false;
    await k.desk.driver.pull();
    assert.match(k.desk.light().text, /^已全部送达/);
  }
});

test('an app opened without a link sends as soon as there is one', async () => {
  const { device, town } = await start(new Town(threeHouses()));
  const later = new Device((c) => town.answer(c), device.flash);
  later.online = false; // and nobody tells: the platform speaks of changes only
  const phone = await Phone.open(later.platform(), SERVER);
  const desk = phone.desk() as NonNullable<ReturnType<Phone['desk']>>;
  await desk.driver.pull();
  assert.match(desk.light().text, /^离线/);
  later.network(true);
  assert.equal(desk.driver.busy, 'sync');
  await desk.driver.pull();
  assert.match(desk.light().text, /^已全部送达/);
});

test("the messenger's account logs in again by itself, and only as the same user", async () => {
  for (const code of ['mine', 'other']) {
    const town = new Town(threeHouses());
    const device = new Device((c) => town.answer(c));
    const phone = await Phone.open(device.platform(), SERVER);
    const desk = await phone.loginWeChat('bind');
    await desk.driver.pull();
    town.sessions.clear();
    device.loginCode = code;
    await desk.driver.pull();
    assert.equal(desk.driver.trouble, code === 'mine' ? '' : 'login');
  }
});

test('two users on one phone see only their own', async () => {
  const k = await start(new Town(threeHouses()));
  await written(k, 0);
  k.device.network(false);
  await k.desk.visits.confirm(H1, 'visitAAAAAAA', '来过', '');
  k.device.network(true);
  k.town.meddle = (c) => (c.url.includes('/sync') ? reply(503, {}) : undefined);
  const other = await k.phone.loginPassword('other', 'secret');
  assert.deepEqual([other.drafts.all().length, other.households().length, other.outbox().length], [0, 0, 0]);
  await k.phone.switchTo(ME);
  const mine = k.phone.desk() as typeof k.desk;
  assert.deepEqual([mine.drafts.all().map((d) => d.kind).sort(), mine.households().length], [['confirmation', 'visit'], 3]);
  assert.ok(mine.outbox().some((r) => r.name === '农户回执 1 条'));
  await k.phone.logout();
  assert.equal(k.phone.desk(), undefined);
  assert.deepEqual(k.phone.list().map((a) => a.token === ''), [false, true]);
});

test('a wipe leaves nothing of the account, killed at any write of it', async () => {
  for (let at = 1; at < 30; at++) {
    const k = await start(new Town(threeHouses()));
    await written(k, 1);
    k.town.server.wipe = true;
    k.device.storage.killIn(at, at % 2 === 0);
    await k.desk.driver.pull().catch(() => undefined);
    const dead = k.device.storage.dead;
    k.desk.close();
    k.town.meddle = () => reply(503, {});
    const device = new Device((c) => k.town.answer(c), k.device.flash);
    const phone = await Phone.open(device.platform(), SERVER);
    const desk = phone.desk();
    const wiped = Array.from(k.device.flash.disk.keys()).every((x) => !x.startsWith('d/' + ME + '/h/'));
    if (desk && wiped) {
      assert.deepEqual([desk.households().length, desk.drafts.all().length], [0, 0], 'killed at ' + at);
    }
    if (!dead) {
      assert.equal(desk, undefined);
      assert.deepEqual(Array.from(k.device.flash.disk.keys()).filter((x) => x.startsWith('d/')), []);
      assert.equal(k.device.flash.files.size, 0);
    }
  }
});

test('nothing is sent in the background, and everything on the way back', async () => {
  const k = await start(new Town(threeHouses()));
  k.device.hide();
  const before = k.device.calls.length;
  await k.desk.visits.save(await written(k, 0));
  await k.desk.driver.pull();
  assert.equal(k.device.calls.length, before);
  assert.equal(k.device.timers.length, 0);
  k.device.show();
  await k.desk.driver.pull();
  assert.equal(k.town.server.applied.length, 1);
});

test('a request that never comes back does not hold the phone after it was shown again', async () => {
  const k = await start(new Town(threeHouses()));
  k.device.network(false);
  await k.desk.visits.save(await written(k, 0));
  k.town.meddle = () => new Promise<never>(() => undefined);
  k.device.network(true);
  const stuck = k.desk.driver.pull();
  k.town.meddle = () => undefined;
  k.device.hide();
  k.device.show();
  await stuck;
  assert.equal(k.town.server.applied.length, 1);
});

test('a store of a newer app is left alone', async () => {
  const flash = fresh();
  flash.disk.set('v', '99');
  await assert.rejects(Phone.open(new Device(() => reply(500, {}), flash).platform(), SERVER), NewerStore);
  assert.deepEqual(Array.from(flash.disk), [['v', '99']]);
});

test('300 households are listed and searched at once', async () => {
  const town = new Town(threeHouses());
  for (let i = 0; i < 297; i++) {
    const id = ('x' + i + 'AAAAAAAAAAAA').slice(0, 12);
    town.server.grant(id);
    town.server.put(id, 'household', { id, head: '户主' + i, place: '河畔村', village: '54' });
    town.server.put(id, 'pairing', { id: ('p' + i + 'AAAAAAAAAAAA').slice(0, 12), cadre: ME, from: '2025-01-01' });
  }
  const k = await start(town);
  assert.equal(k.desk.households().length, 300);
  assert.equal(k.desk.households('河畔', '54').length, 297);
  assert.deepEqual(k.desk.households('户主甲').map((r) => r.id), [H1]);
});

test('a conflict shows before, mine and theirs; one tap writes one of them again', async () => {
  const k = await start(new Town(threeHouses()));
  k.town.server.put(H1, 'proposal', { id: 'propAAAAAAAA', by: ME, target: 'household', row: H1, field: 'address', base: '老屋', mine: '新屋', theirs: '安置点', rival: '干部乙', rivalAt: k.town.server.now, state: 'conflict' });
  k.town.server.put(H1, 'proposal', { id: 'propBBBBBBBB', by: 'userBBBBBBBB', target: 'household', row: H1, field: 'notes', mine: 'x', state: 'conflict' });
  await k.desk.driver.pull();
  const [c] = k.desk.conflicts();
  assert.deepEqual([k.desk.conflicts().length, c.name, c.before, c.mine, c.theirs], [1, '家庭住址', '老屋', '新屋', '安置点']);
  assert.match(c.who, /^干部乙改的，\d\d:\d\d$/);
  k.device.network(false);
  await k.desk.pick(c, 'mine');
  assert.deepEqual(k.desk.conflicts(), []);
  assert.deepEqual(k.desk.core.outbox()[0].patch, { address: '新屋' });
});

test('the first sync counts, is cut, and goes on from there; after it nothing is said of it', async () => {
  const town = new Town(threeHouses());
  town.server.pageRows = 2; // one household a page
  const device = new Device((c) => town.answer(c));
  const phone = await Phone.open(device.platform(), SERVER);
  let pages = 0;
  town.meddle = (c) => (c.url.includes('/sync') && typeof c.body === 'string' && ++pages > 2 ? reply(0, {}) : undefined);
  const desk = await phone.loginPassword('me', 'secret');
  await desk.driver.pull();
  const { title, counts, percent } = desk.firstSync() || { title: '', counts: '', percent: 0 };
  assert.deepEqual([title, counts, percent], ['断了', '2 / 3 户，4 条', 66]);
  town.meddle = () => undefined;
  await desk.driver.pull();
  assert.deepEqual([desk.firstSync(), desk.households().length], [undefined, 3]);
});
