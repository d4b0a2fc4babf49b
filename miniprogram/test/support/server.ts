// A small server that speaks the protocol, for one user: enough to drive every
// branch of the phone. The real one is driven by the simulation.

import { canonical, patched, rowText, typeOf } from '../../src/sync/row';
import { mutationHash } from '../../src/sync/hash';
import { houseDigest } from '../../src/sync/reconcile';
import { Answer, HttpRequest, HttpResponse, HouseholdPart, Mutation, OwnRow, Patch, Result, Row, RowOrGone, Transport } from '../../src/sync/types';
import { TABLES } from './tables';

interface Kept {
  row: Row;
  seq: number;
  gone: boolean;
}

interface House {
  /** When it was first granted. */
  first: number;
  since: number;
  until: number;
  to: string;
  rows: Map<string, Kept>;
}

interface Cursor {
  epoch: number;
  seq: number;
  top: number;
  done: string;
  part: number;
}

interface Request {
  cursor: string;
  client: string;
  acked: [number, string];
  muts: [number, ...Mutation][];
  budget: number;
  digests?: [string, number][];
}

export const ME = 'userAAAAAAAA';

export class FakeServer {
  seq = 10;
  epoch = 1;
  now = 1790000000000;
  /** Rows of one page. */
  pageRows = 1000;
  ended = false;
  disabled = false;
  update = false;
  wipe = false;
  houses = new Map<string, House>();
  clients = new Map<string, { last: number; hashes: Map<number, string>; results: Map<number, Result> }>();
  receipts = new Set<string>();
  /** Every mutation that took effect, in order. */
  applied: Mutation[] = [];
  proposals: Mutation[] = [];
  quarantine: Mutation[] = [];
  requests = 0;

  constructor(...ids: string[]) {
    ids.forEach((id) => this.grant(id));
  }

  grant(id: string): void {
    const h = this.houses.get(id);
    const since = ++this.seq;
    this.houses.set(id, { first: h ? h.first : since, since, until: 0, to: '', rows: h ? h.rows : new Map() });
    if (!h) {
      this.put(id, 'household', { id, address: '村口 ' + id });
    }
  }

  revoke(id: string, to: string): void {
    const h = this.houses.get(id);
    if (h) {
      h.until = ++this.seq;
      h.to = to;
    }
  }

  put(household: string, type: string, row: Row): void {
    const h = this.houses.get(household) as House;
    h.rows.set(type + ' ' + row.id, { row: canonical(typeOf(TABLES, type), row), seq: ++this.seq, gone: false });
  }

  rowsOf(household: string): { [type: string]: string[] } {
    const out: { [type: string]: string[] } = {};
    (this.houses.get(household) as House).rows.forEach((k, name) => {
      if (!k.gone) {
        const type = name.split(' ')[0];
        out[type] = (out[type] || []).concat(rowText(k.row)).sort();
      }
    });
    return out;
  }

  held(): string[] {
    return Array.from(this.houses.keys()).filter((id) => (this.houses.get(id) as House).until === 0).sort();
  }

  answer(text: string): Answer {
    this.requests++;
    const q = JSON.parse(text) as Request;
    const a: Answer = { cursor: q.cursor, now: this.now, next: 300 };
    const own = this.push(q, a);
    if (a.newClient) {
      return { newClient: a.newClient, cursor: q.cursor };
    }
    if (this.ended || this.wipe || this.update) {
      return { ...a, ...(this.ended ? { ended: true, ...(this.disabled ? { disabled: true } : {}) } : this.wipe ? { wipe: true } : { update: true }) };
    }
    const cur = q.cursor ? (JSON.parse(q.cursor) as Cursor) : { epoch: this.epoch, seq: 0, top: 0, done: '', part: 0 };
    if (cur.epoch !== this.epoch || cur.seq > this.seq) {
      return { ...a, reconcile: true, epoch: true };
    }
    this.pull(cur, q, a, own);
    return a;
  }

