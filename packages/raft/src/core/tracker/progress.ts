import { assert } from '@dkron/runtime';
import type { NodeId } from '../types.ts';
import { Inflights } from './inflights.ts';

/**
 * How the leader sends to a peer. `probe`: at most one append a heartbeat interval, to find where the logs agree.
 * `replicate`: a window of appends, sent ahead of acknowledgements. `snapshot`: nothing until the snapshot has arrived.
 */
export type ProgressState = 'probe' | 'replicate' | 'snapshot';

/** Bounds of the window of a peer. */
export interface InflightLimits {
  /** Appends in flight, at least 1. */
  readonly maxInflightMsgs: number;
  /** Bytes of payload in flight; 0 means no bound. */
  readonly maxInflightBytes: number;
}

/** What the leader knows of a peer. Invariant: `0 <= match < next`. */
export class Progress {
  readonly id: NodeId;
  /** Highest index known to be durable on the peer. */
  match = 0;
  /** Index of the next entry to send. In `replicate`, entries in `(match, next)` are in flight. */
  next: number;
  state: ProgressState = 'probe';
  /** Index of the snapshot under way; 0 unless in `snapshot`. */
  pendingSnapshot = 0;
  /** Whether the peer was heard of since the last quorum check. */
  recentActive = false;
  /** Whether appends wait for the next acknowledgement or heartbeat response. */
  msgAppFlowPaused = false;
  /** Highest commit index sent that the peer can have made use of. */
  sentCommit = 0;
  /** Read of old entries that the next append waits for; 0 = none. */
  pendingRead = 0;
  /** Highest read round that the peer has confirmed in this term. */
  readAck = 0;
  isLearner = false;
  readonly inflights: Inflights;

  constructor(id: NodeId, next: number, inflights: Inflights) {
    this.id = id;
    this.next = next;
    this.inflights = inflights;
  }

  /** A copy that can be changed on its own; the window is shared. */
  clone(): Progress {
    const copy = new Progress(this.id, this.next, this.inflights);
    copy.match = this.match;
    copy.state = this.state;
    copy.pendingSnapshot = this.pendingSnapshot;
    copy.recentActive = this.recentActive;
    copy.msgAppFlowPaused = this.msgAppFlowPaused;
    copy.sentCommit = this.sentCommit;
    copy.pendingRead = this.pendingRead;
    copy.readAck = this.readAck;
    copy.isLearner = this.isLearner;
    return copy;
  }

  /** Back to the start, as at the beginning of a term. Keeps whether the peer is a learner. */
  reset(next: number): void {
    this.match = 0;
    this.next = next;
    this.#enter('probe');
    this.recentActive = false;
    this.sentCommit = 0;
    this.pendingRead = 0;
    this.readAck = 0;
  }

  becomeProbe(): void {
    // After a snapshot the peer is known to hold it, if it arrived; probing resumes behind it.
    const next = this.state === 'snapshot' ? Math.max(this.match, this.pendingSnapshot) + 1 : this.match + 1;
    this.#enter('probe');
    this.next = next;
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
  }

  becomeReplicate(): void {
    this.#enter('replicate');
    this.next = this.match + 1;
  }

  /** @param index - that of the snapshot */
  becomeSnapshot(index: number): void {
    this.#enter('snapshot');
    this.pendingSnapshot = index;
    this.next = index + 1;
    this.sentCommit = index;
  }

  /** Accounts for an append that was just sent with `count` entries of `bytes` payload. */
  sentEntries(count: number, bytes: number): void {
    switch (this.state) {
      case 'replicate':
        if (count > 0) {
          this.next += count;
          this.inflights.add(this.next - 1, bytes);
        }
        // Through a full window one empty append passes for each heartbeat response.
        this.msgAppFlowPaused = this.inflights.full;
        break;
      case 'probe':
        if (count > 0) this.msgAppFlowPaused = true;
        break;
      case 'snapshot':
        assert(false, `append sent to ${this.id} while it installs a snapshot`);
    }
  }

  /** Whether an append that carries `commit` could move the peer's commit index. */
  canBumpCommit(commit: number): boolean {
    return commit > this.sentCommit && this.sentCommit < this.next - 1;
  }

  /** Takes note of an acknowledgement. False if it brings no news. */
  maybeUpdate(index: number): boolean {
    if (index <= this.match) return false;
    this.match = index;
    this.next = Math.max(this.next, index + 1);
    this.msgAppFlowPaused = false;
    return true;
  }

  /**
   * Takes note of a rejection: `next` moves back. False if the rejection is stale.
   *
   * @param rejected - index that the rejected append was to follow
   * @param hint - highest index at which the logs may agree
   */
  maybeDecrTo(rejected: number, hint: number): boolean {
    if (this.state === 'replicate') {
      if (rejected <= this.match) return false;
      this.next = this.match + 1;
    } else {
      if (this.next - 1 !== rejected) return false;
      this.next = Math.max(Math.min(rejected, hint + 1), this.match + 1);
      this.msgAppFlowPaused = false;
    }
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
    return true;
  }

  /** Whether nothing may be sent now but heartbeats. */
  isPaused(): boolean {
    return this.state === 'snapshot' || this.msgAppFlowPaused || this.pendingRead !== 0;
  }

  #enter(state: ProgressState): void {
    this.msgAppFlowPaused = false;
    this.pendingSnapshot = 0;
    this.state = state;
    this.inflights.reset();
  }
}

/** A progress for a peer that joins. It counts as active, or the next quorum check would depose the leader. */
export function newProgress(id: NodeId, lastIndex: number, isLearner: boolean, limits: InflightLimits): Progress {
  const inflights = new Inflights(limits.maxInflightMsgs, limits.maxInflightBytes);
  const progress = new Progress(id, Math.max(lastIndex, 1), inflights);
  progress.isLearner = isLearner;
  progress.recentActive = true;
  return progress;
}
