import { Backoff } from '@dkron/runtime';
import type { AppendLane } from './append-lane.ts';
import { asError } from './errors.ts';
import type { Host } from './host.ts';
import type { Snapshotter } from './snapshotter.ts';

/** Between snapshots that are to make room. */
const SNAPSHOT_PAUSES = { minMs: 1_000, maxMs: 60_000 };
/** Between terms of this server that it gives away for lack of space: the others may have as little. */
const YIELD_PAUSES = { minMs: 20_000, maxMs: 600_000 };

/** Hands leadership on; nothing happens if there is nobody to take it. */
export type Yield = () => void;

/**
 * Watches the log's disk. Little space: no proposals, leadership goes elsewhere, snapshot and compaction. A disk that
 * hangs: a leader that cannot write gives up leadership, although its heartbeats still flow.
 */
export class DiskWatch {
  readonly #host: Host;
  readonly #appendLane: AppendLane;
  readonly #snapshotter: Snapshotter;
  readonly #yieldLeadership: Yield;
  #level: 'ok' | 'low' | 'critical' = 'ok';
  #checking = false;
  #nextCheckMs = 0;
  readonly #pauses: Backoff;
  #nextSnapshotMs = -Infinity;
  readonly #yieldPauses: Backoff;
  #nextYieldMs = -Infinity;
  /** The last term that was to be given away. */
  #yieldedTerm = 0;
  #stuck = false;
  #tickedMs = -Infinity;
  /** When this process last went on after it had stood still itself, which says nothing about the disk. */
  #awakeMs = -Infinity;

  constructor(
    host: Host,
    parts: { readonly appendLane: AppendLane; readonly snapshotter: Snapshotter },
    yieldLeadership: Yield,
  ) {
    this.#host = host;
    this.#appendLane = parts.appendLane;
    this.#snapshotter = parts.snapshotter;
    this.#yieldLeadership = yieldLeadership;
    this.#pauses = new Backoff(SNAPSHOT_PAUSES, host.modules);
    this.#yieldPauses = new Backoff(YIELD_PAUSES, host.modules);
  }

  /** Whether proposals must be refused. */
  get low(): boolean {
    return this.#level !== 'ok' || this.#appendLane.full;
  }

  /** Whether a write waits for longer than an election timeout. */
  get stuck(): boolean {
    return this.#stuck;
  }

  tick(nowMs: number): void {
    if (nowMs - this.#tickedMs > this.#host.electionMs / 2) this.#awakeMs = nowMs;
    this.#tickedMs = nowMs;
    this.#watchStuck(nowMs);
    this.#yieldWhileLow(nowMs);
    if (this.#checking || nowMs < this.#nextCheckMs) return;
    this.#checking = true;
    this.#nextCheckMs = nowMs + this.#host.options.diskCheckIntervalMs;
    this.#check().catch((error: unknown) => {
      this.#checking = false;
      if (this.#host.running)
        this.#host.modules.logger.warn('raft disk space is unknown', { error: asError(error).message });
    });
  }

  /**
   * A term is offered until somebody takes it. Whoever leads again before the pause is over keeps leading: a leader that
   * takes no commands is worth more than one that changes all the time.
   */
  #yieldWhileLow(nowMs: number): void {
    const paused = nowMs < this.#nextYieldMs;
    if (!this.low) {
      if (!paused) this.#yieldPauses.reset();
      return;
    }
    const { role, term } = this.#host.core.basicStatus();
    if (role !== 'leader') return;
    if (term !== this.#yieldedTerm) {
      if (paused) return;
      this.#yieldedTerm = term;
      this.#nextYieldMs = nowMs + this.#yieldPauses.next();
    }
    this.#yieldLeadership();
  }

  async #check(): Promise<void> {
    const { level, freeBytes, reservedBytes } = await this.#host.modules.log.space();
    this.#checking = false;
    if (!this.#host.running) return;
    if (level !== this.#level) {
      this.#level = level;
      this.#host.modules.logger.warn('raft disk space changed', { level, freeBytes, reservedBytes });
      this.#host.emitter.emit('diskLow', { level, freeBytes, reservedBytes });
    }
    if (level === 'ok') this.#forgetPauses();
    else this.#makeRoom();
  }

  /** A snapshot lets the log be cut. Ever more rarely, as long as that does not help: it takes room and time itself. */
  #makeRoom(): void {
    const nowMs = this.#host.modules.clock.monotonicMs();
    if (nowMs < this.#nextSnapshotMs) return;
    this.#nextSnapshotMs = nowMs + this.#pauses.next();
    this.#snapshotter.inBackground();
  }

  #forgetPauses(): void {
    this.#pauses.reset();
    this.#nextSnapshotMs = -Infinity;
  }

  #watchStuck(nowMs: number): void {
    const { busySinceMs } = this.#appendLane;
    const { core, electionMs, emitter, modules } = this.#host;
    const waitedMs = busySinceMs === undefined ? 0 : nowMs - Math.max(busySinceMs, this.#awakeMs);
    if (waitedMs <= electionMs) {
      this.#stuck = false;
      return;
    }
    if (!this.#stuck) {
      this.#stuck = true;
      modules.logger.error('raft disk does not answer', { waitedMs });
      emitter.emit('diskStuck', { sinceMs: waitedMs });
      if (this.#leads()) this.#yieldLeadership();
    } else if (waitedMs > 2 * electionMs && this.#leads()) {
      // Nobody took over in time.
      core.stepDown();
      this.#host.schedule();
    }
  }

  #leads(): boolean {
    return this.#host.core.basicStatus().role === 'leader';
  }
}
