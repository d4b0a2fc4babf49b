// What can happen, and how often.

import { Change, Patch } from '../src/sync/types';
import { isWaiting } from '../src/sync/outbox';
import { Books } from './books';
import { Phone } from './phone';
import type { World } from './world';

export const ACTIONS = {
  sync: 40, visit: 16, edit: 10, delete: 3, response: 6, field: 10, proposal: 4, poison: 3,
  pair: 8, bounce: 3, 'admin edit': 7, decide: 6, erase: 2, settle: 3, disable: 1,
  poll: 5, kill: 7, reopen: 3, replay: 6, copy: 1, jump: 3, skew: 2, resend: 2, dismiss: 2,
};

export type Action = keyof typeof ACTIONS;

const DAY = 86400000;

/** Does one thing; `by` = on this phone. */
export async function act(w: World, what: Action, by?: Phone): Promise<void> {
  const phone = by || w.dice.pick(w.phones);
  await DOINGS[what](w, phone);
}

const DOINGS: { [a in Action]: (w: World, phone: Phone) => Promise<void> } = {
  sync: async (w, p) => {
    await w.sync(p);
  },
  poll: async (w, p) => {
    await w.sync(p, true);
  },
  visit: newVisit,
  response: newResponse,
  edit: editVisit,
  delete: deleteVisit,
  field: editField,
  proposal: async (w, p) => {
    const h = someHousehold(w, p);
    const value = w.unique('cls');
    const standard = w.dice.pick(['国家标准', '省定标准', '市定标准']);
    w.books.wrote(Books.key('household', h, 'notes'), 'mixed');
    await w.save(p, { type: 'household', id: h, household: h, patch: w.dice.chance(0.5) ? { standard } : { standard, notes: value } }, 'standard', '');
  },
  poison,
  pair: async (w) => {
    w.version++;
    await w.op('pair', { household: w.dice.pick(w.households), cadre: w.dice.chance(0.2) ? '' : w.dice.pick(w.cadres()).user });
  },
  // Away and back between two syncs, and something vanished meanwhile: the
  // household comes whole and must be replaced, not merged.
  bounce: async (w, p) => {
    const h = someHousehold(w, p);
    const to = w.cadres().filter((u) => u.user !== p.owner.user);
    if (p.owner.role === 'C' && to.length > 0) {
      w.version++;
      await w.op('pair', { household: h, cadre: w.dice.pick(to).user });
      const here = Array.from(w.books.rows.keys()).filter((id) => (w.books.rows.get(id) as { household: string }).household === h);
      if (here.length > 0) {
        await erase(w, w.dice.pick(here));
      }
      await w.op('pair', { household: h, cadre: p.owner.user });
    }
  },
  'admin edit': async (w) => {
    w.version++;
    const household = w.dice.pick(w.households);
    const field = w.dice.pick(['address', 'notes']);
    w.books.wrote(Books.key('household', household, field), 'admin');
    await w.op('edit', { household, field, value: w.unique('admin') });
  },
  decide: async (w) => {
    const visit = someRow(w, 'visit');
    if (visit) {
      w.version++;
      await w.op('decide', { visit, action: w.dice.pick(['approve', 'return', 'reject']), reason: w.unique('因为') });
    }
  },
  erase: async (w) => {
    const id = someRow(w, w.dice.pick(['visit', 'response']));
    if (id) {
      await erase(w, id);
    }
  },
  settle: async (w) => {
    const refs = w.books.refs('proposal').concat(w.books.refs('conflict'));
    if (refs.length > 0) {
      w.version++;
      w.households.forEach((h) => ['address', 'notes'].forEach((f) => w.books.wrote(Books.key('household', h, f), 'admin')));
      w.books.rows.forEach((r, id) => w.books.wrote(Books.key(r.type, id, 'text'), 'admin'));
      await w.op('settle', { proposal: w.dice.pick(refs), action: w.dice.pick(['accept', 'refuse']) });
    }
  },
  disable: async (w) => {
    w.version++;
    await w.op('disable', { user: w.dice.pick(w.cadres()).user, on: w.dice.chance(0.5) });
  },
  kill: async (w, p) => {
    const n = 1 + w.dice.below(14);
    const after = w.dice.chance(0.5);
    w.log(`${p.name} will die at its write ${n} from now, ${after ? 'after' : 'before'} it`);
    p.storage.killIn(n, after);
  },
  reopen: async (w, p) => {
    const before = p.waiting();
    p.storage.dead = true;
    await w.revived(p, before);
  },
  replay: async (w, p) => {
    if (p.past.length > 0) {
      w.count('old request replayed');
      w.log(`${p.name}: the network delivers an old request again`);
      w.version++;
      await w.deliver(p, w.dice.pick(p.past));
    }
  },
  copy: async (w, p) => {
    if (w.phones.length < 7 && !p.storage.dead) {
      w.count('phone copied');
      const c = await w.addPhone(p.owner, p);
      w.log(`${c.name} is a copy of ${p.name}`);
      // What both hold unsent, either may send.
      w.books.rows.forEach((r, id) => w.books.wrote(Books.key(r.type, id, 'text'), c.name));
      w.households.forEach((h) => ['address', 'notes'].forEach((f) => w.books.wrote(Books.key('household', h, f), c.name)));
    }
  },
  jump: async (w) => {
    const days = w.dice.pick([0.1, 0.5, 2, 33]);
    w.log(`${days} days go by`);
    await w.tick(days * DAY);
  },
  skew: async (w, p) => {
    p.clock.at = w.now + Math.floor((w.dice.next() - 0.5) * 4 * DAY);
    w.log(`${p.name}: clock off by ${Math.round((p.clock.at - w.now) / 3600000)} hours`);
  },
  resend: async (w, p) => {
    const back = p.core.outcomes().filter((o) => !isWaiting(o.code));
    if (back.length > 0) {
      const o = w.dice.pick(back);
      const before = p.waiting();
      w.log(`${p.name} sends ${o.id} again`);
      await p.core.resend(o.n).then(
        () => w.books.fates.delete(o.id + ' ' + JSON.stringify(o.patch)),
        (e: Error) => (p.storage.dead ? undefined : Promise.reject(e)),
      );
      await w.revived(p, before);
    }
  },
  dismiss: async (w, p) => {
    const all = p.core.outcomes();
    if (all.length > 0) {
      const before = p.waiting();
      await p.core.dismiss(w.dice.pick(all).n).catch((e: Error) => (p.storage.dead ? undefined : Promise.reject(e)));
      await w.revived(p, before);
    }
  },
};

