import { describe, expect, it } from 'vitest';
import type { NodeId } from '../core/types.ts';
import { NodeCluster } from '../testing/node-cluster.ts';

function facts(cluster: NodeCluster, id: NodeId): { birth: string; address: string } {
  return { birth: cluster.node(id).identity.birth, address: id };
}

describe('RaftNode: membership', () => {
  it('JoinNode, JoinNode_ConfigStore: a learner is added, catches up and becomes voter; its state machine is told', async () => {
    const cluster = await NodeCluster.founded(1);
    for (let i = 0; i < 20; i++) await cluster.apply('a', `c${i}`);
    await cluster.create('b');
    const conf = await cluster.settled(cluster.node('a').addVoter('b', facts(cluster, 'b')));
    expect(conf).toMatchObject({ voters: ['a', 'b'], learners: [] });
    expect(await cluster.converged()).toHaveLength(20);
    await cluster.until('b knows', () => cluster.node('b').getConfiguration().conf.voters.length === 2);
    expect(cluster.get('b').machine.configurations.map(({ conf: { voters } }) => voters.length)).toEqual([1, 1, 2]);
    expect(cluster.node('b').stats().clusterId).toBe(cluster.node('a').stats().clusterId);
  });

  it('AddKnownPeer, RemoveUnknownPeer: change nothing', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id, node } = await cluster.leader();
    const before = node.getConfiguration().conf;
    expect(await cluster.settled(node.addVoter(id))).toEqual(before);
    expect(await cluster.settled(node.remove('nobody'))).toEqual(before);
  });

  it('an address is changed without a change of the voters', async () => {
    const cluster = await NodeCluster.founded(3);
    const { node } = await cluster.leader();
    const follower = await cluster.follower();
    await cluster.settled(node.addVoter(follower.id, { address: 'elsewhere' }));
    const member = node.getConfiguration().members.find(({ id }) => id === follower.id);
    expect(member).toMatchObject({ address: 'elsewhere', suffrage: 'voter', birth: follower.node.identity.birth });
  });

  it('updateMember: an address changes on every server, suffrage and birth do not; strangers and other births are refused', async () => {
    const cluster = await NodeCluster.founded(3);
    const { node } = await cluster.leader();
    await cluster.create('d');
    await cluster.settled(node.addNonvoter('d', facts(cluster, 'd')));
    const before = node.getConfiguration();
    const conf = await cluster.settled(node.updateMember('d', { address: 'elsewhere' }, { prevIndex: before.index }));
    expect(conf).toEqual(before.conf);
    const { birth } = facts(cluster, 'd');
    const expected = { id: 'd', suffrage: 'nonvoter', address: 'elsewhere', birth };
    const knows = (id: NodeId): unknown =>
      cluster
        .node(id)
        .getConfiguration()
        .members.find((one) => one.id === 'd');
    await cluster.until('all know', () =>
      ['a', 'b', 'c'].every((id) => JSON.stringify(knows(id)) === JSON.stringify(expected)),
    );
    const stale = { prevIndex: before.index };
    expect(await cluster.failure(node.updateMember('d', {}, stale))).toMatchObject({ code: 'conf_index_mismatch' });
    expect(await cluster.failure(node.updateMember('x', {}))).toMatchObject({ details: { reason: 'unknownMember' } });
    const other = node.updateMember('d', { birth: '0' });
    expect(await cluster.failure(other)).toMatchObject({ details: { reason: 'otherBirth' } });
    // Over a restart it is known still.
    await cluster.restart('b');
    await cluster.until('b knows', () => JSON.stringify(knows('b')) === JSON.stringify(expected));
  });

  it('QuorumKept: with keepQuorum no change that leaves no live majority of the new voters, or of the old ones', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id, node } = await cluster.leader();
    const [dead, well] = ['a', 'b', 'c'].filter((one) => one !== id) as [NodeId, NodeId];
    await cluster.time.advance(500);
    const add = [{ kind: 'addVoter', id: 'x' }] as const;
    // Three of four answer.
    await cluster.settled(node.changeMembers(add, { keepQuorum: true }));
    await cluster.settled(node.remove('x', { keepQuorum: true }));
    await cluster.stop(dead);
    await cluster.time.advance(1500);
    const refused = await cluster.failure(node.changeMembers(add, { keepQuorum: true }));
    expect(refused).toMatchObject({
      code: 'conf_change_refused',
      details: { reason: 'quorumNotAlive', missing: expect.arrayContaining([dead, 'x']) as unknown },
    });
    expect(node.getConfiguration().conf.voters).toHaveLength(3);
    const steps = [...add, { kind: 'remove', id: well }] as const;
    expect(await cluster.failure(node.changeMembers(steps, { keepQuorum: true }))).toMatchObject({
      details: { reason: 'quorumNotAlive' },
    });
    // Without the dead one it is a majority again.
    expect((await cluster.settled(node.remove(dead, { keepQuorum: true }))).voters).toHaveLength(2);
  });

  it('promote: refuses who is no member, or does not catch up', async () => {
    const cluster = await NodeCluster.founded(1);
    const { node } = await cluster.leader();
    expect(await cluster.failure(node.promote('x'))).toMatchObject({ code: 'conf_change_refused' });
    await cluster.settled(node.addNonvoter('x'));
    expect(await cluster.failure(node.promote('x', { timeoutMs: 1000 }))).toMatchObject({ code: 'not_caught_up' });
    expect(node.getConfiguration().conf).toMatchObject({ voters: ['a'], learners: ['x'] });
  });

  it('demote: a voter becomes learner', async () => {
    const cluster = await NodeCluster.founded(3);
    const { node } = await cluster.leader();
    const { id } = await cluster.follower();
    const conf = await cluster.settled(node.demote(id));
    expect([conf.voters.length, conf.learners]).toEqual([2, [id]]);
  });

  it('RemoveFollower, FollowerRemovalNoElection: the rest goes on, the removed server starts no election', async () => {
    const cluster = await NodeCluster.founded(3);
    const leader = await cluster.leader();
    const { id } = await cluster.follower();
    await cluster.settled(leader.node.remove(id));
    await cluster.time.advance(10_000);
    expect(leader.node.leadershipValid()).toBe(true);
    expect(cluster.node(id).isLeader()).toBe(false);
    await cluster.apply(leader.id, 'x');
  });

  it('RemoveLeader, RemoveLeader_NoShutdown: it leaves once that is committed, and another leads', async () => {
    const cluster = await NodeCluster.founded(3);
    const old = await cluster.leader();
    const conf = await cluster.settled(old.node.remove(old.id));
    expect(conf.voters).not.toContain(old.id);
    const next = await cluster.leader(old.id);
    await cluster.apply(next.id, 'x');
    expect(old.node.isLeader()).toBe(false);
  });

  it('a leader of two that removes itself leaves a cluster that works', async () => {
    for (const seed of [1, 2, 3]) {
      const cluster = await NodeCluster.founded(2, { seed });
      const old = await cluster.leader();
      // The last commit index that it sends is lost.
      cluster.network.fate = () => (seed === 1 ? 'deliver' : 30 * seed);
      await cluster.settled(old.node.remove(old.id));
      const next = await cluster.leader(old.id);
      await cluster.apply(next.id, 'x');
      expect(next.node.getConfiguration().conf.voters).toEqual([next.id]);
    }
  });

  it('RemoveFollower_SplitCluster: without a quorum the removal is not confirmed', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id, node } = await cluster.leader();
    const other = await cluster.follower();
    cluster.network.isolate(id);
    expect(await cluster.failure(node.remove(other.id))).toMatchObject({ code: 'leadership_lost' });
  });

  it('ReJoinFollower: a removed server comes back as learner under its birth', async () => {
    const cluster = await NodeCluster.founded(3);
    const leader = await cluster.leader();
    const { id } = await cluster.follower();
    await cluster.settled(leader.node.remove(id));
    await cluster.apply(leader.id, 'x');
    await cluster.settled(leader.node.addVoter(id, facts(cluster, id)));
    expect(await cluster.converged()).toEqual(['x']);
    expect(leader.node.getConfiguration().conf.voters).toHaveLength(3);
  });

  it('joint swap: two voters are replaced in one change', async () => {
    const cluster = await NodeCluster.founded(3);
    const leader = await cluster.leader();
    await cluster.create('x', 'y');
    const gone = [...cluster.servers.keys()].filter((id) => id !== leader.id && !['x', 'y'].includes(id));
    for (const id of ['x', 'y']) await cluster.settled(leader.node.addNonvoter(id, facts(cluster, id)));
    const conf = await cluster.settled(
      leader.node.changeMembers([
        { kind: 'addVoter', id: 'x' },
        { kind: 'addVoter', id: 'y' },
        ...gone.map((id) => ({ kind: 'remove', id }) as const),
      ]),
    );
    expect(conf).toEqual({
      voters: [leader.id, 'x', 'y'].toSorted(),
      learners: [],
      votersOutgoing: [],
      learnersNext: [],
      autoLeave: false,
    });
    for (const id of gone) await cluster.stop(id);
    await cluster.apply(leader.id, 'z');
    expect(await cluster.converged(leader.id, 'x', 'y')).toEqual(['z']);
  });

  it('explicit joint configurations stay until they are left', async () => {
    const cluster = await NodeCluster.founded(3);
    const { node } = await cluster.leader();
    const { id } = await cluster.follower();
    const joint = await cluster.settled(node.changeMembers([{ kind: 'remove', id }], { transition: 'explicit' }));
    expect(joint.votersOutgoing).toHaveLength(3);
    const second = node.changeMembers([{ kind: 'remove', id: 'b' }]);
    expect(await cluster.failure(second)).toMatchObject({
      code: 'conf_change_refused',
      details: { reason: 'mustLeaveJoint' },
    });
    expect(await cluster.settled(node.leaveJoint())).toMatchObject({ votersOutgoing: [] });
  });

  it('nextConfiguration_prevIndex: only if the membership is still the one that was looked at', async () => {
    const cluster = await NodeCluster.founded(1);
    const { node } = await cluster.leader();
    const { index } = node.getConfiguration();
    await cluster.settled(node.addNonvoter('x', { prevIndex: index }));
    expect(await cluster.failure(node.addNonvoter('y', { prevIndex: index }))).toMatchObject({
      code: 'conf_index_mismatch',
    });
  });

  it('two changes at once: the second is refused', async () => {
    const cluster = await NodeCluster.founded(3);
    const { node } = await cluster.leader();
    const first = node.addNonvoter('x');
    expect(await cluster.failure(node.addNonvoter('y'))).toMatchObject({ details: { reason: 'pendingChange' } });
    await cluster.settled(first);
  });

  it('a change that would remove the last voter is not made', async () => {
    const cluster = await NodeCluster.founded(1);
    const { node } = await cluster.leader();
    expect(await cluster.failure(node.remove('a'))).toMatchObject({ code: 'RAFT_CONF_REMOVED_ALL_VOTERS' });
    await cluster.apply('a', 'still here');
  });

  it('amnesia: a server that lost its folder is refused until it was removed', async () => {
    const cluster = await NodeCluster.founded(3);
    const leader = await cluster.leader();
    const { id } = await cluster.follower();
    await cluster.stop(id);
    cluster.servers.delete(id);
    await cluster.create(id);
    await cluster.until(
      'the refusal',
      () => cluster.names(leader.id).includes('handshakeRefused') || cluster.names(id).includes('handshakeRefused'),
    );
    await cluster.time.advance(3000);
    expect(cluster.node(id).stats().lastIndex).toBe(0);
    await cluster.settled(leader.node.remove(id));
    await cluster.settled(leader.node.addVoter(id, facts(cluster, id)));
    await cluster.apply(leader.id, 'x');
    expect(await cluster.converged()).toEqual(['x']);
  });

  it('peerRegressed: a server whose log lost what it acknowledged is refused', async () => {
    const cluster = await NodeCluster.founded(3);
    const leader = await cluster.leader();
    const { id } = await cluster.follower();
    for (let i = 0; i < 5; i++) await cluster.apply(leader.id, `c${i}`);
    await cluster.converged();
    await cluster.stop(id);
    // The log is gone, the identity is not.
    Object.assign(cluster.get(id), { medium: {} });
    await cluster.start(id);
    await cluster.until('told', () => cluster.names(leader.id).includes('peerRegressed'));
    expect(cluster.get(leader.id).events.find(({ name }) => name === 'peerRegressed')?.event).toEqual({
      id,
      acknowledged: 7,
      lastIndex: 0,
    });
    await cluster.time.advance(3000);
    expect(cluster.node(id).stats().lastIndex).toBe(0);
    await cluster.apply(leader.id, 'still quorate');
  });

  it('second boot: another process under the same name is refused while the first is connected', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id } = await cluster.follower();
    const leader = await cluster.leader();
    await cluster.apply(leader.id, 'x');
    const twin = new NodeCluster({
      seed: 7,
      modules: () => ({
        transport: cluster.network.transport('twin'),
        clock: cluster.time,
        timers: cluster.time,
        resolver: { address: (to) => to },
      }),
    });
    const { identity } = cluster.get(id);
    twin.servers.set(id, { ...cluster.get(id), identity, medium: structuredClone(cluster.get(id).medium), events: [] });
    const starting = twin.start(id);
    await cluster.settled(starting);
    twin.node(id).campaign();
    await cluster.until('refused', () =>
      cluster.get(leader.id).events.some(({ event }) => (event as { code?: string }).code === 'second_boot'),
    );
    expect(leader.node.isLeader()).toBe(true);
    await cluster.settled(twin.node(id).stop());
  });

  it('servers of another cluster are refused and told of', async () => {
    const cluster = await NodeCluster.founded(1);
    const other = new NodeCluster({
      seed: 9,
      modules: () => ({
        transport: cluster.network.transport('z'),
        clock: cluster.time,
        timers: cluster.time,
        resolver: { address: () => 'a' },
      }),
    });
    const starting = other.create('z');
    await cluster.settled(starting);
    const { birth } = other.node('z').identity;
    await other.node('z').bootstrap({
      region: 'global',
      attempt: 0,
      members: [
        { id: 'z', birth },
        { id: 'a', birth: cluster.node('a').identity.birth },
      ],
    });
    await cluster.until('the refusal', () => cluster.names('a').includes('foreignCluster'));
    expect(cluster.get('a').events.find(({ name }) => name === 'foreignCluster')?.event).toMatchObject({ id: 'z' });
    await cluster.apply('a', 'x');
  });
});

describe('RaftNode: refused handshakes', () => {
  it.each([
    [false, 1],
    [true, 0],
  ])('are logged once, by the transport where it does that (%s)', async (logsRefusals, lines) => {
    const cluster: NodeCluster = new NodeCluster({
      modules: (id) => ({ transport: Object.assign(cluster.network.transport(id), { logsRefusals }) }),
    });
    await cluster.create('a', 'b');
    await cluster.found(['a']);
    await cluster.leader();
    await cluster.settled(cluster.node('a').addNonvoter('b', { birth: '0', address: 'b' }));
    await cluster.until('refused', () => cluster.names('b').includes('handshakeRefused'));
    const logged = cluster.logger.records.filter(({ event }) => event === 'raft handshake refused');
    expect(logged).toHaveLength(lines);
  });
});
