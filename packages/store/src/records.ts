import type { Execution, ExecutionId, Group, JobState, Run } from '@dkron/jobs';
import {
  concat,
  fromUtf8,
  orderedI64,
  putOrderedI64,
  putOrderedWhole,
  putU32,
  readOrderedI64,
  readOrderedWhole,
  readU32,
  toUtf8,
} from './bytes.ts';
import type { Codec } from './ports.ts';

/** An execution and what the store keeps about it. */
export interface ExecutionRecord {
  readonly execution: Execution;
  /**
   * Its job, or its place in the job's history, is gone: it vanishes when it ends, unless its job has room for it then.
   * Only open ones are detached.
   */
  readonly detached: boolean;
  /** Bytes of output kept, before compression. */
  readonly outputBytes: number;
}

export interface RunRecord {
  readonly run: Run;
  /** Its job was deleted: it holds no slot and counts for nothing. */
  readonly orphan: boolean;
}

/** Where a job's history and ledger begin and end; numbers are never used twice in the life of a job. */
export interface JobMeta {
  readonly historyFirst: number;
  readonly historyNext: number;
  readonly ledgerFirst: number;
  readonly ledgerNext: number;
  /**
   * Output bytes of the whole history, before compression, where retention limits them; else 0 = none of it has output,
   * as far as is known.
   */
  readonly outputBytes: number;
  /** Group of the newest run decided; 0 = none. */
  readonly newestGroup: Group;
}

export const EMPTY_META: JobMeta = {
  historyFirst: 0,
  historyNext: 0,
  ledgerFirst: 0,
  ledgerNext: 0,
  outputBytes: 0,
  newestGroup: 0n,
};

/** What happens to a job: written at every tick, beside the definition that is not. */
export interface StateRecord {
  readonly state: JobState;
  readonly meta: JobMeta;
}

/** A place in a job's history: what goes with it can be removed without reading it. */
export interface HistoryPlace {
  readonly id: ExecutionId;
  /** Of its run. */
  readonly group: Group;
}

/** How many attempts ended on one day. */
export interface DayStats {
  /** UTC day, `YYYY-MM-DD`. */
  readonly date: string;
  readonly successCount: number;
  readonly failedCount: number;
}

/** An Idempotency-Key and the run it started. */
export interface TokenRecord {
  readonly jobName: string;
  readonly group: Group;
  readonly stamp: bigint;
}

/** First record of the store, written with every batch. */
export interface Head {
  readonly appliedIndex: bigint;
  readonly lastStamp: bigint;
  readonly lastDueId: bigint;
  readonly stateHash: Uint8Array;
}

export const executionRecordCodec = (inner: Codec<Execution>): Codec<ExecutionRecord> => ({
  encode({ execution, detached, outputBytes }) {
    const bytes = inner.encode(execution, 5);
    bytes[0] = detached ? 1 : 0;
    putU32(bytes, 1, outputBytes);
    return bytes;
  },
  decode(bytes) {
    return {
      execution: inner.decode(bytes.subarray(5)),
      detached: bytes[0] === 1,
      outputBytes: readU32(bytes, 1),
    };
  },
});

export const runRecordCodec = (inner: Codec<Run>): Codec<RunRecord> => ({
  encode({ run, orphan }) {
    const bytes = inner.encode(run, 1);
    bytes[0] = orphan ? 1 : 0;
    return bytes;
  },
  decode: (bytes) => ({ run: inner.decode(bytes.subarray(1)), orphan: bytes[0] === 1 }),
});

const GROUP_BYTES = 8;

export const historyPlaceCodec: Codec<HistoryPlace> = {
  encode({ id, group }) {
    const bytes = toUtf8(id, GROUP_BYTES);
    putOrderedI64(bytes, 0, group);
    return bytes;
  },
  decode: (bytes) => ({ id: fromUtf8(bytes.subarray(GROUP_BYTES)), group: readOrderedI64(bytes) }),
};

/** Byte 0: 0 = nothing has happened to the job yet; else 1, then the meta's six numbers. */
export const stateRecordCodec = (inner: Codec<JobState>): Codec<StateRecord> => ({
  encode({ state, meta }) {
    const used = meta.historyNext + meta.ledgerNext > 0;
    const bytes = inner.encode(state, used ? META_BYTES : 1);
    bytes[0] = used ? 1 : 0;
    if (used) {
      putOrderedWhole(bytes, 1, meta.historyFirst);
      putOrderedWhole(bytes, 9, meta.historyNext);
      putOrderedWhole(bytes, 17, meta.ledgerFirst);
      putOrderedWhole(bytes, 25, meta.ledgerNext);
      putOrderedWhole(bytes, 33, meta.outputBytes);
      putOrderedI64(bytes, 41, meta.newestGroup);
    }
    return bytes;
  },
  decode(bytes) {
    const meta = metaOf(bytes);
    return { state: inner.decode(bytes.subarray(meta === EMPTY_META ? 1 : META_BYTES)), meta };
  },
});

const META_BYTES = 49;

/** The meta alone, without reading the state behind it. */
export function metaOf(bytes: Uint8Array): JobMeta {
  return bytes[0] === 0
    ? EMPTY_META
    : {
        historyFirst: readOrderedWhole(bytes, 1),
        historyNext: readOrderedWhole(bytes, 9),
        ledgerFirst: readOrderedWhole(bytes, 17),
        ledgerNext: readOrderedWhole(bytes, 25),
        outputBytes: readOrderedWhole(bytes, 33),
        newestGroup: readOrderedI64(bytes, 41),
      };
}

const numbersCodec = <T>(
  write: (value: T) => readonly (number | bigint)[],
  read: (numbers: readonly bigint[]) => T,
): Codec<T> => ({
  encode: (value) => concat(...write(value).map((number) => orderedI64(BigInt(number)))),
  decode: (bytes) => read(Array.from({ length: bytes.length / 8 }, (_, i) => readOrderedI64(bytes, i * 8))),
});

export const statsCodec: Codec<Omit<DayStats, 'date'>> = numbersCodec(
  (stats) => [stats.successCount, stats.failedCount],
  ([success = 0n, failed = 0n]) => ({ successCount: Number(success), failedCount: Number(failed) }),
);

export const tokenCodec: Codec<TokenRecord> = {
  encode: ({ jobName, group, stamp }) =>
    concat(orderedI64(group), orderedI64(stamp), new TextEncoder().encode(jobName)),
  decode: (bytes) => ({
    group: readOrderedI64(bytes),
    stamp: readOrderedI64(bytes, 8),
    jobName: new TextDecoder().decode(bytes.subarray(16)),
  }),
};

export const headCodec: Codec<Head> = {
  encode: ({ appliedIndex, lastStamp, lastDueId, stateHash }) =>
    concat(orderedI64(appliedIndex), orderedI64(lastStamp), orderedI64(lastDueId), stateHash),
  decode: (bytes) => ({
    appliedIndex: readOrderedI64(bytes),
    lastStamp: readOrderedI64(bytes, 8),
    lastDueId: readOrderedI64(bytes, 16),
    stateHash: bytes.slice(24),
  }),
};
