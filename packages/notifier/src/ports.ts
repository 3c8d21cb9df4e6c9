/** What the notifier needs from its surroundings. The store and the log fit these; the app introduces them. */
import type { ApplyEvent, Command, CommandResults, Due, Execution, ExecutionId, JobName, Notice } from '@dkron/jobs';
import type { EpochNanos } from '@dkron/runtime';

/** Reads of the applied state. */
export interface NoticeView {
  /** What is still to be told, in order of id. */
  notices(): { list(): readonly Notice[] };
  dues(): Iterable<Due>;
  getOutput(id: ExecutionId): { readonly tail: Uint8Array } | undefined;
  /** Kept executions of a job, newest first. */
  executions(name: JobName): readonly Execution[];
  /** Called after each applied batch, in order. Returns the way to stop. */
  onApplied(listener: (events: readonly ApplyEvent[]) => void): () => void;
}

/** Where outcomes are written. */
export interface NoticeLog {
  /** Rejects when it is not known to be committed. */
  propose<C extends Command>(command: C): Promise<CommandResults[C['type']]>;
  /** True while this node may act as leader right now. */
  leadershipValid(): boolean;
}

/** Gives the leader's stamps. */
export interface Stamps {
  next(): EpochNanos;
}

/**
 * Tells of one notice. Resolves once the receiver has taken it. `refused` of the error: the receiver works and did not
 * want this one; otherwise it is the receiver that fails.
 */
export type Deliver = (notice: Notice, signal: AbortSignal) => Promise<void>;
