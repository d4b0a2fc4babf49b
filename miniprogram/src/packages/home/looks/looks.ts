// Who looked at what is covered, and why: asked of the server, since it is no
// use to know it late.

import { momentWords } from '../../../data/index';
import { page } from '../../../page';

Page(page({
  data: { looks: [] as { id: string; words: string; why: string }[], state: 'asking' as 'asking' | 'there' | 'failed', reason: '', next: '' },

  begin() {
    return this.more();
  },

  async more() {
    this.setData({ state: 'asking' });
    try {
      const found = await this.desk.api.myLooks(this.data.next);
      const words = found.rows.map((l) => ({ id: l.id, words: momentWords(l.at, this.desk.core.serverNow()) + ' ' + l.who + l.name + '看了' + (l.member || '您家') + '的' + l.field, why: l.reason }));
      this.setData({ looks: this.data.looks.concat(words), next: found.next || '', state: 'there' });
    } catch (e) {
      this.setData({ state: 'failed', reason: e instanceof Error ? e.message : String(e) });
    }
  },

  again() {
    return this.more();
  },
}));
