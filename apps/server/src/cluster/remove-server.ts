import type { RaftNode } from '@dkron/raft';

/** Removes a server from the voters and learners, on the leader. Rejects with a reason for people. */
export async function removeServer(raft: RaftNode, id: string, self: string): Promise<void> {
  const { index, conf } = raft.getConfiguration();
  const rest = conf.voters.filter((voter) => voter !== id);
  if (rest.length === 0) throw new Error(`${id} is the only voter: without it there is no cluster; stop it instead`);
  const { peers } = raft.stats();
  const heard = new Set(peers.filter((peer) => peer.recentActive).map((peer) => peer.id));
  const silent = rest.filter((voter) => voter !== self && !heard.has(voter));
  if (conf.voters.includes(id) && silent.length * 2 >= rest.length) {
    throw new Error(
      `${id} is not removed: of the voters ${rest.join(', ')} that are left then, ${silent.join(', ')} cannot be reached`,
    );
  }
  await raft.remove(id, { prevIndex: index });
}
