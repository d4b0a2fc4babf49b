// Makes a page of a mini-program: node runner/build.mjs FROM TO
//
// FROM is the mini-program's source or what the official compiler made of it;
// TO gets index.html, phone.js and phone.css. Nothing is loaded from elsewhere
// and nothing is evaluated, so a strict content policy holds.

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';
import { Source } from './components.mjs';
import { compileStyle, scopeOf } from './styles.mjs';
import { compileTemplates } from './templates.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const text = JSON.stringify;

/** The program that esbuild bundles: templates, styles, then every script in the order it may be needed. */
function entry(source) {
  const components = source.components();
  const names = [...components.keys()];
  const { code, problems } = compileTemplates(source, names);
  if (problems.length > 0) {
    throw new Error(problems.join('\n'));
  }
  const styles = source.has('app.wxss') ? { app: compileStyle(source, 'app.wxss') } : { app: '' };
  const lines = [];
  names.forEach((name, i) => {
    const c = components.get(name);
    const scope = scopeOf(c, i);
    if (source.has(name + '.wxss')) {
      styles[name] = compileStyle(source, name + '.wxss', scope);
    }
    const using = Object.fromEntries(Object.entries(c.using).map(([tag, to]) => [tag, '/' + to]));
    const config = { ...c.json, usingComponents: using };
    lines.push(`phone.add(${text(name)}, ${text(config)}, { groupList: templates, content: templates[${text(name)}] }, ${text(scope)}, ${name in styles});`);
  });
  const pages = source.pages();
  const settings = { pages, app: source.app, page: Object.fromEntries(pages.map((p) => [p, components.get(p).json])) };
  const scripts = names.reverse().map((name) => `phone.define(${text(name)}, () => require(${text(source.script(name))}));`);
  return [
    `const { Phone } = require(${text(path.join(here, 'page/phone.mjs'))});`,
    `const templates = ${code};`,
    `const phone = new Phone(${text(settings)}, ${text(styles)});`,
    ...lines,
    `phone.start(() => { require(${text(source.script('app'))}); ${scripts.join('\n')} });`,
  ].join('\n');
}

export async function build(from, to) {
  const source = new Source(from);
  fs.rmSync(to, { recursive: true, force: true });
  fs.mkdirSync(to, { recursive: true });
  await esbuild.build({
    stdin: { contents: entry(source), resolveDir: here, sourcefile: 'entry.js' },
    bundle: true,
    outfile: path.join(to, 'phone.js'),
    format: 'iife',
    target: 'chrome100',
    logLevel: 'warning',
    nodePaths: [path.resolve(here, '../node_modules')],
    // The official compiler puts its own helpers at the root of what it made.
    alias: source.has('@babel') ? { '@babel': path.join(source.root, '@babel') } : {},
  });
  for (const file of ['index.html', 'phone.css']) {
    fs.copyFileSync(path.join(here, 'page', file), path.join(to, file));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [from, to] = process.argv.slice(2);
  if (!from || !to) {
    console.error('usage: node runner/build.mjs FROM TO');
    process.exit(2);
  }
  await build(from, to);
}
