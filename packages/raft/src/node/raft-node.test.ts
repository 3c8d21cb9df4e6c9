import { describe, expect, it } from 'vitest';
import { MemoryIdentity } from '../storage/identity.ts';
import { command, NodeCluster } from '../testing/node-cluster.ts';

describe('RaftNode: start, found, apply', () => {
  it('StartStop, AfterShutdown: every call is refused after the stop', async () => {
    const cluster = await NodeCluster.founded(1);
    const node = cluster.node('a');
    await cluster.stop('a');
    await cluster.stop('a');
    const calls: (() => unknown)[] = [
      () => node.apply(command('x')),
      () => node.barrier(),
      () => node.readIndex(),
      () => node.verifyLeader(),
      () => node.remove('a'),
      () => node.transferLeadership(),
      () => node.snapshot(),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'stopped' });
    // What is known last stays readable.
    expect(node.stats()).toMatchObject({ running: false, leadershipValid: false });
    expect(node.getConfiguration().conf.voters).toEqual(['a']);
    expect([node.isLeader(), node.leadershipValid()]).toEqual([false, false]);
  });

  it('SingleNode: applies, and restarts with everything', async () => {
    const cluster = await NodeCluster.founded(1);
    expect(await cluster.apply('a', 'one')).toBe(1);
    expect(await cluster.apply('a', 'two')).toBe(2);
    await cluster.restart('a');
    await cluster.leader();
    expect(cluster.get('a').machine.commands).toEqual(['one', 'two']);
  });

  it('TripleNode: all apply the same', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id } = await cluster.leader();
    for (const text of ['one', 'two', 'three']) await cluster.apply(id, text);
    expect(await cluster.converged()).toEqual(['one', 'two', 'three']);
  });

  it('ApplyConcurrent: a hundred callers of one turn share an append', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id, node, machine } = await cluster.leader();
    const before = machine.batches;
    const all = Array.from({ length: 100 }, (_, i) => node.apply(command(`c${i}`)));
    const results = await cluster.settled(Promise.all(all));
    expect(results.map(({ value }) => value)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(machine.batches - before).toBe(1);
    expect((await cluster.converged())[99]).toBe('c99');
    expect(cluster.node(id).stats().pendingProposals).toBe(0);
  });

  it('a command that comes alone does not wait for the end of the turn; callers answered together do, for each other', async () => {
    const turns: number[] = [];
    const cluster = await NodeCluster.founded(1, {
      modules: () => ({ failpoint: (name) => void (name === 'beforeAppendWrite' && turns.push(1)) }),
    });
    const { node, machine } = await cluster.leader();
    await cluster.settled(node.apply(command('first')));
    turns.length = 0;
    const alone = node.apply(command('alone'));
    // Not a turn of the event loop: only what is queued behind this stretch of code.
    for (let i = 0; i < 5; i++) await Promise.resolve();
    expect(turns).toHaveLength(1);
    await cluster.settled(alone);

    // Eight callers who go on at depths of their own, each when the last command was applied: one append for each round.
    const caller = async (n: number): Promise<void> => {
      for (let round = 0; round < 5; round++) {
        await node.apply(command(`c${n}`));
        for (let i = 0; i < n; i++) await Promise.resolve();
      }
    };
    const before = machine.batches;
    await cluster.settled(Promise.all(Array.from({ length: 8 }, (_, n) => caller(n))));
    expect(machine.batches - before).toBe(5);
  });

  it('applyBatch: consecutive entries, one result each', async () => {
    const cluster = await NodeCluster.founded(1);
    const results = await cluster.settled(cluster.node('a').applyBatch([command('x'), command('y'), command('z')]));
    const [first] = results;
    expect(results.map(({ index, value }) => [index - first!.index, value])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
    expect(await cluster.node('a').applyBatch([])).toEqual([]);
  });

  it('ApplyNonLeader: the refusal names the leader', async () => {
    const cluster = await NodeCluster.founded(3);
    const leader = await cluster.leader();
    const { node } = await cluster.follower();
    const error = await cluster.failure(node.apply(command('x')));
    expect(error).toMatchObject({ code: 'not_leader', details: { leaderId: leader.id, leaderAddress: leader.id } });
  });

  it('LiveBootstrap, LiveBootstrap_From_NonVoter, HasExistingState: once only, by members, with the own birth', async () => {
    const cluster = new NodeCluster();
    await cluster.create('a', 'x');
    const { birth } = cluster.node('a').identity;
    const record = { region: 'global', attempt: 0, members: [{ id: 'a', birth }] };
    const refusals = [
      () => cluster.node('x').bootstrap(record),
      () => cluster.node('a').bootstrap({ ...record, region: 'other' }),
      () => cluster.node('a').bootstrap({ ...record, members: [{ id: 'a', birth: 'ff' }] }),
    ];
    for (const refusal of refusals) expect(await cluster.failure(refusal())).toMatchObject({ code: 'cant_bootstrap' });
    await cluster.node('a').bootstrap(record);
    await cluster.leader();
    expect(await cluster.failure(cluster.node('a').bootstrap(record))).toMatchObject({ code: 'cant_bootstrap' });
    await cluster.restart('a');
    expect(await cluster.failure(cluster.node('a').bootstrap(record))).toMatchObject({ code: 'cant_bootstrap' });
    expect(cluster.node('a').stats().clusterId).toHaveLength(32);
  });

  it('whoever forms clusters has the last word on a call into one; another birth is another server', async () => {
    const asked: string[] = [];
    let answer: true | string = 'it is promised to another cluster';
    const cluster = await NodeCluster.founded(1, {
      modules: (id) => ({
        admit: async (clusterId) => {
          if (id === 'b') asked.push(clusterId);
          return answer;
        },
      }),
    });
    await cluster.create('b');
    const a = cluster.node('a');
    const b = cluster.node('b');
    await expect(a.redrawBirth()).rejects.toMatchObject({ code: 'cant_bootstrap' });
    const old = b.identity.birth;
    const birth = await cluster.settled(b.redrawBirth());
    expect([birth === old, b.identity.birth]).toEqual([false, birth]);
    void a.addNonvoter('b', { birth, address: 'b' }).catch(() => {});
    await cluster.until('b was asked', () => asked.length > 0);
    expect([asked[0], b.identity.clusterId, b.stats().lastIndex]).toEqual([a.identity.clusterId, '', 0]);
    answer = true;
    await cluster.until('b follows', () => b.stats().lastIndex > 0);
    expect(b.identity.clusterId).toBe(a.identity.clusterId);
    await expect(b.redrawBirth()).rejects.toMatchObject({ code: 'cant_bootstrap' });
  });

  it('a server that the founder called in before it founds itself has nothing left to do', async () => {
    const cluster = new NodeCluster();
    await cluster.create('a', 'b');
    const members = ['a', 'b'].map((id) => ({ id, birth: cluster.node(id).identity.birth }));
    const record = { region: 'global', attempt: 0, members };
    await cluster.node('a').bootstrap(record);
    await cluster.until('b is called in', () => cluster.node('b').stats().lastIndex > 0);
    await cluster.node('b').bootstrap(record);
    await cluster.apply((await cluster.leader()).id, 'x');
    expect(await cluster.converged()).toEqual(['x']);
    expect(await cluster.failure(cluster.node('a').bootstrap(record))).toMatchObject({ code: 'cant_bootstrap' });
  });

  it('seed 45 of the simulation of nodes: a founding that fails half-way ends the node, which says so', async () => {
    let broken = false;
    const identity = new MemoryIdentity();
    const update = identity.update.bind(identity);
    identity.update = (change) => (broken ? Promise.reject(new Error('disk')) : update(change));
    const cluster = new NodeCluster({ modules: () => ({ identity }) });
    await cluster.create('a');
    const node = cluster.node('a');
    broken = true;
    const record = { region: 'global', attempt: 0, members: [{ id: 'a', birth: node.identity.birth }] };
    expect(await cluster.failure(node.bootstrap(record))).toMatchObject({ code: 'failed' });
    expect(cluster.names('a')).toEqual(['fatal']);
    expect(await cluster.failure(node.apply(command('x')))).toMatchObject({ code: 'failed' });
    // Nothing was written: the next life can do it.
    broken = false;
    await cluster.restart('a');
    await cluster.node('a').bootstrap(record);
    await cluster.leader();
  });

  it('LeaderFail: another leads, and what was under way there is lost or unknown', async () => {
    const cluster = await NodeCluster.founded(3);
    const old = await cluster.leader();
    await cluster.apply(old.id, 'one');
    cluster.network.isolate(old.id);
    const lost = old.node.apply(command('lost'));
    lost.catch(() => {});
    const next = await cluster.leader(old.id);
    expect(await cluster.apply(next.id, 'two')).toBe(2);
    expect(await cluster.failure(lost)).toMatchObject({ code: 'leadership_lost' });
    cluster.network.heal();
    expect(await cluster.converged()).toEqual(['one', 'two']);
    expect(cluster.node(old.id).isLeader()).toBe(false);
  });

  it('BehindFollower: a follower that was away catches up from the log', async () => {
    const cluster = await NodeCluster.founded(3);
    const follower = await cluster.follower();
    await cluster.stop(follower.id);
    const { id } = await cluster.leader();
    for (let i = 0; i < 50; i++) await cluster.apply(id, `c${i}`);
    await cluster.start(follower.id);
    expect(await cluster.converged()).toHaveLength(50);
    expect(cluster.get(follower.id).machine.restored).toEqual([]);
  });

  it('Barrier: comes after everything that was proposed before', async () => {
    const cluster = await NodeCluster.founded(3);
    const { node, machine } = await cluster.leader();
    const applied = node.apply(command('x'));
    const index = await cluster.settled(node.barrier());
    expect(machine.commands).toEqual(['x']);
    expect((await applied).index).toBe(index - 1);
  });

  it('LeaderID_Propagated, NotifyCh: every server knows the leader; changes come in order', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id } = await cluster.leader();
    await cluster.until('all know', () => [...cluster.servers.values()].every(({ node }) => node.leader().id === id));
    const seen = cluster
      .get(id)
      .events.filter(({ name }) => name === 'leadership')
      .map(({ event }) => event as { isLeader: boolean; term: number });
    expect(seen.at(-1)).toMatchObject({ isLeader: true });
    const terms = seen.map(({ term }) => term);
    expect(terms).toEqual(terms.toSorted((a, b) => a - b));
  });
});
