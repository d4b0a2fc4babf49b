// The one fixed history of the sweeps: a first sync of many pages, work of
// every kind, a household that leaves and one that comes, a conflict, a change
// nobody takes.

import { noise } from './actions';
import { Phone } from './phone';
import type { World } from './world';

/** Seed of the world: of a cadre with two phones and small pages. */
export const SEED = 3;

/** Something one phone does; whoever watches may let it die or fail in it. */
export type Deed = (phone: Phone, what: string, run: () => Promise<void>) => Promise<void>;

export async function scenario(w: World, phone: Phone, deed: Deed): Promise<void> {
  const other = w.phones.find((p) => p.owner.role === 'V') as Phone;
  const sync = (p: Phone, poll = false): Promise<void> =>
    deed(p, poll ? 'polls' : 'syncs', async () => {
      await w.sync(p, poll);
    });
  const save = (p: Phone, household: string, type: string, id: string, patch: { [field: string]: string } | null, field = ''): Promise<void> =>
    deed(p, 'saves', () => w.save(p, { type, id, household, patch }, field, patch === null ? '' : patch[field]));
  const day = new Date(w.now).toISOString().slice(0, 10);
  const [first, second] = [await w.id(), await w.id()];

  await sync(other);
  const [wordy] = ((await w.must('scope', { user: phone.owner.user })).households as string[]).filter((h) => h !== w.common);
  for (let i = 0; i < 3; i++) {
    const t = w.unique('t') + noise(w, 300);
    await save(other, wordy, 'visit', await w.id(), { day, text: t }, 'text');
  }
  await sync(other);
  await sync(phone);
  const mine = phone.core.households().filter((h) => h !== w.common);
  const [home, leaving] = [mine[0], mine[mine.length - 1]];
  const coming = w.households.find((h) => !mine.includes(h)) as string;

  await save(phone, home, 'visit', first, { day, text: w.unique('t') }, 'text');
  await save(phone, home, 'household', home, { notes: w.unique('f') }, 'notes');
  await save(phone, leaving, 'visit', second, { day, text: w.unique('t') }, 'text');
  await save(other, home, 'household', home, { notes: w.unique('f') }, 'notes');
  await sync(other);
  await w.must('pair', { household: leaving, cadre: w.cadres().find((u) => u.user !== phone.owner.user)?.user });
  await w.must('pair', { household: coming, cadre: phone.owner.user });
  w.version++;
  await sync(phone);

  await save(phone, home, 'visit', first, { text: w.unique('t') }, 'text');
  await save(phone, leaving, 'household', leaving, { address: w.unique('f') }, 'address');
  await save(phone, home, 'nosuch', await w.id(), { bogus: w.unique('poison') }, 'bogus');
  await sync(phone, true);
  await deed(phone, 'was told', async () => {
    for (const g of phone.core.departed()) {
      await phone.core.departedSeen(g.household);
    }
    const [o] = phone.core.outcomes();
    if (o) {
      await phone.core.dismiss(o.n);
    }
  });
  await save(phone, home, 'visit', first, null);
  await sync(phone);
  await sync(other, true);
}
