// The object that scripts know as wx. Functions take callbacks and, without
// them, give promises, as the platform's do.

import { showActionSheet, showModal, showToast } from './dialogs.mjs';
import { fileSystem } from './files.mjs';
import { canvasFile, chooseMedia, compressImage, imageInfo, innerAudio, offscreenCanvas, recorder } from './media.mjs';

/** Does a thing and tells how it went, by callback or by promise; details go to fail as errMsg. */
export function answer(name, o, f) {
  const done = Promise.resolve().then(f).then(
    (r) => ({ ...r, errMsg: name + ':ok' }),
    (e) => Promise.reject({ errMsg: `${name}:fail ${e.message || e}`, errno: e.errno, errCode: e.code }),
  );
  if (o && (o.success || o.fail || o.complete)) {
    done.then((r) => { o.success?.(r); o.complete?.(r); }, (r) => { o.fail?.(r); o.complete?.(r); });
    return undefined;
  }
  return done;
}

function storage(device) {
  const LIMIT_KB = 10240;
  const kb = (entries) => Math.ceil(entries.reduce((n, [k, v]) => n + k.length + new Blob([v]).size, 0) / 1024);
  const own = () => Object.entries(localStorage).filter(([k]) => k.startsWith(device.prefix + 's:')).map(([k, v]) => [k.slice(device.prefix.length + 2), v]);
  const at = (key) => device.prefix + 's:' + key;
  const put = (key, data) => {
    const text = JSON.stringify(data);
    if (text.length > 1024 * 1024 || kb(own().filter(([k]) => k !== key)) + text.length / 1024 > LIMIT_KB) {
      throw new Error('exceed storage max size 10Mb');
    }
    localStorage.setItem(at(key), text);
  };
  const take = (key) => {
    const text = localStorage.getItem(at(key));
    if (text === null) {
      throw new Error('data not found');
    }
    return JSON.parse(text);
  };
  const info = () => ({ keys: own().map(([k]) => k), currentSize: kb(own()), limitSize: LIMIT_KB });
  return {
    getStorage: (o) => answer('getStorage', o, () => ({ data: take(o.key) })),
    setStorage: (o) => answer('setStorage', o, () => put(o.key, o.data)),
    removeStorage: (o) => answer('removeStorage', o, () => localStorage.removeItem(at(o.key))),
    getStorageInfo: (o) => answer('getStorageInfo', o, info),
    getStorageSync: (key) => { try { return take(key); } catch { return ''; } },
    setStorageSync: put,
    removeStorageSync: (key) => localStorage.removeItem(at(key)),
    getStorageInfoSync: info,
  };
}

function navigation(pages) {
  const go = (name, f) => (o = {}) => answer(name, o, () => f(o));
  return {
    navigateTo: go('navigateTo', (o) => pages.open(o.url)),
    redirectTo: go('redirectTo', (o) => pages.redirect(o.url)),
    reLaunch: go('reLaunch', (o) => pages.reLaunch(o.url)),
    switchTab: go('switchTab', (o) => pages.switchTab(o.url)),
    navigateBack: go('navigateBack', (o) => pages.back(o.delta || 1)),
    setNavigationBarTitle: go('setNavigationBarTitle', (o) => pages.setTitle(o.title)),
    setTabBarBadge: go('setTabBarBadge', (o) => pages.badge(o.index, o.text)),
    removeTabBarBadge: go('removeTabBarBadge', (o) => pages.badge(o.index, '')),
    stopPullDownRefresh: go('stopPullDownRefresh', () => pages.pulled()),
    pageScrollTo: go('pageScrollTo', (o) => {
      const box = pages.top().host;
      box.scrollTop = o.selector ? box.querySelector(o.selector).offsetTop : o.scrollTop;
    }),
    createSelectorQuery: () => pages.top().caller.createSelectorQuery(),
  };
}

function facts(device) {
  const size = () => ({ windowWidth: document.getElementById('pages').clientWidth, windowHeight: document.getElementById('pages').clientHeight, pixelRatio: devicePixelRatio, statusBarHeight: 0 });
  const base = () => ({ SDKVersion: '3.8.0', language: 'zh_CN', theme: 'light', fontSizeSetting: 16 * device.settings.scale, fontSizeScaleFactor: device.settings.scale });
  const machine = () => ({ platform: 'devtools', system: 'browser', brand: 'browser', model: 'browser' });
  return {
    getWindowInfo: size,
    getAppBaseInfo: base,
    getDeviceInfo: machine,
    getSystemInfoSync: () => ({ ...size(), ...base(), ...machine() }),
    getSystemSetting: () => ({ locationEnabled: true, wifiEnabled: true, bluetoothEnabled: false }),
    getAppAuthorizeSetting: () => ({ cameraAuthorized: 'authorized', locationAuthorized: 'authorized', microphoneAuthorized: 'authorized' }),
    getAccountInfoSync: () => ({ miniProgram: { appId: 'touristappid', envVersion: 'develop', version: '' } }),
    getExtConfigSync: () => ({ server: location.origin }),
    getLaunchOptionsSync: () => ({ path: '', query: {}, scene: 1001 }),
    getEnterOptionsSync: () => ({ path: '', query: {}, scene: 1001 }),
    canIUse: () => true,
  };
}

