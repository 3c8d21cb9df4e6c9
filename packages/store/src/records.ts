import type { Execution, Group, Run } from '@dkron/jobs';
import { concat, readOrderedI64, orderedI64, viewOf } from './bytes.ts';
import type { Codec } from './ports.ts';

/** An execution and what the store keeps about it. */
export interface ExecutionRecord {
  readonly execution: Execution;
  /** Its job, or its place in the job's history, is gone: it vanishes when it ends. Only open ones are detached. */
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
  /** Output bytes of the whole history, before compression. */
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
    const head = new Uint8Array(5);
    head[0] = detached ? 1 : 0;
    viewOf(head).setUint32(1, outputBytes);
    return concat(head, inner.encode(execution));
  },
  decode(bytes) {
    return {
      execution: inner.decode(bytes.subarray(5)),
      detached: bytes[0] === 1,
      outputBytes: viewOf(bytes).getUint32(1),
    };
  },
});

export const runRecordCodec = (inner: Codec<Run>): Codec<RunRecord> => ({
  encode: ({ run, orphan }) => concat(new Uint8Array([orphan ? 1 : 0]), inner.encode(run)),
  decode: (bytes) => ({ run: inner.decode(bytes.subarray(1)), orphan: bytes[0] === 1 }),
});

const numbersCodec = <T>(
  write: (value: T) => readonly (number | bigint)[],
  read: (numbers: readonly bigint[]) => T,
): Codec<T> => ({
  encode: (value) => concat(...write(value).map((number) => orderedI64(BigInt(number)))),
  decode: (bytes) => read(Array.from({ length: bytes.length / 8 }, (_, i) => readOrderedI64(bytes, i * 8))),
});

export const metaCodec: Codec<JobMeta> = numbersCodec(
  (meta) => [
    meta.historyFirst,
    meta.historyNext,
    meta.ledgerFirst,
    meta.ledgerNext,
    meta.outputBytes,
    meta.newestGroup,
  ],
  ([historyFirst = 0n, historyNext = 0n, ledgerFirst = 0n, ledgerNext = 0n, outputBytes = 0n, newestGroup = 0n]) => ({
    historyFirst: Number(historyFirst),
    historyNext: Number(historyNext),
    ledgerFirst: Number(ledgerFirst),
    ledgerNext: Number(ledgerNext),
    outputBytes: Number(outputBytes),
    newestGroup,
  }),
);

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
