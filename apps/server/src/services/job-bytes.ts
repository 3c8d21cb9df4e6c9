import type { JobName, StoredJob } from '@dkron/jobs';
import { comingTick, jobToJson } from '@dkron/jobs';
import type { Clock } from '@dkron/runtime';
import type { Store } from '@dkron/store';
import { etagOf } from '../http/answers.ts';

/** What a kept answer takes beside its text. */
const ENTRY_BYTES = 200;

/** A job as `GET /v1/jobs/:job` answers it. */
export interface JobAnswer {
  readonly text: string;
  /** Of the text as UTF-8. */
  readonly byteLength: number;
  readonly etag: string;
  /** False while its `next` depends on the time it is read. */
  readonly lasting: boolean;
}

export interface JobBytesOptions {
  /** Bytes of answers kept; beyond, the one made first goes. */
  readonly bytesMax: number;
}

export interface JobBytesModules {
  readonly store: Pick<Store, 'getJob' | 'onJobsChanged' | 'onRestored'>;
  readonly clock: Pick<Clock, 'wallNanos'>;
}

/** Answers of jobs, made once and kept until their job changes. */
export class JobBytes {
  readonly #bytesMax: number;
  readonly #modules: JobBytesModules;
  readonly #answers = new Map<JobName, JobAnswer>();
  #bytes = 0;
  #revision = 0;

  constructor({ bytesMax }: JobBytesOptions, modules: JobBytesModules) {
    this.#bytesMax = bytesMax;
    this.#modules = modules;
    modules.store.onJobsChanged((names) => this.#forget(names));
    modules.store.onRestored(() => this.#forgetAll());
  }

  /** Grows with every change of any job: what was made at a revision is right as long as it stays. */
  get revision(): number {
    return this.#revision;
  }

  /** Bytes of answers kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Undefined when there is no such job. */
  of(name: JobName): JobAnswer | undefined {
    const kept = this.#answers.get(name);
    if (kept !== undefined) return kept;
    const job = this.#modules.store.getJob(name);
    if (job === undefined) return undefined;
    const answer = this.#make(job);
    if (answer.lasting) this.#keep(job.definition.name, answer);
    return answer;
  }

  #make(job: StoredJob): JobAnswer {
    const now = this.#modules.clock.wallNanos();
    const { startsAt } = job.definition;
    const text = jobToJson(job, { coming: comingTick(job, now) });
    const lasting = startsAt === null || startsAt <= now;
    return { text, byteLength: Buffer.byteLength(text), etag: etagOf(job.state), lasting };
  }

  #keep(name: JobName, answer: JobAnswer): void {
    this.#answers.set(name, answer);
    this.#bytes += answer.byteLength + ENTRY_BYTES;
    for (const oldest of this.#answers.keys()) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#drop(oldest);
    }
  }

  #drop(name: JobName): void {
    const answer = this.#answers.get(name);
    if (answer === undefined) return;
    this.#answers.delete(name);
    this.#bytes -= answer.byteLength + ENTRY_BYTES;
  }

  #forget(names: Iterable<JobName>): void {
    for (const name of names) {
      this.#revision += 1;
      this.#drop(name);
    }
  }

  #forgetAll(): void {
    this.#revision += 1;
    this.#answers.clear();
    this.#bytes = 0;
  }
}