async function erase(w: World, id: string): Promise<void> {
  const row = w.books.rows.get(id);
  if (row) {
    w.version++;
    if (await w.op('erase', { type: row.type, id })) {
      w.books.erased.add(id);
      w.books.wrote(Books.key(row.type, id, 'text'), 'admin');
    }
  }
}

function held(w: World, p: Phone): string[] {
  return p.core.households().filter((h) => h !== w.common);
}

/** Mostly one the phone holds, sometimes one that it lost. */
function someHousehold(w: World, p: Phone): string {
  const mine = held(w, p);
  const lost = p.core.departed().map((g) => g.household).filter((h) => h !== w.common);
  if (lost.length > 0 && w.dice.chance(0.15)) {
    return w.dice.pick(lost);
  }
  return mine.length > 0 ? w.dice.pick(mine) : w.dice.pick(w.households);
}

function someRow(w: World, type: string): string | undefined {
  const ids = Array.from(w.books.rows.keys()).filter((id) => (w.books.rows.get(id) as { type: string }).type === type);
  return ids.length > 0 ? w.dice.pick(ids) : undefined;
}

/** Text that is found again by its first word; sometimes long, and hard to compress. */
function text(w: World): { text: string } {
  let out = w.unique('t') + ';';
  if (w.dice.chance(w.wordy)) {
    for (let i = 200 + w.dice.below(1700); i > 0; i--) {
      out += String.fromCharCode(0x4e00 + w.dice.below(0x5000));
    }
  } else if (w.dice.chance(0.2)) {
    out += w.dice.pick(['<b>&"\\', '\u2028\u2029', '换\n行', '😀é', '半个\ud800字']);
  }
  return { text: out };
}

