// What the phone is at the moment: who holds it, its link, its letters. The
// panel changes it; the platform's functions ask it.

import { showModal } from './dialogs.mjs';
import { Files } from './files.mjs';

/** A 2G link as the product was tried on: 900 ms to and fro, 30 kbit/s. */
const SLOW = { delay: 900, bytesPerSecond: 3750 };
const METHODS = new Set(['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'CONNECT']);

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Device {
  constructor() {
    const asked = new URLSearchParams(location.search);
    this.settings = { who: 'cadre-001', offline: false, slow: false, scale: 1, ...JSON.parse(localStorage.getItem('phone') || '{}') };
    for (const name of ['who', 'scale']) {
      if (asked.has(name)) {
        this.settings[name] = name === 'scale' ? Number(asked.get(name)) : asked.get(name);
      }
    }
    this.files = new Files();
    this.network = new Set();
    this.visibility = new Set();
    /** The last requests, newest first, for the panel. */
    this.requests = [];
    this.changed = () => undefined;
    /** The app's own question about the privacy guide; null = it has none, and nothing is asked. */
    this.askPrivacy = null;
    for (const event of ['online', 'offline']) {
      addEventListener(event, () => this.tellNetwork());
    }
    document.addEventListener('visibilitychange', () => this.visibility.forEach((f) => f(!document.hidden)));
  }

  /** A WeChat user has storage and files of their own. */
  get prefix() {
    return 'wx:' + this.settings.who + ':';
  }

  async open() {
    await this.files.open(this.prefix);
  }

  set(name, value) {
    this.settings[name] = value;
    localStorage.setItem('phone', JSON.stringify(this.settings));
    if (name === 'offline') {
      this.tellNetwork();
    } else if (name === 'who' || name === 'scale') {
      location.href = location.pathname; // another run of the app
    }
    this.changed();
  }

  get online() {
    return navigator.onLine && !this.settings.offline;
  }

  get networkType() {
    return !this.online ? 'none' : this.settings.slow ? '2g' : 'wifi';
  }

  tellNetwork() {
    this.network.forEach((f) => f({ isConnected: this.online, networkType: this.networkType }));
    this.changed();
  }

  onVisible(f) {
    this.visibility.add(f);
  }

  /** The button whose openType WeChat answers itself. */
  opened(button, type) {
    if (type === 'agreePrivacyAuthorization') {
      localStorage.setItem(this.prefix + 'privacy', '1');
      button.triggerEvent('agreeprivacyauthorization', { errMsg: 'agreePrivacyAuthorization:ok' });
    } else if (type === 'getPhoneNumber') {
      void this.privacy('getPhoneNumber').then(() => showModal({ title: '申请获取您的手机号', confirmText: '允许', cancelText: '不允许' })).then((r) => r.confirm, () => false)
        .then((yes) => button.triggerEvent('getphonenumber', yes ? { errMsg: 'getPhoneNumber:ok', code: 'demo:' + this.settings.who } : { errMsg: 'getPhoneNumber:fail user deny' }));
    }
  }

  /** What the platform does before it hands out a place or a picture. */
  privacy(referrer) {
    return new Promise((resolve, reject) => {
      if (this.privacyAgreed || !this.askPrivacy) {
        resolve();
        return;
      }
      this.askPrivacy((r) => {
        if (r.event === 'agree') {
          localStorage.setItem(this.prefix + 'privacy', '1');
          resolve();
        } else if (r.event === 'disagree') {
          reject(new Error('privacy permission is not authorized'));
        }
      }, { referrer });
    });
  }

  get privacyAgreed() {
    return localStorage.getItem(this.prefix + 'privacy') === '1';
  }

  /** wx.request over fetch. */
  request(o) {
    const method = (o.method || 'GET').toUpperCase();
    const stop = new AbortController();
    const fail = (reason) => {
      const r = { errMsg: 'request:fail ' + reason, errno: reason === 'timeout' ? 5 : 600001 };
      this.note(method, o.url, reason);
      o.fail?.(r);
      o.complete?.(r);
    };
    let timer;
    const limit = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('timeout')), Math.min(o.timeout || 60000, 60000));
    });
    stop.signal.addEventListener('abort', () => clearTimeout(timer));
    if (!METHODS.has(method)) {
      queueMicrotask(() => fail('method is invalid'));
      return { abort: () => undefined };
    }
    Promise.race([this.exchange(o, method, stop.signal), limit])
      .then((r) => {
        this.note(method, o.url, r.statusCode);
        o.success?.(r);
        o.complete?.(r);
      }, (e) => {
        stop.abort();
        fail(e.name === 'AbortError' ? 'abort' : e.message);
      })
      .finally(() => clearTimeout(timer));
    return { abort: () => stop.abort() };
  }

  async exchange(o, method, signal) {
    const headers = { ...o.header };
    let body;
    if (o.data !== undefined && method !== 'GET' && method !== 'HEAD') {
      const plain = typeof o.data === 'string' || o.data instanceof ArrayBuffer;
      body = plain ? o.data : JSON.stringify(o.data);
      if (!Object.keys(headers).some((h) => h.toLowerCase() === 'content-type')) {
        headers['content-type'] = 'application/json';
      }
    }
    await this.travel(body ? body.byteLength ?? body.length : 0);
    const answer = await fetch(o.url, { method, headers, body, signal, credentials: 'omit', cache: 'no-store' });
    const bytes = await answer.arrayBuffer();
    await this.travel(bytes.byteLength);
    let data = bytes;
    if (o.responseType !== 'arraybuffer') {
      data = new TextDecoder().decode(bytes);
      if ((o.dataType ?? 'json') === 'json') {
        try {
          data = JSON.parse(data);
        } catch {
          // The platform hands over the text when it is no JSON.
        }
      }
    }
    return { data, statusCode: answer.status, header: Object.fromEntries(answer.headers), cookies: [], errMsg: 'request:ok' };
  }

  /** Half of a round trip. */
  async travel(bytes) {
    if (!this.online) {
      throw new Error('net::ERR_INTERNET_DISCONNECTED');
    }
    if (this.settings.slow) {
      await wait(SLOW.delay / 2 + (bytes * 1000) / SLOW.bytesPerSecond);
    }
  }

  note(method, url, outcome) {
    this.requests = [`${method} ${new URL(url, location.href).pathname} ${outcome}`, ...this.requests].slice(0, 12);
    this.changed();
  }
}
