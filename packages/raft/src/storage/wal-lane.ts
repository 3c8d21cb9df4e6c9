import { type Clock, type Logger, messageOf } from '@dkron/runtime';
import type { Entry } from '../core/types.ts';
import { isDiskFull, StorageError } from './errors.ts';
import { BlockingWrites } from './blocking-writes.ts';
import { changeBytes } from './log-record.ts';
import type { LogChange } from './log-record.ts';
import { LogShape } from './log-shape.ts';
import type { LogLane, LogState } from './ports.ts';
import { recordBytes } from './record.ts';
import type { SegmentList } from './segment-list.ts';
import { SpanIndex } from './span-index.ts';
import type { SpareSegment } from './spare-segment.ts';
import type { CommitObservation, ResolvedWalOptions } from './wal-options.ts';
import { WalQueue } from './wal-queue.ts';
import type { WalOperation } from './wal-queue.ts';
import type { WalWriter } from './wal-writer.ts';

const MAX_RECORD_BYTES = 1 << 30;

export interface WalLaneModules {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onCommit?: ((observation: CommitObservation) => void) | undefined;
  readonly spare: SpareSegment;
  readonly writer: WalWriter;
  readonly segments: SegmentList;
}

/**
 * The append lane: takes operations first in, first out, as many at a time as wait, and settles them in that order once
 * their group is written and synced. Holds the positions of the log and what became of the disk.
 */
export class WalLane {
  readonly #options: ResolvedWalOptions;
  readonly #modules: WalLaneModules;
  readonly #queue = new WalQueue();
  readonly #blocking: BlockingWrites | undefined;
  #spans = new SpanIndex();
  /** Positions with everything that is in flight. */
  #shape = new LogShape();
  /** Positions with everything that is written: what can be read back. */
  #written: LogState = this.#shape.state;
  #running: Promise<void> | undefined;
  #inFlight: WalOperation[] = [];
  #busySinceMs: number | undefined;
  #failure: StorageError | undefined;
  #refusal: StorageError | undefined;

  constructor(options: ResolvedWalOptions, modules: WalLaneModules) {
    this.#options = options;
    this.#modules = modules;
    this.#blocking = options.blockingWrites === 'auto' ? new BlockingWrites(modules) : undefined;
  }

  /** Whether the event loop would stand still during an append of one small entry now. */
  get blocks(): boolean {
    return this.#blocking?.allowed === true && this.#running === undefined && this.#modules.writer.canWriteNow;
  }

  /** Where recovery ended. */
  start(shape: LogShape, spans: SpanIndex): void {
    this.#shape = shape;
    this.#written = shape.state;
    this.#spans = spans;
  }

  get state(): LogState {
    return this.#shape.state;
  }

  get written(): LogState {
    return this.#written;
  }

  get spans(): SpanIndex {
    return this.#spans;
  }

  /** Fatal: nothing more is taken. */
  get failure(): StorageError | undefined {
    return this.#failure;
  }

  /** Appends are refused until `forgive`. */
  get refusal(): StorageError | undefined {
    return this.#refusal;
  }

  forgive(): void {
    this.#refusal = undefined;
  }

