// Public notices. Their rows carry masked names only; the server sees to it.

import { dataOf, page } from '../../../page';

interface NoticeView {
  id: string;
  kind: string;
  title: string;
  text: string;
  days: string;
  hotline: string;
  rows: { key: number; name: string; note: string }[];
}

Page(page({
  data: { notices: [] as NoticeView[] },

  draw() {
    return {
      notices: this.desk.notices().map((n): NoticeView => ({
        id: n.id, kind: n.kind || '通知', title: n.title || '', text: n.text || '', hotline: n.hotline || '',
        days: [n.from ? this.desk.dayWords(n.from) + '起' : '', n.until ? this.desk.dayWords(n.until) + '止' : ''].filter((x) => x !== '').join(' '),
        rows: (n.rows || []).map((r, key) => (Array.isArray(r) ? { key, name: String(r[1] || ''), note: [String(r[0] || ''), r[2] ? r[2] + ' 人' : ''].filter((x) => x !== '').join(' · ') } : { key, name: String(r), note: '' })),
      })),
    };
  },

  call(e: WechatMiniprogram.TouchEvent) {
    return this.act(() => this.desk.platform.host.call(dataOf(e).phone));
  },
}));
