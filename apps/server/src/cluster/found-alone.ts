import type { RaftNode } from '@dkron/raft';
import { StartError } from '../errors.ts';

/** Founds a cluster of one on an empty folder, or campaigns at once in one's own. */
export async function foundAlone(node: RaftNode, nodeName: string, region: string): Promise<void> {
  const { lastIndex, term } = node.stats();
  if (lastIndex > 0 || term > 0) return campaignIfAlone(node, nodeName);
  await node.bootstrap({ region, attempt: 0, members: [{ id: nodeName, birth: node.identity.birth }] });
}

/** An only voter need not wait for an election timeout. */
export function campaignIfAlone(node: RaftNode, nodeName: string): void {
  const { voters, votersOutgoing } = node.getConfiguration().conf;
  if (voters.length === 1 && voters[0] === nodeName && votersOutgoing.length === 0) node.campaign();
}

/**
 * The birth tells whose folder it is: the only voter may also be the one that is left of a cluster that this server was
 * removed from.
 * @throws StartError `node_name` when the data folder is that of a server with another name
 */
export function checkNodeName(node: Pick<RaftNode, 'getConfiguration' | 'identity'>, nodeName: string): void {
  const { conf, members } = node.getConfiguration();
  const { birth } = node.identity;
  const [voter] = conf.voters;
  if (conf.voters.length !== 1 || voter === nodeName) return;
  if (!members.some((member) => member.id === voter && member.birth === birth)) return;
  const message =
    `node-name: this data-dir belongs to "${voter}", the only voter of its cluster; start it with that name, or ` +
    `"${nodeName}" with another data-dir`;
  throw new StartError('node_name', message, { option: 'node-name', value: nodeName });
}
