// One request. Its mutations are the texts of the outbox, byte for byte.

import { mutationHash } from './hash';
import { houseDigests } from './reconcile';
import { Item, State } from './state';
import { fitting } from './outbox';

/** What the answer has to be understood against. */
export interface Sent {
  body: string;
  /** The outbox items carried, oldest first. */
  items: Item[];
  /** mid of the first of them. */
  first: number;
  digests: boolean;
  /** Path of a question without a body, when it is only that. */
  poll?: string;
}

export const HEADERS = { 'Content-Type': 'application/json' };

/** Builds the request for the state; at most `limit` mutations. */
export function buildRequest(state: State, schema: number, limit: number): Sent {
  const { meta, outbox } = state;
  const items = outbox.slice(0, fitting(outbox, limit));
  const first = meta.acked[0] + 1;
  const muts = items.map((it, i) => '[' + (first + i) + ',' + it.text.slice(1)).join(',');
  const rest = outbox.slice(items.length);
  const oldest = rest.reduce((ms, it) => Math.min(ms, it.m[5]), rest.length > 0 ? rest[0].m[5] : 0);
  const head = JSON.stringify({
    cursor: meta.cursor,
    schema,
    client: meta.client,
    acked: meta.acked,
    budget: meta.budget,
    unsent: [rest.length, oldest],
  });
  let body = head.slice(0, -1) + ',"muts":[' + muts + ']';
  if (meta.check) {
    body += ',"digests":' + JSON.stringify(houseDigests(state));
  }
  return { body: body + '}', items, first, digests: meta.check };
}

/** `acked` after the k-th of the items carried. */
export function ackedAfter(sent: Sent, k: number): [number, string] {
  return [sent.first + k - 1, mutationHash(sent.items[k - 1].text)];
}

/** The question whether there is anything (204 = nothing). */
export function pollPath(state: State, schema: number): string {
  const { cursor, client } = state.meta;
  return '/api/v1/sync?cursor=' + encodeURIComponent(cursor) + '&schema=' + schema + '&client=' + encodeURIComponent(client);
}
