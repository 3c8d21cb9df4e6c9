import { type Cancel, DkronError, type Timers } from '@dkron/runtime';
import { SocketScope } from './socket-scope.ts';

/** How a connection is made and ended. */
export interface ConnectionSource<Connection> {
  /**
   * Opens a connection; `signal` aborts when nobody waits for it any more or the time is over.
   *
   * @param lost to be called when the connection broke: it is given to nobody any more
   */
  open(signal: AbortSignal, lost: () => void): Promise<Connection>;
  /** Ends a connection; what it rejects with is not looked at. */
  close(connection: Connection): Promise<void> | void;
}

/** Limits of a pool; all have defaults. */
export interface ConnectionPoolOptions {
  /** Connections open at once, 1 or more. @default 32 */
  readonly connectionsMax?: number;
  /** How long an unused connection stays open, in milliseconds. @default 60000 */
  readonly idleMs?: number;
  /** Longest time for opening one, in milliseconds. @default 30000 */
  readonly openMs?: number;
}

/** A connection in use. */
export interface Lease<Connection> {
  readonly connection: Connection;
  /** Gives it back, once. `broken`: it is closed when its last user gave it back, and given to nobody before. */
  release(broken?: boolean): void;
}

/** Why a connection was not given. */
export class ConnectionPoolError extends DkronError<'closed' | 'open_timeout' | 'abandoned'> {}

interface Entry<Connection> {
  readonly key: string;
  readonly source: ConnectionSource<Connection>;
  /** What its opening made; destroyed in the end, whatever the client does. */
  readonly sockets: SocketScope;
  readonly abort: AbortController;
  readonly opened: Promise<Connection>;
  /** Who uses it or waits for it to open. */
  users: number;
  connection?: { readonly value: Connection };
  usable: boolean;
  cancelTimer: Cancel | undefined;
}

/**
 * Connections shared by key: all users of one key use the same one at once. When as many as allowed are open, the one
 * that was idle longest makes room; while all are in use, users of further keys wait in turn.
 */
export class ConnectionPool<Connection> {
  readonly #connectionsMax: number;
  readonly #idleMs: number;
  readonly #openMs: number;
  readonly #timers: Timers;
  /** In the order of last use. */
  readonly #byKey = new Map<string, Entry<Connection>>();
  /** Counts also what was dropped from `#byKey` and is not closed yet. */
  readonly #all = new Set<Entry<Connection>>();
  readonly #waiting = new Set<() => void>();
  #closed = false;

  constructor(options: ConnectionPoolOptions, modules: { readonly timers: Timers }) {
    this.#connectionsMax = Math.max(1, options.connectionsMax ?? 32);
    this.#idleMs = options.idleMs ?? 60_000;
    this.#openMs = options.openMs ?? 30_000;
    this.#timers = modules.timers;
  }

  /** Connections that are open or being opened or closed. */
  get size(): number {
    return this.#all.size;
  }

