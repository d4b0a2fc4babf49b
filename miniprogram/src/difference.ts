/** What setData has to be told so that a page shows `next`: only what differs, lists item by item. */
export function difference(now: { readonly [key: string]: unknown }, next: { readonly [key: string]: unknown }): { [path: string]: unknown } {
  const out: { [path: string]: unknown } = {};
  for (const key of Object.keys(next)) {
    const a = now[key];
    const b = next[key];
    if (Array.isArray(a) && Array.isArray(b) && a.length > 0 && b.length >= a.length) {
      b.forEach((item, i) => {
        if (i >= a.length || !same(a[i], item)) {
          out[key + '[' + i + ']'] = item;
        }
      });
    } else if (!same(a, b)) {
      out[key] = b === undefined ? null : b;
    }
  }
  return out;
}

/** Plain data only: texts, numbers, lists, objects. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) {
    return true;
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return false;
  }
  const keys = Object.keys(a);
  return Array.isArray(a) === Array.isArray(b) && keys.length === Object.keys(b).length &&
    keys.every((k) => k in b && same((a as { [k: string]: unknown })[k], (b as { [k: string]: unknown })[k]));
}
