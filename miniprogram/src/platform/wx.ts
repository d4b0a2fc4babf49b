// The platform itself: the only file that names it. Its callbacks become
// promises; what it may forget to call back has a watchdog.

import {
  Camera, DeviceError, Host, Http, HttpCall, HttpReply, LinkError, Locator, Place, Platform, Recording, SavedFiles, Screen, Shot, Signals, Sound, Space,
} from './types';
import { Storage } from '../sync/types';

/** The platform ends a request after 60 s at the latest; iOS may not say so. */
const TIMEOUT_MS = 60000;
const GRACE_MS = 2000;
/** Saved files of one mini-program, bytes. */
const FILES_LIMIT = 200 << 20;

function saidOf(e: unknown): string {
  return e && typeof (e as { errMsg?: unknown }).errMsg === 'string' ? (e as { errMsg: string }).errMsg : String(e);
}

function refusal(e: unknown): DeviceError {
  const said = saidOf(e);
  const why = /cancel/.test(said) ? 'cancelled' : /auth|deny|denied|privacy|permission/i.test(said) ? 'refused' : 'failed';
  return new DeviceError(why, said);
}

class WxHttp implements Http {
  send(call: HttpCall): Promise<HttpReply> {
    return new Promise((resolve, reject) => {
      let over = false;
      const once = (act: () => void) => {
        if (!over) {
          over = true;
          clearTimeout(dog);
          act();
        }
      };
      const task = wx.request({
        url: call.url, method: call.method, header: call.headers, data: call.body, dataType: 'text', responseType: call.binary ? 'arraybuffer' : 'text',
        timeout: TIMEOUT_MS, enableHttp2: true,
        success: (r) => once(() => resolve({
          status: r.statusCode, headers: r.header as { [name: string]: string },
          body: typeof r.data === 'string' ? r.data : '', bytes: call.binary ? (r.data as ArrayBuffer) : undefined,
        })),
        fail: (e) => once(() => reject(new LinkError(/timeout/.test(e.errMsg), e.errMsg))),
      });
      const dog = setTimeout(() => once(() => {
        task.abort();
        reject(new LinkError(true, 'no callback'));
      }), TIMEOUT_MS + GRACE_MS);
    });
  }
}

class WxStorage implements Storage {
  get(key: string): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      wx.getStorage<string>({
        key, success: (r) => resolve(r.data),
        // Only a key that is not there is no value; anything else is an error.
        fail: (e) => (/not found/.test(e.errMsg) ? resolve(undefined) : reject(new Error(e.errMsg))),
      });
    });
  }

  set(key: string, value: string): Promise<void> {
    return new Promise((resolve, reject) => wx.setStorage({ key, data: value, success: () => resolve(), fail: (e) => reject(new Error(e.errMsg)) }));
  }

  remove(key: string): Promise<void> {
    return new Promise((resolve, reject) => wx.removeStorage({ key, success: () => resolve(), fail: (e) => reject(new Error(e.errMsg)) }));
  }

  keys(): Promise<string[]> {
    return new Promise((resolve, reject) => wx.getStorageInfo({ success: (r) => resolve(r.keys), fail: (e) => reject(new Error(e.errMsg)) }));
  }
}

class WxFiles implements SavedFiles {
  private readonly fs = wx.getFileSystemManager();

  path(name: string): string {
    return wx.env.USER_DATA_PATH + '/' + name;
  }

  async keep(temp: string, name: string): Promise<number> {
    const part = this.path(name + '.part');
    await this.call((o) => this.fs.copyFile({ srcPath: temp, destPath: part, ...o }));
    return this.settle(part, name, -1);
  }

  async write(name: string, bytes: ArrayBuffer): Promise<void> {
    const part = this.path(name + '.part');
    await this.call((o) => this.fs.writeFile({ filePath: part, data: bytes, ...o }));
    await this.settle(part, name, bytes.byteLength);
  }

  read(name: string, offset: number, length: number): Promise<ArrayBuffer> {
    if (length === 0) {
      return Promise.resolve(new ArrayBuffer(0));
    }
    return new Promise((resolve, reject) => this.fs.readFile({
      filePath: this.path(name), position: offset, length, success: (r) => resolve(r.data as ArrayBuffer), fail: (e) => reject(new Error(e.errMsg)),
    }));
  }

  async remove(name: string): Promise<void> {
    await this.call((o) => this.fs.unlink({ filePath: this.path(name), ...o })).catch((e: Error) => {
      if (!/no such file/.test(e.message)) {
        throw e;
      }
    });
  }