function day(w: World): string {
  return new Date(w.now).toISOString().slice(0, 10);
}

async function newVisit(w: World, p: Phone): Promise<void> {
  const patch: Patch = { day: day(w), ...text(w) };
  if (w.dice.chance(0.3)) {
    patch.stage = 1 + w.dice.below(4);
    patch.met = ['甲某', '乙某'].slice(0, 1 + w.dice.below(2));
  }
  if (w.dice.chance(0.2)) {
    Object.assign(patch, { lat: 26650000, lng: 106630000, coord: 'gcj02', accuracy: 30, checkinAt: p.clock.at });
  }
  const c: Change = { type: 'visit', id: await w.id(), household: someHousehold(w, p), patch };
  await w.save(p, c, 'text', String(patch.text).replace(/\ud800/g, '\ufffd'));
}

async function newResponse(w: World, p: Phone): Promise<void> {
  if (w.forms.length > 0) {
    const value = w.unique('a');
    const patch: Patch = { form: w.dice.pick(w.forms), day: day(w), answers: [['q1', value], ['q2', ['A', 'C']], ['q3', w.dice.below(9)]] };
    await w.save(p, { type: 'response', id: await w.id(), household: someHousehold(w, p), patch }, 'answers', value);
  }
}

/** A visit of one's own that the phone shows. */
function ownVisit(w: World, p: Phone): { id: string; household: string } | undefined {
  const out: { id: string; household: string }[] = [];
  for (const household of held(w, p)) {
    for (const s of p.core.rows(household, 'visit')) {
      if (s.row.by === p.owner.user) {
        out.push({ id: s.row.id, household });
      }
    }
  }
  return out.length > 0 ? w.dice.pick(out) : undefined;
}

async function editVisit(w: World, p: Phone): Promise<void> {
  const v = ownVisit(w, p);
  if (v) {
    const patch: Patch = text(w);
    if (w.dice.chance(0.3)) {
      patch.needs = w.dice.pick(['', null, '饮水']);
    }
    await w.save(p, { type: 'visit', ...v, patch }, 'text', String(patch.text).replace(/\ud800/g, '\ufffd'));
  }
}

async function deleteVisit(w: World, p: Phone): Promise<void> {
  const v = ownVisit(w, p);
  if (v) {
    await w.save(p, { type: 'visit', ...v, patch: null }, '', '');
  }
}

async function editField(w: World, p: Phone): Promise<void> {
  const h = someHousehold(w, p);
  const field = w.dice.pick(['address', 'notes']);
  const value = w.unique('f');
  await w.save(p, { type: 'household', id: h, household: h, patch: { [field]: value } }, field, value);
}

/** A change that the server will never take. */
async function poison(w: World, p: Phone): Promise<void> {
  const h = someHousehold(w, p);
  const kind = w.dice.pick(['field', 'household', 'type', 'id', 'value', 'request', 'common']);
  w.count('poison: ' + kind);
  const t = w.unique('poison');
  const c: Change = { type: 'visit', id: await w.id(), household: h, patch: { day: day(w), text: t } };
  const patch = c.patch as Patch;
  switch (kind) {
    case 'field':
      patch.bogus = 1;
      break;
    case 'household':
      c.household = await w.id();
      break;
    case 'common':
      c.household = w.common;
      break;
    case 'type':
      c.type = 'nosuch';
      break;
    case 'id':
      c.id = '不是编号' + t;
      break;
    case 'value':
      patch.day = '昨天';
      break;
    default:
      patch.text = 'POISON413 ' + t;
  }
  await w.save(p, c, 'bogus', '');
}
