// Camera, pictures and sound of the browser.

/** Lets the person choose files; rejects with "cancel" when nothing was chosen. */
export function chooseFiles(accept, capture, many) {
  return new Promise((resolve, reject) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = accept;
    input.multiple = many;
    if (capture) {
      input.capture = 'environment';
    }
    input.addEventListener('change', () => resolve([...input.files]));
    input.addEventListener('cancel', () => reject(new Error('cancel')));
    input.click();
  });
}

export async function chooseMedia(files, o) {
  const chosen = await chooseFiles('image/*', (o.sourceType || []).join() === 'camera', (o.count ?? 9) > 1);
  return { type: 'image', tempFiles: chosen.slice(0, o.count ?? 9).map((f) => ({ tempFilePath: files.keepTemporary(f, 'jpg'), size: f.size, fileType: 'image' })) };
}

export async function imageInfo(files, o) {
  const bitmap = await createImageBitmap(await files.blob(o.src));
  return { width: bitmap.width, height: bitmap.height, path: o.src, orientation: 'up', type: 'jpeg' };
}

/** wx.createOffscreenCanvas of type 2d, with the platform's createImage. */
export function offscreenCanvas(files, { width, height }) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  canvas.createImage = () => {
    const image = new Image();
    const src = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, 'src');
    Object.defineProperty(image, 'src', {
      get: () => src.get.call(image),
      set: (path) => void files.address(path).then((url) => src.set.call(image, url || 'data:,')),
    });
    return image;
  };
  return canvas;
}

export async function canvasFile(files, o) {
  const type = o.fileType === 'jpg' || o.fileType === 'jpeg' ? 'image/jpeg' : 'image/png';
  const out = document.createElement('canvas');
  const { x = 0, y = 0, width = o.canvas.width, height = o.canvas.height } = o;
  out.width = o.destWidth ?? width;
  out.height = o.destHeight ?? height;
  out.getContext('2d').drawImage(o.canvas, x, y, width, height, 0, 0, out.width, out.height);
  const blob = await new Promise((resolve) => out.toBlob(resolve, type, o.quality ?? 0.92));
  return { tempFilePath: files.keepTemporary(blob, type === 'image/jpeg' ? 'jpg' : 'png') };
}

export async function compressImage(files, o) {
  const bitmap = await createImageBitmap(await files.blob(o.src));
  const scale = Math.min(1, (o.compressedWidth || bitmap.width) / bitmap.width, (o.compressedHeight || bitmap.height) / bitmap.height);
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext('2d').drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvasFile(files, { canvas, fileType: 'jpg', quality: (o.quality ?? 80) / 100 });
}

/** wx.createInnerAudioContext. */
export function innerAudio(files) {
  const audio = new Audio();
  const heard = (event) => (f) => audio.addEventListener(event, f);
  let src = '';
  return {
    get src() { return src; },
    set src(path) { src = path; },
    play: () => void files.address(src).then((url) => {
      audio.src = url;
      return audio.play();
    }).catch(() => audio.dispatchEvent(new Event('error'))),
    pause: () => audio.pause(),
    stop: () => { audio.pause(); audio.currentTime = 0; audio.dispatchEvent(new Event('stop')); },
    destroy: () => audio.removeAttribute('src'),
    onPlay: heard('play'), onEnded: heard('ended'), onStop: heard('stop'), onPause: heard('pause'), onError: heard('error'), onCanplay: heard('canplay'),
  };
}

/** wx.getRecorderManager. A browser makes no mp3: a file is chosen instead when the recording ends. */
export function recorder(files) {
  const on = {};
  const tell = (name, detail) => on[name]?.(detail);
  let from = 0;
  return {
    start: () => { from = Date.now(); queueMicrotask(() => tell('start')); },
    stop: () => void chooseFiles('audio/mpeg,.mp3', false, false).then(([f]) =>
      tell('stop', { tempFilePath: files.keepTemporary(f, 'mp3'), duration: Date.now() - from, fileSize: f.size }),
    () => tell('error', { errMsg: 'operateRecorder:fail cancel' })),
    onStart: (f) => { on.start = f; }, onStop: (f) => { on.stop = f; }, onError: (f) => { on.error = f; }, onInterruptionBegin: (f) => { on.interruption = f; },
  };
}
