// What the product asks of the platform. wx.ts implements it on a phone, the
// runner in a browser, sim/device.ts in memory for tests. Instants are Unix
// milliseconds, sizes bytes.

import { Clock, Random, Storage } from '../sync/types';

export interface HttpCall {
  method: 'GET' | 'POST';
  url: string;
  headers: { [name: string]: string };
  body?: string | ArrayBuffer;
  /** Asks for the body as bytes. */
  binary?: boolean;
}

export interface HttpReply {
  status: number;
  headers: { [name: string]: string };
  /** "" when bytes were asked for. */
  body: string;
  bytes?: ArrayBuffer;
}

/** No answer came. timeout: the link was too slow, or the platform never called back. */
export class LinkError extends Error {
  constructor(readonly timeout: boolean, readonly reason: string) {
    super(reason);
    this.name = 'LinkError';
  }
}

/** Sends one request; every status resolves, no answer rejects with a LinkError. */
export interface Http {
  send(call: HttpCall): Promise<HttpReply>;
}

export interface Timer {
  /** Calls fn after ms; the function returned takes it back. */
  after(ms: number, fn: () => void): () => void;
}

/** Files that outlive the app. Names are flat: letters, digits, ".", "-" and "_". */
export interface SavedFiles {
  /** Copies a temporary file under the name and gives its size; there is the whole file or none. */
  keep(temp: string, name: string): Promise<number>;
  write(name: string, bytes: ArrayBuffer): Promise<void>;
  /** Rejects when the file is not there. */
  read(name: string, offset: number, length: number): Promise<ArrayBuffer>;
  /** Resolves when it is gone, also when it never was. */
  remove(name: string): Promise<void>;
  list(): Promise<{ name: string; size: number }[]>;
  /** What pictures and sounds are shown and played by. */
  path(name: string): string;
}

/** Bytes the phone lets the product keep. */
export interface Space {
  storage(): Promise<{ used: number; limit: number }>;
  readonly filesLimit: number;
}

export interface Shot {
  /** Temporary: gone with the run of the app. */
  path: string;
  width: number;
  height: number;
}

/** Why a thing of the phone was not to be had. */
export type Refusal = 'refused' | 'off' | 'cancelled' | 'failed';

export class DeviceError extends Error {
  constructor(readonly why: Refusal, readonly reason: string = '') {
    super(reason || why);
    this.name = 'DeviceError';
  }
}

export interface Camera {
  /** Opens the camera, at most n pictures; rejects with a DeviceError. */
  shoot(n: number): Promise<Shot[]>;
  /** Draws the picture anew as JPEG, its longer edge at most `edge`, with lines of text at its foot; nothing else of the file is kept. */
  draw(shot: Shot, edge: number, quality: number, lines: string[]): Promise<ArrayBuffer>;
}

export interface Place {
  /** Degrees. */
  lat: number;
  lng: number;
  /** Radius in metres. */
  accuracy: number;
  coord: 'wgs84' | 'gcj02';
}

export interface Locator {
  /** Rejects with a DeviceError; "off" = this build asks for no place. */
  locate(): Promise<Place>;
}

export interface Signals {
  onShow(fn: () => void): void;
  onHide(fn: () => void): void;
  onNetwork(fn: (online: boolean) => void): void;
}

export interface Recording {
  /** Ends it; the file is temporary. */
  stop(): Promise<{ path: string; ms: number }>;
}

export interface Sound {
  /** Plays a file to its end; the function stops it. */
  play(path: string, ended: () => void): () => void;
  /** Records mono mp3, at most ms long. */
  record(ms: number): Promise<Recording>;
}

/** The messenger the product runs in. */
export interface Host {
  /** A code for the server's log-in. */
  loginCode(): Promise<string>;
  /** Asks for reminders, from a tap only; gives the templates said yes to. */
  askReminders(templates: string[]): Promise<string[]>;
  /** The platform wants the privacy guide agreed to first; answer with agree(true) from the button. */
  onPrivacy(fn: (agree: (yes: boolean) => void) => void): void;
  openPrivacy(): Promise<void>;
  call(phone: string): Promise<void>;
  /** What a code says that the camera is held to; rejects with a DeviceError. */
  scan(): Promise<string>;
  /** Hands a saved file on to somebody; rejects with a DeviceError when the user does not. */
  share(path: string, name: string): Promise<void>;
  /** Version of the mini-program; "" = not released. */
  version(): string;
  /** Size of the system's letters beside the normal one: 1 = normal. */
  fontScale(): number;
}

export interface Platform {
  http: Http;
  storage: Storage;
  files: SavedFiles;
  space: Space;
  clock: Clock;
  timer: Timer;
  random: Random;
  camera: Camera;
  locator: Locator;
  signals: Signals;
  sound: Sound;
  host: Host;
}

/** The window that pages are shown in. Addresses are /pages/… with a query. */
export interface Screen {
  open(url: string): void;
  /** Instead of the page on top. */
  replace(url: string): void;
  tab(url: string): void;
  back(): void;
  /** Instead of everything. */
  restart(url: string): void;
  title(text: string): void;
  /** A few words that outlive the page. */
  say(text: string): void;
  /** Number on a tab; "" = none. */
  badge(tab: number, text: string): void;
  /** The pull-down has done its work. */
  pulled(): void;
}
