import type { Due, ExecutionId, JobName } from '@dkron/jobs';
import { Overlay } from './overlay.ts';
import type { State } from './state.ts';

/** Due records as a transaction sees them. */
export class DueChanges {
  readonly #state: State;
  readonly #dues: Overlay<bigint, Due>;
  readonly #added = new Map<JobName, Set<bigint>>();
  readonly #addedHolds = new Map<ExecutionId, bigint>();

  constructor(state: State) {
    this.#state = state;
    this.#dues = new Overlay((id) => state.dues.get(id));
  }

  get(id: bigint): Due | undefined {
    return this.#dues.get(id);
  }

  add(due: Due): void {
    const ids = this.#added.get(due.jobName) ?? new Set<bigint>();
    this.#added.set(due.jobName, ids.add(due.id));
    if (due.kind === 'hold') {
      this.#addedHolds.set(due.executionId, due.id);
    }
    this.#dues.set(due.id, due);
  }

  remove(id: bigint): void {
    this.#dues.set(id, undefined);
  }

  /** The slot that this attempt keeps beyond its end. */
  holdOf(id: ExecutionId): Due | undefined {
    const dueId = this.#addedHolds.get(id) ?? this.#state.holdOf.get(id);
    return dueId === undefined ? undefined : this.get(dueId);
  }

  /** Ids of the job's dues, in order. */
  of(name: JobName): bigint[] {
    const ids = new Set([...(this.#state.duesOf.get(name) ?? []), ...(this.#added.get(name) ?? [])]);
    return [...ids].filter((id) => this.get(id) !== undefined).sort((a, b) => (a < b ? -1 : 1));
  }

  commit(): void {
    for (const [id, due] of this.#dues.changes()) {
      this.#state.setDue(id, due);
    }
  }
}