  private push(q: Request, a: Answer): Set<string> {
    let c = this.clients.get(q.client);
    if (!c) {
      c = { last: 0, hashes: new Map(), results: new Map() };
      this.clients.set(q.client, c);
    }
    const clone = q.acked[0] > c.last || (q.acked[0] > 0 && c.hashes.get(q.acked[0]) !== q.acked[1]) ||
      q.muts.some(([mid, ...m]) => mid <= (c as { last: number }).last && (c as { hashes: Map<number, string> }).hashes.get(mid) !== mutationHash(JSON.stringify(m)));
    if (clone) {
      a.newClient = ('new' + this.clients.size + 'AAAAAAAAAAAA').slice(0, 12);
      return new Set();
    }
    const touched = new Map<string, { m: Mutation; fresh: boolean; patch: Patch }>();
    for (const [mid, ...m] of q.muts) {
      if (mid <= c.last) {
        continue;
      }
      const r = this.mutation(m, touched);
      if (r) {
        c.results.set(mid, [mid, r[0], r[1], r[2]]);
      }
      c.hashes.set(mid, mutationHash(JSON.stringify(m)));
      c.last = mid;
    }
    a.last = c.last;
    a.results = Array.from(c.results.values()).filter((r) => r[0] > q.acked[0]);
    a.own = [];
    touched.forEach(({ m, fresh, patch }) => (a.own as OwnRow[]).push(this.own(m, fresh, patch)));
    return new Set(touched.keys());
  }

  private own(m: Mutation, fresh: boolean, patch: Patch): OwnRow {
    const k = (this.houses.get(m[3]) as House).rows.get(m[1] + ' ' + m[2]) as Kept;
    if (k.gone) {
      return [m[1], m[2], m[3], null];
    }
    if (!fresh) {
      return [m[1], m[2], m[3], k.row as Patch, 1];
    }
    const set: Patch = {};
    for (const f of new Set(Object.keys(k.row).concat(Object.keys(patch)))) {
      if (f !== 'id' && JSON.stringify(k.row[f]) !== JSON.stringify(patch[f])) {
        set[f] = k.row[f] === undefined ? null : (k.row[f] as Patch[string]);
      }
    }
    return [m[1], m[2], m[3], set];
  }

  private mutation(m: Mutation, touched: Map<string, { m: Mutation; fresh: boolean; patch: Patch }>): [string, string, string] | undefined {
    const [base, type, id, household, patch] = m;
    const receipt = id + ' ' + mutationHash(JSON.stringify(m));
    const h = this.houses.get(household);
    if (this.receipts.has(receipt)) {
      return undefined;
    }
    if (!h || (h.until > 0 && !(h.since <= base && base < h.until))) {
      return ['not-found', '没有找到，或者不归您管。', ''];
    }
    if (this.ended || this.wipe) {
      this.quarantine.push(m);
      return ['quarantined', '', 'q' + this.quarantine.length];
    }
    if (patch && 'bogus' in patch) {
      return ['invalid', '有内容填得不对。', ''];
    }
    if (patch && 'class' in patch) {
      this.proposals.push(m);
      return ['proposal', '', 'p' + this.proposals.length];
    }
    const name = type + ' ' + id;
    const before = h.rows.get(name);
    if (patch === null && (!before || before.gone)) {
      return before ? undefined : ['not-found', '', ''];
    }
    if (before && before.gone) {
      return ['gone', '这条记录已经删除。', ''];
    }
    this.receipts.add(receipt);
    this.applied.push(m);
    const t = touched.get(name) || { m, fresh: !before, patch: {} };
    touched.set(name, { ...t, patch: { ...t.patch, ...patch } });
    const born: Row = type === 'visit' ? { id, by: ME, state: 'pending' } : { id, by: ME };
    const row = patch === null ? (before as Kept).row : patched(typeOf(TABLES, type), before ? before.row : born, patch);
    h.rows.set(name, { row, seq: ++this.seq, gone: patch === null });
    return h.until > 0 ? ['late', '', ''] : undefined;
  }

