// What a simulation counts, and the error that ends a world.

/** A promise of docs/reliability.md was broken: P1 to P14. */
export class Broken extends Error {
  readonly promise: string;

  constructor(message: string) {
    super(message);
    this.promise = (/^P[0-9]+/.exec(message) || ['?'])[0];
  }
}

export interface Counts {
  actions: number;
  requests: number;
  faults: { [what: string]: number };
  /** What answers contained: a simulation that never meets a thing proves nothing about it. */
  met: { [what: string]: number };
}

export const THINGS: { [what: string]: RegExp } = {
  'a further page': /"more":true/, 'a part': /"cont":true/, removal: /"removed":\[\[/, 'own row': /"own":\[\[/, 'whole own row': /\},1\][,\]]/,
  tombstone: /"del":1\}/, late: /"late"/, proposal: /,"proposal",/, conflict: /,"conflict",/, quarantined: /"quarantined"/,
  reconcile: /"reconcile":true/, epoch: /"epoch":/, 'new client': /"newClient"/, ended: /"ended":true/, update: /"update":true/, wipe: /"wipe":true/,
};

/** How every ID number of town.Add begins: no phone may be sent one. */
export const SECRET = /9999991950/;
