// A need, a complaint or a proposal, in the household's own words. Kept at
// every key; a complaint is never shown to whom it is about.

import { SayDraft } from '../../../data/index';
import { dataOf, page, textOf } from '../../../page';

const ABOUT = { 难处: ['看病', '上学', '住房', '饮水', '就业', '产业', '其他'], 投诉: ['帮扶干部', '村干部', '乡镇干部', '其他'], 建议: [] as string[] };
const NOTES = {
  难处: '5 个工作日内答复您。', 投诉: '只有镇里看得到。您说的那个人看不到，也查不到是谁说的。', 建议: '只有镇里看得到。',
};
type What = SayDraft['what'];

Page(page({
  data: { draft: null as SayDraft | null, what: '难处' as What, kinds: ['难处', '投诉', '建议'] as What[], about: '', abouts: [] as string[], text: '', note: '', failed: '', reason: '', busy: false, done: false },

  async begin() {
    const d = await this.desk.home.saying();
    const asked = this.query.what as What;
    // What was begun is gone on with, whatever was tapped.
    this.setData({ text: d.text });
    this.put(d, d.text === '' && ABOUT[asked] ? { what: asked } : {});
  },

  draw() {
    const { what } = this.data;
    return { abouts: ABOUT[what], note: NOTES[what], failed: this.desk.drafts.failed };
  },

  /** Keeps what was changed. */
  put(d: SayDraft, change: Partial<SayDraft>) {
    const draft = { ...d, ...change, changedAt: this.desk.platform.clock.now() };
    this.setData({ draft, what: draft.what, about: draft.about, reason: '' });
    if (draft.text !== '') {
      this.desk.drafts.put(draft);
    }
    this.redraw();
  },

  choose(e: WechatMiniprogram.TouchEvent) {
    this.put(this.data.draft as SayDraft, { what: dataOf(e).what as What, about: '' });
  },

  concern(e: WechatMiniprogram.TouchEvent) {
    this.put(this.data.draft as SayDraft, { about: dataOf(e).about });
  },

  typed(e: WechatMiniprogram.CustomEvent) {
    this.put(this.data.draft as SayDraft, { text: textOf(e) });
  },

  async send() {
    if (this.data.busy) {
      return;
    }
    this.setData({ busy: true });
    try {
      await this.desk.home.send(this.data.draft as SayDraft);
      this.setData({ done: true });
    } catch (e) {
      this.setData({ reason: e instanceof Error ? e.message : String(e) });
    }
    this.setData({ busy: false });
  },

  back() {
    this.screen.back();
  },
}));
