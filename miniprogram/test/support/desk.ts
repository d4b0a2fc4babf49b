// A whole phone against the small server: log-in, sync, bodies and tus by address.

import { HttpCall, HttpReply } from '../../src/platform/types';
import { Phone } from '../../src/data/phone';
import { Desk } from '../../src/data/desk';
import { Device, Flash } from '../../sim/device';
import { FakeServer, ME } from './server';

export const SERVER = 'https://daohu.example';

interface Tus {
  length: number;
  got: number;
}

/** What answers by address; status 0 = the link is cut. */
export class Town {
  readonly uploads = new Map<string, Tus>();
  readonly blobs = new Map<string, Uint8Array>();
  /** Sessions that are good, by token. */
  readonly sessions = new Map<string, string>([['t1', ME]]);
  logins = 0;
  /** Replaces an answer; undefined = as ever. */
  meddle: (call: HttpCall) => HttpReply | Promise<HttpReply> | undefined = () => undefined;

  constructor(readonly server: FakeServer) {}

  async answer(call: HttpCall): Promise<HttpReply> {
    const other = await this.meddle(call);
    if (other) {
      return other;
    }
    const path = call.url.slice(SERVER.length);
    if (path.startsWith('/api/v1/login/')) {
      return this.login(call);
    }
    const token = (call.headers.Authorization || '').slice('Bearer '.length);
    if (!this.sessions.has(token)) {
      return reply(401, { code: 'unauthorized', detail: '请重新登录。' });
    }
    if (path.startsWith('/api/v1/uploads')) {
      return this.tus(call, path);
    }
    if (path.startsWith('/api/v1/blobs/')) {
      const b = this.blobs.get(path.slice('/api/v1/blobs/'.length));
      return b ? { status: 200, headers: {}, body: '', bytes: b.slice().buffer as ArrayBuffer } : reply(404, {});
    }
    if (path.startsWith('/api/v1/sync')) {
      if (call.body instanceof ArrayBuffer) {
        return reply(415, { code: 'bad-media', detail: '' }); // a server that knows no parcels
      }
      return reply(200, this.server.answer(call.method === 'POST' ? String(call.body) : question(path)));
    }
    return path === '/api/v1/logout' ? reply(204, undefined) : reply(404, { code: 'not-found', detail: '没有找到。' });
  }

  private login(call: HttpCall): HttpReply {
    const q = JSON.parse(String(call.body)) as { name?: string; code?: string };
    const user = q.name === 'other' || q.code === 'other' ? 'userBBBBBBBB' : ME;
    const token = 't' + ++this.logins + user;
    this.sessions.set(token, user);
    return reply(200, { token, untilAt: 0, me: { user, name: user === ME ? '干部甲' : '干部乙', role: 'C', county: '520000' } });
  }

  private tus(call: HttpCall, path: string): HttpReply {
    const bytes = call.body instanceof ArrayBuffer ? call.body.byteLength : 0;
    if (path === '/api/v1/uploads') {
      const at = '/api/v1/uploads/u' + (this.uploads.size + 1);
      this.uploads.set(at, { length: Number(call.headers['Upload-Length']), got: bytes });
      return { status: 201, headers: { Location: at, 'Upload-Offset': String(bytes) }, body: '' };
    }
    const u = this.uploads.get(path) as Tus;
    u.got += call.headers['X-HTTP-Method-Override'] === 'PATCH' ? bytes : 0;
    return { status: 204, headers: { 'Upload-Offset': String(u.got) }, body: '' };
  }
}

export function reply(status: number, body: unknown): HttpReply {
  return { status, headers: {}, body: body === undefined ? '' : JSON.stringify(body) };
}

function question(path: string): string {
  const q = new URLSearchParams(path.slice(path.indexOf('?')));
  return JSON.stringify({ cursor: q.get('cursor'), client: q.get('client'), acked: [0, ''], muts: [], budget: 12288 });
}

export interface Kit {
  device: Device;
  town: Town;
  phone: Phone;
  desk: Desk;
}

export async function start(town: Town, flash?: Flash): Promise<Kit> {
  const device = new Device((c) => town.answer(c), flash);
  const phone = await Phone.open(device.platform(), SERVER);
  const desk = phone.desk() || (await phone.loginPassword('me', 'secret'));
  await desk.driver.pull();
  return { device, town, phone, desk };
}

/** A township with three households, paired with this user. */
export function threeHouses(): FakeServer {
  const s = new FakeServer('h1AAAAAAAAAA', 'h2AAAAAAAAAA', 'h3AAAAAAAAAA');
  ['h1AAAAAAAAAA', 'h2AAAAAAAAAA', 'h3AAAAAAAAAA'].forEach((id, i) => {
    s.put(id, 'household', { id, head: '户主' + '甲乙丙'[i], place: '坪子村' + '一二三'[i] + '组', village: i < 2 ? '52' : '53', people: 3 });
    s.put(id, 'pairing', { id: 'pair' + i + 'AAAAAAA', cadre: ME, name: '干部甲', from: '2024-01-01' });
  });
  return s;
}