  /**
   * @param key all that the connection depends on; give secrets as a digest
   * @throws whatever opening throws, the signal's reason, {@link ConnectionPoolError}
   */
  async acquire(key: string, source: ConnectionSource<Connection>, signal: AbortSignal): Promise<Lease<Connection>> {
    signal.throwIfAborted();
    let entry = this.#byKey.get(key);
    while (entry === undefined && !this.#hasRoom()) {
      await this.#room(signal);
      entry = this.#byKey.get(key);
    }
    if (this.#closed) throw new ConnectionPoolError('closed', 'the node is stopping', {});
    entry ??= this.#add(key, source);
    entry.users += 1;
    entry.cancelTimer?.();
    entry.cancelTimer = undefined;
    this.#touch(entry);
    if (entry.connection !== undefined) return this.#lease(entry, entry.connection.value);
    try {
      const connection = await abortable(entry.opened, signal);
      return this.#lease(entry, connection);
    } catch (error) {
      this.#release(entry, false);
      throw error;
    }
  }

  /** Closes all, also what is in use. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#waiting.size > 0) this.#wakeOne();
    await Promise.all([...this.#all].map((entry) => this.#end(entry)));
  }

  #add(key: string, source: ConnectionSource<Connection>): Entry<Connection> {
    const abort = new AbortController();
    // Later: it may be called before there is an entry.
    const lost = (): void => queueMicrotask(() => this.#drop(entry));
    const cancelTimer = this.#timers.after(this.#openMs, () =>
      abort.abort(new ConnectionPoolError('open_timeout', `no connection within ${this.#openMs} ms`, {})),
    );
    const sockets = new SocketScope();
    const opening = sockets.run(() => source.open(abort.signal, lost));
    const opened = abortable(opening, abort.signal, (late) => source.close(late));
    const state = { users: 0, usable: true, cancelTimer: undefined };
    const entry: Entry<Connection> = { key, source, sockets, abort, opened, ...state };
    this.#byKey.set(key, entry);
    this.#all.add(entry);
    opened.then(
      (value) => {
        cancelTimer();
        entry.connection = { value };
      },
      () => {
        cancelTimer();
        this.#drop(entry);
      },
    );
    return entry;
  }

  #lease(entry: Entry<Connection>, connection: Connection): Lease<Connection> {
    let released = false;
    return {
      connection,
      release: (broken = false) => {
        if (released) return;
        released = true;
        this.#release(entry, broken);
      },
    };
  }

  #release(entry: Entry<Connection>, broken: boolean): void {
    entry.users -= 1;
    if (broken) this.#drop(entry);
    if (entry.users > 0 || !this.#all.has(entry)) return;
    const reusable = entry.usable && entry.connection !== undefined && !this.#closed;
    if (!reusable || this.#waiting.size > 0) return void this.#end(entry);
    entry.cancelTimer = this.#timers.after(this.#idleMs, () => void this.#end(entry));
  }

  /** Gives it to nobody any more; ends it once it is unused. */
  #drop(entry: Entry<Connection>): void {
    entry.usable = false;
    if (this.#byKey.get(entry.key) === entry) this.#byKey.delete(entry.key);
    if (entry.users <= 0) void this.#end(entry);
  }

  async #end(entry: Entry<Connection>): Promise<void> {
    if (!this.#all.has(entry)) return;
    entry.cancelTimer?.();
    entry.cancelTimer = undefined;
    entry.usable = false;
    if (this.#byKey.get(entry.key) === entry) this.#byKey.delete(entry.key);
    this.#all.delete(entry);
    const { connection, abort, source, sockets } = entry;
    if (connection === undefined) abort.abort(new ConnectionPoolError('abandoned', 'nobody waits for it', {}));
    this.#wakeOne();
    try {
      if (connection !== undefined) await source.close(connection.value);
    } catch {
      // It is gone either way.
    } finally {
      sockets.destroy();
    }
  }

  #hasRoom(): boolean {
    if (this.#closed || this.#all.size < this.#connectionsMax) return true;
    for (const entry of this.#byKey.values()) {
      if (entry.users > 0) continue;
      void this.#end(entry);
      return true;
    }
    return false;
  }

  #wakeOne(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    this.#waiting.delete(first);
    first();
  }

  async #room(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    try {
      await abortable(promise, signal);
    } catch (error) {
      // Whoever was woken for nothing wakes the next.
      if (!this.#waiting.has(resolve)) this.#wakeOne();
      throw error;
    } finally {
      this.#waiting.delete(resolve);
    }
  }

  #touch(entry: Entry<Connection>): void {
    if (!this.#byKey.delete(entry.key)) return;
    this.#byKey.set(entry.key, entry);
  }
}

/** As the promise, or the signal's reason when that comes first; what arrives after that is handed to `late`. */
function abortable<Value>(
  promise: Promise<Value>,
  signal: AbortSignal,
  late?: (value: Value) => Promise<void> | void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    promise.then(
      (value) => {
        signal.removeEventListener('abort', onAbort);
        if (signal.aborted && late !== undefined) void Promise.resolve(late(value)).catch(() => {});
        resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', onAbort);
        reject(error as Error);
      },
    );
  });
}
