import { assert } from '@dkron/runtime';
import type { Entry } from '../core/types.ts';
import { summarizeEntries } from './entry-batch.ts';
import { ensureDir } from './disk.ts';
import { isDiskFull, StorageError } from './errors.ts';
import { changeBytes } from './log-record.ts';
import type { LogChange } from './log-record.ts';
import { checkRange, LogShape } from './log-shape.ts';
import type { Boundary, LogBatch, LogLane, LogSpace, LogState, LogStorage, ResetOptions } from './ports.ts';
import { recoverLog } from './recover.ts';
import { recordBytes } from './record.ts';
import { SegmentList } from './segment-list.ts';
import { SpanIndex } from './span-index.ts';
import { SpareSegment } from './spare-segment.ts';
import { resolveWalOptions } from './wal-options.ts';
import type { ResolvedWalOptions, WalModules, WalOptions } from './wal-options.ts';
import { WalQueue } from './wal-queue.ts';
import type { WalOperation } from './wal-queue.ts';
import { planRead, readEntries } from './wal-reader.ts';
import type { ReadPlan } from './wal-reader.ts';
import { WalWriter } from './wal-writer.ts';

const MAX_RECORD_BYTES = 1 << 30;

/**
 * Write-ahead log in preallocated segments. One `append` is one checksummed record; what queues up while a sync runs is
 * written and synced together (group commit, no timer). See `LogStorage` for the contract.
 */
export class SegmentedWal implements LogStorage {
  readonly #options: ResolvedWalOptions;
  readonly #modules: WalModules;
  readonly #queue = new WalQueue();
  readonly #spare: SpareSegment;
  readonly #writer: WalWriter;
  readonly #segments: SegmentList;
  #spans = new SpanIndex();
  /** Positions with everything that is in flight. */
  #shape = new LogShape();
  /** Positions with everything that is written: what can be read back. */
  #written: LogState = this.#shape.state;
  #phase: 'new' | 'open' | 'closed' = 'new';
  #lane: Promise<void> | undefined;
  #inFlight: WalOperation[] = [];
  #busySinceMs: number | undefined;
  /** Fatal: nothing more is taken. */
  #failure: StorageError | undefined;
  /** Appends are refused until `resume`. */
  #refusal: StorageError | undefined;

  constructor(options: WalOptions, modules: WalModules) {
    this.#options = resolveWalOptions(options);
    this.#modules = modules;
    const { dir, segmentBytes, clusterId } = this.#options;
    const { disk, logger } = modules;
    this.#spare = new SpareSegment({ dir, bytes: segmentBytes }, { disk });
    this.#writer = new WalWriter({ dir, clusterId }, { disk, spare: this.#spare });
    this.#segments = new SegmentList({ dir }, { disk, logger });
  }

