import type { Due, ExecutionId, JobName, Run } from '@dkron/jobs';
import { JobTable } from './job-table.ts';
import { ByGroup } from './by-group.ts';
import { Notices } from './notices.ts';
import type { Codec, StoreCodec } from './ports.ts';
import { executionRecordCodec, runRecordCodec, stateRecordCodec } from './records.ts';
import type { ExecutionRecord, RunRecord, StateRecord, TokenRecord } from './records.ts';

export const EMPTY_HASH: Uint8Array = new Uint8Array(32);

/** Codecs of what the store writes, its own envelopes included. */
export interface Codecs extends StoreCodec {
  readonly executionRecord: Codec<ExecutionRecord>;
  readonly runRecord: Codec<RunRecord>;
  readonly stateRecord: Codec<StateRecord>;
}

export function codecsOf(codec: StoreCodec): Codecs {
  return {
    ...codec,
    executionRecord: executionRecordCodec(codec.execution),
    runRecord: runRecordCodec(codec.run),
    stateRecord: stateRecordCodec(codec.state),
  };
}

/** Work still going on holds few records, so it lives in maps; jobs live in slabs; everything ended is read from disk. */
export class State {
  readonly jobs: JobTable;
  /** Pending and running, by id. */
  readonly openExecutions: Map<string, ExecutionRecord> = new Map();
  /** Open runs of a job by group, orphans included. */
  readonly openRuns: Map<JobName, ByGroup<RunRecord>> = new Map();
  readonly dues: Map<bigint, Due> = new Map();
  readonly duesOf: Map<JobName, Set<bigint>> = new Map();
  /** Dues of kind `hold`, by the execution that keeps the slot. */
  readonly holdOf: Map<ExecutionId, bigint> = new Map();
  /** Open runs plus dues of a root group, save holds: nobody waits for those. */
  readonly rootCounts: Map<bigint, number> = new Map();
  /** By job and token, oldest first. */
  readonly tokens: Map<string, TokenRecord> = new Map();
  readonly notices: Notices = new Notices();
  readonly pauses: Set<string> = new Set();
  readonly settings: Map<string, string> = new Map();
  /** Days with totals, `YYYY-MM-DD`. */
  statsDays: ReadonlySet<string> = new Set();
  appliedIndex = 0n;
  lastStamp = 0n;
  lastDueId = 0n;
  stateHash: Uint8Array = EMPTY_HASH;

  constructor(codecs: Codecs) {
    this.jobs = new JobTable(codecs);
  }

  setExecution(id: string, record: ExecutionRecord | undefined): void {
    if (record === undefined || !isOpen(record)) {
      this.openExecutions.delete(id);
    } else {
      this.openExecutions.set(id, record);
    }
  }

  setRun(jobName: JobName, group: bigint, record: RunRecord | undefined): void {
    let runs = this.openRuns.get(jobName);
    const before = runs?.get(group);
    const after = record?.run.open === true ? record : undefined;
    if (before?.run.rootGroup !== after?.run.rootGroup) {
      this.#count(before?.run.rootGroup, -1);
      this.#count(after?.run.rootGroup, 1);
    }
    if (after !== undefined) {
      if (runs === undefined) {
        this.openRuns.set(jobName, (runs = new ByGroup()));
      }
      runs.set(group, after);
    } else if (runs !== undefined) {
      runs.delete(group);
      if (runs.size === 0) {
        this.openRuns.delete(jobName);
      }
    }
  }

  setDue(id: bigint, due: Due | undefined): void {
    const before = this.dues.get(id);
    this.#countDue(before, -1);
    this.#countDue(due, 1);
    if (before !== undefined) {
      if (this.holdOf.get(before.executionId) === id) {
        this.holdOf.delete(before.executionId);
      }
      const ids = this.duesOf.get(before.jobName);
      ids?.delete(id);
      if (ids?.size === 0) {
        this.duesOf.delete(before.jobName);
      }
      this.dues.delete(id);
    }
    if (due !== undefined) {
      this.dues.set(id, due);
      const ids = this.duesOf.get(due.jobName) ?? new Set();
      this.duesOf.set(due.jobName, ids.add(id));
      if (due.kind === 'hold') {
        this.holdOf.set(due.executionId, id);
      }
    }
  }

  setToken(key: string, record: TokenRecord | undefined): void {
    this.tokens.delete(key);
    if (record !== undefined) {
      this.tokens.set(key, record);
    }
  }

  setPause(scope: string, paused: boolean): void {
    if (paused) {
      this.pauses.add(scope);
    } else {
      this.pauses.delete(scope);
    }
  }

  #countDue(due: Due | undefined, change: number): void {
    if (due?.kind !== 'hold') {
      this.#count(due?.rootGroup, change);
    }
  }

  #count(rootGroup: bigint | undefined, change: number): void {
    if (rootGroup === undefined) {
      return;
    }
    const count = (this.rootCounts.get(rootGroup) ?? 0) + change;
    if (count === 0) {
      this.rootCounts.delete(rootGroup);
    } else {
      this.rootCounts.set(rootGroup, count);
    }
  }
}

export function isOpen({ execution: { state } }: ExecutionRecord): boolean {
  return state === 'pending' || state === 'running';
}

export function byGroup(left: Run, right: Run): number {
  return left.group < right.group ? -1 : left.group > right.group ? 1 : 0;
}
