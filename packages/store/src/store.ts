import type {
  ApplyEvent,
  Command,
  CommandResult,
  Due,
  Execution,
  ExecutionId,
  ExecutionOutput,
  JobName,
  LedgerEntry,
  Run,
  SetPause,
  StoredJob,
} from '@dkron/jobs';
import type { EpochNanos, Logger, Metrics } from '@dkron/runtime';
import { applyCommand } from './apply/apply.ts';
import { toHex } from './bytes.ts';
import { StoreError, writeError } from './errors.ts';
import { executionsOf, listExecutions } from './execution-query.ts';
import type { ExecutionPage, ExecutionQuery, QueryModules } from './execution-query.ts';
import { HashCheckpoints } from './hash-checkpoints.ts';
import type { StateHash } from './hash-checkpoints.ts';
import { listJobNames, listJobs } from './job-query.ts';
import type { JobNamePage, JobPage, JobQuery } from './job-query.ts';
import { executionKey, outputKey, statsKey } from './keys.ts';
import { newestLedgerEntry, queryLedger } from './ledger-query.ts';
import type { LedgerPage, LedgerQuery } from './ledger-query.ts';
import { loadState } from './load.ts';
import type { Notices } from './notices.ts';
import { DEFAULT_RETENTION, type Retention, type StoreOptions } from './options.ts';
import { unpackOutput } from './output.ts';
import type { KeyValue, StoreCodec } from './ports.ts';
import { statsCodec } from './records.ts';
import type { DayStats } from './records.ts';
import { finishRestore, stageSnapshot } from './restore.ts';
import type { RestorePosition } from './restore.ts';
import { openSnapshot } from './snapshot.ts';
import type { SnapshotStream } from './snapshot.ts';
import { byGroup, codecsOf, type Codecs, type State } from './state.ts';
import { storeMetrics, type StoreMetrics } from './store-metrics.ts';
import { Transaction } from './transaction.ts';

/** What a store is given. It closes `kv` when it is closed itself. */
export interface StoreModules {
  readonly kv: KeyValue;
  readonly codec: StoreCodec;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** A committed log entry. Indexes grow; gaps are entries without a command. */
export interface StoreEntry {
  readonly index: bigint;
  readonly data: Uint8Array;
  /** The command that `data` encodes, when the caller has it at hand. */
  readonly command?: Command;
}

/** The events before position `end` that no earlier entry of the batch made are those of the entry at `index`. */
export interface EntryEvents {
  readonly index: bigint;
  readonly end: number;
}

/** Called after each write with what the batch changed, in order; must not throw. */
export type AppliedListener = (events: readonly ApplyEvent[], entries: readonly EntryEvents[]) => void;

/** What the store remembers of itself between construction steps. */
interface Parts extends StoreModules {
  readonly codecs: Codecs;
  readonly state: State;
}

/**
 * The replicated state machine: applies committed commands, one atomic write per batch, and answers reads from memory.
 * Apply reads no clock and no chance, so equal logs give equal states and hashes on every server.
 */
export class Store {
  readonly #kv: KeyValue;
  readonly #codecs: Codecs;
  readonly #logger: Logger;
  readonly #metrics: StoreMetrics;
  readonly #retention: Retention;
  readonly #hashes: HashCheckpoints;
  readonly #listeners = new Set<AppliedListener>();
  readonly #jobListeners = new Set<(names: Iterable<JobName>) => void>();
  readonly #restoreListeners = new Set<() => void>();
  #state: State;
  #turn: Promise<unknown> = Promise.resolve();
  #failure: StoreError | undefined;

  private constructor(options: StoreOptions, parts: Parts) {
    this.#kv = parts.kv;
    this.#codecs = parts.codecs;
    this.#logger = parts.logger;
    this.#metrics = storeMetrics(parts.metrics);
    this.#state = parts.state;
    this.#retention = { ...DEFAULT_RETENTION, ...options.retention };
    this.#hashes = new HashCheckpoints(options.hashEveryEntries ?? 1000);
    this.#metrics.jobs.set(this.#state.jobs.size);
  }

  /** Reads what is stored; jobs stay in memory as bytes. Completes a restore that a crash interrupted. */
  static async open(options: StoreOptions, modules: StoreModules): Promise<Store> {
    const codecs = codecsOf(modules.codec);
    await finishRestore(modules.kv);
    const state = await loadState({ ...modules, codecs });
    return new Store(options, { ...modules, codecs, state });
  }

  /**
   * Applies committed entries, in order, in one atomic write together with the applied index. Results come after the
   * write; listeners of `onApplied` are called in the same turn, before them. Entries at or below the applied index are
   * refused.
   *
   * A failed write stops the store: whether it is on disk is unknown, so nothing more is acknowledged until it is
   * opened anew. Memory stays as it was.
   *
   * @throws StoreError `unknown_command`, `bad_index`, `disk_full`, `write_failed`, `store_stopped`
   */
  apply(entries: readonly StoreEntry[]): Promise<CommandResult[]> {
    return this.#inTurn(() => this.#apply(entries));
  }

