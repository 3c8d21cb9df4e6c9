import type { Execution, ExecutionId, NodeName } from '@dkron/jobs';
import type { WorkerSession } from './worker-session.ts';

export interface Unsent {
  readonly execution: Execution;
  /** Monotonic ms of being queued. */
  readonly queuedMs: number;
}

/** What the leader knows of one node's open executions. Rebuilt from the state by any leader. */
export class NodeBook {
  readonly node: NodeName;
  session: WorkerSession | undefined;
  /** Monotonic ms since when the node has no session; meaningless while it has one. */
  absentSinceMs: number;
  /** Hellos so far; the newest one counts. */
  greetings = 0;
  /** Pending and not sent, oldest first. */
  readonly unsent = new Map<ExecutionId, Unsent>();
  /** Sent to the node, or reported by it; takes a slot. */
  readonly sent = new Set<ExecutionId>();

  constructor(node: NodeName, nowMs: number) {
    this.node = node;
    this.absentSinceMs = nowMs;
  }

  /** Follows the state. */
  update(execution: Execution, nowMs: number): void {
    const { id, state } = execution;
    if (state === 'pending') {
      if (!this.sent.has(id)) this.unsent.set(id, { execution, queuedMs: this.unsent.get(id)?.queuedMs ?? nowMs });
      return;
    }
    this.unsent.delete(id);
    if (state === 'running') this.sent.add(id);
    else this.sent.delete(id);
  }

  markSent(id: ExecutionId): void {
    this.unsent.delete(id);
    this.sent.add(id);
  }

  get isEmpty(): boolean {
    return this.session === undefined && this.unsent.size === 0 && this.sent.size === 0;
  }
}
