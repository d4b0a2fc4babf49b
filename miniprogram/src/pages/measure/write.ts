// What the household wishes for, or what was agreed to do. In a visit it goes
// with the visit; otherwise it is sent at once.

import { MEASURE_KINDS, measurePatch, MeasureView, moneyLine, touched, VisitDraft } from '../../data/index';
import { dataOf, page, textOf } from '../../page';

Page(page({
  data: {
    visit: '', offers: [] as MeasureView[], stage: 'plan' as 'wish' | 'plan', kinds: MEASURE_KINDS, kind: MEASURE_KINDS[0], what: '', quantity: '', unit: '', amount: '', wrong: '',
  },

  begin() {
    const d = this.desk.drafts.get<VisitDraft>(this.query.visit || '');
    this.setData({ visit: d ? d.id : '', stage: d && d.stage <= 2 ? 'wish' : 'plan' });
  },

  draw() {
    const h = this.desk.household(this.query.household);
    return { offers: h ? h.measures.filter((m) => m.acts.length > 0) : [] };
  },

  setStage(e: WechatMiniprogram.TouchEvent) {
    this.setData({ stage: dataOf(e).stage as 'wish' | 'plan' });
  },

  setKind(e: WechatMiniprogram.TouchEvent) {
    this.setData({ kind: dataOf(e).kind });
  },

  typed(e: WechatMiniprogram.CustomEvent) {
    this.setData({ [dataOf(e).field]: textOf(e), wrong: '' });
  },

  follow(e: WechatMiniprogram.TouchEvent) {
    this.screen.open('/pages/measure/follow?household=' + this.query.household + '&visit=' + this.data.visit + '&id=' + dataOf(e).id);
  },

  async save() {
    const { stage, kind, what, quantity, unit, amount, visit } = this.data;
    const made = measurePatch({ stage, kind, what, quantity, unit, amount });
    if (typeof made === 'string') {
      this.setData({ wrong: made });
      return;
    }
    const ok = await this.act(async () => {
      const d = this.desk.drafts.get<VisitDraft>(visit);
      if (!d) {
        await this.desk.add(this.query.household, 'measure', made);
        return;
      }
      const row = { type: 'measure', id: await this.desk.core.newID(), patch: { ...made, visit: d.id }, line: moneyLine(made) };
      this.desk.drafts.put(touched({ ...d, rows: d.rows.concat(row) }, this.desk.platform.clock.now(), 'measure'));
    });
    if (ok) {
      this.screen.back();
    }
  },
}));
