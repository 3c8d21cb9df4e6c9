import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ChainedBatch } from 'classic-level';
import { ClassicLevel } from 'classic-level';
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

type Db = ClassicLevel<Uint8Array, Uint8Array>;
type DbBatch = ChainedBatch<Db, Uint8Array, Uint8Array>;
type DbSnapshot = ReturnType<Db['snapshot']>;

/** Where a LevelDB lies and what it may use. */
export interface LevelOptions {
  /** Directory, made when missing. */
  readonly path: string;
  /** Bytes of blocks kept in memory. Default 8 MiB. */
  readonly cacheBytes?: number;
  /**
   * Bytes of writes gathered in memory before they become a table; while that is written, as many again. What was not
   * written so is read from LevelDB's log at the next start. Default 8 MiB.
   */
  readonly writeBufferBytes?: number;
}

const CACHE_BYTES = 8 * 1024 * 1024;
/**
 * With LevelDB's own 4 MiB, merging tables cost a third of what applying runs did. With 16 MiB merging costs less than with
 * 8, the rest more.
 */
const WRITE_BUFFER_BYTES = 8 * 1024 * 1024;
const READ_AHEAD = 1000;
/** Operations handed over in one turn of the event loop, about half a millisecond: others wait meanwhile. */
const OPS_PER_TURN = 256;
/** Above every key in use. */
const NOWHERE = new Uint8Array([0xff, 0xff]);
/** Written beside LevelDB's own files, only to name the holder when another process finds the lock taken. */
const HOLDER_FILE = 'HOLDER';

/** @throws StoreError `store_locked` when another process has it open, `disk_full`, `write_failed` */
export async function openLevel(options: LevelOptions): Promise<KeyValue> {
  const db: Db = await makeDb(options);
  try {
    await db.open();
  } catch (error) {
    throw await openError(error, options.path);
  }
  await writeFile(join(options.path, HOLDER_FILE), `process ${process.pid}\n`).catch(() => undefined);
  return new LevelKeyValue({ path: options.path }, { db });
}

async function makeDb(options: LevelOptions): Promise<Db> {
  const { path, cacheBytes = CACHE_BYTES, writeBufferBytes = WRITE_BUFFER_BYTES } = options;
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw writeError(error, path);
  }
  const encodings = { keyEncoding: 'view', valueEncoding: 'view' } as const;
  return new ClassicLevel(path, { ...encodings, cacheSize: cacheBytes, writeBufferSize: writeBufferBytes });
}

async function openError(error: unknown, path: string): Promise<StoreError> {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED')) {
    return writeError(error, path);
  }
  const holder = (await readFile(join(path, HOLDER_FILE), 'utf8').catch(() => '')).trim();
  const by = holder === '' ? 'another process' : `${holder} (or one that followed it)`;
  return new StoreError(
    'store_locked',
    `the store at ${path} is in use by ${by}; stop it or choose another directory`,
    { path, holder },
    { cause: error },
  );
}

class LevelKeyValue implements KeyValue {
  readonly path: string;
  readonly #db: Db;
  /** Resolves once the write of a long batch has begun; later batches come after it. */
  #filling: Promise<unknown> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: { readonly path: string }, modules: { readonly db: Db }) {
    this.path = options.path;
    this.#db = modules.db;
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    this.#assertOpen();
    return await this.#db.get(key);
  }

  getSync(key: Uint8Array): Uint8Array | undefined {
    this.#assertOpen();
    return this.#db.getSync(key);
  }

  async batch(ops: readonly WriteOp[], { sync = false }: WriteOptions = {}): Promise<void> {
    this.#assertOpen();
    try {
      if (this.#filling !== undefined || ops.length > OPS_PER_TURN) await this.#writeInTurns(ops, sync);
      else await this.#write(ops, sync);
    } catch (error) {
      throw writeError(error, this.path);
    }
  }

  async #write(ops: readonly WriteOp[], sync: boolean): Promise<void> {
    if (ops.length > 0) await fill(this.#db.batch(), ops, 0).write({ sync });
    else if (sync) await this.#syncAll();
  }

  async #writeInTurns(ops: readonly WriteOp[], sync: boolean): Promise<void> {
    const begin = async (): Promise<{ readonly written: Promise<void> }> => {
      if (ops.length <= OPS_PER_TURN) return { written: this.#write(ops, sync) };
      const batch = this.#db.batch();
      for (let at = 0; at < ops.length; at += OPS_PER_TURN) {
        if (at > 0) await nextTurn();
        fill(batch, ops, at);
      }
      return { written: batch.write({ sync }) };
    };
    const begun = this.#filling === undefined ? begin() : this.#filling.then(begin, begin);
    this.#filling = begun;
    const { written } = await begun.finally(() => {
      if (this.#filling === begun) this.#filling = undefined;
    });
    await written;
  }

  /**
   * Makes earlier writes durable. LevelDB does nothing for an empty batch, and a synced write reaches only the log file in
   * use; before a range is compacted, even an empty one, everything in memory goes to a synced table.
   */
  #syncAll(): Promise<void> {
    return this.#db.compactRange(NOWHERE, NOWHERE);
  }

  iterate(range: KeyRange, options: IterateOptions = {}): AsyncIterable<KeyValueEntry> {
    this.#assertOpen();
    return iterateDb(this.#db, range, options);
  }

  snapshot(): KeyValueSnapshot {
    this.#assertOpen();
    const db = this.#db;
    const snapshot = db.snapshot();
    return {
      get: async (key) => await db.get(key, { snapshot }),
      iterate: (range, options = {}) => iterateDb(db, range, options, snapshot),
      close: async () => await snapshot.close(),
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    while (this.#filling !== undefined) await this.#filling.then(nothing, nothing);
    await this.#db.close();
  }

  #assertOpen(): void {
    if (this.#closing !== undefined || this.#db.status !== 'open') {
      throw new StoreError('store_closed', `the store at ${this.path} is closed`, { path: this.path });
    }
  }
}

function nothing(): void {}

/** One call per operation: LevelDB's array of them is read through property names, which costs more than twice as much. */
function fill(batch: DbBatch, ops: readonly WriteOp[], from: number): DbBatch {
  const end = Math.min(ops.length, from + OPS_PER_TURN);
  for (let at = from; at < end; at++) {
    const op = ops[at] as WriteOp;
    if (op.type === 'put') batch.put(op.key, op.value);
    else batch.del(op.key);
  }
  return batch;
}

function iterateDb(
  db: Db,
  range: KeyRange,
  { reverse = false, limit = -1 }: IterateOptions,
  snapshot?: DbSnapshot,
): AsyncIterable<KeyValueEntry> {
  const iterator = db.iterator({
    ...(range.gte === undefined ? {} : { gte: range.gte }),
    ...(range.lt === undefined ? {} : { lt: range.lt }),
    ...(snapshot === undefined ? {} : { snapshot }),
    reverse,
    limit,
  });
  return drain(iterator);
}

async function* drain(iterator: ReturnType<Db['iterator']>): AsyncGenerator<KeyValueEntry> {
  try {
    for (;;) {
      const entries = await iterator.nextv(READ_AHEAD);
      if (entries.length === 0) {
        return;
      }
      yield* entries as KeyValueEntry[];
    }
  } finally {
    await iterator.close();
  }
}
