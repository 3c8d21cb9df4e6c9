/** Work of one kind, done strictly in order. Several pieces may be done at once if the lane coalesces. */
export class Lane<Job> {
  readonly #queue: Job[] = [];
  readonly #coalesce: boolean;
  /** Calls back, later, when the work begun now is done. */
  readonly #begin: (done: () => void) => void;
  readonly #finish: (jobs: readonly Job[]) => void;
  #busy = 0;

  constructor(coalesce: boolean, begin: (done: () => void) => void, finish: (jobs: readonly Job[]) => void) {
    this.#coalesce = coalesce;
    this.#begin = begin;
    this.#finish = finish;
  }

  /** What is under way and what waits, in order. */
  get jobs(): readonly Job[] {
    return this.#queue;
  }

  push(job: Job): void {
    this.#queue.push(job);
    if (this.#busy === 0) this.#start();
  }

  clear(): void {
    this.#queue.length = 0;
    this.#busy = 0;
  }

  #start(): void {
    this.#busy = this.#coalesce ? this.#queue.length : 1;
    this.#begin(() => {
      const done = this.#queue.splice(0, this.#busy);
      this.#busy = 0;
      this.#finish(done);
      if (this.#queue.length > 0 && this.#busy === 0) this.#start();
    });
  }
}
