import type {
  Execution,
  ExecutionId,
  FinishedReport,
  Group,
  JobName,
  NodeName,
  Refusal,
  Run,
  StoredJob,
} from '@dkron/jobs';
import type { EpochNanos } from '@dkron/runtime';
import type { WireJob } from '@dkron/contracts/types-v1';

/** A server of the raft configuration. */
export interface RaftPeer {
  readonly id: NodeName;
  /** host:port. */
  readonly address: string;
  readonly voter: boolean;
  readonly leader: boolean;
}

/** What the service `types.v1.Dkron` needs of its server. Writes are only asked of the leader. */
export interface DkronPort {
  readonly nodeName: NodeName;
  /** Who takes writes now; `address` is host:port of its gRPC server. */
  leadership():
    | { readonly kind: 'self' }
    | { readonly kind: 'other'; readonly address: string }
    | { readonly kind: 'none' };
  job(name: JobName): StoredJob | undefined;
  /** Executions of a job that are kept; empty for an unknown one. */
  executions(name: JobName): Iterable<Execution>;
  /** Executions pending or running, of all jobs. */
  openExecutions(): Iterable<Execution>;
  /** Of the latest state of a run; undefined when it is not kept. */
  run(name: JobName, group: Group): Run | undefined;
  /** Stores a definition that was found valid. */
  putJob(job: WireJob): Promise<StoredJob | Refusal>;
  deleteJob(name: JobName): Promise<StoredJob | Refusal>;
  deleteExecutions(name: JobName): Promise<StoredJob | Refusal>;
  /** Starts a run by hand; resolves once it is decided. */
  startRun(name: JobName): Promise<Run | Refusal>;
  /** Resolves when nothing of this cause is left, or leadership is lost. */
  waitSettled(rootGroup: Group): Promise<void>;
  /** A node reports the start of an attempt; resolves once it is committed, also when it was known. */
  started(id: ExecutionId, attempt: number, at: EpochNanos): Promise<void>;
  /** A node reports the end of an attempt; resolves once it is committed, also when it was known. */
  finished(id: ExecutionId, attempt: number, report: FinishedReport): Promise<void>;
  configuration(): { readonly servers: readonly RaftPeer[]; readonly index: bigint };
  /** Resolves once the removal is committed. Rejects with a reason for people. */
  removePeer(id: NodeName): Promise<void>;
  /** Leaves the cluster after this turn. */
  leave(): void;
}