  async open(): Promise<LogState> {
    assert(this.#phase === 'new', 'open is called once');
    const { disk, logger } = this.#modules;
    const { dir, clusterId, requireExisting } = this.#options;
    await ensureDir(disk, dir);
    const found = await recoverLog(disk, dir, clusterId);
    this.#shape = found.shape;
    this.#spans = found.spans;
    if (found.tornBytes > 0) logger.warn('wal torn tail wiped', { dir, bytes: found.tornBytes });
    for (const segment of found.segments) this.#segments.add(segment);
    const last = found.segments.at(-1);
    if (last !== undefined) {
      this.#writer.start({ segment: last, end: found.end, chain: found.chain });
      void this.#spare.prepare();
    } else if (requireExisting) {
      throw new StorageError('log_missing', `no write-ahead log in ${dir}, but this server must have one`, { dir });
    } else if (!(await this.#rotate(0))) {
      throw this.#full();
    }
    this.#written = this.#shape.state;
    this.#phase = 'open';
    this.#segments.dropUnused(this.#spans, this.#writer.segment);
    return this.#shape.state;
  }

  async append(batch: LogBatch, sync: boolean): Promise<void> {
    const { entries = [], truncateFrom, hardState, commit, confs } = batch;
    const summary = entries.length === 0 ? undefined : summarizeEntries(entries);
    this.#check(true);
    const change: LogChange = {
      kind: 'append',
      batch: { truncateFrom, entries: summary, hardState, commit, confs: confs?.length === 0 ? undefined : confs },
    };
    return this.#enqueue(change, entries, sync);
  }

  async compact(toIndex: number): Promise<void> {
    this.#check(false);
    return this.#enqueue({ kind: 'compact', boundary: { index: toIndex, term: 0 } }, [], true);
  }

  async reset(boundary: Boundary, options: ResetOptions = {}): Promise<void> {
    this.#check(false);
    return this.#enqueue({ kind: 'reset', reset: { boundary, ...options } }, [], true);
  }

  async read(lo: number, hi: number, maxBytes: number): Promise<Entry[] | 'compacted'> {
    this.#check(false);
    const plan = (): ReadPlan | 'compacted' => this.#planRead(lo, hi, maxBytes);
    const planned = this.#lane === undefined ? plan() : await this.#queue.after(plan);
    if (planned === 'compacted') return planned;
    try {
      return await readEntries(planned);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  state(): LogState {
    return this.#shape.state;
  }

  async space(): Promise<LogSpace> {
    const { dir, segmentBytes, lowWaterBytes } = this.#options;
    const freeBytes = await this.#modules.disk.freeBytes(dir);
    if (this.#phase === 'open' && this.#spare.failure !== undefined && freeBytes >= segmentBytes)
      await this.#spare.prepare();
    const reservedBytes = this.#writer.roomBytes + this.#spare.readyBytes;
    const stuck =
      this.#refusal !== undefined || (this.#spare.failure !== undefined && reservedBytes < segmentBytes / 4);
    const low = this.#spare.failure !== undefined || freeBytes < lowWaterBytes;
    return { level: stuck ? 'critical' : low ? 'low' : 'ok', reservedBytes, freeBytes };
  }

  lane(): LogLane {
    return {
      queued: this.#queue.length + this.#inFlight.length,
      queuedBytes: this.#queue.bytes + this.#inFlight.reduce((sum, operation) => sum + operation.bytes, 0),
      ...(this.#busySinceMs === undefined ? {} : { busySinceMs: this.#busySinceMs }),
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    };
  }

  async resume(): Promise<void> {
    this.#check(false);
    if (this.#refusal === undefined) return;
    await this.#lane;
    await this.#spare.prepare();
    if (this.#spare.readyBytes === 0 && this.#spare.failure !== undefined) throw this.#full();
    this.#refusal = undefined;
  }

  async close(): Promise<void> {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    await this.#lane;
    try {
      if (this.#failure === undefined && this.#segments.length > 0) await this.#writer.sync();
    } finally {
      await this.#spare.close();
      await this.#segments.close();
    }
  }

  #planRead(lo: number, hi: number, maxBytes: number): ReadPlan | 'compacted' {
    const state = this.#written;
    checkRange(lo, hi, state);
    if (lo < state.firstIndex) return 'compacted';
    return planRead(this.#spans, (sequence) => this.#segments.get(sequence), { lo, hi, maxBytes });
  }

  #check(appending: boolean): void {
    if (this.#phase !== 'open')
      throw new StorageError('log_closed', `the write-ahead log is ${this.#phase}`, { phase: this.#phase });
    if (this.#failure !== undefined) throw this.#failure;
    if (appending && this.#refusal !== undefined) throw this.#refusal;
  }

  #enqueue(change: LogChange, entries: readonly Entry[], sync: boolean): Promise<void> {
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
    this.#lane ??= Promise.resolve().then(() => this.#drain());
    return settled;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#queue.length > 0) await this.#commitGroup();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#lane = undefined;
    }
  }

  async #commitGroup(): Promise<void> {
    const first = this.#queue.peek()!;
    if (first.change !== undefined && !this.#writer.fits(first.change)) {
      this.#busySinceMs = this.#modules.clock.monotonicMs();
      const rotated = await this.#rotate(recordBytes(first.bytes));
      this.#busySinceMs = undefined;
      if (!rotated) {
        this.#refuse(this.#full());
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
        const full = this.#inFlight.length > 0 && this.#writer.filledBytes + next.bytes > this.#options.groupBytes;
        if (full || !this.#writer.fits(change)) break;
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
    const segment = this.#writer.segment.sequence;
    switch (change.kind) {
      case 'append': {
        const { truncateFrom, entries: summary } = change.batch;
        this.#shape.append(change.batch);
        const place = this.#writer.add(change, entries);
        return () => {
          if (truncateFrom !== undefined) spans.truncate(truncateFrom);
          if (summary === undefined) return;
          spans.push({ firstIndex: summary.firstIndex, count: summary.count, segment, ...place });
        };
      }
      case 'compact': {
        const { index } = change.boundary;
        if (!this.#shape.compact(index)) return () => {};
        this.#writer.add({ kind: 'compact', boundary: this.#shape.state.boundary }, []);
        return () => spans.dropThrough(index);
      }
      case 'reset':
        this.#shape.reset(change.reset);
        this.#writer.add(change, []);
        return () => spans.clear();
      case 'base':
        throw new TypeError('a base record is no operation');
    }
  }

  async #flush(places: readonly (() => void)[]): Promise<void> {
    const group = this.#inFlight;
    const startedMs = this.#modules.clock.monotonicMs();
    this.#busySinceMs = startedMs;
    const bytes = this.#writer.filledBytes;
    const synced = group.some((operation) => operation.sync);
    if (bytes > 0) await this.#writer.write();
    if (synced) await this.#writer.sync();
    this.#busySinceMs = undefined;
    this.#inFlight = [];
    for (const place of places) place();
    const freeing = group.some(({ change }) => change?.kind === 'compact' || change?.kind === 'reset');
    if (freeing) this.#segments.dropUnused(this.#spans, this.#writer.segment);
    if (bytes > 0) {
      const durationMs = this.#modules.clock.monotonicMs() - startedMs;
      this.#modules.onCommit?.({ batches: group.length, bytes, durationMs, synced });
    }
    for (const operation of group) if (operation.change !== undefined) operation.resolve();
  }

  async #rotate(bytes: number): Promise<boolean> {
    const segment = await this.#writer.rotate(this.#shape.state, bytes, isDiskFull);
    if (segment === false) return false;
    this.#segments.add(segment);
    return true;
  }

  #full(): StorageError {
    const { dir, segmentBytes } = this.#options;
    const options = { cause: this.#spare.failure };
    return new StorageError(
      'disk_full',
      `no space for the next segment (${segmentBytes} bytes) in ${dir}`,
      { dir, segmentBytes },
      options,
    );
  }

  /** Refuses what waits and every append until `resume`; compaction still goes, since it frees space. */
  #refuse(error: StorageError): void {
    this.#modules.logger.error('wal refuses appends', { dir: this.#options.dir, reason: error.message });
    this.#refusal = error;
    this.#queue.rejectAll(error);
  }

  /** After this nothing is known about what is on disk: only a restart reads it back. */
  #fail(cause: unknown): void {
    if (this.#failure === undefined) {
      const why = cause instanceof Error ? cause.message : String(cause);
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
  }
}
