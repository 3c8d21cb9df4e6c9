import type { RaftNode } from '@dkron/raft';
import { StartError } from '../errors.ts';

/**
 * Brings a server that has nobody to wait for to leadership: founds a cluster of one on an empty folder, and campaigns at
 * once where it is the only voter.
 * @throws StartError `node_name` when the folder is another server's
 */
export async function foundAlone(node: RaftNode, nodeName: string, region: string): Promise<void> {
  const { lastIndex, term } = node.stats();
  if (lastIndex === 0 && term === 0) {
    await node.bootstrap({ region, attempt: 0, members: [{ id: nodeName, birth: node.identity.birth }] });
    return;
  }
  const { voters, learners } = node.getConfiguration().conf;
  if (voters.length > 0 && ![...voters, ...learners].includes(nodeName)) {
    const message =
      `node-name: this data-dir belongs to a server of the cluster [${voters.join(', ')}], in which there is no ` +
      `"${nodeName}"; start it with the name it had, or with another data-dir`;
    throw new StartError('node_name', message, { option: 'node-name', value: nodeName });
  }
  if (voters.length === 1 && voters[0] === nodeName) node.campaign();
}
