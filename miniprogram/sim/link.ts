// The network between one phone and the servers, with everything it can do to
// a request and its answer.

import { HttpRequest, HttpResponse } from '../src/sync/types';
import type { Phone, Surroundings } from './phone';

export type Fault = 'none' | keyof typeof FAULTS;

export const FAULTS = {
  'request lost': 3, 'request cut': 2, 'request late': 2, 'answer lost': 5, 'doubled, first answer used': 2, 'doubled, second answer used': 2,
  'answer late': 3, 'answer cut': 2, busy: 1, slow: 1, 'server killed': 5,
};

/** Text cut after n bytes. */
export function cut(text: string, n: number): string {
  return Buffer.from(text).subarray(0, n).toString();
}

export class Link {
  /** Requests the network may deliver again. */
  readonly past: HttpRequest[] = [];
  /** Requests that the phone has given up and that still reach a server. */
  private delayed: HttpRequest[] = [];
  private parked: { settle: (r: HttpResponse) => void; answer: HttpResponse }[] = [];
  /** Called when an answer does not come. */
  stalled: (() => void) | null = null;

  constructor(
    private readonly around: Surroundings,
    private readonly phone: Phone,
  ) {}

  note(request: HttpRequest): void {
    if (request.method === 'POST') {
      this.past.push(request);
      this.past.splice(0, this.past.length - 12);
    }
  }

  /** Late answers come now that another request has begun, late requests too. */
  async release(): Promise<void> {
    const late = this.parked;
    this.parked = [];
    for (const p of late) {
      p.settle(p.answer);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const overdue = this.delayed;
    this.delayed = [];
    for (const r of overdue) {
      await this.around.deliver(this.phone, r);
    }
  }

  async carry(fault: Fault, request: HttpRequest): Promise<HttpResponse> {
    const { dice } = this.around;
    const deliver = (): Promise<HttpResponse> => this.around.deliver(this.phone, request);
    switch (fault) {
      case 'request lost':
        throw new Error('request lost');
      case 'request cut': {
        const body = String(request.body || '');
        await this.around.deliver(this.phone, { ...request, body: cut(body, dice.below(Buffer.byteLength(body))) });
        throw new Error('request cut');
      }
      case 'request late':
        this.delayed.push(request);
        throw new Error('request late');
      case 'server killed': {
        const r = await this.around.deliver(this.phone, request, 1 + dice.below(dice.chance(0.5) ? 12 : 40));
        if (r.status === 0) {
          throw new Error('the server died');
        }
        return r;
      }
      case 'answer lost':
        await deliver();
        throw new Error('answer lost');
      case 'slow':
        await deliver();
        throw Object.assign(new Error('timeout'), { timeout: true });
      case 'doubled, first answer used': {
        const r = await deliver();
        await deliver();
        return r;
      }
      case 'doubled, second answer used':
        await deliver();
        return deliver();
      case 'answer late': {
        const answer = await deliver();
        return new Promise((settle) => {
          this.parked.push({ settle, answer });
          if (this.stalled) {
            this.stalled();
          }
        });
      }
      case 'answer cut': {
        const r = await deliver();
        return r.status === 200 ? { ...r, body: cut(r.body, dice.below(Buffer.byteLength(r.body))) } : r;
      }
      case 'busy':
        return { status: dice.pick([500, 502, 503, 429]), headers: { 'Retry-After': '1' }, body: '' };
      default:
        return deliver();
    }
  }
}
