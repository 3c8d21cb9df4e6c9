import type { JobName, StoredJob } from '@dkron/jobs';
import type { JobMeta } from './records.ts';

/** A job decoded, with where its history and ledger stand. */
export interface KnownJob {
  readonly job: StoredJob;
  readonly meta: JobMeta;
}

/** Jobs kept decoded: one that ticks is decoded once, not at every tick. Beyond the limit the one that came first goes. */
export class RecentJobs {
  readonly #max: number;
  readonly #jobs = new Map<JobName, KnownJob>();

  constructor(max: number) {
    this.#max = max;
  }

  get(name: JobName): KnownJob | undefined {
    return this.#jobs.get(name);
  }

  set(name: JobName, known: KnownJob): void {
    this.#jobs.set(name, known);
    if (this.#jobs.size > this.#max) {
      for (const oldest of this.#jobs.keys()) {
        this.#jobs.delete(oldest);
        break;
      }
    }
  }

  delete(name: JobName): void {
    this.#jobs.delete(name);
  }

  clear(): void {
    this.#jobs.clear();
  }
}
