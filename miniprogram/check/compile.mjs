// Runs the platform's own compilers, offline: node check/compile.mjs [PROJECT [OUT]]
//
// PROJECT is the folder of project.config.json (default: miniprogram/); OUT
// gets what the compiler made, as it would be uploaded. The last lines tell
// the size of every package; the main one's is repeated at the end of make phone-test. It fails on what the compilers refuse, and when
// the main package is larger than the budget.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

/** Bytes the main package may have: it is what a cadre on 2G waits for. The platform's own limit is 2 MB. */
const BUDGET = 400 * 1024;

/** How long the compiler may take, in ms; it hangs when a child of its own dies. */
const LIMIT = 180_000;

/** The compiler asks the platform for these by app id and key; given here, it needs neither. Sizes in MB. */
const LIMITS = {
  platform: false,
  appType: 0,
  isSandbox: false,
  released: false,
  gameApp: false,
  setting: {
    MaxCodeSize: 2, MaxSubpackageSubCodeSize: 2, MaxSubpackageFullCodeSize: 20, NavigateMiniprogramLimit: 10,
    MaxSubPackageLimit: 100, MinTabbarCount: 2, MaxTabbarCount: 5, MaxTabbarIconSize: 40,
  },
};

/** miniprogram-ci: components, pages, app.json, scripts and styles. File names to what they hold. */
async function compile(project) {
  const ci = require('miniprogram-ci');
  const made = await ci.getCompiledResult(
    {
      project: new ci.Project({ appid: 'touristappid', type: 'miniProgram', projectPath: project, privateKey: 'none', ignores: [], attr: async () => LIMITS }),
      version: '0.0.0',
      desc: 'check',
      setting: { useProjectConfig: true },
      onProgressUpdate: () => undefined,
    },
    path.join(project, 'compiled.zip'),
  );
  return Object.fromEntries(Object.entries(made).map(([name, content]) => [name, Buffer.from(content)]));
}

/** wcc and wcsc: templates and styles, which miniprogram-ci takes nearly as they are. */
function compileTemplates(root) {
  const compiler = require('miniprogram-compiler');
  compiler.wxmlToJs(root);
  try {
    compiler.wxssToJs(root);
  } catch (e) {
    // It stumbles over its own empty output and does not say which file it was.
    const styles = fs.readdirSync(root, { recursive: true }).filter((name) => name.endsWith('.wxss'));
    const broken = styles.find((name) => !throws(() => compiler.wxssToJs(root, { wxssList: styles.filter((s) => s !== name) })));
    throw new Error(`${broken ?? root}: wcsc refuses the style`, { cause: e });
  }
}

function throws(f) {
  try {
    f();
    return false;
  } catch {
    return true;
  }
}

/** Bytes by package: "main" and the roots of sub-packages. */
function sizes(files) {
  const app = JSON.parse(files['app.json'].toString());
  const roots = (app.subPackages || app.subpackages || []).map((p) => p.root.replace(/\/?$/, '/'));
  const bytes = Object.fromEntries(['main', ...roots].map((name) => [name, 0]));
  for (const [name, content] of Object.entries(files)) {
    bytes[roots.find((root) => name.startsWith(root)) ?? 'main'] += content.length;
  }
  return bytes;
}

function write(files, out) {
  fs.rmSync(out, { recursive: true, force: true });
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(out, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
  }
}

async function main(from, out) {
  // The compilers leave files beside the project and where they are run: they get a copy.
  const project = fs.mkdtempSync(path.join(os.tmpdir(), 'daohu-compile-'));
  process.on('exit', () => fs.rmSync(project, { recursive: true, force: true }));
  const config = JSON.parse(fs.readFileSync(path.join(from, 'project.config.json'), 'utf8'));
  for (const name of ['project.config.json', config.miniprogramRoot]) {
    fs.cpSync(path.join(from, name), path.join(project, name), { recursive: true });
  }
  process.chdir(project);
  setTimeout(() => {
    console.error(`the compiler did not end within ${LIMIT / 1000} s`);
    process.exit(1);
  }, LIMIT).unref();

  compileTemplates(path.join(project, config.miniprogramRoot));
  const files = await compile(project);
  if (out) {
    write(files, out);
  }
  const bytes = sizes(files);
  const { main: most, ...rest } = bytes;
  Object.entries(rest).forEach(([name, n]) => console.log(`${name}=${n}`));
  console.log('mark: main=' + most);
  if (bytes.main > BUDGET) {
    throw new Error(`the main package has ${bytes.main} bytes, more than ${BUDGET}`);
  }
}

const [from = path.resolve(here, '..'), out] = process.argv.slice(2);
main(path.resolve(from), out && path.resolve(out)).then(
  () => process.exit(0), // the compiler keeps children of its own
  (e) => {
    console.error(String(e.message || e).trim());
    process.exit(1);
  },
);
