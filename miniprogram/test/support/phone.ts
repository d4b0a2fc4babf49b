// A phone in a test: core, disk, clock and a small server.

import assert from 'node:assert/strict';
import { SyncCore } from '../../src/sync/core';
import { Files } from '../../src/sync/uploads';
import { Row, Transport } from '../../src/sync/types';
import { rowText } from '../../src/sync/row';
import { Disk, FakeClock, MemoryStorage, SeededRandom } from '../../sim/memory';
import { FakeServer, FakeTransport, ME } from './server';
import { TABLES } from './tables';

export interface Kit {
  core: SyncCore;
  server: FakeServer;
  transport: FakeTransport;
  storage: MemoryStorage;
  disk: Disk;
  clock: FakeClock;
  random: SeededRandom;
}

export async function phone(server: FakeServer, part: Partial<Kit> & { transport?: FakeTransport; files?: Files; account?: string } = {}): Promise<Kit> {
  const disk = part.disk || new Map<string, string>();
  const kit = {
    server, disk,
    storage: part.storage || new MemoryStorage(disk),
    transport: part.transport || new FakeTransport(server),
    clock: part.clock || new FakeClock(),
    random: part.random || new SeededRandom(7),
  };
  const core = await openCore(kit.storage, kit.transport, kit.clock, kit.random, part.files, part.account);
  return { ...kit, core };
}

export function openCore(storage: MemoryStorage, transport: Transport, clock: FakeClock, random: SeededRandom, files?: Files, account: string = ME): Promise<SyncCore> {
  return SyncCore.open({ account, me: ME, tables: TABLES, storage, transport, clock, random, files });
}

export function visit(id: string, household: string, text: string): { type: string; id: string; household: string; patch: { [k: string]: string } } {
  return { type: 'visit', id, household, patch: { day: '2026-01-31', text } };
}

/** Base rows as sorted texts. */
export function baseTexts(core: SyncCore, household: string): { [type: string]: string[] } {
  const b = core.base(household);
  const out: { [type: string]: string[] } = {};
  Object.keys(b ? b.rows : {}).forEach((type) => {
    const rows = (b as { rows: { [type: string]: Row[] } }).rows[type];
    if (rows.length > 0) {
      out[type] = rows.map(rowText).sort();
    }
  });
  return out;
}

/** The phone holds exactly what the server would show it. */
export function assertConverged(core: SyncCore, server: FakeServer): void {
  assert.deepEqual(core.households().sort(), server.held());
  for (const id of server.held()) {
    assert.deepEqual(baseTexts(core, id), server.rowsOf(id));
  }
}

export function idOf(n: number): string {
  return ('visit' + n + 'AAAAAAAAAAAA').slice(0, 12);
}
