// What can happen on a phone, and how often anything happens.

import { Change, Patch, Tables } from '../src/sync/types';
import { SyncError } from '../src/sync/errors';
import { isWaiting } from '../src/sync/outbox';
import { Books } from './books';
import { HANDS } from './hands';
import { Phone } from './phone';
import type { World } from './world';

/** How often each happens, relative to the others. */
export const ACTIONS = {
  sync: 40, visit: 16, edit: 10, delete: 3, response: 6, field: 10, proposal: 4, poison: 3,
  pair: 8, bounce: 3, 'admin edit': 7, decide: 6, erase: 2, settle: 3, disable: 1, end: 2, purge: 0.7,
  wipe: 0.7, restart: 1, backup: 4, restore: 3,
  poll: 5, kill: 7, reopen: 3, full: 4, replay: 6, copy: 1, jump: 3, skew: 2, resend: 2, dismiss: 2,
  'old app': 1, update: 2, 'second user': 0.7, flash: 3, guest: 1,
};

export type Action = keyof typeof ACTIONS;

export type Doing = (w: World, phone: Phone) => Promise<void>;

const DAY = 86400000;

/** Does one thing; `by` = on this phone. */
export async function act(w: World, what: Action, by?: Phone): Promise<void> {
  const phone = by || w.dice.pick(w.phones);
  await (HANDS[what] || DOINGS[what] as Doing)(w, phone);
}

const DOINGS: { [a in Action]?: Doing } = {
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
    await w.save(p, { type: 'household', id: h, household: h, patch: w.dice.chance(0.5) || !knows(w, p, 'household', 'notes') ? { standard } : { standard, notes: value } }, 'standard', '');
  },
  poison,
  kill: async (w, p) => {
    const n = 1 + w.dice.below(14);
    const after = w.dice.chance(0.5);
    w.log(`${p.name} will die at its write ${n} from now, ${after ? 'after' : 'before'} it`);
    p.storage.killIn(n, after);
  },
  full: async (w, p) => {
    const n = 1 + w.dice.below(5);
    const lies = w.dice.chance(0.2);
    w.count('storage full');
    w.log(`${p.name}: its storage refuses the next ${n} writes${lies ? ', but they happen' : ''}`);
    p.storage.fill(n, lies);
  },
  reopen: async (w, p) => {
    const before = p.waiting();
    p.storage.dead = true;
    await w.revived(p, before);
  },
  flash: async (w, p) => {
    const others = w.phones.filter((x) => x !== p && !x.storage.dead && x.disk !== p.disk);
    if (p.storage.dead || p.core.outbox().length === 0 || others.length === 0) {
      return DOINGS.sync!(w, p);
    }
    return w.during(p, w.dice.pick(others));
  },
  guest,
  replay: async (w, p) => {
    if (p.link.past.length > 0) {
      w.count('old request replayed');
      w.log(`${p.name}: the network delivers an old request again`);
      w.version++;
      await w.deliver(p, w.dice.pick(p.link.past));
    }
  },
  copy: async (w, p) => {
    if (w.phones.length < 7 && !p.storage.dead) {
      w.count('phone copied');
      w.copies++;
      const c = await w.addPhone(p.owner, new Map(p.disk));
      c.wiping = p.wiping;
      w.log(`${c.name} is a copy of ${p.name}`);
      // What both hold unsent, either may send.
      w.books.rows.forEach((r, id) => w.books.wrote(Books.key(r.type, id, 'text'), c.name));
      w.households.forEach((h) => ['address', 'notes'].forEach((f) => w.books.wrote(Books.key('household', h, f), c.name)));
    }
  },
  'second user': async (w, p) => {
    const others = w.users.filter((u) => u.user !== p.owner.user && (u.role === 'C' || u.role === 'V'));
    if (w.phones.length < 7 && others.length > 0 && !w.phones.some((x) => x !== p && x.disk === p.disk)) {
      w.count('second user on a phone');
      const u = w.dice.pick(others);
      const c = await w.addPhone(u, p.disk);
      w.log(`${c.name} is ${u.user} on the phone of ${p.name}`);
    }
  },
  'old app': async (w, p) => {
    const served = w.dice.chance(0.5);
    w.count(served ? 'app with fewer columns' : 'old app');
    w.log(`${p.name} runs an app that ${served ? 'knows fewer columns' : 'is too old'}`);
    p.old = served ? fewer(w.tables) : { ...w.tables, schema: 0 };
    await DOINGS.reopen!(w, p);
  },
  update: async (w, p) => {
    if (p.old) {
      w.log(`${p.name} is updated`);
      p.old = null;
      await DOINGS.reopen!(w, p);
    }
  },
  jump: async (w) => {
    const days = w.dice.pick(w.restorable ? [0.1, 0.5, 2] : [0.1, 0.5, 2, 33]);
    w.log(`${days} days go by`);
    await w.tick(days * DAY);
  },
  skew: async (w, p) => {
    const days = w.dice.pick([4, 4, 4, 7300]);
    w.count('clock jump');
    p.clock.at = w.now + Math.floor((w.dice.next() - 0.5) * days * DAY);
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
        (e: Error) => (e instanceof SyncError ? undefined : Promise.reject(e)),
      );
      await w.revived(p, before);
    }
  },
  dismiss: async (w, p) => {
    const all = p.core.outcomes();
    if (all.length > 0) {
      const before = p.waiting();
      await p.core.dismiss(w.dice.pick(all).n).catch((e: Error) => (e instanceof SyncError ? undefined : Promise.reject(e)));
      await w.revived(p, before);
    }
  },
};

