import type { FinishedReport } from '@dkron/jobs';
import { type Cancel, type Logger, messageOf, type Random, type Timers } from '@dkron/runtime';
import { WorkerError } from '../errors.ts';
import { HEADER_BYTES, encodeBatch, makeHeader, readLog } from './log.ts';
import type { LogContent, LogHeader } from './log.ts';
import type { AttemptRef, JournalRecord, StartInfo } from './record.ts';
import type { JournalStorage, ProcessControl } from './storage.ts';
import { AttemptTable, attemptKey } from './table.ts';
import type { RecoveredAttempt } from './table.ts';

/** Settings of the journal; all have defaults. */
export interface JournalOptions {
  /** Rewritten when longer than this and half of it is dead. Default 1 MiB. */
  readonly rewriteAboveBytes?: number;
  /** Wait before results that could not be written are tried again. Default 1000. */
  readonly retryMs?: number;
  /** Most a result is written and not synced, and most a hand-over waits to be written. Default 20. */
  readonly lazyMs?: number;
}

/** What the journal is given. */
export interface JournalModules {
  readonly storage: JournalStorage;
  readonly processes: ProcessControl;
  readonly timers: Timers;
  /** Draws journal ids. */
  readonly random: Random;
  readonly logger: Logger;
}

interface Queued {
  readonly record: JournalRecord;
  /** Needs no write of its own: goes with the next one, or after `lazyMs`. */
  readonly lazy?: boolean;
  readonly resolve?: () => void;
  readonly reject?: (error: Error) => void;
}

/**
 * What this node accepted, started and finished, and has not yet handed over. All records of one event-loop turn share
 * one write and at most one sync. Only an accept is synced at once: everything after it survives the death of the process
 * when it is written, and a result that is not handed over within `lazyMs` is synced for the death of the machine. Most
 * are handed over by then, so a short run costs one sync.
 */
export class Journal {
  /** 32 hex digits; a new one whenever durable records were lost. */
  readonly id: string;
  /** Attempts an earlier boot left: ended with it (`died`), or finished and not yet handed over. */
  readonly recovered: readonly RecoveredAttempt[];
  readonly #modules: JournalModules;
  readonly #retryMs: number;
  readonly #lazyMs: number;
  readonly #rewriteStepBytes: number;
  readonly #header: LogHeader;
  readonly #table: AttemptTable;
  #maxTerm: bigint;
  #clusterId: string;
  #lengthBytes: number;
  #durableBytes: number;
  #chain: number;
  #rewriteAboveBytes: number;
  #queue: Queued[] = [];
  #scheduled: Cancel | null = null;
  #retry: Cancel | null = null;
  /** Runs while lazy records wait or results are not synced. */
  #lazy: Cancel | null = null;
  /** Written results that a power failure would take. */
  readonly #unsynced = new Set<string>();
  #allDue = false;
  #writing: Promise<void> | null = null;
  #closed = false;

  private constructor(options: JournalOptions, modules: JournalModules, content: LogContent, table: AttemptTable) {
    this.#modules = modules;
    this.#retryMs = options.retryMs ?? 1000;
    this.#lazyMs = options.lazyMs ?? 20;
    this.#rewriteStepBytes = options.rewriteAboveBytes ?? 1 << 20;
    this.#rewriteAboveBytes = this.#rewriteStepBytes;
    this.#header = content.header;
    this.id = content.header.id;
    this.#table = table;
    this.#maxTerm = table.maxTerm;
    this.#clusterId = table.clusterId;
    this.#lengthBytes = content.lengthBytes;
    this.#durableBytes = content.lengthBytes;
    this.#chain = content.chain;
    this.recovered = table.recovered();
  }

  /**
   * Reads what is stored, cuts a torn tail, and ends the process groups an earlier boot left. Damaged durable records
   * make a new journal that keeps what can be read. Throws `journal-io` when the storage fails.
   */
  static async open(options: JournalOptions, modules: JournalModules): Promise<Journal> {
    try {
      const content = await recoverContent(modules);
      const journal = new Journal(options, modules, content, AttemptTable.from(content.records));
      for (const attempt of journal.recovered) killLeftover(attempt, modules);
      return journal;
    } catch (error) {
      if (error instanceof WorkerError) throw error;
      throw new WorkerError('journal-io', `journal cannot be opened: ${messageOf(error)}`, {}, { cause: error });
    }
  }

