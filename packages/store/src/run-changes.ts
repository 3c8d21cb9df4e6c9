import type { JobName } from '@dkron/jobs';
import type { RunRecord } from './records.ts';
import type { State } from './state.ts';

/** Runs as a transaction sees them. */
export class RunChanges {
  readonly #state: State;
  readonly #readClosed: (name: JobName, group: bigint) => RunRecord | undefined;
  readonly #changes = new Map<JobName, Map<bigint, RunRecord | undefined>>();

  constructor(state: State, readClosed: (name: JobName, group: bigint) => RunRecord | undefined) {
    this.#state = state;
    this.#readClosed = readClosed;
  }

  get(name: JobName, group: bigint): RunRecord | undefined {
    const changes = this.#changes.get(name);
    if (changes?.has(group) === true) {
      return changes.get(group);
    }
    return this.#state.openRuns.get(name)?.get(group) ?? this.#readClosed(name, group);
  }

  /** Undefined removes. */
  set(name: JobName, group: bigint, record: RunRecord | undefined): void {
    const runs = this.#changes.get(name) ?? new Map<bigint, RunRecord | undefined>();
    this.#changes.set(name, runs.set(group, record));
  }

  /** In no particular order. */
  open(name: JobName): RunRecord[] {
    const open = new Map(this.#state.openRuns.get(name));
    for (const [group, record] of this.#changes.get(name) ?? []) {
      if (record?.run.open === true) {
        open.set(group, record);
      } else {
        open.delete(group);
      }
    }
    return [...open.values()];
  }

  commit(): void {
    for (const [name, runs] of this.#changes) {
      for (const [group, record] of runs) {
        this.#state.setRun(name, group, record);
      }
    }
  }
}
