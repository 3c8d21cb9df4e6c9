import type { StoredJob } from '@dkron/jobs';
import type { EpochNanos, Logger } from '@dkron/runtime';
import type { ComingTicks } from '../apply/settle-restored.ts';
import { dropDues, dropNotices, endOpenExecutions, setComingTicks } from '../apply/settle-restored.ts';
import { loadState } from '../load.ts';
import type { Retention } from '../options.ts';
import { DEFAULT_RETENTION } from '../options.ts';
import type { KeyValue, StoreCodec } from '../ports.ts';
import { finishRestore, stageSnapshot } from '../restore.ts';
import type { SnapshotStream } from '../snapshot.ts';
import { openSnapshot } from '../snapshot.ts';
import type { State } from '../state.ts';
import { codecsOf } from '../state.ts';
import { Transaction } from '../transaction.ts';

const JOBS_PER_CHANGE = 1_000;

/** How a saved state is made fit for a cluster. */
export interface PrepareOptions {
  /** Above every stamp of the cluster that goes on with the state. */
  readonly stamp: EpochNanos;
  /** Which ticks of a job are still to come, given the replicated settings of the saved cluster. */
  readonly coming: (job: StoredJob, settings: ReadonlyMap<string, string>) => ComingTicks;
  readonly retention?: Partial<Retention>;
}

/** What preparing a saved state needs. */
export interface PrepareModules {
  /** Of its own; what it holds is replaced. It is not closed. */
  readonly kv: KeyValue;
  readonly codec: StoreCodec;
  readonly logger: Logger;
}

/** A saved state that a cluster can go on with. */
export interface PreparedState {
  readonly jobs: number;
  snapshot(): SnapshotStream;
}

/**
 * Checks a saved state to its end, and makes it one that does not do again what was done since it was saved: what was open
 * ends as lost and without retries, what was due or to be told is dropped, and jobs go on with the ticks that are still to come. Versions
 * of jobs stay.
 *
 * @throws StoreError `bad_snapshot`, `corrupt`, `disk_full`, `write_failed`
 */
export async function prepareRestored(
  { stamp, coming, retention }: PrepareOptions,
  { kv, codec, logger }: PrepareModules,
  chunks: AsyncIterable<Uint8Array>,
): Promise<PreparedState> {
  await stageSnapshot(kv, chunks);
  await finishRestore(kv);
  const codecs = codecsOf(codec);
  const state: State = await loadState({ kv, codecs, logger });
  const kept = { retention: { ...DEFAULT_RETENTION, ...retention } };
  const change = async (work: (tx: Transaction) => void): Promise<void> => {
    const tx = new Transaction(kept, { state, kv, codecs });
    const index = state.appliedIndex + 1n;
    tx.beginEntry(stamp, index);
    work(tx);
    tx.endEntry(index);
    await kv.batch(tx.ops());
    tx.commit();
  };
  await change((tx) => endOpenExecutions(tx, state));
  await change((tx) => dropDues(tx, state));
  await change((tx) => dropNotices(tx, state));
  const names = state.jobs.names.slice(0, state.jobs.size);
  for (let at = 0; at < names.length; at += JOBS_PER_CHANGE) {
    await change((tx) => {
      for (const name of names.slice(at, at + JOBS_PER_CHANGE)) {
        const job = tx.job(name);
        if (job !== undefined) setComingTicks(tx, job, coming(job, state.settings));
      }
    });
  }
  return { jobs: state.jobs.size, snapshot: () => openSnapshot(kv) };
}