function senses(device) {
  return {
    request: (o) => device.request(o),
    getNetworkType: (o) => answer('getNetworkType', o, () => ({ networkType: device.networkType })),
    onNetworkStatusChange: (f) => device.network.add(f),
    offNetworkStatusChange: (f) => device.network.delete(f),
    onAppShow: (f) => device.onVisible((on) => on && f({})),
    onAppHide: (f) => device.onVisible((on) => on || f({})),
    getLocation: (o) => answer('getLocation', o, () => device.privacy('getLocation').then(() => new Promise((resolve, reject) => {
      navigator.geolocation.getCurrentPosition(({ coords }) => resolve({ latitude: coords.latitude, longitude: coords.longitude, accuracy: coords.accuracy, horizontalAccuracy: coords.accuracy }),
        (e) => reject(new Error(e.code === 1 ? 'auth deny' : e.message)), { timeout: 10000 });
    }))),
    getRandomValues: (o) => answer('getRandomValues', o, () => ({ randomValues: crypto.getRandomValues(new Uint8Array(o.length)).buffer })),
    getFileSystemManager: () => fileSystem(device.files, answer),
    env: { USER_DATA_PATH: device.files.root },
    chooseMedia: (o) => answer('chooseMedia', o, () => device.privacy('chooseMedia').then(() => chooseMedia(device.files, o))),
    getImageInfo: (o) => answer('getImageInfo', o, () => imageInfo(device.files, o)),
    compressImage: (o) => answer('compressImage', o, () => compressImage(device.files, o)),
    createOffscreenCanvas: (o) => offscreenCanvas(device.files, o),
    base64ToArrayBuffer: (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer,
    canvasToTempFilePath: (o) => answer('canvasToTempFilePath', o, () => canvasFile(device.files, o)),
    createInnerAudioContext: () => innerAudio(device.files),
    setInnerAudioOption: (o) => answer('setInnerAudioOption', o, () => undefined),
    getRecorderManager: () => recorder(device.files),
    previewImage: (o) => answer('previewImage', o, () => undefined),
    scanCode: (o) => answer('scanCode', o, () => {
      const result = prompt('这里没有相机扫码，请输入码上的内容');
      if (!result) {
        throw new Error('cancel');
      }
      return { result };
    }),
    makePhoneCall: (o) => answer('makePhoneCall', o, () => showToast({ title: '拨打 ' + o.phoneNumber })),
    vibrateShort: (o) => answer('vibrateShort', o, () => undefined),
    setClipboardData: (o) => answer('setClipboardData', o, () => navigator.clipboard?.writeText(o.data)),
    setKeepScreenOn: (o) => answer('setKeepScreenOn', o, () => undefined),
    shareFileMessage: (o) => answer('shareFileMessage', o, async () => {
      const link = document.createElement('a');
      link.href = await device.files.address(o.filePath);
      link.download = o.fileName || o.filePath.split('/').pop();
      link.click();
    }),
  };
}

function host(device) {
  return {
    login: (o) => answer('login', o, () => ({ code: 'demo:' + device.settings.who })),
    checkSession: (o) => answer('checkSession', o, () => undefined),
    requestSubscribeMessage: (o) => answer('requestSubscribeMessage', o, () => Object.fromEntries(o.tmplIds.map((id) => [id, 'accept']))),
    getPrivacySetting: (o) => answer('getPrivacySetting', o, () => ({ needAuthorization: !device.privacyAgreed, privacyContractName: '《到户隐私保护指引》' })),
    onNeedPrivacyAuthorization: (f) => { device.askPrivacy = f; },
    requirePrivacyAuthorize: (o) => answer('requirePrivacyAuthorize', o, () => device.privacy('requirePrivacyAuthorize')),
    openPrivacyContract: (o) => answer('openPrivacyContract', o, () => showModal({ title: '隐私保护指引', content: '这是演示。正式的指引在微信后台填写。', showCancel: false })),
    openSetting: (o) => answer('openSetting', o, () => ({ authSetting: {} })),
    getSetting: (o) => answer('getSetting', o, () => ({ authSetting: {} })),
    authorize: (o) => answer('authorize', o, () => undefined),
    getUpdateManager: () => ({ onCheckForUpdate() {}, onUpdateReady() {}, onUpdateFailed() {}, applyUpdate() { location.reload(); } }),
    exitMiniProgram: (o) => answer('exitMiniProgram', o, () => undefined),
    showModal: (o) => answer('showModal', o, () => showModal(o)),
    showActionSheet: (o) => answer('showActionSheet', o, () => showActionSheet(o)),
    showToast: (o) => answer('showToast', o, () => showToast(o)),
    hideToast: (o) => answer('hideToast', o, () => undefined),
    showLoading: (o) => answer('showLoading', o, () => undefined),
    hideLoading: (o) => answer('hideLoading', o, () => undefined),
    hideKeyboard: (o) => answer('hideKeyboard', o, () => document.activeElement?.blur()),
    nextTick: (f) => queueMicrotask(f),
    onUnhandledRejection: (f) => addEventListener('unhandledrejection', (e) => f({ reason: e.reason })),
    onError: (f) => addEventListener('error', (e) => f(e.message)),
  };
}

export function platform(device, pages) {
  return { ...storage(device), ...navigation(pages), ...facts(device), ...senses(device), ...host(device) };
}
