// Approval on the phone: what waits, the longest first; one by one or, of
// records, many at once. Nothing is kept here: a decision needs the server.

import { Decided, Decision, Queue, queuePage, QUEUES, Reviewed, ReviewKind, ReviewRow, settle } from '../../../data/index';
import { dataOf, page, textOf } from '../../../page';

/** Records asked for at once. */
const PART = 20;
/** Ms that a decision may be taken back: the server's 10 s without the way there. */
const UNDO = 9000;

const [FIRST] = QUEUES;

/** Decided as asked, now or by the same hand before. */
function settled(r: Decided['rows'][0]): boolean {
  return r.code === 'ok' || r.code === 'done';
}

interface Picture {
  id: string;
  url: string;
}

Page(page({
  data: {
    kinds: QUEUES.map((k) => ({ type: k.type, name: k.name, n: 0 })) as ReviewKind[], type: 'visit' as Queue, kind: FIRST, rows: [] as (ReviewRow & { on: boolean })[], next: '',
    state: 'asking' as 'asking' | 'there' | 'failed', why: '', picked: 0, busy: false, name: '',
    sheet: '' as '' | 'reason' | 'photos' | 'leave', action: 'return' as Decision, one: '', reason: '', wrong: '', pictures: [] as Picture[], undo: '', done: null as Decided | null,
  },

  begin() {
    this.setData({ name: this.desk.account.me.name });
    return this.load();
  },

  async onPullDownRefresh() {
    await this.load();
    this.screen.pulled();
  },

  /** The first page of a type. */
  async load() {
    this.setData({ state: 'asking', rows: [], next: '', picked: 0 });
    await this.more();
  },

  async more() {
    const { type, next } = this.data;
    try {
      const found = await queuePage(this.desk.api, type, next, PART, this.desk.today());
      if (type !== this.data.type) {
        return; // another kind was chosen meanwhile
      }
      this.setData({ rows: this.data.rows.concat(found.rows.map((r) => ({ ...r, on: false }))), next: found.next, state: 'there', kinds: this.data.kinds.map((k) => ({ ...k, n: found.counts[k.type] })) });
    } catch (e) {
      this.setData({ state: 'failed', why: e instanceof Error ? e.message : String(e) });
    }
  },

  onReachBottom() {
    return this.data.next ? this.more() : undefined;
  },

  choose(e: WechatMiniprogram.TouchEvent) {
    const kind = QUEUES.find((k) => k.type === dataOf(e).type) || FIRST;
    this.setData({ kind, type: kind.type });
    return this.load();
  },

  pick(e: WechatMiniprogram.TouchEvent) {
    const rows = this.data.rows.map((r) => (r.id === dataOf(e).id ? { ...r, on: !r.on } : r));
    this.setData({ rows, picked: rows.filter((r) => r.on).length });
  },

  pickAll() {
    const on = this.data.picked < this.data.rows.length;
    this.setData({ rows: this.data.rows.map((r) => ({ ...r, on })), picked: on ? this.data.rows.length : 0 });
  },

  approve(e: WechatMiniprogram.TouchEvent) {
    return this.decide('approve', dataOf(e).id, '');
  },

  approvePicked() {
    return this.decide('approve', '', '');
  },

  ask(e: WechatMiniprogram.TouchEvent) {
    const { id, action } = dataOf(e);
    this.setData({ sheet: 'reason', one: id || '', action: action as Decision, reason: '', wrong: '' });
  },

  fill(e: WechatMiniprogram.TouchEvent) {
    this.setData({ reason: dataOf(e).text, wrong: '' });
  },

  typed(e: WechatMiniprogram.CustomEvent) {
    this.setData({ reason: textOf(e), wrong: '' });
  },

  send() {
    const reason = this.data.reason.trim();
    if (reason === '') {
      this.setData({ wrong: '请写一句为什么。' });
      return undefined;
    }
    this.setData({ sheet: '' });
    return this.decide(this.data.action, this.data.one, reason);
  },

  close() {
    this.setData({ sheet: '', pictures: [] });
  },

  /** id "" = all that are picked. */
  async decide(action: Decision, id: string, reason: string) {
    const marks = this.data.rows.filter((r) => (id ? r.id === id : r.on)).map((r) => ({ id: r.id, rev: r.rev }));
    if (this.data.busy || marks.length === 0) {
      return;
    }
    this.setData({ busy: true });
    await this.act(() => (this.data.kind.many ? this.decideMany(action, marks, reason) : this.settleOne(action === 'approve', id, reason)));
    this.setData({ busy: false });
    if (this.data.rows.length === 0) {
      await this.load();
    }
  },

  async decideMany(action: Decision, marks: { id: string; rev: number }[], reason: string) {
    const { done: said } = this.data.kind;
    const done = await this.desk.api.decide(this.data.type as Reviewed, action, marks, reason, false);
    const refused = done.rows.filter((r) => !settled(r));
    const gone = done.rows.filter(settled).map((r) => r.id);
    this.drop(gone);
    if (gone.length > 0) {
      this.offerUndo(done, (action === 'approve' ? said.yes : action === 'return' ? said.no : '不通过') + ' ' + gone.length + ' 条');
    }
    if (refused.length > 0) {
      this.say(refused.length + ' 条没办成：' + (refused[0].detail || '请下拉看看最新的。'));
    }
  },

  async settleOne(yes: boolean, id: string, reason: string) {
    const { kind, rows } = this.data;
    await settle(this.desk.api, kind.type as 'proposal' | 'quarantine', rows.find((r) => r.id === id) as ReviewRow, yes, reason);
    this.drop([id]);
    this.say((yes ? kind.done.yes : kind.done.no) + ' 1 条');
  },

  /** Takes what was decided off the list. */
  drop(gone: string[]) {
    const rows = this.data.rows.filter((r) => !gone.includes(r.id)).map((r) => ({ ...r, on: false }));
    this.setData({ rows, picked: 0, kinds: this.data.kinds.map((k) => (k.type === this.data.type ? { ...k, n: Math.max(0, k.n - gone.length) } : k)) });
  },

  offerUndo(done: Decided, undo: string) {
    this.setData({ undo, done });
    this.desk.platform.timer.after(UNDO, () => {
      if (this.data.done === done) {
        this.setData({ undo: '', done: null });
      }
    });
  },

  async undo() {
    const { done } = this.data;
    this.setData({ undo: '', done: null });
    if (done && (await this.act(() => this.desk.api.undo(this.data.type as Reviewed, done.rows.filter(settled).map((r) => ({ id: r.id, rev: r.rev || 0 })))))) {
      await this.load();
    }
  },

  async photos(e: WechatMiniprogram.TouchEvent) {
    const row = this.data.rows.find((r) => r.id === dataOf(e).id);
    if (row) {
      this.setData({ sheet: 'photos', pictures: [] });
      await this.act(async () => {
        const links = await this.desk.photosOf(row.household, row.id);
        this.setData({ pictures: links });
      });
    }
  },

  about() {
    this.screen.open('/packages/home/about/about');
  },

  askLeave() {
    this.setData({ sheet: 'leave' });
  },

  async leaveNow() {
    this.setData({ sheet: '' });
    await this.act(() => this.phone.logout());
  },
}));
