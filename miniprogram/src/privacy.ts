// The platform hands out place, camera and microphone only when its privacy
// guide was agreed to. It asks in the middle of a tap; every page shows the
// question over itself (components/page).

import { Host } from './platform/types';

export class Privacy {
  private waiting: ((yes: boolean) => void)[] = [];
  private readonly pages = new Set<() => void>();

  constructor(private readonly host: Host) {
    host.onPrivacy((agree) => {
      this.waiting.push(agree);
      this.tell();
    });
  }

  asked(): boolean {
    return this.waiting.length > 0;
  }

  /** What the user tapped; all that wait are told. No = the tap goes on without place or picture. */
  answer(yes: boolean): void {
    const waiting = this.waiting;
    this.waiting = [];
    waiting.forEach((agree) => agree(yes));
    this.tell();
  }

  /** The guide as the platform shows it. */
  read(): Promise<void> {
    return this.host.openPrivacy();
  }

  /** Called when the question comes or goes; the function returned ends it. */
  listen(fn: () => void): () => void {
    this.pages.add(fn);
    return () => this.pages.delete(fn);
  }

  private tell(): void {
    this.pages.forEach((fn) => fn());
  }
}