  async list(): Promise<{ name: string; size: number }[]> {
    const names = await new Promise<string[]>((resolve, reject) => this.fs.readdir({
      dirPath: wx.env.USER_DATA_PATH, success: (r) => resolve(r.files), fail: (e) => reject(new Error(e.errMsg)),
    }));
    const out: { name: string; size: number }[] = [];
    for (const name of names.filter((n) => !n.endsWith('.part'))) {
      out.push({ name, size: await this.size(this.path(name)).catch(() => 0) });
    }
    return out;
  }

  /** Renaming is not documented as atomic: the size is looked at before and after. */
  private async settle(part: string, name: string, want: number): Promise<number> {
    const size = await this.size(part);
    if (want >= 0 && size !== want) {
      throw new Error('the file was cut: ' + size + ' of ' + want);
    }
    await this.call((o) => this.fs.rename({ oldPath: part, newPath: this.path(name), ...o }));
    if ((await this.size(this.path(name))) !== size) {
      throw new Error('the file was cut in renaming');
    }
    return size;
  }

  private size(path: string): Promise<number> {
    return new Promise((resolve, reject) => this.fs.getFileInfo({ filePath: path, success: (r) => resolve(r.size), fail: (e) => reject(new Error(e.errMsg)) }));
  }

  private call(act: (o: { success: () => void; fail: (e: { errMsg: string }) => void }) => void): Promise<void> {
    return new Promise((resolve, reject) => act({ success: () => resolve(), fail: (e) => reject(new Error(e.errMsg)) }));
  }
}

const space: Space = {
  filesLimit: FILES_LIMIT,
  storage: () => new Promise((resolve, reject) => wx.getStorageInfo({
    success: (r) => resolve({ used: r.currentSize * 1024, limit: r.limitSize * 1024 }), fail: (e) => reject(new Error(e.errMsg)),
  })),
};

/** What is used of a canvas's pen; the platform's typings leave it open. */
interface Pen {
  fillStyle: string;
  font: string;
  drawImage(image: unknown, x: number, y: number, width: number, height: number): void;
  fillRect(x: number, y: number, width: number, height: number): void;
  fillText(text: string, x: number, y: number): void;
}

class WxCamera implements Camera {
  async shoot(n: number): Promise<Shot[]> {
    try {
      const r = await wx.chooseMedia({ count: n, mediaType: ['image'], sourceType: ['camera'], sizeType: ['compressed'] });
      return await Promise.all(r.tempFiles.map(async (f) => {
        const i = await wx.getImageInfo({ src: f.tempFilePath });
        return { path: f.tempFilePath, width: i.width, height: i.height };
      }));
    } catch (e) {
      throw refusal(e);
    }
  }

  async draw(shot: Shot, edge: number, quality: number, lines: string[]): Promise<ArrayBuffer> {
    const scale = Math.min(1, edge / Math.max(shot.width, shot.height));
    const width = Math.max(1, Math.round(shot.width * scale));
    const height = Math.max(1, Math.round(shot.height * scale));
    const canvas = wx.createOffscreenCanvas({ type: '2d', width, height });
    const ctx = canvas.getContext('2d') as Pen;
    const image = canvas.createImage();
    await new Promise<void>((resolve, reject) => {
      image.onload = () => resolve();
      image.onerror = () => reject(new DeviceError('failed', 'the picture cannot be read'));
      image.src = shot.path;
    });
    ctx.drawImage(image, 0, 0, width, height);
    watermark(ctx, width, height, lines);
    const url = (canvas as unknown as { toDataURL(type: string, quality: number): string }).toDataURL('image/jpeg', quality);
    return wx.base64ToArrayBuffer(url.slice(url.indexOf(',') + 1));
  }
}

function watermark(ctx: Pen, width: number, height: number, lines: string[]): void {
  const size = Math.max(14, Math.round(width / 40));
  const foot = lines.length * size * 1.5;
  if (lines.length > 0) {
    ctx.fillStyle = 'rgba(0,0,0,0.5)';
    ctx.fillRect(0, height - foot, width, foot);
    ctx.fillStyle = '#ffffff';
    ctx.font = size + 'px sans-serif';
    lines.forEach((l, i) => ctx.fillText(l, size / 2, height - foot + (i + 1) * size * 1.5 - size * 0.4));
  }
}

/** `on` = this build has the right to ask for a place. */
function locator(on: boolean): Locator {
  return {
    locate: () => new Promise<Place>((resolve, reject) => {
      if (!on) {
        reject(new DeviceError('off'));
        return;
      }
      const dog = setTimeout(() => reject(new DeviceError('failed', 'no callback')), 10000);
      wx.getLocation({
        type: 'gcj02', isHighAccuracy: true, highAccuracyExpireTime: 5000,
        success: (r) => resolve({ lat: r.latitude, lng: r.longitude, accuracy: r.accuracy, coord: 'gcj02' }),
        fail: (e) => reject(refusal(e)),
        complete: () => clearTimeout(dog),
      });
    }),
  };
}

