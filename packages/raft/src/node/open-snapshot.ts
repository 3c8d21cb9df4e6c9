import type { SnapshotStorage, StoredSnapshot } from '../storage/ports.ts';
import { RaftError } from './errors.ts';
import { readPrelude } from './prelude.ts';

/** The newest snapshot as the state machine wrote it; one without state is followed by one with it. */
export async function openSnapshot(
  snapshots: SnapshotStorage,
  takeWithState: () => Promise<StoredSnapshot>,
): Promise<{ readonly meta: StoredSnapshot; readonly stream: AsyncIterable<Uint8Array> }> {
  const reader = await snapshots.openLatest();
  if (reader === undefined) throw new RaftError('snapshot_failed', 'there is no snapshot yet', {});
  const { prelude, rest } = await readPrelude(reader.stream);
  if (prelude.stateless !== true) return { meta: reader.meta, stream: rest };
  await rest[Symbol.asyncIterator]().return?.();
  const full = await snapshots.open((await takeWithState()).id);
  return { meta: full.meta, stream: (await readPrelude(full.stream)).rest };
}
