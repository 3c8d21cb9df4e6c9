import { hardStateOf, type Message } from '../core/message.ts';
import type { HardState, SnapshotMeta } from '../core/types.ts';
import { payloadsSize } from '../core/log/entries.ts';
import { isRefused, StorageError } from '../storage/errors.ts';
import type { LogBatch } from '../storage/ports.ts';
import type { Host } from './host.ts';
import { mergeResponses } from './merge-responses.ts';

interface Item {
  readonly message: Message;
  /** To be delivered when it is done. */
  responses: readonly Message[];
  readonly writes: boolean;
  readonly sync: boolean;
  readonly bytes: number;
  /** Commit index when the batch was made. An earlier batch must not carry it: its entries may be replaced by this one. */
  readonly commit: number;
  issuedMs: number;
  done: boolean;
}

/** Installs a received snapshot: log, then state machine. Resolves when both are done. */
export type InstallSnapshot = (meta: SnapshotMeta, hardState: HardState | undefined) => Promise<void>;

const COMMIT_TICKS = 10;

/**
 * Writes to the log, strictly in order. Batches are handed to the log at once, which joins what waits behind a running
 * sync; answers are delivered when a batch and every earlier one are durable.
 */
export class AppendLane {
  readonly #host: Host;
  readonly #install: InstallSnapshot;
  #items: Item[] = [];
  /** Position in `#items` of the first that is not handed to the log. */
  #next = 0;
  /** Last index of the log once everything handed over is written. */
  #lastIndex: number;
  #bytes = 0;
  /** Waits until what was sent in this turn has left. */
  #deferred = false;
  #holding: 'installing' | 'full' | 'resuming' | undefined;
  /** Completions of earlier attempts are void. */
  #attempt = 0;
  /** Newest commit index, and the one that was handed to the log: the difference goes with the next batch. */
  #commit = 0;
  #writtenCommit = 0;
  #commitTicks = 0;
  #headSinceMs = 0;
  #room: (() => void)[] = [];

  constructor(host: Host, install: InstallSnapshot) {
    this.#host = host;
    this.#install = install;
    const { lastIndex, hardState } = host.modules.log.state();
    this.#lastIndex = lastIndex;
    this.#commit = hardState.commit;
    this.#writtenCommit = hardState.commit;
  }

  /** Bytes of entries that are not durable yet. */
  get unsyncedBytes(): number {
    return this.#bytes;
  }

  /** Since when the oldest batch waits for the disk; undefined when none does. */
  get busySinceMs(): number | undefined {
    return this.#next > 0 ? this.#headSinceMs : undefined;
  }

  /** Whether the disk has no room for what waits. */
  get full(): boolean {
    return this.#holding === 'full' || this.#holding === 'resuming';
  }

