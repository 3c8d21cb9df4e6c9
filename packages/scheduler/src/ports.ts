/** What the engine needs from its surroundings. The store, the log and membership fit these; the app introduces them. */
import type {
  ApplyEvent,
  Command,
  CommandResults,
  Due,
  Execution,
  ExecutionId,
  JobName,
  LedgerEntry,
  Member,
  Run,
  StoredJob,
} from '@dkron/jobs';
import type { EpochNanos } from '@dkron/runtime';

/** Proposals of one event-loop turn may share one log entry and one sync. */
export interface ReplicatedLog {
  /**
   * Resolves with the apply result once the command is committed and applied here.
   * Rejects when it is not known to be committed (leadership lost, disk failure): the outcome is then unknown.
   */
  propose<C extends Command>(command: C): Promise<CommandResults[C['type']]>;
  /** True while this node may act as leader right now. */
  leadershipValid(): boolean;
  /** Current term, > 0 once there was a leader. */
  term(): bigint;
}

/** Reads of the applied state; synchronous, from memory or a cached page. */
export interface StateView {
  /** Highest stamp applied so far; 0 when none. */
  lastStamp(): EpochNanos;
  getJob(name: JobName): StoredJob | undefined;
  jobNames(): Iterable<JobName>;
  /** Executions pending or running. */
  openExecutions(): Iterable<Execution>;
  getExecution(id: ExecutionId): Execution | undefined;
  /** Kept executions of a job. */
  executions(name: JobName): Iterable<Execution>;
  /** Open runs of a job, oldest first. */
  openRuns(name: JobName): readonly Run[];
  dues(): Iterable<Due>;
  /** What is kept of an execution's output. */
  getOutput(
    id: ExecutionId,
  ): { readonly head: Uint8Array; readonly tail: Uint8Array; readonly totalBytes: number } | undefined;
  newestLedgerEntry(name: JobName): LedgerEntry | undefined;
  paused(scope: 'submissions' | 'schedule'): boolean;
  getSetting(key: string): string | undefined;
  /** Called after each applied batch, in order, in the turn of the write. Returns the way to stop. */
  onApplied(listener: (events: readonly ApplyEvent[]) => void): () => void;
}

/** Who is in the cluster, as this node knows it by now. */
export interface Membership {
  /** All members still remembered. */
  members(): readonly Member[];
  /** This node. */
  self(): Member;
}