  /** Highest term seen of `clusterId`; 0 when none. */
  maxTermOf(clusterId: string): bigint {
    return clusterId === this.#clusterId ? this.#maxTerm : 0n;
  }

  /** The latest cluster; `''` = none yet. */
  get clusterId(): string {
    return this.#clusterId;
  }

  /** Highest term seen of the latest cluster. */
  get maxTerm(): bigint {
    return this.#maxTerm;
  }

  /** Bytes stored. */
  get lengthBytes(): number {
    return this.#lengthBytes;
  }

  /** Durable no later than any accept that follows. */
  term(clusterId: string, maxTerm: bigint): void {
    this.#clusterId = clusterId;
    this.#maxTerm = maxTerm;
    this.#enqueue({ record: { type: 'term', clusterId, maxTerm } });
  }

  /** Resolves when durable; rejects with `journal-io` (disk full), and then nothing is recorded. */
  accept(ref: AttemptRef): Promise<void> {
    return new Promise((resolve, reject) => this.#enqueue({ record: { type: 'accept', ref }, resolve, reject }));
  }

  /** Without a process group there is nothing to end after a crash, so the record can wait. */
  start(ref: AttemptRef, start: StartInfo): void {
    this.#enqueue({ record: { type: 'start', ref, start }, lazy: start.processGroup === 0 });
  }

  finish(ref: AttemptRef, report: FinishedReport): void {
    this.#enqueue({ record: { type: 'finish', ref, report } });
  }

  /** The result is handed over: nothing of the attempt is kept. */
  done(ref: AttemptRef): void {
    this.#unsynced.delete(keyOf(ref));
    this.#enqueue({ record: { type: 'done', ref }, lazy: true });
  }

  /** Resolves when all records so far are written, or failed to be. */
  async flush(): Promise<void> {
    this.#unschedule();
    await (this.#writing ?? Promise.resolve());
    if (this.#queue.length > 0 || this.#unsynced.size > 0) await this.#runAll();
  }

  /** Writes what is queued, then closes the storage. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.flush();
    this.#closed = true;
    this.#unschedule();
    this.#lazy?.();
    for (const queued of this.#queue.splice(0)) queued.reject?.(closedError());
    await this.#modules.storage.close();
  }

  #enqueue(queued: Queued): void {
    if (this.#closed) {
      queued.reject?.(closedError());
      return;
    }
    this.#queue.push(queued);
    if (queued.lazy) this.#armLazy();
    else if (!this.#writing) this.#schedule();
  }

  #armLazy(): void {
    if (this.#closed) return;
    this.#lazy ??= this.#modules.timers.after(this.#lazyMs, () => {
      this.#lazy = null;
      if (this.#queue.length > 0 || this.#unsynced.size > 0) void this.#runAll();
    });
  }

  /** Writes what is lazy, too, and syncs results. */
  #runAll(): Promise<void> {
    this.#allDue = true;
    return this.#run();
  }

  get #due(): boolean {
    return this.#allDue || this.#queue.some((queued) => !queued.lazy);
  }

  #schedule(): void {
    if (!this.#closed) this.#scheduled ??= this.#modules.timers.nextTurn(() => void this.#run());
  }

  #unschedule(): void {
    this.#scheduled?.();
    this.#retry?.();
    this.#scheduled = null;
    this.#retry = null;
  }

