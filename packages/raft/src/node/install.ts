import type { HardState, SnapshotMeta } from '../core/types.ts';
import type { ApplyLane } from './apply-lane.ts';
import { RaftError } from './errors.ts';
import type { Host } from './host.ts';
import { readPrelude } from './prelude.ts';
import type { RecoveryMarks } from './recovery-marks.ts';

/**
 * Installs a snapshot that the core accepted. Its bytes are durable already; then the log begins anew behind it, durably;
 * then the state machine takes it. A crash in between is finished by the next start.
 */
export async function installSnapshot(
  host: Host,
  applyLane: ApplyLane,
  meta: SnapshotMeta,
  hardState: HardState | undefined,
  marks: RecoveryMarks,
): Promise<void> {
  const { log, snapshots, stateMachine, failpoint } = host.modules;
  await applyLane.drain();
  const stored = (await snapshots.list()).find((one) => one.index === meta.index && one.term === meta.term);
  if (stored === undefined)
    throw new RaftError('snapshot_failed', `snapshot ${meta.index} is not stored`, { index: meta.index });
  // Verified before the log is given up.
  const { stream } = await snapshots.open(stored.id);
  const { prelude, rest } = await readPrelude(stream);
  failpoint('beforeLogReset');
  if (host.core.unconfirmed?.index === meta.index) await marks.setUnconfirmed(host.core.unconfirmed);
  const base = hardState ?? log.state().hardState;
  const { index, term, confState } = meta;
  await log.reset({ index, term }, { hardState: { ...base, commit: index }, confState });
  failpoint('afterLogReset');
  await applyLane.between(() => stateMachine.restore(rest, meta, 'snapshot'));
  failpoint('afterRestore');
  await marks.installed();
  if (!host.running) return;
  applyLane.restored(index);
  host.window.applySnapshot(meta);
  host.members.apply(prelude.confIndex, confState, prelude.infos);
}
