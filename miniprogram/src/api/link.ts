// The way to the server: address, session, foreground and refusals in one place.

import { Http, HttpReply, LinkError } from '../platform/types';
import { HttpRequest, HttpResponse, Transport } from '../sync/types';

/** What the server or the link said no with. The message is shown as it is. */
export class ApiError extends Error {
  constructor(
    /** HTTP status; 0 = no answer. */
    readonly status: number,
    /** Fault code of docs/errors.md; "" = none. */
    readonly code: string,
    sentence: string,
  ) {
    super(sentence);
    this.name = 'ApiError';
  }
}

const NO_LINK = '现在没有网络，请稍后再试。内容还在。';
const NO_SENSE = '服务器的回答看不懂，请稍后再试。';

export class Link implements Transport {
  private awake = true;

  constructor(
    private readonly http: Http,
    private readonly server: string,
    /** "" = no session. */
    private readonly token: () => string,
  ) {}

  /** The whole address of a path of the server. */
  address(path: string): string {
    return /^https?:\/\//.test(path) ? path : this.server + path;
  }

  /** In the background the platform cuts requests: none is begun there. */
  background(yes: boolean): void {
    this.awake = !yes;
  }

  async send(r: HttpRequest): Promise<HttpResponse> {
    return this.raw(r.method, r.path, r.headers, r.body, r.binary === true);
  }

  /** One call of the API; rejects with an ApiError. */
  async call<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
    const headers: { [name: string]: string } = body ? { 'Content-Type': 'application/json' } : {};
    const r = await this.ask(method, path, headers, body && JSON.stringify(body), false);
    try {
      return (r.body === '' ? {} : JSON.parse(r.body)) as T;
    } catch {
      throw new ApiError(0, '', NO_SENSE);
    }
  }

  /** The bytes of a body; rejects with an ApiError. */
  async bytes(path: string): Promise<ArrayBuffer> {
    const r = await this.ask('GET', path, {}, undefined, true);
    if (!r.bytes) {
      throw new ApiError(0, '', NO_SENSE);
    }
    return r.bytes;
  }

  /** Sends bytes; rejects with an ApiError. */
  async put(path: string, type: string, body: ArrayBuffer): Promise<void> {
    await this.ask('POST', path, { 'Content-Type': type }, body, false);
  }

  private async ask(method: 'GET' | 'POST', path: string, headers: { [name: string]: string }, body: string | ArrayBuffer | undefined, binary: boolean): Promise<HttpReply> {
    let r: HttpReply;
    try {
      r = await this.raw(method, path, headers, body, binary);
    } catch {
      throw new ApiError(0, '', NO_LINK);
    }
    if (r.status >= 200 && r.status < 300) {
      return r;
    }
    const p = problem(r);
    throw new ApiError(r.status, p.code, p.detail || '服务器没有答应，请稍后再试。');
  }

  private raw(method: 'GET' | 'POST', path: string, headers: { [name: string]: string }, body: string | ArrayBuffer | undefined, binary: boolean): Promise<HttpReply> {
    if (!this.awake) {
      return Promise.reject(new LinkError(false, 'in the background'));
    }
    const url = this.address(path);
    const out = { ...headers };
    const token = this.token();
    // A session is the server's own: an address elsewhere gets none.
    if (token && url.startsWith(this.server + '/')) {
      out.Authorization = 'Bearer ' + token;
    }
    return this.http.send({ method, url, headers: out, body, binary });
  }
}

/** Code and sentence of a problem+json, also when it came as bytes. */
function problem(r: HttpReply): { code: string; detail: string } {
  try {
    const text = r.bytes ? ascii(r.bytes) : r.body;
    const p = JSON.parse(text) as { code?: unknown; detail?: unknown };
    return { code: typeof p.code === 'string' ? p.code : '', detail: typeof p.detail === 'string' ? p.detail : '' };
  } catch {
    return { code: '', detail: '' };
  }
}

function ascii(b: ArrayBuffer): string {
  let escaped = '';
  new Uint8Array(b).forEach((x) => {
    escaped += '%' + (x < 16 ? '0' : '') + x.toString(16);
  });
  return decodeURIComponent(escaped);
}