  submit(message: Message, sync: boolean): void {
    const hardState = hardStateOf(message);
    if (hardState !== undefined) this.#commit = Math.max(this.#commit, hardState.commit);
    const writes = message.entries.length > 0 || message.snapshot !== undefined || sync;
    // A commit index alone is learnt again after a restart: it waits for a batch that is written anyway.
    if (!writes && message.responses.length === 0) return;
    const last = this.#items.at(-1);
    if (!writes && last?.writes === false) {
      last.responses = mergeResponses(last.responses, message.responses);
      return;
    }
    const bytes = payloadsSize(message.entries);
    this.#bytes += bytes;
    if (this.#items.length === 0) this.#headSinceMs = this.#host.modules.clock.monotonicMs();
    const { responses } = message;
    this.#items.push({ message, responses, writes, sync, bytes, commit: this.#commit, issuedMs: 0, done: !writes });
    if (writes && this.#mustDefer()) this.#defer();
    this.#pump();
    this.#complete();
  }

  /** Once a tick: writes a commit index that waited long, and tries again when the disk was full. */
  tick(): void {
    if (this.#holding === 'full') this.#resume();
    if (this.#commit <= this.#writtenCommit || this.#items.length > 0) return;
    if (++this.#commitTicks < COMMIT_TICKS) return;
    const attempt = this.#attempt;
    this.#writeCommit(false).catch((error: unknown) => this.#failed(error, attempt));
  }

  /** Resolves when fewer bytes wait than transports may bring. */
  room(): Promise<void> | undefined {
    if (this.#bytes <= this.#host.options.maxUnsyncedBytes) return undefined;
    return new Promise((resolve) => this.#room.push(resolve));
  }

  /** At the end: whoever waits for room goes on, and the next start knows what is committed. */
  async close(): Promise<void> {
    for (const resolve of this.#room.splice(0)) resolve();
    // Behind batches that never went to the disk, the index could stand for other entries.
    if (this.#items.length === 0) await this.#writeCommit(true);
  }

  async #writeCommit(sync: boolean): Promise<void> {
    if (this.#commit <= this.#writtenCommit) return;
    this.#writtenCommit = this.#commit;
    this.#commitTicks = 0;
    await this.#host.modules.log.append({ commit: this.#commit }, sync);
  }

  /** The event loop is about to stand still for the disk: the followers of a leader need not wait for that. */
  #mustDefer(): boolean {
    const { modules, core } = this.#host;
    return !this.#deferred && modules.log.blocks === true && core.basicStatus().role === 'leader';
  }

  /** Sockets are written to in the turn that follows. */
  #defer(): void {
    const { timers } = this.#host.modules;
    this.#deferred = true;
    timers.nextTurn(() => {
      this.#deferred = false;
      if (this.#host.running) this.#complete();
    });
  }

  #pump(): void {
    while (this.#next < this.#items.length && this.#holding === undefined && !this.#deferred) {
      const item = this.#items[this.#next]!;
      if (item.message.snapshot !== undefined) {
        if (this.#next === 0) this.#startInstall(item, item.message.snapshot);
        return;
      }
      this.#next += 1;
      if (!item.done) this.#issue(item);
    }
  }

  #issue(item: Item): void {
    const { message } = item;
    const { log, clock, failpoint } = this.#host.modules;
    failpoint('beforeAppendWrite');
    item.issuedMs = clock.monotonicMs();
    const attempt = this.#attempt;
    const fail = (error: unknown): void => this.#failed(error, attempt);
    log.append(this.#batchOf(item), item.sync || message.entries.length > 0).then(() => {
      if (attempt !== this.#attempt || !this.#host.running) return;
      item.done = true;
      this.#host.metrics.appendSeconds.observe((clock.monotonicMs() - item.issuedMs) / 1000);
      this.#complete();
    }, fail);
    this.#host.metrics.appendEntries.observe(message.entries.length);
  }

  #batchOf({ message, commit }: Item): LogBatch {
    const { entries } = message;
    const hardState = hardStateOf(message);
    const first = entries[0];
    const truncateFrom = first !== undefined && first.index <= this.#lastIndex ? first.index : undefined;
    if (first !== undefined) this.#lastIndex = entries.at(-1)!.index;
    const carries = commit > this.#writtenCommit;
    this.#writtenCommit = Math.max(this.#writtenCommit, commit);
    this.#commitTicks = 0;
    const positions = hardState !== undefined ? { hardState: { ...hardState, commit } } : carries ? { commit } : {};
    return {
      ...positions,
      ...(first === undefined ? {} : { entries }),
      ...(truncateFrom === undefined ? {} : { truncateFrom }),
    };
  }

  #complete(): void {
    try {
      while (this.#items[0]?.done === true && this.#host.running) {
        const { message, responses, bytes, writes } = this.#items.shift()!;
        if (writes) this.#host.modules.failpoint('afterAppendWrite');
        if (this.#next > 0) this.#next -= 1;
        this.#bytes -= bytes;
        this.#headSinceMs = this.#host.modules.clock.monotonicMs();
        this.#host.window.append(message.entries);
        this.#deliver(responses);
      }
      this.#pump();
    } catch (error) {
      this.#host.fatal(error);
    }
    if (this.#bytes * 2 <= this.#host.options.maxUnsyncedBytes) for (const resolve of this.#room.splice(0)) resolve();
  }

  #deliver(responses: readonly Message[]): void {
    if (responses.length === 0) return;
    this.#host.modules.failpoint('beforeSendResponses');
    const { core } = this.#host;
    const others: Message[] = [];
    for (const message of responses) {
      if (message.to === core.id) core.step(message);
      else others.push(message);
    }
    if (others.length > 0) this.#host.send(others);
    this.#host.written();
  }

  #startInstall(item: Item, meta: SnapshotMeta): void {
    this.#holding = 'installing';
    const { message } = item;
    this.#install(meta, hardStateOf(message)).then(
      () => {
        if (!this.#host.running) return;
        this.#holding = undefined;
        this.#lastIndex = meta.index;
        this.#next = 1;
        if (message.entries.length > 0) this.#issue(item);
        else item.done = true;
        this.#complete();
      },
      (error: unknown) => this.#host.fatal(error),
    );
  }

  #failed(error: unknown, attempt: number): void {
    if (attempt !== this.#attempt || !this.#host.running) return;
    if (!isRefused(error)) {
      // What the disk holds now is unknown: only a restart can tell.
      this.#host.fatal(error);
      return;
    }
    // A commit index that was under way: the log begins anew with a later one.
    if (this.#holding === 'installing') return;
    this.#attempt += 1;
    this.#holding = 'full';
    this.#next = 0;
    const { lastIndex, hardState } = this.#host.modules.log.state();
    this.#lastIndex = lastIndex;
    this.#writtenCommit = hardState.commit;
    this.#host.modules.logger.error('raft log has no room; appends wait', { error: error.message });
  }

  #resume(): void {
    this.#holding = 'resuming';
    const { log } = this.#host.modules;
    log.resume().then(
      () => {
        if (!this.#host.running) return;
        this.#holding = undefined;
        this.#headSinceMs = this.#host.modules.clock.monotonicMs();
        this.#pump();
        this.#complete();
      },
      (error: unknown) => {
        if (error instanceof StorageError && error.code === 'disk_full') this.#holding = 'full';
        else this.#host.fatal(error);
      },
    );
  }
}
