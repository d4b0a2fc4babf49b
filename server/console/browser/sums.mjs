// The figures of the overview, held against the rows they lead to.

import assert from 'node:assert/strict';

/** What a page of figures says, read in the browser: [[label, figure, link]…]. */
export function read(page, address) {
  return page.evaluate(async (to) => {
    const answer = await fetch(to);
    const doc = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const number = (text) => Number(text.replace(/[^\d]/g, ''));
    return {
      status: answer.status,
      tiles: Array.from(doc.querySelectorAll('.figures:not(.tasks) a'), (a) => ({ word: a.firstChild.textContent.trim(), n: number(a.querySelector('b').textContent), people: number(a.lastChild.textContent), url: a.getAttribute('href') })),
      cells: Array.from(doc.querySelectorAll('.rows.whole tbody td a'), (a) => ({ n: number(a.textContent), url: a.getAttribute('href') })),
      lines: Array.from(doc.querySelectorAll('.rows tbody tr')).filter((tr) => tr.querySelector('th')).map((tr) => ({ url: tr.querySelector('a')?.getAttribute('href'), n: number(tr.querySelector('td')?.textContent || '0') })),
      sums: Array.from(doc.querySelectorAll('.rows tfoot td'), (td) => number(td.textContent)),
      columns: Array.from(doc.querySelectorAll('.rows.whole tbody tr'), (tr) => Array.from(tr.querySelectorAll('td'), (td) => (td.textContent.includes('✓') ? 1 : number(td.textContent)))),
    };
  }, address);
}

export const total = (list) => list.reduce((sum, l) => sum + l.n, 0);

/** Follows a figure down to its households. */
export async function descend(page, figure, seen) {
  const at = await read(page, figure.url);
  assert.equal(at.status, 200, figure.url);
  assert.equal(total(at.lines), figure.n, figure.url + ' is the sum of its lines');
  assert.equal(at.sums[0], figure.n, figure.url + ' is its total');
  seen.figures += 1;
  for (const l of at.lines) {
    if (!l.url || !l.url.includes('area=')) {
      assert.equal(l.n, 1, figure.url + ': a household is one');
      seen.households += 1;
    } else {
      await descend(page, l, seen);
    }
  }
}

/**
 * Holds every figure of the overview against its lines, and its table against
 * its sums; deep follows the tiles down to the households.
 */
export async function addsUp(page, deep) {
  const top = await read(page, '/');
  assert.ok(top.tiles.length >= 9 && top.cells.length > 9);
  const seen = { figures: 0, households: 0 };
  for (const figure of [...top.tiles, ...top.cells]) {
    if (deep && top.tiles.includes(figure)) {
      await descend(page, figure, seen);
      continue;
    }
    const at = await read(page, figure.url);
    assert.equal(total(at.lines), figure.n, figure.url);
    seen.figures += 1;
  }
  for (const [i, sum] of top.sums.entries()) {
    assert.equal(top.columns.reduce((s, row) => s + row[i], 0), sum, 'column ' + i);
  }
  return { ...seen, tiles: Object.fromEntries(top.tiles.map((t) => [t.word, t])) };
}
