// The calls the phone makes beside sync; each rejects with an ApiError.

import { Link } from './link';
import { About, Decided, Decision, Found, InboxPage, Kept, Login, Look, Mark, Me, My, Page, Reminder, Reviewed } from './shapes';
import { Household, Notice, Pairing, Photo } from '../data/records';

function query(q: { [name: string]: string | number | undefined }): string {
  const parts = Object.keys(q).filter((k) => q[k] !== undefined && q[k] !== '').map((k) => k + '=' + encodeURIComponent(String(q[k])));
  return parts.length > 0 ? '?' + parts.join('&') : '';
}

const seg = encodeURIComponent;

export class Api {
  constructor(readonly link: Link) {}

  /** With the messenger's account; bind = the one-time code, the first time. */
  loginWeChat(code: string, bind = ''): Promise<Login> {
    return this.link.call('POST', '/api/v1/login/wechat', bind ? { code, bind } : { code });
  }

  /** With the messenger's account; phone = what its button for the telephone number gave, the first time. */
  loginPhone(code: string, phone: string): Promise<Login> {
    return this.link.call('POST', '/api/v1/login/wechat', { code, phone });
  }

  loginCard(card: string, pin: string): Promise<Login> {
    return this.link.call('POST', '/api/v1/login/household', { card, pin });
  }

  loginPassword(name: string, password: string, totp = ''): Promise<Login> {
    return this.link.call('POST', '/api/v1/login/password', totp ? { name, password, totp } : { name, password });
  }

  async logout(): Promise<void> {
    await this.link.call('POST', '/api/v1/logout');
  }

  me(): Promise<Me> {
    return this.link.call('GET', '/api/v1/me');
  }

  /** code is what the button for the telephone number gave. */
  async keepPhone(code: string): Promise<void> {
    await this.link.call('POST', '/api/v1/me/phone', { code });
  }

  about(): Promise<About> {
    return this.link.call('GET', '/api/v1/about');
  }

  my(): Promise<My> {
    return this.link.call('GET', '/api/v1/my');
  }

  myLooks(after = ''): Promise<Page<Look>> {
    return this.link.call('GET', '/api/v1/my/access' + query({ after }));
  }

  notices(): Promise<Page<Notice & { rev: number }>> {
    return this.link.call('GET', '/api/v1/notices');
  }

  search(q: string): Promise<Found> {
    return this.link.call('POST', '/api/v1/search', { q });
  }

  blob(sha256: string): Promise<ArrayBuffer> {
    return this.link.bytes('/api/v1/blobs/' + seg(sha256));
  }

  /** JPEG; thumb is for lists. */
  photo(id: string, size: 'thumb' | 'full'): Promise<ArrayBuffer> {
    return this.link.bytes('/api/v1/photos/' + seg(id) + query({ size }));
  }

  photosOf(household: string): Promise<Page<Photo>> {
    return this.link.call('GET', '/api/v1/records/photo' + query({ household, limit: 200 }));
  }

  sendClip(id: string, mp3: ArrayBuffer): Promise<void> {
    return this.link.put('/api/v1/clips/' + seg(id) + '/body', 'audio/mpeg', mp3);
  }

  reminders(): Promise<{ rows: Reminder[] }> {
    return this.link.call('GET', '/api/v1/me/subscriptions');
  }

  countReminder(template: Reminder['template'], n: number): Promise<{ rows: Reminder[] }> {
    return this.link.call('POST', '/api/v1/me/subscriptions', { template, n });
  }

  inbox(type: Reviewed | 'proposal', after = '', limit = 20): Promise<InboxPage> {
    return this.link.call('GET', '/api/v1/inbox' + query({ type, after, limit }));
  }

  /** Up to the server's bound at once; dry only says what would become of each. */
  decide(type: Reviewed, action: Decision, rows: Mark[], reason: string, dry: boolean): Promise<Decided> {
    return this.link.call('POST', '/api/v1/inbox/decisions', { type, action, rows, dry, ...(reason ? { reason } : {}) });
  }

  undo(type: Reviewed, rows: Mark[]): Promise<Decided> {
    return this.link.call('POST', '/api/v1/inbox/undo', { type, rows });
  }

  quarantine(after = '', limit = 20): Promise<Page<Kept>> {
    return this.link.call('GET', '/api/v1/quarantine' + query({ after, limit }));
  }

  settleKept(id: string, action: 'take' | 'refuse', reason: string): Promise<unknown> {
    return this.link.call('POST', '/api/v1/quarantine/' + seg(id) + '/decision', { action, ...(reason ? { reason } : {}) });
  }

  householdRow(id: string): Promise<Household> {
    return this.link.call('GET', '/api/v1/records/household/' + seg(id));
  }

  /** Everyone who helps or helped a household. */
  pairingsOf(household: string): Promise<Page<Pairing>> {
    return this.link.call('GET', '/api/v1/records/pairing' + query({ household, limit: 200 }));
  }

  settle(id: string, rev: number, action: 'accept' | 'refuse', reason: string): Promise<unknown> {
    return this.link.call('POST', '/api/v1/proposals/' + seg(id) + '/decision', { action, rev, ...(reason ? { reason } : {}) });
  }

  /** An address of the picture that works for 5 minutes. */
  photoLink(id: string, size: 'thumb' | 'full'): Promise<{ url: string; until: number }> {
    return this.link.call('POST', '/api/v1/photos/' + seg(id) + '/link', { size });
  }
}
