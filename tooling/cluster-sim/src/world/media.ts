import type { Random } from '@dkron/runtime';
import type { KeyValue, WriteOp, WriteOptions } from '@dkron/store';
import { MemoryKeyValue } from '@dkron/store/memory';
import type { JournalStorage } from '@dkron/worker';
import type { NodeTime } from './node-time.ts';

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** The key-value store of a machine: batches that were not synced may be lost with its power, the last ones first. */
export class KeyValueMedium {
  #durable: WriteOp[][] = [];
  #pending: WriteOp[][] = [];
  #live = new MemoryKeyValue();

  /** As one process sees it. Another one begins with what the one before left. */
  mount(process: NodeTime): KeyValue {
    const live = this.#live;
    let closed = false;
    const alive = (): boolean => process.alive && !closed && this.#live === live;
    return {
      path: 'simulated',
      get: (key) => live.get(key),
      getSync: (key) => live.getSync(key),
      iterate: (range, options) => live.iterate(range, options),
      snapshot: () => live.snapshot(),
      batch: (ops: readonly WriteOp[], options: WriteOptions = {}): Promise<void> => {
        if (!alive()) return never();
        const copy = ops.map((op) => (op.type === 'put' ? { ...op, value: op.value.slice() } : op));
        this.#pending.push(copy);
        const written = live.batch(copy);
        if (options.sync === true) this.#settle();
        return written;
      },
      close: async () => void (closed = true),
    };
  }

  /** Power fails: of what was not synced any beginning is kept. */
  crash(random: Random): void {
    const kept = random.nextInt(this.#pending.length + 1);
    this.#pending.length = kept;
    this.#settle();
    this.#live = new MemoryKeyValue();
    for (const ops of this.#durable) void this.#live.batch(ops);
  }

  wipe(): void {
    this.#durable = [];
    this.#pending = [];
    this.#live = new MemoryKeyValue();
  }

  #settle(): void {
    this.#durable.push(...this.#pending);
    this.#pending = [];
    if (this.#durable.length > COMPACT_ABOVE) this.#compact();
  }

  /** The last word on each key is enough. */
  #compact(): void {
    const last = new Map<string, WriteOp>();
    for (const ops of this.#durable) for (const op of ops) last.set(Buffer.from(op.key).toString('latin1'), op);
    this.#durable = [[...last.values()].filter(({ type }) => type === 'put')];
  }
}

const COMPACT_ABOVE = 2000;

/** The journal file of a worker. */
export class JournalMedium {
  /** With room behind the file's end. */
  #bytes = new Uint8Array(0);
  #length = 0;
  #durableLength = 0;
  #life = 0;

  mount(process: NodeTime, syncMs: () => number): JournalStorage {
    const life = this.#life;
    const usable = (): boolean => process.alive && this.#life === life;
    const after = (work: () => void): Promise<void> =>
      new Promise((resolve) => {
        process.after(syncMs(), () => {
          work();
          resolve();
        });
      });
    return {
      read: async () => this.#bytes.slice(0, this.#length),
      append: (bytes, sync) => {
        if (!usable()) return never();
        const length = this.#length + bytes.length;
        if (length > this.#bytes.length) {
          const room = new Uint8Array(2 * length);
          room.set(this.#bytes.subarray(0, this.#length), 0);
          this.#bytes = room;
        }
        this.#bytes.set(bytes, this.#length);
        this.#length = length;
        if (!sync) return Promise.resolve();
        return after(() => (this.#durableLength = Math.max(this.#durableLength, length)));
      },
      truncate: (lengthBytes) => {
        if (!usable()) return never();
        this.#length = lengthBytes;
        return after(() => (this.#durableLength = lengthBytes));
      },
      replace: (bytes) => {
        if (!usable()) return never();
        // Atomic: old or new. The new one counts once it is durable.
        return after(() => {
          this.#bytes = bytes.slice();
          this.#length = bytes.length;
          this.#durableLength = bytes.length;
        });
      },
      close: async () => undefined,
    };
  }

  killed(): void {
    this.#life += 1;
  }

  /** Power fails: of what was not synced any beginning is kept. */
  crash(random: Random): void {
    this.#life += 1;
    const unsynced = this.#length - this.#durableLength;
    this.#length = this.#durableLength + random.nextInt(unsynced + 1);
    this.#durableLength = this.#length;
  }

  wipe(): void {
    this.#life += 1;
    this.#length = 0;
    this.#durableLength = 0;
  }
}
