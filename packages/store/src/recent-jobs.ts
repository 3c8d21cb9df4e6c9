import type { JobName, StoredJob } from '@dkron/jobs';
import type { JobMeta } from './records.ts';

const JOBS_MAX = 16_384;

/** A job decoded, with where its history and ledger stand. */
export interface KnownJob {
  readonly job: StoredJob;
  readonly meta: JobMeta;
}

/** Decoded jobs to which something happened lately: a job that ticks is decoded once, not at every tick. */
export class RecentJobs {
  readonly #jobs = new Map<JobName, KnownJob>();

  get(name: JobName): KnownJob | undefined {
    return this.#jobs.get(name);
  }

  /** Beyond 16,384 jobs the one that came first goes. */
  set(name: JobName, known: KnownJob): void {
    this.#jobs.set(name, known);
    if (this.#jobs.size > JOBS_MAX) {
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
