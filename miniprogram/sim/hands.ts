// What other hands do: the township, and whoever looks after the servers.

import type { Action, Doing } from './actions';
import { someHousehold } from './actions';
import { Books } from './books';
import type { World } from './world';

const DAY = 86400000;

/** An operation of the township, with what the books must know once it was done. */
export interface Hand {
  op: string;
  args: { [key: string]: unknown };
  done?: () => void;
}

/** One short write of the township; undefined when there is nothing to do it to. */
export function someHand(w: World): Hand | undefined {
  switch (w.dice.pick(['pair', 'edit', 'decide', 'erase'] as const)) {
    case 'pair':
      return { op: 'pair', args: { household: w.dice.pick(w.households), cadre: w.dice.chance(0.2) ? '' : w.dice.pick(w.cadres()).user } };
    case 'edit': {
      const household = w.dice.pick(w.households);
      const field = w.dice.pick(['address', 'notes']);
      w.books.wrote(Books.key('household', household, field), 'admin');
      return { op: 'edit', args: { household, field, value: w.unique('admin') } };
    }
    case 'decide': {
      const visit = someRow(w, 'visit');
      return visit ? { op: 'decide', args: { visit, action: w.dice.pick(['approve', 'return', 'reject']), reason: w.unique('因为') } } : undefined;
    }
    default: {
      const id = someRow(w, w.dice.pick(['visit', 'response']));
      return id ? erasing(w, id) : undefined;
    }
  }
}

function erasing(w: World, id: string): Hand {
  const type = (w.books.rows.get(id) as { type: string }).type;
  const done = (): void => {
    w.books.erased.add(id);
    w.books.wrote(Books.key(type, id, 'text'), 'admin');
  };
  return { op: 'erase', args: { type, id }, done };
}

async function run(w: World, hand: Hand | undefined): Promise<void> {
  if (hand) {
    w.version++;
    if ((await w.op(hand.op, hand.args)) && hand.done) {
      hand.done();
    }
  }
}

/** Everything anyone wrote may have been changed by the township now. */
function mixed(w: World): void {
  w.households.forEach((h) => ['address', 'notes'].forEach((f) => w.books.wrote(Books.key('household', h, f), 'admin')));
  w.books.rows.forEach((r, id) => w.books.wrote(Books.key(r.type, id, 'text'), 'admin'));
}

export const HANDS: { [a in Action]?: Doing } = {
  pair: (w) => run(w, { op: 'pair', args: { household: w.dice.pick(w.households), cadre: w.dice.chance(0.2) ? '' : w.dice.pick(w.cadres()).user } }),
  // Away and back between two syncs, and something vanished meanwhile: the
  // household comes whole and must be replaced, not merged.
  bounce: async (w, p) => {
    const h = someHousehold(w, p);
    const to = w.cadres().filter((u) => u.user !== p.owner.user);
    if (p.owner.role === 'C' && to.length > 0) {
      await run(w, { op: 'pair', args: { household: h, cadre: w.dice.pick(to).user } });
      const here = Array.from(w.books.rows.keys()).filter((id) => (w.books.rows.get(id) as { household: string }).household === h);
      if (here.length > 0) {
        await run(w, erasing(w, w.dice.pick(here)));
      }
      await run(w, { op: 'pair', args: { household: h, cadre: p.owner.user } });
    }
  },
  'admin edit': async (w) => {
    const household = w.dice.pick(w.households);
    const field = w.dice.pick(['address', 'notes']);
    w.books.wrote(Books.key('household', household, field), 'admin');
    await run(w, { op: 'edit', args: { household, field, value: w.unique('admin') } });
  },
  decide: async (w) => {
    const visit = someRow(w, 'visit');
    if (visit) {
      await run(w, { op: 'decide', args: { visit, action: w.dice.pick(['approve', 'return', 'reject']), reason: w.unique('因为') } });
    }
  },
  erase: async (w) => {
    const id = someRow(w, w.dice.pick(['visit', 'response']));
    await run(w, id ? erasing(w, id) : undefined);
  },
  settle: async (w) => {
    const refs = w.books.refs('proposal').concat(w.books.refs('conflict'));
    if (refs.length > 0) {
      mixed(w);
      await run(w, { op: 'settle', args: { proposal: w.dice.pick(refs), action: w.dice.pick(['accept', 'refuse']) } });
    }
  },
  disable: (w) => run(w, { op: 'disable', args: { user: w.dice.pick(w.cadres()).user, on: w.dice.chance(0.5) } }),
  end: async (w) => {
    const household = w.dice.pick(w.households);
    const other = w.dice.pick(w.households);
    const how = w.dice.pick(['close', 'merge', 'reopen', 'reopen']);
    w.count('household: ' + how);
    const more = how === 'merge' ? { into: other } : how === 'reopen' ? { reopen: true } : {};
    await run(w, { op: 'end', args: { household, reason: '全户迁往外省定居', ...more } });
  },
  // Half a year later tombstones, ended assignments and receipts go.
  purge: async (w) => {
    if (!w.restorable) {
      w.count('purge');
      await w.tick((w.dice.chance(0.7) ? 181 : 20) * DAY);
      await w.op('purge');
      w.purges++;
      w.checks.purged();
    }
  },
  wipe: async (w, p) => {
    w.count('wipe ordered');
    await run(w, { op: 'wipe', args: { client: p.core.facts().client, on: w.dice.chance(0.85) } });
  },
  restart: async (w) => {
    w.count('servers restarted');
    await w.must('restart');
  },
  backup: async (w) => {
    if (w.restorable) {
      await w.must('backup');
      w.checks.backup();
      w.backupAt = w.now;
    }
  },
  restore: async (w, p) => {
    if (w.backupAt > w.now - 25 * DAY) {
      await w.restore(p, w.dice.chance(0.3));
    }
  },
};

function someRow(w: World, type: string): string | undefined {
  const ids = Array.from(w.books.rows.keys()).filter((id) => (w.books.rows.get(id) as { type: string }).type === type);
  return ids.length > 0 ? w.dice.pick(ids) : undefined;
}