/** The tables of an app that is still served and older than the last columns of some types. */
function fewer(tables: Tables): Tables {
  const from: { [type: string]: string } = { household: 'income', visit: 'state' };
  return {
    ...tables,
    types: tables.types.map((t) => {
      const at = t.fields.findIndex((f) => f.name === from[t.name]);
      return at < 0 ? t : { ...t, fields: t.fields.slice(0, at) };
    }),
  };
}

/** Whether the app that runs on a phone knows a field. */
function knows(w: World, p: Phone, type: string, field: string): boolean {
  const t = (p.old || w.tables).types.find((x) => x.name === type);
  return t !== undefined && t.fields.some((f) => f.name === field);
}

function held(w: World, p: Phone): string[] {
  return p.core.households().filter((h) => h !== w.common);
}

/** Mostly one the phone holds, sometimes one that it lost. */
export function someHousehold(w: World, p: Phone): string {
  const mine = held(w, p);
  const lost = p.core.departed().map((g) => g.household).filter((h) => h !== w.common);
  if (lost.length > 0 && w.dice.chance(0.15)) {
    return w.dice.pick(lost);
  }
  return mine.length > 0 ? w.dice.pick(mine) : w.dice.pick(w.households);
}

/** Text that no compression makes shorter. */
export function noise(w: World, runes: number): string {
  let out = '';
  for (let i = runes; i > 0; i--) {
    out += String.fromCharCode(0x4e00 + w.dice.below(0x5000));
  }
  return out;
}

/** Text that is found again by its first word; sometimes long, and hard to compress. */
function text(w: World): { text: string } {
  let out = w.unique('t') + ';';
  if (w.dice.chance(w.wordy)) {
    out += noise(w, 200 + w.dice.below(1700));
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
  const field = w.dice.pick(['address', 'notes'].filter((f) => knows(w, p, 'household', f)));
  const value = w.unique('f');
  await w.save(p, { type: 'household', id: h, household: h, patch: { [field]: value } }, field, value);
}

/**
 * A household that becomes the phone's own in the middle of a round of several
 * pages, and another's again before the next.
 */
async function guest(w: World, p: Phone): Promise<void> {
  const others = w.cadres().filter((u) => u.user !== p.owner.user);
  const mine = held(w, p);
  const theirs = w.households.filter((h) => !mine.includes(h));
  if (p.owner.role !== 'C' || mine.length === 0 || theirs.length === 0) {
    return DOINGS.sync!(w, p);
  }
  for (const household of mine) { // so that there are pages
    w.books.wrote(Books.key('household', household, 'notes'), 'admin');
    await w.op('edit', { household, field: 'notes', value: w.unique('admin') + noise(w, 250) });
  }
  const household = w.dice.pick(theirs.slice(-2)); // walked last
  let came = 0;
  w.version++;
  await w.sync(p, false, async (n) => {
    const cadre = n === 2 ? p.owner.user : came === 1 && held(w, p).includes(household) ? w.dice.pick(others).user : '';
    if (cadre) {
      came++;
      w.version++;
      await w.op('pair', { household, cadre });
    }
  });
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