  status(): LogLane {
    return {
      queued: this.#queue.length + this.#inFlight.length,
      queuedBytes: this.#queue.bytes + this.#inFlight.reduce((sum, operation) => sum + operation.bytes, 0),
      ...(this.#busySinceMs === undefined ? {} : { busySinceMs: this.#busySinceMs }),
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    };
  }

  /** Resolves when nothing waits and nothing is in flight. */
  async settled(): Promise<void> {
    await this.#running;
  }

  /** Calls `run` between what was submitted before and what will be; at once when nothing is under way. */
  async inTurn<T>(run: () => T): Promise<T> {
    return this.#running === undefined ? run() : this.#queue.after(run);
  }

  submit(change: LogChange, entries: readonly Entry[], sync: boolean): Promise<void> {
    const { maxQueued, maxQueuedBytes } = this.#options;
    const bytes = changeBytes(change);
    if (bytes > MAX_RECORD_BYTES)
      throw new TypeError(`a batch of ${bytes} bytes; at most ${MAX_RECORD_BYTES} are allowed`);
    if (this.#queue.length >= maxQueued || this.#queue.bytes > maxQueuedBytes) {
      const details = { queued: this.#queue.length, maxQueued, queuedBytes: this.#queue.bytes, maxQueuedBytes };
      // Sticky: a batch behind the refused one would leave a hole.
      this.#refusal ??= new StorageError('log_refused', 'too much waits for the write-ahead log', details);
      return Promise.reject(this.#refusal);
    }
    const settled = this.#queue.push(change, bytes, entries, sync);
    // Begins behind the calls of this stretch of code, so that they share one write.
    this.#running ??= Promise.resolve().then(() => this.#drain());
    return settled;
  }

  /** Goes on in a new segment; false when the disk is full. */
  async rotate(bytes: number): Promise<boolean> {
    const segment = await this.#modules.writer.rotate(this.#shape.state, bytes, isDiskFull);
    if (segment === false) return false;
    this.#modules.segments.add(segment);
    return true;
  }

  full(): StorageError {
    const { dir, segmentBytes } = this.#options;
    const options = { cause: this.#modules.spare.failure };
    return new StorageError(
      'disk_full',
      `no space for the next segment (${segmentBytes} bytes) in ${dir}`,
      { dir, segmentBytes },
      options,
    );
  }

  /** After this nothing is known about what is on disk: only a restart reads it back. */
  fail(cause: unknown): StorageError {
    if (this.#failure === undefined) {
      const why = messageOf(cause);
      this.#failure = new StorageError(
        'log_failed',
        `the write-ahead log in ${this.#options.dir} failed (${why}); restart to recover from what is on disk`,
        { dir: this.#options.dir },
        { cause },
      );
      this.#modules.logger.error('wal failed', { dir: this.#options.dir, reason: why });
    }
    const group = this.#inFlight;
    this.#inFlight = [];
    this.#busySinceMs = undefined;
    for (const operation of group) operation.reject(this.#failure);
    this.#queue.rejectAll(this.#failure);
    return this.#failure;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#queue.length > 0) await this.#commitGroup();
    } catch (error) {
      this.fail(error);
    } finally {
      this.#running = undefined;
    }
  }

  async #commitGroup(): Promise<void> {
    const first = this.#queue.peek()!;
    if (first.change !== undefined && !this.#modules.writer.fits(first.change)) {
      this.#busySinceMs = this.#modules.clock.monotonicMs();
      const rotated = await this.rotate(recordBytes(first.bytes));
      this.#busySinceMs = undefined;
      if (!rotated) {
        this.#refuse(this.full());
        return;
      }
    }
    const places = this.#fill();
    if (this.#inFlight.length > 0) await this.#flush(places);
  }

  /** Moves what fits from the queue into the writer's buffer and the shape; returns where the entries will be. */
  #fill(): (() => void)[] {
    const places: (() => void)[] = [];
    for (let next = this.#queue.peek(); next !== undefined; next = this.#queue.peek()) {
      const { change, entries } = next;
      if (change !== undefined) {
        const full =
          this.#inFlight.length > 0 && this.#modules.writer.filledBytes + next.bytes > this.#options.groupBytes;
        if (full || !this.#modules.writer.fits(change)) break;
        const before = this.#shape.state;
        try {
          const place = this.#take(change, entries);
          const state = this.#shape.state;
          places.push(() => {
            place();
            this.#written = state;
          });
        } catch (error) {
          this.#shape = new LogShape(before);
          this.#queue.shift();
          next.reject(error);
          // What follows was made for a log that holds the refused batch.
          this.#queue.rejectAll(
            new StorageError('log_refused', 'an operation queued before was refused', {}, { cause: error }),
          );
          break;
        }
      }
      this.#queue.shift();
      // A read in between plans with the positions of its turn.
      if (change === undefined) places.push(next.resolve);
      this.#inFlight.push(next);
    }
    return places;
  }

  /** Applies a change to the shape and frames it. Returns what to do to the index once it is written. */
  #take(change: LogChange, entries: readonly Entry[]): () => void {
    const spans = this.#spans;
    const segment = this.#modules.writer.segment.sequence;
    switch (change.kind) {
      case 'append': {
        const { truncateFrom, entries: summary } = change.batch;
        this.#shape.append(change.batch);
        const place = this.#modules.writer.add(change, entries);
        return () => {
          if (truncateFrom !== undefined) spans.truncate(truncateFrom);
          if (summary === undefined) return;
          spans.push({ firstIndex: summary.firstIndex, count: summary.count, segment, ...place });
        };
      }
      case 'compact': {
        const { index } = change.boundary;
        if (!this.#shape.compact(index)) return () => {};
        this.#modules.writer.add({ kind: 'compact', boundary: this.#shape.state.boundary }, []);
        return () => spans.dropThrough(index);
      }
      case 'reset':
        this.#shape.reset(change.reset);
        this.#modules.writer.add(change, []);
        return () => spans.clear();
      case 'base':
        throw new TypeError('a base record is no operation');
    }
  }

  async #flush(places: readonly (() => void)[]): Promise<void> {
    const group = this.#inFlight;
    const startedMs = this.#modules.clock.monotonicMs();
    this.#busySinceMs = startedMs;
    const bytes = this.#modules.writer.filledBytes;
    const synced = group.some((operation) => operation.sync);
    const alone = synced && group.length === 1 && group[0]!.entries.length <= 1;
    const now = alone && this.#blocking?.takes(bytes) === true && this.#modules.writer.canWriteNow;
    if (now) {
      this.#modules.writer.writeNow();
    } else {
      if (bytes > 0) await this.#modules.writer.write(synced);
      if (synced) await this.#modules.writer.sync();
    }
    if (alone) this.#blocking?.observe(this.#modules.clock.monotonicMs() - startedMs, now);
    this.#busySinceMs = undefined;
    this.#inFlight = [];
    for (const place of places) place();
    const freeing = group.some(({ change }) => change?.kind === 'compact' || change?.kind === 'reset');
    if (freeing) this.#modules.segments.dropUnused(this.#spans, this.#modules.writer.segment);
    if (bytes > 0) {
      const durationMs = this.#modules.clock.monotonicMs() - startedMs;
      this.#modules.onCommit?.({ batches: group.length, bytes, durationMs, synced });
    }
    for (const operation of group) if (operation.change !== undefined) operation.resolve();
  }

  /** Refuses every append until `resume`. Reads go on, and compaction, since it frees space. */
  #refuse(error: StorageError): void {
    this.#modules.logger.error('wal refuses appends', { dir: this.#options.dir, reason: error.message });
    this.#refusal = error;
    this.#queue.refuse(error);
  }
}
