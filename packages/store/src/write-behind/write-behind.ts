import type { Cancel, Timers } from '@dkron/runtime';
import { toLatin1 } from '../bytes.ts';
import { StoreError, writeError } from '../errors.ts';
import type {
  IterateOptions,
  KeyRange,
  KeyValue,
  KeyValueEntry,
  KeyValueSnapshot,
  WriteOp,
  WriteOptions,
} from '../ports.ts';
import { merged, PendingWrites, valueOf } from './pending-writes.ts';

export interface WriteBehindOptions {
  /** Longest that a batch waits to be handed on. @default 50 */
  readonly delayMs?: number;
  /** Bytes that are handed on without waiting longer. @default 256 KiB */
  readonly eagerBytes?: number;
  /** Bytes that may wait while others are written; beyond, batches wait, too. @default 8 MiB */
  readonly maxBytes?: number;
}

export interface WriteBehindModules {
  readonly kv: KeyValue;
  readonly timers: Pick<Timers, 'after'>;
  /** A batch that was taken could not be written: every later one is refused, and the process should end. Once. */
  readonly onFailed?: (error: StoreError) => void;
}

const DELAY_MS = 50;
const EAGER_BYTES = 256 * 1024;
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * Takes batches in memory and writes them a moment later, several in one, for owners that can make them anew: after a
 * crash what is stored is what some batch left, with everything before it and nothing after it. Reads see every batch
 * taken. A batch with `sync`, and all before it, is durable when it resolves. Closes `kv` when it is closed.
 */
export class WriteBehind implements KeyValue {
  readonly #options: Required<WriteBehindOptions>;
  readonly #kv: KeyValue;
  readonly #timers: Pick<Timers, 'after'>;
  readonly #onFailed: (error: StoreError) => void;
  /** Taken, and not handed on. */
  #waiting = new PendingWrites();
  /** Handed on, and not written yet. */
  #writing: PendingWrites | undefined;
  /** Settles when what is being written is. */
  #written: Promise<void> = Promise.resolve();
  #timer: Cancel | undefined;
  #failure: StoreError | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: WriteBehindOptions, modules: WriteBehindModules) {
    const { delayMs = DELAY_MS, eagerBytes = EAGER_BYTES, maxBytes = MAX_BYTES } = options;
    this.#options = { delayMs, eagerBytes, maxBytes };
    this.#kv = modules.kv;
    this.#timers = modules.timers;
    this.#onFailed = modules.onFailed ?? (() => undefined);
  }

  get path(): string {
    return this.#kv.path;
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    this.#assertOpen();
    const pending = this.#pending(key);
    return pending === undefined ? await this.#kv.get(key) : valueOf(pending);
  }

  getSync(key: Uint8Array): Uint8Array | undefined {
    this.#assertOpen();
    const pending = this.#pending(key);
    return pending === undefined ? this.#kv.getSync(key) : valueOf(pending);
  }

  /** @throws StoreError that of an earlier batch that could not be written */
  async batch(ops: readonly WriteOp[], { sync = false }: WriteOptions = {}): Promise<void> {
    this.#assertOpen();
    this.#assertWorks();
    this.#waiting.add(ops);
    if (sync) return this.#sync();
    if (this.#waiting.bytes >= this.#options.eagerBytes) this.#handOn();
    else if (ops.length > 0) this.#timer ??= this.#timers.after(this.#options.delayMs, () => this.#handOn());
    while (this.#waiting.bytes > this.#options.maxBytes) {
      await this.#written;
      this.#assertWorks();
    }
  }

  iterate(range: KeyRange, options: IterateOptions = {}): AsyncIterable<KeyValueEntry> {
    this.#assertOpen();
    return iterateOver(this.#kv, this.#allPending(), range, options);
  }

  snapshot(): KeyValueSnapshot {
    this.#assertOpen();
    const pending = this.#allPending();
    const view = this.#kv.snapshot();
    return {
      get: async (key) => {
        const own = pending.get(toLatin1(key));
        return own === undefined ? await view.get(key) : valueOf(own);
      },
      iterate: (range, options = {}) => iterateOver(view, pending, range, options),
      close: () => view.close(),
    };
  }

  /** Writes what waits, if it can be written, then closes the store behind. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#timer?.();
    this.#timer = undefined;
    while (this.#failure === undefined && (this.#writing !== undefined || this.#waiting.size > 0)) {
      this.#handOn();
      await this.#written;
    }
    await this.#kv.close();
  }

  /** At most two writes, however much is taken meanwhile; of that, some may be durable, too. */
  async #sync(): Promise<void> {
    if (this.#writing !== undefined) {
      await this.#written;
      this.#assertWorks();
    }
    this.#handOn();
    await this.#written;
    this.#assertWorks();
    await this.#kv.batch([], { sync: true });
  }

  /** One write at a time: what is taken meanwhile goes together in the next. */
  #handOn(): void {
    this.#timer?.();
    this.#timer = undefined;
    if (this.#writing !== undefined || this.#waiting.size === 0 || this.#failure !== undefined) return;
    this.#writing = this.#waiting;
    this.#waiting = new PendingWrites();
    this.#written = this.#write(this.#writing);
  }

  async #write(pending: PendingWrites): Promise<void> {
    try {
      await this.#kv.batch(pending.ops());
      this.#writing = undefined;
    } catch (error) {
      // It stays readable: what was answered must not change.
      this.#failure = writeError(error, this.#kv.path);
      this.#onFailed(this.#failure);
      return;
    }
    if (this.#waiting.bytes >= this.#options.eagerBytes || this.#timer === undefined) this.#handOn();
  }

  #pending(key: Uint8Array): WriteOp | undefined {
    if (this.#waiting.size === 0 && this.#writing === undefined) return undefined;
    const text = toLatin1(key);
    const waiting = this.#waiting.get(text);
    return waiting === undefined ? this.#writing?.get(text) : waiting;
  }

  /** Of this moment; does not change. */
  #allPending(): PendingWrites {
    const all = new PendingWrites();
    if (this.#writing !== undefined) all.addAll(this.#writing);
    all.addAll(this.#waiting);
    return all;
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) {
      throw new StoreError('store_closed', `the store at ${this.path} is closed`, { path: this.path });
    }
  }

  #assertWorks(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function iterateOver(
  stored: Pick<KeyValueSnapshot, 'iterate'>,
  pending: PendingWrites,
  range: KeyRange,
  options: IterateOptions,
): AsyncIterable<KeyValueEntry> {
  const keys = pending.keysIn(range, options);
  if (keys.length === 0) return stored.iterate(range, options);
  const { limit } = options;
  // Each pending key stands in the place of at most one that is stored.
  const most = limit === undefined ? {} : { limit: limit + keys.length };
  return merged(stored.iterate(range, { ...options, ...most }), keys, pending, options);
}
