// The Markdown of policy cards as blocks to be drawn: headings, paragraphs,
// list items, bold words. What else Markdown knows is shown as it is written.

export interface Run {
  /** Its place among its neighbours. */
  key: number;
  text: string;
  bold: boolean;
}

export interface Block {
  key: number;
  kind: 'heading' | 'item' | 'line';
  runs: Run[];
}

function runs(line: string): Run[] {
  return line.split('**').map((text, key) => ({ key, text, bold: key % 2 === 1 })).filter((r) => r.text !== '');
}

/** Blocks of a card, its front matter left out. */
export function blocks(markdown: string): Block[] {
  const body = markdown.replace(/^---\n[\s\S]*?\n---\n/, '');
  const out: Block[] = [];
  for (const part of body.split(/\n{2,}/)) {
    let open: Block | undefined;
    for (const raw of part.split('\n').map((l) => l.trim()).filter((l) => l !== '')) {
      const [, mark, rest] = /^(#{1,6}|[-*+]|\d+[.)])\s+(.*)$/.exec(raw) || ['', '', raw];
      if (mark !== '' || !open) {
        open = { key: out.length, kind: mark.startsWith('#') ? 'heading' : mark === '' ? 'line' : 'item', runs: runs(rest) };
        out.push(open);
      } else {
        open.runs = open.runs.concat(runs(raw)).map((r, key) => ({ ...r, key }));
      }
    }
  }
  return out;
}