  /** Called after each applied batch, in order, in the turn of the write. Returns the way to stop. */
  onApplied(listener: AppliedListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Called with the names of jobs whose definition or state a batch changed or removed, in the turn in which readers see
   * it, before `onApplied`. Must not throw. Returns the way to stop.
   */
  onJobsChanged(listener: (names: Iterable<JobName>) => void): () => void {
    this.#jobListeners.add(listener);
    return () => void this.#jobListeners.delete(listener);
  }

  /** Called when a snapshot has replaced everything: whatever was derived from the state must be derived anew. */
  onRestored(listener: () => void): () => void {
    this.#restoreListeners.add(listener);
    return () => void this.#restoreListeners.delete(listener);
  }

  /** Undefined while the store works; else why it stopped. */
  get failure(): StoreError | undefined {
    return this.#failure;
  }

  /** 0 when nothing was applied. */
  appliedIndex(): bigint {
    return this.#state.appliedIndex;
  }

  lastStamp(): EpochNanos {
    return this.#state.lastStamp;
  }

  /** Hash over every change up to `index`; equal on servers that applied the same entries. */
  stateHash(): StateHash {
    return { index: this.#state.appliedIndex, hash: toHex(this.#state.stateHash) };
  }

  /** The latest checkpoints, oldest first, to compare with another server's. */
  hashCheckpoints(): readonly StateHash[] {
    return this.#hashes.list();
  }

  getJob(name: JobName): StoredJob | undefined {
    return this.#state.jobs.get(name);
  }

  hasJob(name: JobName): boolean {
    return this.#state.jobs.has(name);
  }

  jobCount(): number {
    return this.#state.jobs.size;
  }

  /** In order. A snapshot of the names: the store may change meanwhile. */
  jobNames(): Iterable<JobName> {
    return this.#state.jobs.names.slice(0, this.#state.jobs.size);
  }

  /** How many jobs have each status; no job is decoded (G-A15). */
  jobCountByStatus(): ReadonlyMap<string, number> {
    return this.#state.jobs.columns.countByStatus();
  }

  listJobs(query: JobQuery = {}): JobPage {
    return listJobs(this.#state.jobs, query);
  }

  /** As `listJobs`, for readers that keep what they made of each job. */
  listJobNames(query: JobQuery = {}): JobNamePage {
    return listJobNames(this.#state.jobs, query);
  }

  /** Pending and running, those of deleted jobs included, oldest stamp first. */
  openExecutions(): Iterable<Execution> {
    const open = [...this.#state.openExecutions.values()].map(({ execution }) => execution);
    return open.sort((a, b) => (a.stamp < b.stamp ? -1 : a.stamp > b.stamp ? 1 : 0));
  }

  getExecution(id: ExecutionId): Execution | undefined {
    const open = this.#state.openExecutions.get(id);
    if (open !== undefined) {
      return open.execution;
    }
    const key = executionKey(id);
    const bytes = key === undefined ? undefined : this.#kv.getSync(key);
    return bytes === undefined ? undefined : this.#codecs.executionRecord.decode(bytes).execution;
  }

  getOutput(id: ExecutionId): ExecutionOutput | undefined {
    const key = outputKey(id);
    const bytes = key === undefined ? undefined : this.#kv.getSync(key);
    return bytes === undefined ? undefined : unpackOutput(bytes);
  }

  /** Kept executions of a job, newest first. */
  executions(name: JobName): readonly Execution[] {
    return executionsOf(this.#reads(), name);
  }

  listExecutions(query: ExecutionQuery = {}): Promise<ExecutionPage> {
    return listExecutions(this.#reads(), query);
  }

  /** Runs that hold the job's slot, oldest first. */
  openRuns(name: JobName): readonly Run[] {
    const runs = [...(this.#state.openRuns.get(name)?.values() ?? [])];
    return runs
      .filter(({ orphan }) => !orphan)
      .map(({ run }) => run)
      .sort(byGroup);
  }

  /** In order of id. */
  dues(): Iterable<Due> {
    return [...this.#state.dues.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Still to be told. */
  notices(): Pick<Notices, 'get' | 'list' | 'size'> {
    return this.#state.notices;
  }

  ledger(name: JobName, query: LedgerQuery = {}): LedgerPage {
    return queryLedger(this.#reads(), name, query);
  }

  newestLedgerEntry(name: JobName): LedgerEntry | undefined {
    return newestLedgerEntry(this.#reads(), name);
  }

  /** Totals of UTC days (`YYYY-MM-DD`), in the order asked; zeros where nothing ended. */
  stats(dates: readonly string[]): readonly DayStats[] {
    return dates.map((date) => {
      const bytes = this.#kv.getSync(statsKey(date));
      return { date, ...(bytes === undefined ? { successCount: 0, failedCount: 0 } : statsCodec.decode(bytes)) };
    });
  }

  paused(scope: SetPause['scope']): boolean {
    return this.#state.pauses.has(scope);
  }

  getSetting(key: string): string | undefined {
    return this.#state.settings.get(key);
  }

  /** Makes everything applied so far durable, e.g. before the log is cut. */
  sync(): Promise<void> {
    return this.#inTurn(async () => {
      this.#assertRunning();
      await this.#kv.batch([], { sync: true });
    });
  }

  /** The whole state of this moment, as framed, compressed, checksummed chunks. */
  snapshot(): SnapshotStream {
    return openSnapshot(this.#kv);
  }

  /**
   * Replaces the whole state by a snapshot. A stream that is cut or damaged leaves the state as it was. `position` says
   * where in its log this store stands then; it is durable together with the state.
   *
   * @throws StoreError `bad_snapshot`, `disk_full`, `write_failed`
   */
  restore(chunks: AsyncIterable<Uint8Array>, position: RestorePosition = {}): Promise<void> {
    return this.#inTurn(async () => {
      this.#assertRunning();
      await stageSnapshot(this.#kv, chunks, position);
      await finishRestore(this.#kv);
      this.#state = await loadState({ kv: this.#kv, codecs: this.#codecs, logger: this.#logger });
      this.#metrics.jobs.set(this.#state.jobs.size);
      for (const listener of this.#restoreListeners) {
        listener();
      }
    });
  }

  /** Waits for what was handed in, then closes the key-value store. */
  close(): Promise<void> {
    return this.#inTurn(() => this.#kv.close());
  }

  #reads(): QueryModules {
    const { jobs, openExecutions } = this.#state;
    return { kv: this.#kv, jobs, openExecutions, codecs: this.#codecs };
  }

  /** One batch after the other: each sees the state that the one before left. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#turn.then(work, work);
    this.#turn = next.catch(() => undefined);
    return next;
  }

  async #apply(entries: readonly StoreEntry[]): Promise<CommandResult[]> {
    this.#assertRunning();
    const modules = { state: this.#state, kv: this.#kv, codecs: this.#codecs };
    const tx = new Transaction({ retention: this.#retention }, modules);
    const checkpoints: StateHash[] = [];
    const results: CommandResult[] = [];
    const told: EntryEvents[] = [];
    try {
      let last = this.#state.appliedIndex;
      for (const entry of entries) {
        assertIndex(entry.index, last);
        results.push(this.#applyEntry(tx, entry));
        last = entry.index;
        if (tx.events.length > (told.at(-1)?.end ?? 0)) told.push({ index: last, end: tx.events.length });
        if (this.#hashes.isDue(last)) {
          checkpoints.push({ index: last, hash: toHex(tx.hash) });
        }
      }
      await this.#kv.batch(tx.ops());
    } catch (error) {
      throw this.#stop(error);
    }
    tx.commit();
    for (const listener of this.#jobListeners) {
      listener(tx.changedJobs());
    }
    this.#hashes.add(checkpoints);
    this.#metrics.appliedEntries.add(entries.length);
    this.#metrics.jobs.set(this.#state.jobs.size);
    this.#tell(tx.events, told);
    return results;
  }

  #applyEntry(
    tx: Transaction,
    { index, data, command = this.#codecs.command.decode(data) }: StoreEntry,
  ): CommandResult {
    tx.beginEntry(command.stamp, index);
    const result = applyCommand(tx, command);
    tx.endEntry(index);
    return result;
  }

  #tell(events: readonly ApplyEvent[], entries: readonly EntryEvents[]): void {
    for (const listener of this.#listeners) {
      try {
        listener(events, entries);
      } catch (error) {
        this.#logger.error('a listener of applied changes failed', { error });
      }
    }
  }

  #stop(error: unknown): StoreError {
    const failure = error instanceof StoreError ? error : writeError(error, this.#kv.path);
    this.#failure = failure;
    this.#metrics.stopped.set(1);
    this.#logger.error('the store has stopped', { code: failure.code, reason: failure.message, path: this.#kv.path });
    return failure;
  }

  #assertRunning(): void {
    if (this.#failure !== undefined) {
      const { code, message } = this.#failure;
      throw new StoreError('store_stopped', `the store stopped before: ${message}`, { code }, { cause: this.#failure });
    }
  }
}

function assertIndex(index: bigint, last: bigint): void {
  if (index <= last) {
    throw new StoreError('bad_index', `entry ${index} comes after ${last} was applied; indexes must grow`, {
      index,
      last,
    });
  }
}
