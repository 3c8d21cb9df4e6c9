import type { RaftCore } from '../core/raft/raft-core.ts';
import type { LogWindow } from '../core/log/log-window.ts';
import type { Message } from '../core/message.ts';
import type { NodeId } from '../core/types.ts';
import type { RaftEmitter } from './events.ts';
import type { MemberTable } from './members.ts';
import type { NodeMetrics } from './metrics.ts';
import type { ResolvedModules } from './modules.ts';
import type { ResolvedNodeOptions } from './options.ts';

/** What the parts of a node share. */
export interface Host {
  readonly options: ResolvedNodeOptions;
  readonly modules: ResolvedModules;
  readonly emitter: RaftEmitter;
  readonly metrics: NodeMetrics;
  readonly core: RaftCore;
  readonly window: LogWindow;
  readonly members: MemberTable;
  /** False before the start and after the stop or a fatal error. */
  readonly running: boolean;
  /** Whether the log's disk is nearly full, or does not answer. */
  readonly disk: { readonly low: boolean; readonly stuck: boolean };
  /** Election timeout in milliseconds, the least of its range. */
  readonly electionMs: number;
  /** When a server last acknowledged something to this one as leader, monotonic; `-Infinity` if it never did. */
  ackedMs(id: NodeId): number;
  /** There may be something to do: look once this turn of the event loop is over. */
  schedule(): void;
  /** The same, and at the latest behind the present stretch of code; once a turn of the event loop. */
  hasten(): void;
  /** Something was written and the core knows: schedules a look if anything follows from that. */
  written(): void;
  /** Sends messages to other servers. */
  send(messages: readonly Message[]): void;
  /** Where a server is dialled; `''` if unknown. */
  address(id: NodeId): string;
  /** Does work on the core, whose exceptions end the node; nothing once the node has ended. */
  guard(work: () => void): void;
  /** Does work on the core for a caller, who is told if its exception ended the node. @throws RaftError `failed` */
  attempt<T>(work: () => T): T;
  /** Ends the node. */
  fatal(error: unknown): void;
}
