/** Runs tasks one after another, in the order they came; a failed one does not stop the next. */
export class Lock {
  private tail: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const mine = this.tail.then(task, task);
    this.tail = mine.then(
      () => undefined,
      () => undefined,
    );
    return mine;
  }
}
