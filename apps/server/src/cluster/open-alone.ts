import { LoopbackNetwork } from '@dkron/raft';
import type { Consensus, ConsensusModules, ConsensusOptions } from './consensus.ts';
import { openConsensus } from './consensus.ts';
import { foundAlone } from './found-alone.ts';

/** Consensus of one that nobody can reach, leading when this resolves: the log without a server around it. */
export async function openAlone(
  options: ConsensusOptions,
  modules: Omit<ConsensusModules, 'transport' | 'resolver'>,
): Promise<Consensus> {
  const transport = new LoopbackNetwork({}, modules).transport(options.nodeName);
  const consensus = await openConsensus(options, { ...modules, transport });
  const { node } = consensus;
  const leading = new Promise<void>((resolve, reject) => {
    node.on('leadership', ({ isLeader }) => isLeader && resolve());
    node.on('fatal', ({ error }) => reject(error));
  });
  await foundAlone(node, options.nodeName, options.region);
  await leading;
  await node.barrier();
  return consensus;
}
