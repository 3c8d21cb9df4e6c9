import type { Cancel, Timers } from '@dkron/runtime';
import type { Attempt } from './attempt.ts';

/**
 * Starts that nobody was told yet. Those of some milliseconds go together, and the end of a short run says it all: it
 * costs the cluster one commit instead of two.
 */
export class StartReports {
  readonly #delayMs: number;
  readonly #timers: Timers;
  readonly #report: (attempt: Attempt) => void;
  readonly #waiting = new Set<Attempt>();
  #cancel: Cancel | null = null;

  /** @param delayMs 0 = at once */
  constructor(delayMs: number, timers: Timers, report: (attempt: Attempt) => void) {
    this.#delayMs = delayMs;
    this.#timers = timers;
    this.#report = report;
  }

  add(attempt: Attempt): void {
    if (this.#delayMs === 0) return this.#report(attempt);
    this.#waiting.add(attempt);
    this.#cancel ??= this.#timers.after(this.#delayMs, () => this.#flush());
  }

  /** It ended, or was told otherwise. */
  delete(attempt: Attempt): void {
    this.#waiting.delete(attempt);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#waiting.clear();
  }

  #flush(): void {
    this.#cancel = null;
    const attempts = [...this.#waiting];
    this.#waiting.clear();
    for (const attempt of attempts) this.#report(attempt);
  }
}
