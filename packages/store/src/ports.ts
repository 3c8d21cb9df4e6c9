import type { Command, Due, Execution, JobDefinition, JobState, LedgerEntry, Notice, Run } from '@dkron/jobs';

/** Keys in `[gte, lt)`; a missing border is open. Keys are ordered by their bytes, unsigned. */
export interface KeyRange {
  readonly gte?: Uint8Array;
  readonly lt?: Uint8Array;
}

/** Order and length of a walk through a range. */
export interface IterateOptions {
  /** Largest key first. Default false. */
  readonly reverse?: boolean;
  /** At most so many entries, ≥ 0. Default: all. */
  readonly limit?: number;
}

/** One record. */
export type KeyValueEntry = readonly [key: Uint8Array, value: Uint8Array];

/**
 * One operation of a batch; deleting what is not there is no error. `fresh`: nothing is stored under the key, so that
 * this put and a removal of the same key that follows it soon may both be left out.
 */
export type WriteOp =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array; readonly fresh?: boolean }
  | { readonly type: 'del'; readonly key: Uint8Array };

/** What a write has survived when its promise resolves. */
export interface WriteOptions {
  /**
   * True: durable when the promise resolves, with everything before it. False: readers see it; whether it survives the
   * process, the implementation says, but nothing later does without it. Default false.
   */
  readonly sync?: boolean;
}

/** Reads of ordered bytes. */
export interface KeyValueReader {
  get(key: Uint8Array): Promise<Uint8Array | undefined>;
  /** Entries as they were when iteration began; later writes are not seen. */
  iterate(range: KeyRange, options?: IterateOptions): AsyncIterable<KeyValueEntry>;
}

/** A view of one moment. Holds resources of the backend until closed. */
export interface KeyValueSnapshot extends KeyValueReader {
  close(): Promise<void>;
}

/**
 * Ordered bytes. A batch is atomic: after a failure or a crash either all of its operations are there or none; of two
 * operations on one key the later one wins. After `close` every method throws `StoreError` `store_closed`. Bytes handed
 * in or out are kept as they are, not copied: neither side changes them.
 */
export interface KeyValue extends KeyValueReader {
  /** Where it is kept, for messages. */
  readonly path: string;
  getSync(key: Uint8Array): Uint8Array | undefined;
  /** @throws StoreError `disk_full`, `write_failed`, `store_closed` */
  batch(ops: readonly WriteOp[], options?: WriteOptions): Promise<void>;
  snapshot(): KeyValueSnapshot;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Values ↔ bytes of one kind of record. */
export interface Codec<T> {
  /** @param free bytes left free before the record, for the caller to fill. Default 0 */
  encode(value: T, free?: number): Uint8Array;
  /** Must not keep `bytes`: they may be part of a larger buffer that changes later. @throws on bytes it cannot read. */
  decode(bytes: Uint8Array): T;
}

/** Records ↔ bytes. Equal values must give equal bytes on every server: they enter the state hash. */
export interface StoreCodec {
  readonly command: Codec<Command>;
  readonly definition: Codec<JobDefinition>;
  readonly state: Codec<JobState>;
  readonly execution: Codec<Execution>;
  readonly run: Codec<Run>;
  readonly due: Codec<Due>;
  readonly ledgerEntry: Codec<LedgerEntry>;
  readonly notice: Codec<Notice>;
}
