// A phone of a cadre or village worker, as far as the console's tests need one:
// it sends rows and photos, and holds what the server gives it
// (docs/sync-protocol.md).

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { api, newID } from './support.mjs';

/** Logs in and makes the first exchange. held: by household its rows, "type/id" to row. */
export async function phone(url, account) {
  const call = await api(url, account);
  const client = newID();
  const held = new Map();
  let cursor = '';
  let base = 0; // the demo's people have one township each, and so one counter
  let mid = 0;
  let gone = [];

  async function exchange(muts, budget = 12288, unsent = [0, 0]) {
    const answer = await call.post('/sync', { cursor, schema: 1, client, acked: [0, ''], muts, budget, unsent });
    for (const [house, to] of answer.removed ?? []) {
      held.delete(house);
      gone.push({ house, to });
    }
    for (const h of answer.households ?? []) take(h);
    for (const own of answer.own ?? []) made(muts, own);
    cursor = answer.cursor;
    return answer;
  }

  function take({ id, full, cont, rows }) {
    if (full && !cont || !held.has(id)) held.set(id, new Map());
    for (const [type, list] of Object.entries(rows)) {
      for (const row of list) {
        if (row.del) held.get(id).delete(type + '/' + row.id);
        else held.get(id).set(type + '/' + row.id, row);
      }
    }
  }

  /** A row that the request wrote: what was held, what was sent for it, what the server says besides. */
  function made(muts, [type, id, house, set, whole]) {
    const rows = held.get(house);
    if (!rows) return;
    const sent = muts.filter((m) => m[2] === type && m[3] === id).map((m) => m[5]);
    if (set === null) rows.delete(type + '/' + id);
    else rows.set(type + '/' + id, whole ? set : Object.assign({ id }, rows.get(type + '/' + id), ...sent, set));
  }

  const first = await exchange([]);
  base = first.tops[0][1];
  const send = (path, headers, body) => fetch(url + path, { method: 'POST', headers: { Authorization: 'Bearer ' + call.token, 'Tus-Resumable': '1.0.0', ...headers }, body });
  return {
    ...call,
    held,
    /** A contact: takes all there is. Returns the households that went since the last one, and to whom. unsent: how many rows it says it still has. */
    async contact(unsent = 0) {
      let more;
      do {
        const answer = await exchange([], 65536, [unsent, unsent && Date.now()]);
        base = answer.tops?.[0]?.[1] ?? base;
        more = answer.more;
      } while (more);
      const told = gone;
      gone = [];
      return told;
    },
    /** A row it holds, wherever it lies; undefined = it has none. */
    row(type, id) {
      for (const rows of held.values()) if (rows.has(type + '/' + id)) return rows.get(type + '/' + id);
      return undefined;
    },
    /** Sends a photo of a visit: its row, then its body by tus. */
    async photo(visit, household, body) {
      const sha256 = crypto.createHash('sha256').update(body).digest('hex');
      const [id] = await this.push([['photo', household, { visit, sha256, size: body.length, mime: 'image/jpeg' }]]);
      const code = (text) => Buffer.from(text).toString('base64');
      const made = await send('/api/v1/uploads', { 'Upload-Length': String(body.length), 'Upload-Metadata': 'photo ' + code(id) + ',sha256 ' + code(sha256) });
      assert.equal(made.status, 201, await made.text());
      const at = Number(made.headers.get('Upload-Offset') || 0);
      if (at === body.length) return id; // the server has these bytes already
      const sent = await send(new URL(made.headers.get('Location'), url).pathname, { 'X-HTTP-Method-Override': 'PATCH', 'Upload-Offset': String(at), 'Content-Type': 'application/offset+octet-stream' }, body.subarray(at));
      assert.equal(sent.status, 204, await sent.text());
      return id;
    },
    /** Sends rows: [type, household, fields] each; returns their ids. codes hears what became of those that were not plainly taken. */
    async push(rows, codes = []) {
      const ids = [];
      for (let at = 0; at < rows.length; at += 50) {
        const muts = rows.slice(at, at + 50).map(([type, household, fields, id = newID()]) => {
          ids.push(id);
          mid += 1;
          return [mid, base, type, id, household, fields, Date.now()];
        });
        const answer = await exchange(muts);
        assert.equal(answer.last, mid, 'taken: ' + JSON.stringify(answer.results));
        codes.push(...(answer.results ?? []).filter(([m]) => muts.some((x) => x[0] === m)).map((r) => r[1]));
      }
      return ids;
    },
  };
}

