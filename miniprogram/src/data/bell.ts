/** Rings for everyone who looks: something shown has changed. Many rings in one turn are one. */
export class Bell {
  private readonly ears = new Set<() => void>();
  private pending = false;
  /** Grows with every change of rows: what was computed for an older number is old. */
  version = 0;

  /** The function returned ends it. */
  listen(fn: () => void): () => void {
    this.ears.add(fn);
    return () => {
      this.ears.delete(fn);
    };
  }

  /** stale: rows may have changed; a draft that is typed into changes none. */
  ring(stale = true): void {
    this.version += stale ? 1 : 0;
    if (!this.pending) {
      this.pending = true;
      Promise.resolve().then(() => {
        this.pending = false;
        this.ears.forEach((fn) => fn());
      });
    }
  }
}