const signals: Signals = {
  onShow: (fn) => wx.onAppShow(() => fn()),
  onHide: (fn) => wx.onAppHide(() => fn()),
  onNetwork: (fn) => wx.onNetworkStatusChange((r) => fn(r.isConnected)),
};

const sound: Sound = {
  play(path, ended) {
    const a = wx.createInnerAudioContext();
    const end = () => {
      a.destroy();
      ended();
    };
    a.onEnded(end);
    a.onError(end);
    a.src = path;
    a.play();
    return () => a.stop();
  },
  record: (ms) => new Promise<Recording>((resolve, reject) => {
    const r = wx.getRecorderManager();
    const done = new Promise<{ path: string; ms: number }>((ok) => r.onStop((x) => ok({ path: x.tempFilePath, ms: x.duration })));
    r.onError((e) => reject(refusal(e)));
    r.onStart(() => resolve({ stop: () => {
      r.stop();
      return done;
    } }));
    // 24 kbit/s: 90 s are 270 KB, below the 300 KB the server takes.
    r.start({ duration: ms, sampleRate: 16000, numberOfChannels: 1, encodeBitRate: 24000, format: 'mp3' });
  }),
};

const host: Host = {
  loginCode: async () => (await wx.login()).code,
  askReminders: (templates) => new Promise((resolve) => wx.requestSubscribeMessage({
    tmplIds: templates,
    success: (r) => resolve(templates.filter((t) => (r as unknown as { [id: string]: string })[t] === 'accept')),
    fail: () => resolve([]),
  })),
  onPrivacy(fn) {
    wx.onNeedPrivacyAuthorization((answer: unknown) => fn((yes) => (answer as (r: object) => void)(yes ? { event: 'agree', buttonId: 'agree' } : { event: 'disagree' })));
  },
  openPrivacy: async () => {
    await wx.openPrivacyContract({});
  },
  call: async (phone) => {
    await wx.makePhoneCall({ phoneNumber: phone });
  },
  scan: async () => {
    try {
      return (await wx.scanCode({ onlyFromCamera: true })).result;
    } catch (e) {
      throw refusal(e);
    }
  },
  share: async (filePath, fileName) => {
    try {
      await wx.shareFileMessage({ filePath, fileName });
    } catch (e) {
      throw refusal(e);
    }
  },
  version: () => wx.getAccountInfoSync().miniProgram.version,
  fontScale: () => (wx.getAppBaseInfo().fontSizeSetting || 16) / 16,
};

/** The phone; `place` = this build has the right to ask for a place. */
export function wxPlatform(place: boolean): Platform {
  return {
    http: new WxHttp(), storage: new WxStorage(), files: new WxFiles(), space, clock: { now: () => Date.now() },
    timer: { after: (ms, fn) => {
      const t = setTimeout(fn, ms);
      return () => clearTimeout(t);
    } },
    random: { bytes: (n) => new Promise((resolve, reject) => wx.getRandomValues({
      length: n, success: (r) => resolve(new Uint8Array(r.randomValues)), fail: (e) => reject(new Error(e.errMsg)),
    })) },
    camera: new WxCamera(), locator: locator(place), signals, sound, host,
  };
}

/** Navigation that fails (a page is already gone, ten are open) leaves the user where she is. */
export function wxScreen(): Screen {
  const fail = () => undefined;
  return {
    open: (url) => wx.navigateTo({ url, fail: () => wx.redirectTo({ url, fail }) }),
    replace: (url) => wx.redirectTo({ url, fail }),
    tab: (url) => wx.switchTab({ url, fail }),
    back: () => wx.navigateBack({ fail }),
    restart: (url) => wx.reLaunch({ url, fail }),
    say: (title) => wx.showToast({ title, icon: 'none', duration: 2000, fail }),
    title: (title) => wx.setNavigationBarTitle({ title, fail }),
    badge: (index, text) => (text ? wx.setTabBarBadge({ index, text, fail }) : wx.removeTabBarBadge({ index, fail })),
    pulled: () => wx.stopPullDownRefresh({ fail }),
  };
}

/** Address of the server where the platform hands one over; "" = the one that was built in. */
export function serverAddress(): string {
  const given = wx.getExtConfigSync() as { server?: unknown } | undefined;
  return given && typeof given.server === 'string' ? given.server : '';
}
