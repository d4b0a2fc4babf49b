// Turns WXSS into CSS: imports inlined, rpx and vh measured by the phone's
// frame, tags renamed to the elements that stand for them, classes of isolated
// components prefixed.

import path from 'node:path';
import postcss from 'postcss';
import selectors from 'postcss-selector-parser';
import { TAGS } from './tags.mjs';

function inlined(source, file, above = []) {
  const root = postcss.parse(source.read(file), { from: file });
  root.walkAtRules('import', (rule) => {
    const to = path.posix.join(path.posix.dirname(file), rule.params.replace(/^['"]|['"]$/g, ''));
    if (above.includes(to)) {
      rule.remove();
    } else {
      rule.replaceWith(inlined(source, to, [...above, to]).nodes);
    }
  });
  return root;
}

/** The CSS of one WXSS file; scope undefined = shared with everyone. :host is the element that carries the scope's name. */
export function compileStyle(source, file, scope) {
  const root = inlined(source, file, [file]);
  root.walkDecls((d) => {
    d.value = d.value.replace(/(-?\d*\.?\d+)(rpx|vh)\b/g, (_, n, unit) => `calc(${n} * var(--${unit}))`);
  });
  const rename = selectors((all) => {
    all.walkTags((t) => {
      if (TAGS.has(t.value)) {
        t.value = 'wx-' + t.value;
      }
    });
    all.walkPseudos((p) => {
      if (p.value === ':host') {
        p.replaceWith(selectors.attribute({ attribute: 'wx-host', operator: '=', value: JSON.stringify(scope || ''), quoteMark: '"', raws: {} }));
      }
    });
    if (scope) {
      all.walkClasses((c) => {
        c.value = scope + '--' + c.value;
      });
    }
  });
  root.walkRules((rule) => {
    if (!/keyframes/.test(rule.parent?.name || '')) {
      rule.selector = rename.processSync(rule.selector);
    }
  });
  return root.toString();
}

/** The prefix of a component's classes; undefined when its styles are shared. */
export function scopeOf({ json, page }, number) {
  const isolation = json.styleIsolation ?? (page ? 'shared' : 'isolated');
  return isolation === 'isolated' || isolation === 'apply-shared' ? 's' + number.toString(36) : undefined;
}
