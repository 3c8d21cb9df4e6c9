import type { ConfState, Entry, HardState, SnapshotMeta } from '../core/types.ts';

/** `term` holds from `index` up to the next run. */
export interface TermRun {
  readonly index: number;
  readonly term: number;
}

/** Membership as of an applied index. */
export interface ConfRecord {
  readonly index: number;
  readonly confState: ConfState;
}

/** The last entry that is no longer in the log: covered by a snapshot. `{0, 0}` in a log that never was compacted. */
export interface Boundary {
  readonly index: number;
  readonly term: number;
}

/** Everything the core keeps in memory about a log. All positions are known without reading entries. */
export interface LogState {
  readonly hardState: HardState;
  /** `boundary.index + 1`, also in an empty log. */
  readonly firstIndex: number;
  /** `boundary.index` in an empty log. */
  readonly lastIndex: number;
  /** Run-length term table from the boundary (its first element) to the last entry; ascending in index and term. */
  readonly termRuns: readonly TermRun[];
  /** Indexes of the retained configuration changes, ascending. */
  readonly confIndexes: readonly number[];
  /** Recorded memberships, ascending by index: the newest at or below the boundary and all above it. */
  readonly confHistory: readonly ConfRecord[];
  readonly boundary: Boundary;
}

/** One atomic change of the log: after a crash all of it is there or none. */
export interface LogBatch {
  /** Drops the entries from this index on before `entries` are added; above `firstIndex - 1`, at most `lastIndex + 1`. */
  readonly truncateFrom?: number;
  /** Consecutive, the first at `lastIndex + 1` (after the truncation). Left alone by the caller until the promise settles. */
  readonly entries?: readonly Entry[];
  readonly hardState?: HardState;
  /** Replaces `commit` of the hard state, if it is not part of the batch itself. */
  readonly commit?: number;
  /** Memberships to record, ascending; at or below the last index. */
  readonly confs?: readonly ConfRecord[];
}

/** What goes with the new beginning of a log. */
export interface ResetOptions {
  /** Stored in the same atomic step; needed when the present one has a lower term or commit than the boundary allows. */
  readonly hardState?: HardState;
  /** Membership at the boundary; replaces the whole history. Without it the newest known one stays. */
  readonly confState?: ConfState;
}

/** How much can still be written. `low`: step down, snapshot, compact. `critical`: refuse appends soon. */
export interface LogSpace {
  readonly level: 'ok' | 'low' | 'critical';
  /** Bytes that certainly can be appended: they are allocated on disk already. `Infinity` in memory. */
  readonly reservedBytes: number;
  /** Bytes the disk has left beside them. */
  readonly freeBytes: number;
}

/** State of the lane, for a watchdog and for backpressure. */
export interface LogLane {
  /** Operations not settled yet, and an upper bound of their bytes. */
  readonly queued: number;
  readonly queuedBytes: number;
  /** Since when the oldest disk call of the lane is under way, on the monotonic clock; absent when none is. */
  readonly busySinceMs?: number;
  /** Why the instance takes nothing more. */
  readonly failure?: Error;
}

/**
 * The durable log of one server. Operations take effect in the order of the calls. A promise of `append` with `sync`
 * resolves only after the batch **and every earlier one** are durable. Errors: `StorageError` (`log_failed`,
 * `log_refused`, `disk_full`, `log_closed`, `log_corrupt`); a batch that is no continuation of the log is a `TypeError`
 * and changes nothing. After any failed write or sync every call rejects with `log_failed`: restart and recover.
 */
export interface LogStorage {
  /**
   * Reads back what is durable. Once, before anything else.
   * @throws StorageError `log_corrupt`, `log_missing`, `log_foreign`, `log_version`, `disk_full`; or the disk's own error
   */
  open(): Promise<LogState>;
  /** @param sync - false lets it resolve before it is durable (changes of `commit` only) */
  append(batch: LogBatch, sync: boolean): Promise<void>;
  /**
   * Entries of `[lo, hi)`, `hi ≤ lastIndex + 1`, as many as `maxBytes` of data allow but at least one; sees every append
   * called before it. `'compacted'` when `lo` is below the first index.
   */
  read(lo: number, hi: number, maxBytes: number): Promise<Entry[] | 'compacted'>;
  /** Drops the entries up to `toIndex` (≤ `lastIndex`); files go lazily, and a restart may bring some entries back. */
  compact(toIndex: number): Promise<void>;
  /** Empties the log after a snapshot was installed: durable, and atomic with the new boundary. */
  reset(boundary: Boundary, options?: ResetOptions): Promise<void>;
  /** Current positions, as `open` gave them at first; includes what is written but not yet synced. */
  state(): LogState;
  space(): Promise<LogSpace>;
  lane(): LogLane;
  /** Whether a small synced append would hold up the event loop now. Absent: never. */
  readonly blocks?: boolean;
  /** After `disk_full`: rejects with it again, or resolves when there is room; appends are taken from then on. */
  resume(): Promise<void>;
  /** Settles what is queued, then releases everything. Idempotent. */
  close(): Promise<void>;
}

/** A snapshot as stored. */
export interface StoredSnapshot extends SnapshotMeta {
  /** Names it inside its storage; sorts by (index, term). */
  readonly id: string;
  readonly bytes: number;
  /** SHA-256 of the bytes, lower-case hex. */
  readonly sha256: string;
}

/** A snapshot that is being written. It counts once `close` resolves. */
export interface SnapshotSink {
  readonly id: string;
  /** Bytes taken so far: where a resumed transfer continues. */
  readonly offset: number;
  /** Appends; calls do not overlap. */
  write(chunk: Uint8Array): Promise<void>;
  /**
   * Makes the snapshot durable and visible.
   * @throws StorageError `snapshot_incomplete` when the bytes differ from what is expected here; the sink is cancelled
   */
  close(expected?: { readonly bytes?: number; readonly sha256?: string }): Promise<StoredSnapshot>;
  /** Leaves the bytes for `create` with `resume`; nothing becomes visible. */
  suspend(): Promise<void>;
  /** Removes the bytes. Idempotent. */
  cancel(): Promise<void>;
}

/** A stored snapshot and its bytes. */
export interface SnapshotReader {
  readonly meta: StoredSnapshot;
  /** The bytes from `offset`, in chunks of at most 256 KiB; to be consumed once. */
  readonly stream: AsyncIterable<Uint8Array>;
}

/** Errors: `StorageError` (`snapshot_missing`, `snapshot_corrupt`, `snapshot_incomplete`, `disk_full`) or the disk's own. */
export interface SnapshotStorage {
  /** Starts a snapshot. `resume` continues bytes that a suspended or crashed sink of the same meta left. */
  create(meta: SnapshotMeta, options?: { readonly resume?: boolean }): Promise<SnapshotSink>;
  /** Complete ones, newest first. */
  list(): Promise<StoredSnapshot[]>;
  /** Verifies the checksum over all bytes first, unless told not to. */
  open(id: string, options?: { readonly offset?: number; readonly verify?: boolean }): Promise<SnapshotReader>;
  /** The newest one whose bytes verify, older ones being tried in turn; undefined when there is none at all. */
  openLatest(): Promise<SnapshotReader | undefined>;
  /** Removes all but the newest `keep` (≥ 1), and leftovers of crashed sinks. */
  reap(keep: number): Promise<void>;
  /** Removes all of them durably, and leftovers of crashed sinks. */
  clear(): Promise<void>;
}
