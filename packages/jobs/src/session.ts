/**
 * Messages between a worker and the leader (architecture: agent sessions). One ordered channel each way; batches per
 * event-loop turn. In one process they travel as these objects; between processes as `dkron.agent.v1`.
 */
import type { EpochNanos } from '@dkron/runtime';
import type { EndReason, ExecutionId, ExecutionOutput, Group } from './execution.ts';
import type { JobDefinition, JobName, NodeName } from './job.ts';

/** An attempt in a node's journal. `accepted`: not started; `died`: ended with an earlier process of the node. */
export interface HelloItem {
  readonly id: ExecutionId;
  readonly attempt: number;
  readonly state: 'accepted' | 'running' | 'finished' | 'died';
  /** ZERO_TIME unless started. */
  readonly startedAt: EpochNanos;
}

/** One attempt for a node to run, with the definition of the decided version. */
export interface Dispatch {
  readonly id: ExecutionId;
  readonly attempt: number;
  readonly group: Group;
  readonly tick: EpochNanos | null;
  readonly job: JobDefinition;
  /** The job's generic `timeout`; null = none. */
  readonly timeoutMs: number | null;
  readonly killGraceMs: number;
}

/** How an attempt ended on its node; times are by the node's clock. */
export interface FinishedReport {
  readonly success: boolean;
  readonly cancelled: boolean;
  readonly reason: EndReason | null;
  readonly exitCode: number | null;
  readonly startedAt: EpochNanos;
  readonly finishedAt: EpochNanos;
  readonly output: ExecutionOutput;
}

/**
 * Journal of whoever speaks for a node that keeps none: what such a hello does not name may run all the same.
 */
export const NO_JOURNAL: string = '0'.repeat(32);

/** What a worker says. `seq` counts its messages that want an acknowledgement, from 1 in each session. */
export type ToServer =
  | {
      readonly type: 'hello';
      readonly node: NodeName;
      readonly region: string;
      /** 32 hex digits, new per process start. */
      readonly boot: string;
      /** 32 hex digits, new per journal; {@link NO_JOURNAL}: there is none. */
      readonly journal: string;
      /** The cluster that `maxTerm` belongs to; `''` = none yet. */
      readonly clusterId: string;
      readonly maxTerm: bigint;
      readonly executors: readonly string[];
      readonly slots: number;
      readonly items: readonly HelloItem[];
      /** Asks a server that does not lead to pass the stream on to the leader. */
      readonly relay: boolean;
    }
  | {
      readonly type: 'started';
      readonly seq: number;
      readonly id: ExecutionId;
      readonly attempt: number;
      readonly at: EpochNanos;
    }
  | {
      readonly type: 'output';
      readonly seq: number;
      readonly id: ExecutionId;
      readonly attempt: number;
      /** Bytes of this attempt before this chunk. */
      readonly offset: number;
      readonly bytes: Uint8Array;
      readonly stderr: boolean;
    }
  | {
      readonly type: 'finished';
      readonly seq: number;
      readonly id: ExecutionId;
      readonly attempt: number;
      readonly jobName: JobName;
      readonly report: FinishedReport;
    }
  | {
      readonly type: 'refused';
      readonly seq: number;
      readonly id: ExecutionId;
      readonly attempt: number;
      readonly reason: string;
    }
  /** Dispatches and cancels up to `seq` are journaled. */
  | { readonly type: 'ack'; readonly seq: number }
  | { readonly type: 'ping'; readonly n: number }
  /** No new work, what runs goes on. */
  | { readonly type: 'drain' };

/** The leader's word on an attempt in a hello: go on, send the result again, kill it, or drop it from the journal. */
export type Verdict = 'keep' | 'resend' | 'kill' | 'forget';

/** What the leader says. A welcome of a lower term than the worker has seen ends the session. */
export type ToWorker =
  | {
      readonly type: 'welcome';
      readonly clusterId: string;
      readonly term: bigint;
      readonly session: string;
      readonly leaseMs: number;
      readonly verdicts: readonly { readonly id: ExecutionId; readonly attempt: number; readonly verdict: Verdict }[];
    }
  | { readonly type: 'dispatch'; readonly seq: number; readonly term: bigint; readonly dispatch: Dispatch }
  | {
      readonly type: 'cancel';
      readonly seq: number;
      readonly term: bigint;
      readonly id: ExecutionId;
      readonly attempt: number;
      readonly reason: string;
    }
  /** Updates up to `seq` are committed and applied. */
  | { readonly type: 'ack'; readonly seq: number }
  /** More bytes of output that may be sent. */
  | { readonly type: 'credit'; readonly bytes: number }
  | { readonly type: 'watch'; readonly id: ExecutionId; readonly on: boolean }
  | { readonly type: 'pong'; readonly n: number }
  | { readonly type: 'refuse'; readonly code: string; readonly text: string }
  /** This server does not lead; `leader` does, as far as it knows, and is dialed at `address` (host:port). */
  | { readonly type: 'redirect'; readonly leader: NodeName; readonly address: string; readonly term: bigint }
  /** Nobody leads, as far as this server knows. */
  | { readonly type: 'noLeader'; readonly retryMs: number };

/** One end's way to the other. `send` never blocks; a closed channel drops. */
export interface SessionChannel<Out> {
  send(messages: readonly Out[]): void;
  close(reason: string): void;
}

/** What an end does with what arrives. */
export interface SessionReceiver<In> {
  receive(messages: readonly In[]): void;
  closed(reason: string): void;
}
