// Failures of the phone itself. The sentence is shown as it is.

export type Why =
  | 'storage' // the phone could not keep it
  | 'too-large' // one change is larger than a request may be
  | 'malformed' // the caller handed over something that is no change
  | 'wiped' // the account was erased on this phone
  | 'broken'; // storage no longer tells what it holds: open again

const SENTENCES: { [why in Why]: string } = {
  storage: '手机存储空间不够或出错，这次没有保存上，内容还在页面里。请清理一些空间再保存。',
  'too-large': '这一条内容太多，请减少一些文字再保存。',
  malformed: '这一条内容的格式不对，没有保存。',
  wiped: '这台手机上的资料已被清除，请重新登录。',
  broken: '手机存储出错，请关闭小程序后重新打开。已保存的内容还在。',
};

export class SyncError extends Error {
  readonly why: Why;
  /** What the platform said; for the log, never shown. */
  readonly reason: unknown;

  constructor(why: Why, reason?: unknown) {
    super(SENTENCES[why]);
    this.name = 'SyncError';
    this.why = why;
    this.reason = reason;
  }
}
