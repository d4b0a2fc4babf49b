// The phone's files: saved ones in IndexedDB, temporary ones for the run.

const SAVED = 'wxfile://usr';

const settled = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

export class Files {
  constructor() {
    this.temporary = new Map();
    this.addresses = new Map();
    this.number = 0;
    /** Bytes the phone lets the app save. */
    this.limit = 200 * 1024 * 1024;
  }

  get root() {
    return SAVED;
  }

  async open(name) {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore('files');
    this.db = await settled(request);
  }

  store(mode) {
    return this.db.transaction('files', mode).objectStore('files');
  }

  saved(path) {
    return path.startsWith(SAVED);
  }

  /** A name for bytes that live as long as the page. */
  keepTemporary(blob, ending) {
    const path = `http://tmp/${++this.number}.${ending}`;
    this.temporary.set(path, blob);
    return path;
  }

  async blob(path) {
    const found = this.saved(path) ? await settled(this.store('readonly').get(path)) : this.temporary.get(path);
    if (!found) {
      throw new Error(`no such file or directory, open '${path}'`);
    }
    return found instanceof Blob ? found : new Blob([found]);
  }

  async write(path, bytes) {
    if (!this.saved(path)) {
      throw new Error(`permission denied, open ${path}`);
    }
    const size = bytes.byteLength ?? bytes.length;
    const all = await this.list();
    if (all.reduce((sum, f) => sum + (f.path === path ? 0 : f.size), size) > this.limit) {
      throw new Error('the maximum size of the file storage limit is exceeded');
    }
    await settled(this.store('readwrite').put(bytes, path));
    this.forget(path);
  }

  async remove(path) {
    await this.blob(path);
    if (this.saved(path)) {
      await settled(this.store('readwrite').delete(path));
    }
    this.temporary.delete(path);
    this.forget(path);
  }

  async list() {
    const store = this.store('readonly');
    const [paths, bodies] = await Promise.all([settled(store.getAllKeys()), settled(store.getAll())]);
    return paths.map((path, i) => ({ path, size: bodies[i].byteLength ?? bodies[i].length }));
  }

  forget(path) {
    URL.revokeObjectURL(this.addresses.get(path));
    this.addresses.delete(path);
  }

  /** Where the browser can load a file from; '' when it is not there. */
  async address(path) {
    if (!this.saved(path) && !path.startsWith('http://tmp/')) {
      return path;
    }
    if (!this.addresses.has(path)) {
      try {
        this.addresses.set(path, URL.createObjectURL(await this.blob(path)));
      } catch {
        return '';
      }
    }
    return this.addresses.get(path);
  }

  async bytes(path, position = 0, length = undefined) {
    const blob = await this.blob(path);
    return blob.slice(position, length === undefined ? undefined : position + length).arrayBuffer();
  }
}

/** wx.getFileSystemManager(), as far as the product uses it. */
export function fileSystem(files, answer) {
  const decode = async (o, bytes) => (o.encoding ? new TextDecoder().decode(bytes) : bytes);
  const encode = (data) => (typeof data === 'string' ? new TextEncoder().encode(data).buffer : data);
  return {
    readFile: (o) => answer('readFile', o, async () => ({ data: await decode(o, await files.bytes(o.filePath, o.position, o.length)) })),
    writeFile: (o) => answer('writeFile', o, () => files.write(o.filePath, encode(o.data))),
    copyFile: (o) => answer('copyFile', o, async () => files.write(o.destPath, await files.bytes(o.srcPath))),
    saveFile: (o) => answer('saveFile', o, async () => {
      await files.write(o.filePath, await files.bytes(o.tempFilePath));
      return { savedFilePath: o.filePath };
    }),
    rename: (o) => answer('rename', o, async () => {
      await files.write(o.newPath, await files.bytes(o.oldPath));
      await files.remove(o.oldPath);
    }),
    unlink: (o) => answer('unlink', o, () => files.remove(o.filePath)),
    access: (o) => answer('access', o, async () => void (await files.blob(o.path))),
    mkdir: (o) => answer('mkdir', o, () => undefined),
    readdir: (o) => answer('readdir', o, async () => {
      const under = o.dirPath.replace(/\/$/, '') + '/';
      const names = (await files.list()).filter((f) => f.path.startsWith(under)).map((f) => f.path.slice(under.length).split('/')[0]);
      return { files: [...new Set(names)] };
    }),
    stat: (o) => answer('stat', o, async () => {
      const under = o.path.replace(/\/$/, '') + '/';
      const stats = (size, dir) => ({ size, mode: 0, lastAccessedTime: 0, lastModifiedTime: 0, isDirectory: () => dir, isFile: () => !dir });
      const all = await files.list();
      const inside = all.filter((f) => f.path.startsWith(under));
      if (o.recursive) {
        return { stats: [{ path: '', stats: stats(0, true) }, ...inside.map((f) => ({ path: '/' + f.path.slice(under.length), stats: stats(f.size, false) }))] };
      }
      const own = all.find((f) => f.path === o.path);
      if (own || inside.length > 0 || under === SAVED + '/') {
        return { stats: stats(own ? own.size : 0, !own) };
      }
      return { stats: stats((await files.blob(o.path)).size, false) };
    }),
    getFileInfo: (o) => answer('getFileInfo', o, async () => ({ size: (await files.blob(o.filePath)).size })),
  };
}
