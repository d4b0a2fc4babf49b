// Finds the pages and components of a mini-program, as app.json and each
// file's usingComponents name them.

import fs from 'node:fs';
import path from 'node:path';

/** Where a mini-program's files lie: its source, or what the official compiler made of it. */
export class Source {
  constructor(root) {
    this.root = path.resolve(root);
    this.app = JSON.parse(this.read('app.json'));
  }

  read(file) {
    return fs.readFileSync(path.join(this.root, file), 'utf8');
  }

  has(file) {
    return fs.existsSync(path.join(this.root, file));
  }

  /** The script of a page or component: TypeScript in the source, JavaScript when compiled. */
  script(name) {
    const ending = ['.ts', '.js'].find((e) => this.has(name + e));
    if (!ending) {
      throw new Error(`${name}: there is no script`);
    }
    return path.join(this.root, name + ending);
  }

  pages() {
    const packages = this.app.subPackages || this.app.subpackages || [];
    return [...this.app.pages, ...packages.flatMap((p) => p.pages.map((page) => path.posix.join(p.root, page)))];
  }

  /** Every page and component by path: { json, using, page }. */
  components() {
    const found = new Map();
    const visit = (name, page) => {
      if (found.has(name)) {
        return;
      }
      const json = this.has(name + '.json') ? JSON.parse(this.read(name + '.json')) : {};
      const named = Object.entries({ ...this.app.usingComponents, ...json.usingComponents });
      const using = Object.fromEntries(named.map(([tag, to]) => [tag, this.resolve(name, to)]));
      found.set(name, { json, using, page });
      Object.values(using).forEach((to) => visit(to, false));
    };
    this.pages().forEach((name) => visit(name, true));
    return found;
  }

  resolve(from, to) {
    const name = to.startsWith('/') ? to.slice(1) : path.posix.join(path.posix.dirname(from), to);
    if (!this.has(name + '.json')) {
      throw new Error(`${from}: component ${to} was not found`);
    }
    return name;
  }
}
