import type {
  ApplyEvent,
  Due,
  ExecutionId,
  ExecutionOutput,
  JobName,
  LedgerEntry,
  NoticeChannel,
  Run,
  SetPause,
  StoredJob,
} from '@dkron/jobs';
import type { Retention } from './options.ts';
import { DueChanges } from './due-changes.ts';
import { ExecutionChanges } from './execution-changes.ts';
import { JobDrafts } from './job-drafts.ts';
import { Journal } from './journal.ts';
import * as keys from './keys.ts';
import { NoticeChanges } from './notice-changes.ts';
import { boundedOutput, packOutput, plainOutput } from './output.ts';
import { RunChanges } from './run-changes.ts';
import { SmallChanges } from './small-changes.ts';
import { StatsChanges } from './stats-changes.ts';
import type { KeyValue, WriteOp } from './ports.ts';
import { headCodec, historyPlaceCodec, statsCodec } from './records.ts';
import type { ExecutionRecord, HistoryPlace, JobMeta, RunRecord, TokenRecord } from './records.ts';
import { byGroup } from './state.ts';
import type { Codecs, State } from './state.ts';

/**
 * The changes of one batch over the state: reads its own writes, collects operations and events, and touches nothing
 * until `commitTo` is called after the write succeeded. Dropping it undoes everything.
 */
export class Transaction {
  /** Stamp of the command being applied. */
  stamp = 0n;
  /** Index of the log entry being applied. */
  index = 0n;
  events: ApplyEvent[] = [];
  /** Who is told of what the command starts and ends. */
  notify: readonly NoticeChannel[] = [];
  /** What is still to be told. */
  readonly notices: NoticeChanges;
  readonly retention: Retention;
  readonly #state: State;
  readonly #kv: KeyValue;
  readonly #codecs: Codecs;
  readonly #journal: Journal;
  readonly #jobs: JobDrafts;
  readonly #executions: ExecutionChanges;
  readonly #runs: RunChanges;
  readonly #dues: DueChanges;
  readonly #small: SmallChanges;
  readonly #rootChanges = new Map<bigint, number>();
  readonly #touchedRoots = new Set<bigint>();
  readonly #stats: StatsChanges;
  #lastStamp: bigint;
  #index: bigint;
  #hash: Uint8Array;
  #lastDueId: bigint;

