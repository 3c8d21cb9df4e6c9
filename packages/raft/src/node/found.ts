import { EMPTY_CONF_STATE } from '../core/confchange/conf-state.ts';
import type { EngineContext } from './engine-context.ts';
import type { Engine } from './engine.ts';
import type { ResolvedModules } from './modules.ts';
import { RaftError } from './errors.ts';
import { clusterIdOf, FOUNDING_INDEX, FOUNDING_TERM, foundingEntry, type FoundingRecord } from './founding.ts';
import type { PeerGate } from './peer-gate.ts';
import { replaceEngine } from './replace-engine.ts';

/** Marker of the identity: how the server came into its cluster. */
export const JOINED = 'joined';

/** Whether a member of the record was faster and called this server into the cluster: it gets everything from there. */
export async function wasCalledInto(record: FoundingRecord, modules: ResolvedModules): Promise<boolean> {
  const known = await modules.identity.load();
  return known?.clusterId === clusterIdOf(record) && known.markers[JOINED] === 'called';
}

/**
 * Writes the founding record of a cluster and puts another engine in the place of this one. The cluster id is durable
 * before the log is, so that no log is ever without its cluster.
 * @param run - starts an engine that knows the cluster
 */
export async function found(
  record: FoundingRecord,
  engine: Engine,
  context: EngineContext,
  gate: PeerGate,
  run: () => Promise<void>,
): Promise<void> {
  const { modules, options } = context;
  const { identity } = gate;
  const entry = foundingEntry(record);
  const clusterId = clusterIdOf(record);
  const self = record.members.find(({ id }) => id === options.id);
  if (record.region !== options.region)
    throw refused(`the record is of region ${record.region}, this server of ${options.region}`);
  if (self === undefined) throw refused(`server ${options.id} is no member of the record`);
  if (self.birth !== identity.birth)
    throw refused(`the record names birth ${self.birth} for this server, its own is ${identity.birth}`);
  if ((await modules.snapshots.list()).length > 0) throw refused('this server has snapshots already');
  const { lastIndex, term } = engine.core.basicStatus();
  const has = lastIndex > 0 || term > 0 || engine.snapshotter.lastIndex > 0;
  if (has) throw refused('this server has state already');
  if (identity.clusterId !== '' && identity.clusterId !== clusterId)
    throw refused(`this server belongs to cluster ${identity.clusterId}`);
  // Nothing was written yet, and nothing is taken any more: the log is ours.
  await replaceEngine(engine, async () => {
    await gate.joined(clusterId, 'founder');
    const hardState = { term: FOUNDING_TERM, vote: '', commit: FOUNDING_INDEX };
    const confState = { ...EMPTY_CONF_STATE, voters: record.members.map(({ id }) => id).toSorted() };
    const confs = [{ index: FOUNDING_INDEX, confState }];
    await modules.log.append({ entries: [entry], hardState, confs }, true);
    await run();
  });
}

function refused(why: string): RaftError {
  return new RaftError('cant_bootstrap', `cannot found a cluster here: ${why}`, { why });
}
