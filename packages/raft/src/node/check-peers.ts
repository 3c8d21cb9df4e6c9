import { decodeConfChange } from '../core/confchange/codec.ts';
import type { ConfState, NodeId } from '../core/types.ts';
import type { LogState } from '../storage/ports.ts';
import type { ResolvedModules } from './modules.ts';
import { idsOf } from './members.ts';
import { type RecoveryPeer, refused } from './recover-peers.ts';
import { transferStepOf } from './state-transfer.ts';

/**
 * Whether these servers can go on together: this one is among them, and each was a server of the cluster before, so that
 * it has a log. One that never was would count for the majority with nothing.
 * @throws RaftError `recovery_refused`
 */
export async function checkPeers(
  peers: readonly RecoveryPeer[],
  state: LogState,
  modules: ResolvedModules,
  self: NodeId,
): Promise<void> {
  const known = await everMembers(state, modules);
  // Without any state it is refused for that.
  if (known.size === 0) return;
  const names = [...known].toSorted().join(', ');
  // This server has its log, whatever it was called before.
  const unknown = peers.filter(({ id }) => id !== self && !known.has(id)).map(({ id }) => JSON.stringify(id));
  if (unknown.length > 0) {
    throw refused(
      `it names ${unknown.join(', ')}, which never was a server of this cluster (${names}); an id is a node name, and ` +
        'further servers are added by themselves once these lead',
    );
  }
  if (peers.every(({ id }) => id !== self)) {
    throw refused(
      `it does not name this server, "${self}"; give all survivors the same file, and remove it where a server is to join the others anew`,
    );
  }
}

async function everMembers(state: LogState, { log, snapshots }: ResolvedModules): Promise<Set<NodeId>> {
  const known = new Set<NodeId>();
  const add = (conf: ConfState): void => idsOf(conf).forEach((id) => known.add(id));
  for (const { confState } of await snapshots.list()) add(confState);
  for (const { confState } of state.confHistory) add(confState);
  for (const index of state.confIndexes) {
    const entries = await log.read(index, index + 1, 1);
    if (entries === 'compacted') continue;
    const change = decodeConfChange(entries[0]!);
    if (transferStepOf(change) === undefined) for (const { id } of change.steps) known.add(id);
  }
  return known;
}
