import type { ApplyEvent, Due, ExecutionOutput, JobName, LedgerEntry, Run, SetPause, StoredJob } from '@dkron/jobs';
import type { Retention } from './options.ts';
import { DueChanges } from './due-changes.ts';
import { Journal } from './journal.ts';
import * as keys from './keys.ts';
import { boundedOutput, packOutput, plainOutput } from './output.ts';
import { Overlay } from './overlay.ts';
import { RunChanges } from './run-changes.ts';
import type { KeyValue, WriteOp } from './ports.ts';
import { EMPTY_META, headCodec, metaCodec, statsCodec, tokenCodec } from './records.ts';
import type { ExecutionRecord, JobMeta, RunRecord, TokenRecord } from './records.ts';
import { fromUtf8, toUtf8 } from './bytes.ts';
import { byGroup } from './state.ts';
import type { Codecs, State } from './state.ts';

/**
 * The changes of one batch over the state: reads its own writes, collects operations and events, and touches nothing
 * until `commitTo` is called after the write succeeded. Dropping it undoes everything.
 */
export class Transaction {
  /** Stamp of the command being applied. */
  stamp = 0n;
  events: ApplyEvent[] = [];
  readonly retention: Retention;
  readonly #state: State;
  readonly #kv: KeyValue;
  readonly #codecs: Codecs;
  readonly #journal: Journal;
  readonly #jobs: Overlay<JobName, StoredJob>;
  readonly #metas: Overlay<JobName, JobMeta>;
  readonly #executions: Overlay<string, ExecutionRecord>;
  readonly #runs: RunChanges;
  readonly #dues: DueChanges;
  readonly #tokens: Overlay<string, TokenRecord>;
  readonly #pauses: Overlay<string, boolean>;
  readonly #settings: Overlay<string, string>;
  readonly #rootChanges = new Map<bigint, number>();
  readonly #touchedRoots = new Set<bigint>();
  readonly #dirtyJobs = new Set<JobName>();
  readonly #dirtyMetas = new Set<JobName>();
  readonly #jobBytes = new Map<JobName, Uint8Array>();
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
    this.#jobs = new Overlay((name) => state.jobs.get(name));
    this.#metas = new Overlay((name) => state.metas.get(name) ?? this.#read(keys.metaKey(name), metaCodec.decode));
    this.#executions = new Overlay((id) => state.openExecutions.get(id) ?? this.#readId(id));
    this.#runs = new RunChanges(state, (name, group) =>
      this.#read(keys.runKey(name, group, false), codecs.runRecord.decode),
    );
    this.#dues = new DueChanges(state);
    this.#tokens = new Overlay((key) => state.tokens.get(key));
    this.#pauses = new Overlay((scope) => state.pauses.has(scope));
    this.#settings = new Overlay((key) => state.settings.get(key));
  }

  beginEntry(stamp: bigint): void {
    this.stamp = stamp;
    this.sawStamp(stamp);
  }

  /** Flushes what the entry changed into the journal and tells which root groups have settled. */
  endEntry(index: bigint): void {
    for (const name of this.#dirtyJobs) {
      this.#flushJob(name);
    }
    for (const name of this.#dirtyMetas) {
      this.#write(keys.metaKey(name), this.#metas.get(name), metaCodec.encode);
    }
    this.#dirtyJobs.clear();
    this.#dirtyMetas.clear();
    for (const rootGroup of this.#touchedRoots) {
      if ((this.#state.rootCounts.get(rootGroup) ?? 0) + (this.#rootChanges.get(rootGroup) ?? 0) === 0) {
        this.events.push({ type: 'settled', rootGroup });
      }
    }
    this.#touchedRoots.clear();
    this.#index = index;
    this.#hash = this.#journal.endEntry(index);
  }

  /** All writes of the batch with the head record, for one atomic write. */
  ops(): WriteOp[] {
    const head = {
      appliedIndex: this.#index,
      lastStamp: this.#lastStamp,
      lastDueId: this.#lastDueId,
      stateHash: this.#hash,
    };
    return [...this.#journal.ops(), { type: 'put', key: keys.HEAD_KEY, value: headCodec.encode(head) }];
  }

  get hash(): Uint8Array {
    return this.#hash;
  }

  /** Makes the changes visible in memory. Called once, after the write. */
  commit(): void {
    const state = this.#state;
    for (const [name, job] of this.#jobs.changes()) {
      const bytes = this.#jobBytes.get(name);
      if (job === undefined || bytes === undefined) {
        state.jobs.delete(name);
      } else {
        state.jobs.set(name, bytes, job);
      }
    }
    for (const [name, meta] of this.#metas.changes()) {
      state.metas.set(name, meta);
    }
    for (const [id, record] of this.#executions.changes()) {
      state.setExecution(id, record);
    }
    this.#runs.commit();
    this.#dues.commit();
    this.#commitSmall();
    state.appliedIndex = this.#index;
    state.lastStamp = this.#lastStamp;
    state.lastDueId = this.#lastDueId;
    state.stateHash = this.#hash;
  }

  #commitSmall(): void {
    const state = this.#state;
    for (const [key, token] of this.#tokens.changes()) {
      state.setToken(key, token);
    }
    for (const [scope, paused] of this.#pauses.changes()) {
      state.setPause(scope, paused === true);
    }
    for (const [key, value] of this.#settings.changes()) {
      state.settings.set(key, value ?? '');
    }
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

  /** Counts the revision; undefined removes. */
  setJob(name: JobName, job: StoredJob | undefined): void {
    const counted = job && {
      ...job,
      state: { ...job.state, revision: (this.#jobs.get(name)?.state.revision ?? 0) + 1 },
    };
    this.#jobs.set(name, counted);
    this.#dirtyJobs.add(name);
  }

  meta(name: JobName): JobMeta {
    return this.#metas.get(name) ?? EMPTY_META;
  }

  setMeta(name: JobName, meta: JobMeta | undefined): void {
    this.#metas.set(name, meta);
    this.#dirtyMetas.add(name);
  }

  execution(id: string): ExecutionRecord | undefined {
    return this.#executions.get(id);
  }

  setExecution(record: ExecutionRecord): void {
    const { id } = record.execution;
    this.#executions.set(id, record);
    this.#write(keys.executionKey(id), record, this.#codecs.executionRecord.encode);
    this.events.push({ type: 'execution', execution: record.execution });
  }

  /** Removes the record and its output. */
  removeExecution(id: string): void {
    this.#executions.set(id, undefined);
    this.#write(keys.executionKey(id), undefined, this.#codecs.executionRecord.encode);
    this.#write(keys.outputKey(id), undefined, plainOutput);
  }

  /** Id at a place in the job's history. */
  historyId(name: JobName, sequence: number): string | undefined {
    return this.#read(keys.historyKey(name, sequence), fromUtf8);
  }

  setHistoryId(name: JobName, sequence: number, id: string | undefined): void {
    this.#write(keys.historyKey(name, sequence), id, toUtf8);
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

  addDue(due: Omit<Due, 'id'>): void {
    // Commands in flight carry neighbouring stamps: position alone would give one id twice.
    const id = this.stamp > this.#lastDueId ? this.stamp : this.#lastDueId + 1n;
    const record: Due = { id, ...due };
    this.#lastDueId = id;
    this.#dues.add(record);
    this.#root(due.rootGroup, 1);
    this.#write(keys.dueKey(id), record, this.#codecs.due.encode);
    this.events.push({ type: 'due', due: record, change: 'added' });
  }

  removeDue(id: bigint): void {
    const due = this.#dues.get(id);
    if (due !== undefined) {
      this.#dues.remove(id);
      this.#root(due.rootGroup, -1);
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

  /** @returns bytes kept, before compression */
  setOutput(id: string, output: ExecutionOutput): number {
    const key = keys.outputKey(id);
    const bounded = boundedOutput(output);
    if (key !== undefined) {
      const plain = plainOutput(bounded);
      this.#journal.put(key, packOutput(plain), plain);
    }
    return bounded.head.length + bounded.tail.length;
  }

  addStats(date: string, success: number, failed: number): void {
    const key = keys.statsKey(date);
    const before = this.#read(key, statsCodec.decode) ?? { successCount: 0, failedCount: 0 };
    const after = { successCount: before.successCount + success, failedCount: before.failedCount + failed };
    this.#write(key, after, statsCodec.encode);
  }

  token(key: string): TokenRecord | undefined {
    return this.#tokens.get(key);
  }

  setToken(key: string, record: TokenRecord | undefined): void {
    this.#tokens.set(key, record);
    this.#write(keys.tokenKey(key), record, tokenCodec.encode);
  }

  /** Oldest first, however the entries before were batched. */
  *tokens(): Generator<[string, TokenRecord]> {
    for (const entry of this.#state.tokens) {
      if (!this.#tokens.changed(entry[0])) {
        yield entry;
      }
    }
    // A copy: the caller removes while it walks, which would bring removed keys to the end of the walk.
    const added = Array.from(this.#tokens.changes());
    for (const [key, record] of added) {
      if (record !== undefined) {
        yield [key, record];
      }
    }
  }

  paused(scope: SetPause['scope']): boolean {
    return this.#pauses.get(scope) === true;
  }

  setPause(scope: SetPause['scope'], paused: boolean): void {
    this.#pauses.set(scope, paused);
    this.#write(keys.pauseKey(scope), paused ? scope : undefined, toUtf8);
  }

  setSetting(key: string, value: string): void {
    this.#settings.set(key, value);
    this.#write(keys.settingKey(key), value, toUtf8);
  }

  #flushJob(name: JobName): void {
    const job = this.#jobs.get(name);
    if (job === undefined) {
      this.#jobBytes.delete(name);
      this.#journal.delete(keys.jobKey(name));
    } else {
      const bytes = this.#codecs.job.encode(job);
      this.#jobBytes.set(name, bytes);
      this.#journal.put(keys.jobKey(name), bytes);
    }
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
    if (before !== undefined && before.run.open !== record?.run.open) {
      this.#journal.delete(keys.runKey(name, group, before.run.open));
    }
    if (record !== undefined) {
      this.#write(keys.runKey(name, group, record.run.open), record, this.#codecs.runRecord.encode);
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

  #read<T>(key: Uint8Array | undefined, decode: (bytes: Uint8Array) => T): T | undefined {
    if (key === undefined) {
      return undefined;
    }
    const written = this.#journal.written(key);
    const bytes = written === undefined ? this.#kv.getSync(key) : written;
    return bytes === null || bytes === undefined ? undefined : decode(bytes);
  }

  #readId(id: string): ExecutionRecord | undefined {
    return this.#read(keys.executionKey(id), this.#codecs.executionRecord.decode);
  }
}
