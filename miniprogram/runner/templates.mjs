// Compiles WXML by glass-easel's compiler. Warnings are errors: the platform
// shows an empty place where the compiler only warns.

import path from 'node:path';
import compiler from 'glass-easel-template-compiler';

/** The script text of all templates, and what is wrong with them. */
export function compileTemplates(source, names) {
  const group = new compiler.TmplGroup();
  const seen = new Set();
  const problems = [];
  const addScript = (name) => {
    if (seen.has(name)) {
      return;
    }
    seen.add(name);
    const file = name.endsWith('.wxs') ? name : name + '.wxs';
    const text = source.read(file).replace(/(require\(['"][^'"]+?)\.wxs(['"]\))/g, '$1$2');
    group.addScript(name, text);
    for (const [, to] of text.matchAll(/require\(['"]([^'"]+)['"]\)/g)) {
      addScript(path.posix.join(path.posix.dirname(name), to));
    }
  };
  const add = (name) => {
    if (seen.has(name)) {
      return;
    }
    seen.add(name);
    for (const w of group.addTmpl(name, source.read(name + '.wxml')) || []) {
      problems.push(`${name}.wxml:${w.startLine + 1}:${w.startColumn + 1} ${w.message}`);
    }
    group.getDirectDependencies(name).forEach(add);
    group.getScriptDependencies(name).forEach(addScript);
  };
  names.forEach(add);
  return { code: group.getTmplGenObjectGroups(), problems };
}