  private pull(cur: Cursor, q: Request, a: Answer, told: Set<string>): void {
    const first = cur.top === 0;
    const top = first ? this.seq : cur.top;
    if (first) {
      const extra = (q.digests || []).map((d) => d[0]).filter((id) => !this.held().includes(id));
      const gone = Array.from(this.houses.keys()).filter((id) => {
        const h = this.houses.get(id) as House;
        return h.until > cur.seq && h.first <= cur.seq;
      });
      a.removed = Array.from(new Set(gone.concat(extra))).map((id) => [id, (this.houses.get(id) || { to: '' }).to] as [string, string]);
    }
    a.households = [];
    let room = this.pageRows;
    let done = cur.done;
    let part = cur.part;
    const digests = new Map(q.digests || []);
    for (const id of this.held().filter((x) => x > cur.done)) {
      const item = this.item(id, cur.seq, told, digests.get(id));
      const all = item ? item.list.slice(part) : [];
      if (item && all.length > room && (room < this.pageRows || room <= 0)) {
        break;
      }
      if (item && (all.length > 0 || item.full || part > 0)) {
        const now = all.slice(0, room);
        a.households.push(partOf(id, item.full, part > 0, now.length < all.length, now));
        room -= now.length;
        if (now.length < all.length) {
          part += now.length;
          a.more = true;
          a.cursor = JSON.stringify({ epoch: this.epoch, seq: cur.seq, top, done, part });
          a.tops = [[1, top, 0]];
          return;
        }
      }
      part = 0;
      done = id;
    }
    const to = this.held().filter((x) => x > done).length;
    const rest = to > 0;
    a.left = rest && cur.seq === 0 ? to : undefined;
    a.more = rest ? true : undefined;
    a.tops = [[1, top, rest ? 0 : 1]];
    a.cursor = JSON.stringify(rest ? { epoch: this.epoch, seq: cur.seq, top, done, part: 0 } : { epoch: this.epoch, seq: top, top: 0, done: '', part: 0 });
  }

  private item(id: string, since: number, told: Set<string>, digest: number | undefined): { full: boolean; list: [string, RowOrGone][] } | undefined {
    const h = this.houses.get(id) as House;
    const full = h.since > since;
    const live = new Map<string, Map<string, Row>>();
    const list: [string, RowOrGone][] = [];
    Array.from(h.rows.keys()).sort().forEach((name) => {
      const k = h.rows.get(name) as Kept;
      const type = name.split(' ')[0];
      if (!k.gone) {
        live.set(type, (live.get(type) || new Map<string, Row>()).set(k.row.id, k.row));
      }
      if (full ? !k.gone : k.seq > since && !told.has(name)) {
        list.push([type, k.gone ? { id: k.row.id, del: 1 } : k.row]);
      }
    });
    if (full && digest !== undefined && digest === houseDigest({ s: 1, top: 0, rows: live })) {
      return undefined;
    }
    return { full, list };
  }
}

function partOf(id: string, full: boolean, cont: boolean, more: boolean, list: [string, RowOrGone][]): HouseholdPart {
  const rows: { [type: string]: RowOrGone[] } = {};
  for (const [type, row] of list) {
    rows[type] = (rows[type] || []).concat(row);
  }
  const p: HouseholdPart = { id, s: 1, rows };
  return { ...p, ...(full ? { full } : {}), ...(cont ? { cont } : {}), ...(more ? { more } : {}) };
}

/** A transport that can be told to fail. */
export class FakeTransport implements Transport {
  sent: HttpRequest[] = [];
  /** Replaces the answer to a request; undefined = let the server answer. */
  meddle: (request: HttpRequest, n: number) => Promise<HttpResponse> | HttpResponse | undefined = () => undefined;

  constructor(readonly server: FakeServer) {}

  async send(request: HttpRequest): Promise<HttpResponse> {
    this.sent.push(request);
    const other = await this.meddle(request, this.sent.length);
    return other || this.pass(request);
  }

  pass(request: HttpRequest): HttpResponse {
    return ok(this.server.answer(request.body as string));
  }
}

export function ok(body: unknown): HttpResponse {
  return { status: 200, headers: {}, body: JSON.stringify(body) };
}
