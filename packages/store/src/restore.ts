import { concat, NO_BYTES } from './bytes.ts';
import { HEAD_KEY, PROMOTE_KEY, STAGING_PREFIX, STATE_END } from './keys.ts';
import type { KeyRange, KeyValue, WriteOp } from './ports.ts';
import type { Head } from './records.ts';
import { headCodec } from './records.ts';
import { readFrames } from './snapshot-frames.ts';
import { EMPTY_HASH } from './state.ts';

const OPS_PER_BATCH = 2000;
const STAGED_HEAD_KEY: Uint8Array = concat(STAGING_PREFIX, HEAD_KEY);
const STAGED: KeyRange = { gte: STAGING_PREFIX, lt: PROMOTE_KEY };

/** Where a restored state stands in the log that goes on after it. */
export interface RestorePosition {
  /** Index of the entry that it stands for. Default: that of the snapshot. */
  readonly index?: bigint;
  /** No stamp at or below this one may be given again. Default: those of the snapshot. */
  readonly stamp?: bigint;
}

const EMPTY_HEAD: Head = { appliedIndex: 0n, lastStamp: 0n, lastDueId: 0n, stateHash: EMPTY_HASH };

/** Writes the stream beside the state and checks it to its end. Nothing of the state is touched. */
export async function stageSnapshot(
  kv: KeyValue,
  chunks: AsyncIterable<Uint8Array>,
  position: RestorePosition = {},
): Promise<void> {
  await clearRange(kv, STAGED);
  try {
    for await (const entries of readFrames(chunks)) {
      await kv.batch(
        entries.map(([key, value]): WriteOp => ({ type: 'put', key: concat(STAGING_PREFIX, key), value })),
      );
    }
  } catch (error) {
    await clearRange(kv, STAGED);
    throw error;
  }
  const value = headCodec.encode(await headAt(kv, position));
  await kv.batch(
    [
      { type: 'put', key: STAGED_HEAD_KEY, value },
      { type: 'put', key: PROMOTE_KEY, value: NO_BYTES },
    ],
    { sync: true },
  );
}

async function headAt(kv: KeyValue, { index, stamp = 0n }: RestorePosition): Promise<Head> {
  const staged = await kv.get(STAGED_HEAD_KEY);
  const head = staged === undefined ? EMPTY_HEAD : headCodec.decode(staged);
  return {
    ...head,
    appliedIndex: index ?? head.appliedIndex,
    lastStamp: stamp > head.lastStamp ? stamp : head.lastStamp,
  };
}

/**
 * Puts a completely staged snapshot in the place of the state. Until the mark is removed it can be repeated, so a crash
 * in between is made good at the next start. An unfinished staging is thrown away.
 */
export async function finishRestore(kv: KeyValue): Promise<void> {
  if ((await kv.get(PROMOTE_KEY)) === undefined) {
    await clearRange(kv, STAGED);
    return;
  }
  await clearRange(kv, { lt: STATE_END });
  let ops: WriteOp[] = [];
  for await (const [key, value] of kv.iterate(STAGED)) {
    ops.push({ type: 'put', key: key.slice(STAGING_PREFIX.length), value });
    if (ops.length >= OPS_PER_BATCH) {
      await kv.batch(ops);
      ops = [];
    }
  }
  await kv.batch([...ops, { type: 'del', key: PROMOTE_KEY }], { sync: true });
  await clearRange(kv, STAGED);
}

async function clearRange(kv: KeyValue, range: KeyRange): Promise<void> {
  let ops: WriteOp[] = [];
  for await (const [key] of kv.iterate(range)) {
    ops.push({ type: 'del', key });
    if (ops.length >= OPS_PER_BATCH) {
      await kv.batch(ops);
      ops = [];
    }
  }
  if (ops.length > 0) {
    await kv.batch(ops);
  }
}