  constructor(
    options: { readonly retention: Retention },
    modules: { readonly state: State; readonly kv: KeyValue; readonly codecs: Codecs },
  ) {
    const { state, kv, codecs } = modules;
    this.retention = options.retention;
    this.#state = state;
    this.#kv = kv;
    this.#codecs = codecs;
    this.#lastStamp = state.lastStamp;
    this.#lastDueId = state.lastDueId;
    this.#index = state.appliedIndex;
    this.#hash = state.stateHash;
    this.#journal = new Journal(state.stateHash);
    this.#jobs = new JobDrafts(state, codecs);
    this.#executions = new ExecutionChanges(state, codecs, (id) =>
      this.#read(keys.executionKey(id), codecs.executionRecord.decode),
    );
    this.#runs = new RunChanges(state, codecs, (name, group) =>
      // A run newer than all is on no disk.
      group > this.#jobs.meta(name).newestGroup
        ? undefined
        : this.#read(keys.runKey(name, group, false), codecs.runRecord.decode),
    );
    this.#dues = new DueChanges(state);
    this.notices = new NoticeChanges(state.notices, {
      nextId: () => this.#nextId(),
      write: (id, notice) => this.#write(keys.noticeKey(id), notice, codecs.notice.encode),
      tell: (event) => void this.events.push(event),
      dropOutput: (id) => {
        if (this.execution(id) === undefined) this.#write(keys.outputKey(id), undefined, plainOutput);
      },
    });
    this.#stats = new StatsChanges(state, options.retention.statsDays, (date) =>
      this.#read(keys.statsKey(date), statsCodec.decode),
    );
    this.#small = new SmallChanges(state, this.#journal);
  }

  beginEntry(stamp: bigint, index: bigint): void {
    this.stamp = stamp;
    this.index = index;
    this.sawStamp(stamp);
  }

  /** Flushes what the entry changed into the journal and tells which root groups have settled. */
  endEntry(index: bigint): void {
    this.#jobs.flush(this.#journal);
    this.#executions.flush(this.#journal);
    this.#runs.flush(this.#journal);
    this.#stats.flush(this.#journal);
    for (const rootGroup of this.#touchedRoots) {
      if ((this.#state.rootCounts.get(rootGroup) ?? 0) + (this.#rootChanges.get(rootGroup) ?? 0) === 0) {
        this.events.push({ type: 'settled', rootGroup });
      }
    }
    this.#touchedRoots.clear();
    this.#index = index;
    this.#hash = this.#journal.endEntry(index);
  }

  /** All writes of the batch with the head record, for one atomic write. Called once. */
  ops(): WriteOp[] {
    const head = {
      appliedIndex: this.#index,
      lastStamp: this.#lastStamp,
      lastDueId: this.#lastDueId,
      stateHash: this.#hash,
    };
    this.#journal.ops.push({ type: 'put', key: keys.HEAD_KEY, value: headCodec.encode(head) });
    return this.#journal.ops;
  }

  get hash(): Uint8Array {
    return this.#hash;
  }

  /** Makes the changes visible in memory. Called once, after the write. */
  commit(): void {
    const state = this.#state;
    this.#jobs.commit();
    this.#executions.commit();
    this.#runs.commit();
    this.#dues.commit();
    this.notices.commit();
    this.#stats.commit();
    this.#small.commit();
    state.appliedIndex = this.#index;
    state.lastStamp = this.#lastStamp;
    state.lastDueId = this.#lastDueId;
    state.stateHash = this.#hash;
  }

  /** Highest stamp so far, this entry's included: never falls, whatever order stamps arrive in. */
  get lastStamp(): bigint {
    return this.#lastStamp;
  }

  sawStamp(stamp: bigint): void {
    if (stamp > this.#lastStamp) {
      this.#lastStamp = stamp;
    }
  }

  job(name: JobName): StoredJob | undefined {
    return this.#jobs.get(name);
  }

  /** Counts the revision; undefined removes, with the meta. */
  setJob(name: JobName, job: StoredJob | undefined): void {
    this.#jobs.set(name, job);
  }

  /** As of a new job when there is none. */
  meta(name: JobName): JobMeta {
    return this.#jobs.meta(name);
  }

  setMeta(name: JobName, meta: JobMeta): void {
    this.#jobs.setMeta(name, meta);
  }

  /** Names of jobs whose definition or state this batch changed. */
  changedJobs(): Iterable<JobName> {
    return this.#jobs.changed();
  }

  execution(id: string): ExecutionRecord | undefined {
    return this.#executions.get(id);
  }

  setExecution(record: ExecutionRecord): void {
    this.#executions.set(record.execution.id, record);
    this.events.push({ type: 'execution', execution: record.execution });
  }

  /** Undefined when there is none, or it has ended: open ones are in memory. */
  openExecution(id: string): ExecutionRecord | undefined {
    return this.#executions.getOpen(id);
  }

  /** Removes the record, and its output, if it has one, unless somebody is still to be told of it. */
  removeExecution(id: string, hasOutput: boolean = true): void {
    this.#executions.set(id, undefined);
    if (hasOutput && !this.notices.keepOutput(id)) this.#write(keys.outputKey(id), undefined, plainOutput);
  }

  historyPlace(name: JobName, sequence: number): HistoryPlace | undefined {
    const changed = this.#jobs.historyPlace(name, sequence);
    if (changed !== undefined) return changed ?? undefined;
    return this.#read(keys.historyKey(name, sequence), historyPlaceCodec.decode);
  }

  setHistoryPlace(name: JobName, sequence: number, place: HistoryPlace | undefined): void {
    this.#jobs.setHistoryPlace(name, sequence, place, this.#journal);
  }

  run(name: JobName, group: bigint): RunRecord | undefined {
    return this.#runs.get(name, group);
  }

  setRun(record: RunRecord): void {
    const { jobName, group } = record.run;
    this.#changeRun(jobName, group, record);
    this.events.push({ type: 'run', run: record.run });
  }

  removeRun(name: JobName, group: bigint): void {
    this.#changeRun(name, group, undefined);
  }

  /** Whether there is one or not; of an open run nothing is removed. */
  removeClosedRun(name: JobName, group: bigint): void {
    this.#runs.removeClosed(name, group);
  }

  /** Runs that hold the job's slot, oldest first. */
  openRuns(name: JobName): Run[] {
    return this.openRunRecords(name).flatMap(({ run, orphan }) => (orphan ? [] : run));
  }

  /** Orphans too. */
  openRunRecords(name: JobName): RunRecord[] {
    return this.#runs.open(name).sort((a, b) => byGroup(a.run, b.run));
  }

  due(id: bigint): Due | undefined {
    return this.#dues.get(id);
  }

  /** Ids of the job's dues, in order. */
  duesOf(name: JobName): bigint[] {
    return this.#dues.of(name);
  }

  /** The slot that this attempt keeps beyond its end. */
  holdOf(id: ExecutionId): Due | undefined {
    return this.#dues.holdOf(id);
  }

  /** @returns its id */
  addDue(due: Omit<Due, 'id'>): bigint {
    const record: Due = { id: this.#nextId(), ...due };
    this.#dues.add(record);
    this.#rootOfDue(record, 1);
    this.#write(keys.dueKey(record.id), record, this.#codecs.due.encode);
    this.events.push({ type: 'due', due: record, change: 'added' });
    return record.id;
  }

  removeDue(id: bigint): void {
    const due = this.#dues.get(id);
    if (due !== undefined) {
      this.#dues.remove(id);
      this.#rootOfDue(due, -1);
      this.#write(keys.dueKey(id), undefined, this.#codecs.due.encode);
      this.events.push({ type: 'due', due, change: 'removed' });
    }
  }

  /** Appends and trims to the retention. */
  addLedger(entry: LedgerEntry, nextTick: bigint | null): void {
    const { jobName } = entry;
    const meta = this.meta(jobName);
    const next = meta.ledgerNext + 1;
    const first = Math.max(meta.ledgerFirst, next - this.retention.ledgerEntriesPerJob);
    for (let sequence = meta.ledgerFirst; sequence < first; sequence++) {
      this.removeLedger(jobName, sequence);
    }
    this.#write(keys.ledgerKey(jobName, meta.ledgerNext), entry, this.#codecs.ledgerEntry.encode);
    this.setMeta(jobName, { ...meta, ledgerFirst: first, ledgerNext: next });
    this.events.push({ type: 'tick', entry, nextTick });
  }

  removeLedger(name: JobName, sequence: number): void {
    this.#write(keys.ledgerKey(name, sequence), undefined, this.#codecs.ledgerEntry.encode);
  }

  /** @returns bytes kept, before compression; of 0 there is no record */
  setOutput(id: string, output: ExecutionOutput): number {
    const key = keys.outputKey(id);
    const bounded = boundedOutput(output);
    const bytes = bounded.head.length + bounded.tail.length;
    if (key !== undefined && bytes > 0) {
      const plain = plainOutput(bounded);
      this.#journal.put(key, packOutput(plain), plain);
    } else if (key !== undefined) {
      this.#journal.delete(key);
    }
    return bytes;
  }

  addStats(date: string, success: number, failed: number): void {
    this.#stats.add(date, success, failed);
  }

  token(key: string): TokenRecord | undefined {
    return this.#small.token(key);
  }

  setToken(key: string, record: TokenRecord | undefined): void {
    this.#small.setToken(key, record);
  }

  /** Oldest first, however the entries before were batched. */
  tokens(): Generator<[string, TokenRecord]> {
    return this.#small.tokens();
  }

  paused(scope: SetPause['scope']): boolean {
    return this.#small.paused(scope);
  }

  setPause(scope: SetPause['scope'], paused: boolean): void {
    this.#small.setPause(scope, paused);
  }

  setSetting(key: string, value: string): void {
    this.#small.setSetting(key, value);
  }

  /** Commands in flight carry neighbouring stamps: position alone would give one id twice. */
  #nextId(): bigint {
    this.#lastDueId = this.stamp > this.#lastDueId ? this.stamp : this.#lastDueId + 1n;
    return this.#lastDueId;
  }

  #changeRun(name: JobName, group: bigint, record: RunRecord | undefined): void {
    const before = this.run(name, group);
    if (before?.run.open === true) {
      this.#root(before.run.rootGroup, -1);
    }
    if (record?.run.open === true) {
      this.#root(record.run.rootGroup, 1);
    }
    this.#runs.set(name, group, record);
  }

  /** What waits for the end of a cause does not wait for a slot. */
  #rootOfDue(due: Due, change: number): void {
    if (due.kind !== 'hold') {
      this.#root(due.rootGroup, change);
    }
  }

  #root(rootGroup: bigint, change: number): void {
    this.#rootChanges.set(rootGroup, (this.#rootChanges.get(rootGroup) ?? 0) + change);
    this.#touchedRoots.add(rootGroup);
  }

  #write<T>(key: Uint8Array | undefined, value: T | undefined, encode: (value: T) => Uint8Array): void {
    if (key === undefined) {
      return;
    }
    if (value === undefined) {
      this.#journal.delete(key);
    } else {
      this.#journal.put(key, encode(value));
    }
  }

  /** As it was before this batch. */
  #read<T>(key: Uint8Array | undefined, decode: (bytes: Uint8Array) => T): T | undefined {
    if (key === undefined) {
      return undefined;
    }
    const bytes = this.#kv.getSync(key);
    return bytes === undefined ? undefined : decode(bytes);
  }
}