  #run(): Promise<void> {
    this.#unschedule();
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = null;
      // Whoever came after the last look at the queue relied on this run.
      if (this.#due && !this.#retry) this.#schedule();
    });
    return this.#writing;
  }

  async #drain(): Promise<void> {
    while (this.#due) {
      const batch = this.#queue;
      const syncResults = this.#allDue;
      this.#queue = [];
      this.#allDue = false;
      if (!(await this.#write(batch, syncResults))) return;
      await this.#rewriteIfWorthwhile();
    }
  }

  async #write(batch: readonly Queued[], syncResults: boolean): Promise<boolean> {
    try {
      const records = batch.map((queued) => queued.record);
      const encoded = encodeBatch(records, this.#header, this.#chain, this.#durableBytes);
      for (const record of records) if (record.type === 'finish') this.#unsynced.add(keyOf(record.ref));
      const sync = (syncResults && this.#unsynced.size > 0) || records.some((record) => record.type === 'accept');
      await this.#modules.storage.append(encoded.bytes, sync);
      this.#chain = encoded.chain;
      this.#lengthBytes += encoded.bytes.length;
      if (sync) this.#synced();
      else if (this.#unsynced.size > 0) this.#armLazy();
      records.forEach((record, i) => this.#table.apply(record, encoded.sizes[i]!));
      for (const queued of batch) queued.resolve?.();
      return true;
    } catch (error) {
      this.#refuse(batch, error);
      return false;
    }
  }

  #synced(): void {
    this.#durableBytes = this.#lengthBytes;
    this.#unsynced.clear();
  }

  /** Accepts are refused; everything else is true all the same and is tried again. */
  #refuse(batch: readonly Queued[], cause: unknown): void {
    const { logger, timers } = this.#modules;
    logger.error('journal write failed', { error: messageOf(cause), records: batch.length });
    const error = new WorkerError('journal-io', `journal cannot be written: ${messageOf(cause)}`, {}, { cause });
    const kept = batch.filter((queued) => !queued.reject);
    for (const queued of batch) queued.reject?.(error);
    this.#queue = [...kept, ...this.#queue];
    if ((this.#queue.length === 0 && this.#unsynced.size === 0) || this.#closed) return;
    if (!this.#queue.some((queued) => queued.reject))
      this.#retry ??= timers.after(this.#retryMs, () => void this.#runAll());
  }

  async #rewriteIfWorthwhile(): Promise<void> {
    if (this.#lengthBytes <= this.#rewriteAboveBytes || this.#table.liveBytes * 2 > this.#lengthBytes) return;
    const image = encodeImage(this.#header, this.#table.records());
    try {
      await this.#modules.storage.replace(image.bytes);
      this.#chain = image.chain;
      this.#lengthBytes = image.bytes.length;
      this.#synced();
      this.#rewriteAboveBytes = this.#rewriteStepBytes;
    } catch (error) {
      this.#rewriteAboveBytes = this.#lengthBytes + this.#rewriteStepBytes;
      this.#modules.logger.warn('journal rewrite failed', { error: messageOf(error) });
    }
  }
}

function keyOf(ref: AttemptRef): string {
  return attemptKey(ref.id, ref.attempt);
}

function encodeImage(header: LogHeader, records: readonly JournalRecord[]): { bytes: Uint8Array; chain: number } {
  const batch = encodeBatch(records, header, header.crc, HEADER_BYTES);
  const bytes = new Uint8Array(header.bytes.length + batch.bytes.length);
  bytes.set(header.bytes, 0);
  bytes.set(batch.bytes, header.bytes.length);
  return { bytes, chain: batch.chain };
}

async function recoverContent({ storage, random, logger }: JournalModules): Promise<LogContent> {
  const bytes = await storage.read();
  const found = readLog(bytes);
  if (found && !found.damaged) {
    if (found.lengthBytes < bytes.length) await storage.truncate(found.lengthBytes);
    return found;
  }
  if (bytes.length > 0) logger.error('journal damaged, a new one begins', { bytes: bytes.length });
  const image = encodeImage(makeHeader(random.bytes(16)), AttemptTable.from(found?.records ?? []).records());
  await storage.replace(image.bytes);
  return readLog(image.bytes)!;
}

function killLeftover(attempt: RecoveredAttempt, { processes, logger }: JournalModules): void {
  if (attempt.report || !attempt.start?.processGroup) return;
  const killed = processes.killGroup(attempt.start.processGroup, attempt.start.startTime);
  logger.warn('execution died with an earlier boot', { execution: attempt.ref.id, killed });
}

function closedError(): WorkerError {
  return new WorkerError('journal-closed', 'journal is closed', {});
}
