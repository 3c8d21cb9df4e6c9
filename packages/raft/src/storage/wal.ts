import { assert } from '@dkron/runtime';
import type { Entry } from '../core/types.ts';
import { summarizeEntries } from './entry-batch.ts';
import { ensureDir } from './disk.ts';
import { StorageError } from './errors.ts';
import type { LogChange } from './log-record.ts';
import { checkRange } from './log-shape.ts';
import type { Boundary, LogBatch, LogLane, LogSpace, LogState, LogStorage, ResetOptions } from './ports.ts';
import { recoverLog } from './recover.ts';
import { SegmentList } from './segment-list.ts';
import { SpareSegment } from './spare-segment.ts';
import { WalLane } from './wal-lane.ts';
import { resolveWalOptions } from './wal-options.ts';
import type { ResolvedWalOptions, WalModules, WalOptions } from './wal-options.ts';
import { planRead, readEntries } from './wal-reader.ts';
import type { ReadPlan } from './wal-reader.ts';
import { WalWriter } from './wal-writer.ts';

/**
 * Write-ahead log in preallocated segments. One `append` is one checksummed record; what queues up while a sync runs is
 * written and synced together (group commit, no timer). See `LogStorage` for the contract.
 */
export class SegmentedWal implements LogStorage {
  readonly #options: ResolvedWalOptions;
  readonly #modules: WalModules;
  readonly #spare: SpareSegment;
  readonly #writer: WalWriter;
  readonly #segments: SegmentList;
  readonly #lane: WalLane;
  #phase: 'new' | 'open' | 'closed' = 'new';

  constructor(options: WalOptions, modules: WalModules) {
    this.#options = resolveWalOptions(options);
    this.#modules = modules;
    const { dir, segmentBytes, clusterId } = this.#options;
    const { disk, logger } = modules;
    this.#spare = new SpareSegment({ dir, bytes: segmentBytes }, { disk });
    this.#writer = new WalWriter({ dir, clusterId }, { disk, spare: this.#spare });
    this.#segments = new SegmentList({ dir }, { disk, logger });
    const { clock, onCommit } = modules;
    const parts = { spare: this.#spare, writer: this.#writer, segments: this.#segments };
    this.#lane = new WalLane(this.#options, { clock, logger, onCommit, ...parts });
  }

  async open(): Promise<LogState> {
    assert(this.#phase === 'new', 'open is called once');
    const { disk, logger } = this.#modules;
    const { dir, clusterId, requireExisting } = this.#options;
    await ensureDir(disk, dir);
    const found = await recoverLog(disk, dir, clusterId);
    this.#lane.start(found.shape, found.spans);
    if (found.tornBytes > 0) logger.warn('wal torn tail wiped', { dir, bytes: found.tornBytes });
    for (const segment of found.segments) this.#segments.add(segment);
    const last = found.segments.at(-1);
    if (last !== undefined) {
      this.#writer.start({ segment: last, end: found.end, chain: found.chain });
      void this.#spare.prepare();
    } else if (requireExisting) {
      throw new StorageError('log_missing', `no write-ahead log in ${dir}, but this server must have one`, { dir });
    } else if (!(await this.#lane.rotate(0))) {
      throw this.#lane.full();
    }
    this.#phase = 'open';
    this.#segments.dropUnused(found.spans, this.#writer.segment);
    return this.#lane.state;
  }

  /** One promise, handed on as it is: each one around it would cost the event loop three more visits. */
  append(batch: LogBatch, sync: boolean): Promise<void> {
    const { entries = [], truncateFrom, hardState, commit, confs } = batch;
    try {
      const summary = entries.length === 0 ? undefined : summarizeEntries(entries);
      this.#check(true);
      const change: LogChange = {
        kind: 'append',
        batch: { truncateFrom, entries: summary, hardState, commit, confs: confs?.length === 0 ? undefined : confs },
      };
      return this.#lane.submit(change, entries, sync);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  async compact(toIndex: number): Promise<void> {
    this.#check(false);
    return this.#lane.submit({ kind: 'compact', boundary: { index: toIndex, term: 0 } }, [], true);
  }

  async reset(boundary: Boundary, options: ResetOptions = {}): Promise<void> {
    this.#check(false);
    return this.#lane.submit({ kind: 'reset', reset: { boundary, ...options } }, [], true);
  }

  async read(lo: number, hi: number, maxBytes: number): Promise<Entry[] | 'compacted'> {
    this.#check(false);
    const planned = await this.#lane.inTurn(() => this.#planRead(lo, hi, maxBytes));
    if (planned === 'compacted') return planned;
    try {
      return await readEntries(planned);
    } catch (error) {
      const failure = this.#lane.fail(error);
      throw error instanceof StorageError ? error : failure;
    }
  }

  state(): LogState {
    return this.#lane.state;
  }

  async space(): Promise<LogSpace> {
    const { dir, segmentBytes, lowWaterBytes } = this.#options;
    const freeBytes = await this.#modules.disk.freeBytes(dir);
    if (this.#phase === 'open' && this.#spare.failure !== undefined && freeBytes >= segmentBytes)
      await this.#spare.prepare();
    const reservedBytes = this.#writer.roomBytes + this.#writer.spareRoomBytes(this.#lane.state);
    const stuck =
      this.#lane.refusal !== undefined || (this.#spare.failure !== undefined && reservedBytes < segmentBytes / 4);
    const low = this.#spare.failure !== undefined || freeBytes < lowWaterBytes;
    return { level: stuck ? 'critical' : low ? 'low' : 'ok', reservedBytes, freeBytes };
  }

  get blocks(): boolean {
    return this.#phase === 'open' && this.#lane.blocks;
  }

  lane(): LogLane {
    return this.#lane.status();
  }

  async resume(): Promise<void> {
    this.#check(false);
    if (this.#lane.refusal === undefined) return;
    await this.#lane.settled();
    await this.#spare.prepare();
    if (this.#spare.readyBytes === 0 && this.#spare.failure !== undefined) throw this.#lane.full();
    this.#lane.forgive();
  }

  async close(): Promise<void> {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    await this.#lane.settled();
    try {
      if (this.#lane.failure === undefined && this.#segments.length > 0) await this.#writer.sync();
    } catch (error) {
      throw this.#lane.fail(error);
    } finally {
      await this.#spare.close();
      await this.#segments.close();
    }
  }

  #planRead(lo: number, hi: number, maxBytes: number): ReadPlan | 'compacted' {
    const state = this.#lane.written;
    checkRange(lo, hi, state);
    if (lo < state.firstIndex) return 'compacted';
    return planRead(this.#lane.spans, (sequence) => this.#segments.get(sequence), { lo, hi, maxBytes });
  }

  #check(appending: boolean): void {
    if (this.#phase !== 'open')
      throw new StorageError('log_closed', `the write-ahead log is ${this.#phase}`, { phase: this.#phase });
    if (this.#lane.failure !== undefined) throw this.#lane.failure;
    if (appending && this.#lane.refusal !== undefined) throw this.#lane.refusal;
  }
}
