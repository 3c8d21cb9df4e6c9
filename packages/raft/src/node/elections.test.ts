import { describe, expect, it } from 'vitest';
import { MemoryLog } from '../storage/memory-log.ts';
import { NodeCluster } from '../testing/node-cluster.ts';

describe('RaftNode: elections', () => {
  it('VotingGrant_WhenLeaderAvailable: whoever campaigns beside a live leader gets no vote, unless it is to take over', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id, node } = await cluster.leader();
    const { term } = node;
    const other = await cluster.follower();
    for (let i = 0; i < 20; i++) {
      other.node.campaign();
      await cluster.time.advance(50);
    }
    expect([node.isLeader(), node.term, other.node.term]).toEqual([true, term, term]);
    await cluster.apply(id, 'x');
    await cluster.settled(node.transferLeadership(other.id));
    expect((await cluster.leader()).id).toBe(other.id);
  });

  it('VoteNotGranted_WhenNodeNotInCluster: a removed server that does not know it gets no vote and disturbs nobody', async () => {
    const cluster = await NodeCluster.founded(3);
    const leader = await cluster.leader();
    const { id, node } = await cluster.follower();
    cluster.network.isolate(id);
    await cluster.settled(leader.node.remove(id));
    const { term } = leader.node;
    cluster.network.heal();
    for (let i = 0; i < 100; i++) {
      node.campaign();
      await cluster.time.advance(50);
    }
    expect(node.getConfiguration().conf.voters).toContain(id);
    expect([leader.node.leadershipValid(), leader.node.term, node.isLeader()]).toEqual([true, term, false]);
  });

  it('ClusterCanRegainStability_WhenNonVoterWithHigherTermJoin: its term is taken over, and it leads nothing', async () => {
    const cluster = await NodeCluster.founded(3);
    const { node } = await cluster.leader();
    await cluster.create('x');
    await cluster.settled(node.addNonvoter('x', { birth: cluster.node('x').identity.birth, address: 'x' }));
    await cluster.until('x follows', () => cluster.node('x').stats().lastIndex > 1);
    await cluster.stop('x');
    const log = new MemoryLog(cluster.get('x').medium);
    const { hardState } = await log.open();
    await log.append({ hardState: { ...hardState, term: 50, vote: '' } }, true);
    await log.close();
    await cluster.start('x');
    await cluster.until('the term was taken over', () => cluster.node('a').term >= 50);
    const leader = await cluster.leader();
    expect(['a', 'b', 'c']).toContain(leader.id);
    await cluster.apply(leader.id, 'y');
    expect(await cluster.converged()).toEqual(['y']);
    const { term } = leader.node;
    await cluster.time.advance(10_000);
    expect([leader.node.isLeader(), leader.node.term]).toEqual([true, term]);
  });

  it('PreVoteAvoidElectionWithPartition: a server that was cut off for long raises no term and deposes nobody', async () => {
    const cluster = await NodeCluster.founded(5);
    const { id, node } = await cluster.leader();
    const { term } = node;
    const [first, second] = [...cluster.servers.keys()].filter((one) => one !== id);
    for (const cut of [first!, second!]) cluster.network.isolate(cut);
    await cluster.time.advance(30_000);
    await cluster.apply(id, 'x');
    cluster.network.heal();
    expect(await cluster.converged()).toEqual(['x']);
    await cluster.time.advance(5000);
    expect([node.isLeader(), ...[...cluster.servers.values()].map((server) => server.node.term)]).toEqual([
      true,
      ...Array.from({ length: 5 }, () => term),
    ]);
  });

  it('PreVote_LeaderSpam: a server that asks all the time and cannot win keeps nobody from being elected', async () => {
    const cluster = await NodeCluster.founded(3, { node: { fastFailover: false } });
    const leader = await cluster.leader();
    const [spammer, other] = [...cluster.servers.keys()].filter((one) => one !== leader.id);
    cluster.network.isolate(spammer!);
    await cluster.apply(leader.id, 'x');
    await cluster.stop(leader.id);
    cluster.network.heal();
    const startMs = cluster.time.monotonicMs();
    while (!cluster.node(other!).isLeader()) {
      cluster.node(spammer!).campaign();
      await cluster.time.advance(10);
      expect(cluster.time.monotonicMs() - startMs).toBeLessThan(5000);
    }
    await cluster.apply(other!, 'y');
    expect(await cluster.converged(spammer!, other!)).toEqual(['x', 'y']);
  });
});
