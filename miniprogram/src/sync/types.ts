// Wire shapes of docs/sync-protocol.md and the few things the core is handed.
// Instants are Unix milliseconds.

/** A JSON array of plain values, nested at most three deep. */
export interface List extends Array<Value> {}
/** What a field may hold; null is the zero value. */
export type Value = string | number | boolean | null | List;

/** A row as the server's projection gives it: `id`, then `by`, then the declared fields, zero values left out. */
export interface Row {
  id: string;
  by?: string;
  [field: string]: Value | undefined;
}

/** Changed fields of one row; null puts a field back to zero. */
export interface Patch {
  [field: string]: Value;
}

export interface FieldDef {
  readonly name: string;
  readonly kind: 'text' | 'int' | 'bool' | 'list' | 'sealed';
  readonly class: string;
}

export interface TypeDef {
  readonly name: string;
  /** Rows lie with the township's pseudo-household. */
  readonly common: boolean;
  /** In declared order: the order of a row's keys. */
  readonly fields: readonly FieldDef[];
}

/** The table of record types, generated from the server's declarations. */
export interface Tables {
  readonly schema: number;
  readonly types: readonly TypeDef[];
}

/** One change as the screen hands it over; patch null deletes the row. */
export interface Change {
  type: string;
  id: string;
  household: string;
  patch: Patch | null;
  /** What `SyncCore.baseOf` gave when the form was opened; default: the number held now. */
  base?: number;
  /** Why the author asks, at most 200 characters: shown to whoever approves. Only proposals keep it. */
  reason?: string;
}

/** [base, type, id, household, patch, deviceMs, reason]: a mutation without its number. */
export type Mutation = [number, string, string, string, Patch | null, number, string?];

export type RowOrGone = Row | { id: string; del: 1 };

export interface HouseholdPart {
  id: string;
  s: number;
  full?: boolean;
  cont?: boolean;
  more?: boolean;
  rows?: { [type: string]: RowOrGone[] };
}

export type Result = [number, string, string?, string?];
/** A last element of 1 says that the object is the whole row. */
export type OwnRow = [string, string, string, { [field: string]: Value } | null, number?];

export interface Answer {
  cursor?: string;
  last?: number;
  results?: Result[];
  own?: OwnRow[];
  removed?: [string, string?][];
  households?: HouseholdPart[];
  /** [space, number, 0 while its round is unfinished]. */
  tops?: [number, number, number?][];
  /** Of a first round: households still to come, for the eye. */
  left?: number;
  more?: boolean;
  next?: number;
  now?: number;
  reconcile?: boolean;
  epoch?: number | boolean;
  newClient?: string;
  update?: boolean;
  wipe?: boolean;
  ended?: boolean;
  /** With ended: the account is out of use, so that logging in again does not help. */
  disabled?: boolean;
}

/** Keys and values are text. A single set or remove is atomic; nothing else is asked. */
export interface Storage {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
  remove(key: string): Promise<void>;
  keys(): Promise<string[]>;
}

export interface HttpRequest {
  method: 'GET' | 'POST';
  /** Path with query, e.g. /api/v1/sync, or an absolute address given by the server. */
  path: string;
  headers: { [name: string]: string };
  body?: string | ArrayBuffer;
  /** Asks for the body as bytes. */
  binary?: boolean;
}

export interface HttpResponse {
  status: number;
  headers: { [name: string]: string };
  /** "" when bytes were asked for. */
  body: string;
  bytes?: ArrayBuffer;
  /** What a parcel held, read but not checked. */
  answer?: unknown;
}

/**
 * Sends one request with the account's session. Rejects when no answer came;
 * an error with `timeout: true` says that the link was too slow, not absent.
 */
export interface Transport {
  send(request: HttpRequest): Promise<HttpResponse>;
}

export interface Clock {
  /** Unix ms by the phone's clock, which may be wrong or jump. */
  now(): number;
}

export interface Random {
  /** n bytes from a cryptographic source; the platform's is asynchronous. */
  bytes(n: number): Uint8Array | Promise<Uint8Array>;
}

/** Reads a file kept on the phone. */
export interface FileSource {
  read(offset: number, length: number): Promise<ArrayBuffer>;
}
