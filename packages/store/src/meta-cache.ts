import type { JobName } from '@dkron/jobs';
import type { JobMeta } from './records.ts';

const ENTRIES_MAX = 16_384;

/** Decoded metas of the jobs that changed last: a job that ticks is read from disk once, not at every tick. */
export class MetaCache {
  readonly #metas = new Map<JobName, JobMeta>();

  get(name: JobName): JobMeta | undefined {
    return this.#metas.get(name);
  }

  /** Undefined forgets. Beyond 16,384 jobs the one that has not changed for longest goes. */
  set(name: JobName, meta: JobMeta | undefined): void {
    this.#metas.delete(name);
    if (meta === undefined) {
      return;
    }
    this.#metas.set(name, meta);
    if (this.#metas.size > ENTRIES_MAX) {
      for (const oldest of this.#metas.keys()) {
        this.#metas.delete(oldest);
        break;
      }
    }
  }
}
