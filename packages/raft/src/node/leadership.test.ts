import { describe, expect, it } from 'vitest';
import { command, NodeCluster } from '../testing/node-cluster.ts';

/** Whether there is a moment, until another server leads, at which the old leader still believes to be the only one. */
async function bothValid(cluster: NodeCluster, old: string): Promise<boolean> {
  const others = [...cluster.servers.values()].filter(({ id }) => id !== old);
  for (let passedMs = 0; passedMs < 5000; passedMs += 5) {
    await cluster.time.advance(5);
    if (others.some(({ node }) => node.isLeader())) return cluster.node(old).leadershipValid();
  }
  throw new Error('nobody else leads');
}

describe('RaftNode: transfer of leadership', () => {
  it('LeadershipTransfer: to a named voter', async () => {
    const cluster = await NodeCluster.founded(3);
    const old = await cluster.leader();
    const { id } = await cluster.follower();
    await cluster.settled(old.node.transferLeadership(id));
    expect(old.node.isLeader()).toBe(false);
    expect((await cluster.leader()).id).toBe(id);
  });

  it('PickServer, BehindServer: by default to the voter that has most of the log', async () => {
    const cluster = await NodeCluster.founded(3);
    const old = await cluster.leader();
    const [behind, other] = [...cluster.servers.keys()].filter((id) => id !== old.id);
    cluster.network.cut(old.id, behind!);
    for (let i = 0; i < 5; i++) await cluster.apply(old.id, `c${i}`);
    await cluster.settled(old.node.transferLeadership());
    cluster.network.heal();
    expect((await cluster.leader()).id).toBe(other);
  });

  it('BehindServer: a target that is behind is brought up first', async () => {
    const cluster = await NodeCluster.founded(3);
    const old = await cluster.leader();
    const { id } = await cluster.follower();
    cluster.network.cut(old.id, id);
    for (let i = 0; i < 5; i++) await cluster.apply(old.id, `c${i}`);
    cluster.network.heal();
    await cluster.settled(old.node.transferLeadership(id));
    expect((await cluster.leader()).id).toBe(id);
    expect(await cluster.converged()).toHaveLength(5);
  });

  it('OneNode, Itself, InvalidID, IgnoresNonvoters: refused', async () => {
    const single = await NodeCluster.founded(1);
    expect(await single.failure(single.node('a').transferLeadership())).toMatchObject({ code: 'transfer_failed' });
    const cluster = await NodeCluster.founded(3);
    const { id, node } = await cluster.leader();
    await cluster.settled(node.addNonvoter('x'));
    for (const to of [id, 'nobody', 'x']) {
      expect(await cluster.failure(node.transferLeadership(to))).toMatchObject({ code: 'transfer_failed' });
    }
    const follower = await cluster.follower();
    expect(await cluster.failure(follower.node.transferLeadership())).toMatchObject({ code: 'not_leader' });
  });

  it('ReplicationTimeout: given up after an election timeout, then the leader works on', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id, node } = await cluster.leader();
    const target = await cluster.follower();
    cluster.network.isolate(target.id);
    const failure = cluster.failure(node.transferLeadership(target.id));
    await cluster.time.advance(50);
    expect(node.leadershipValid()).toBe(false);
    expect(await failure).toMatchObject({ code: 'transfer_failed' });
    await cluster.until('valid again', () => node.leadershipValid());
    await cluster.apply(id, 'x');
  });

  it('seed 215 of the simulation of nodes: whoever was told to take over, and comes late, meets no valid leader', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id, node } = await cluster.leader();
    const { term } = node;
    // Longer on its way than the leader waits, which also hears late of what comes of it.
    cluster.network.fate = (_from, to, message) =>
      message.type === 'TimeoutNow' ? 1300 : to === id && message.term > term ? 100 : 'deliver';
    expect(await cluster.failure(node.transferLeadership())).toMatchObject({ code: 'transfer_failed' });
    const startMs = cluster.time.monotonicMs();
    const servers = [...cluster.servers.values()];
    for (let passedMs = 0; passedMs < 1000; passedMs += 5) {
      await cluster.time.advance(5);
      const leading = servers.filter((server) => server.node.isLeader());
      const highest = Math.max(...leading.map((server) => server.node.term));
      expect(leading.filter((server) => server.node.leadershipValid() && server.node.term < highest)).toEqual([]);
    }
    // It stood for election at once, and the others voted for it, so nothing came of that.
    expect([node.leadershipValid(), node.term]).toEqual([true, term + 1]);
    await cluster.apply(id, 'x');
    expect(cluster.time.monotonicMs() - startMs).toBeLessThan(1500);
  });

  it('RejectsClientRequests: meanwhile commands and changes are refused', async () => {
    const cluster = await NodeCluster.founded(3);
    const { node } = await cluster.leader();
    const target = await cluster.follower();
    cluster.network.isolate(target.id);
    const transfer = cluster.failure(node.transferLeadership(target.id));
    await cluster.time.advance(20);
    expect(await cluster.failure(node.apply(command('x')))).toMatchObject({ code: 'leadership_transfer' });
    expect(await cluster.failure(node.remove(target.id))).toMatchObject({ code: 'leadership_transfer' });
    await transfer;
  });

  it('Writes: no acknowledged command is lost by transfers under load', async () => {
    const cluster = await NodeCluster.founded(3);
    const acknowledged: string[] = [];
    for (let i = 0; i < 30; i++) {
      const { node } = await cluster.leader();
      const calls = [0, 1, 2].map((k) =>
        node.apply(command(`${i}-${k}`)).then(
          () => acknowledged.push(`${i}-${k}`),
          () => {},
        ),
      );
      const transfer = node.transferLeadership().catch(() => {});
      await cluster.settled(Promise.all([...calls, transfer]));
    }
    const commands = await cluster.converged();
    expect(commands.filter((text) => acknowledged.includes(text)).toSorted()).toEqual(acknowledged.toSorted());
  });

  it('SevenNodes: to each of seven in turn', async () => {
    const cluster = await NodeCluster.founded(7);
    for (const to of cluster.servers.keys()) {
      const { id, node } = await cluster.leader();
      if (id !== to) await cluster.settled(node.transferLeadership(to));
      expect((await cluster.leader()).id).toBe(to);
      await cluster.apply(to, to);
    }
    expect(await cluster.converged()).toEqual([...cluster.servers.keys()]);
  });

  it('InProgress: asked twice for one target, both wait for it; asked for another, the first is given up', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id, node } = await cluster.leader();
    const [first, second] = [...cluster.servers.keys()].filter((one) => one !== id);
    cluster.network.isolate(first!);
    const both = [1, 2].map(() => cluster.failure(node.transferLeadership(first)));
    await cluster.time.advance(20);
    const other = cluster.settled(node.transferLeadership(second));
    for (const failure of both) {
      expect(await failure).toMatchObject({
        code: 'transfer_failed',
        message: `leadership was not handed to ${first!}: ${second!} is to lead instead`,
      });
    }
    await other;
    expect((await cluster.leader()).id).toBe(second);
  });

  it('StopRightAway: stop with transfer hands over first', async () => {
    const cluster = await NodeCluster.founded(3);
    const old = await cluster.leader();
    await cluster.settled(old.node.stop({ transfer: true }));
    const startMs = cluster.time.monotonicMs();
    await cluster.leader(old.id);
    expect(cluster.time.monotonicMs() - startMs).toBeLessThan(500);
  });
});

describe('RaftNode: reads and the lease', () => {
  it('VerifyLeader, readIndex: ok on the leader, reads also on followers', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id, node } = await cluster.leader();
    await cluster.settled(node.verifyLeader());
    await cluster.apply(id, 'x');
    const follower = await cluster.follower();
    const index = await cluster.settled(follower.node.readIndex());
    expect(follower.machine.commands).toEqual(['x']);
    expect(index).toBeGreaterThanOrEqual(follower.machine.index);
    expect(await cluster.failure(follower.node.verifyLeader())).toMatchObject({ code: 'not_leader' });
  });

  it('an answer to a read from before a restart does not confirm one that was asked after it', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id } = await cluster.leader();
    const follower = await cluster.follower();
    // The leader takes reads and cannot confirm them.
    cluster.network.fate = (_from, _to, message) => (message.type === 'HeartbeatResp' ? 'drop' : 'deliver');
    const before = follower.node.readIndex().catch(() => {});
    await cluster.time.advance(50);
    const node = await cluster.restart(follower.id);
    await before;
    const written = await cluster.settled(cluster.node(id).apply(command('x')));
    await cluster.until('follows', () => node.leader().id === id);
    const read = node.readIndex();
    await cluster.time.advance(50);
    // Now it confirms both.
    cluster.network.fate = () => 'deliver';
    expect(await cluster.settled(read)).toBeGreaterThanOrEqual(written.index);
  });

  it('VerifyLeader_Single: at once', async () => {
    const cluster = await NodeCluster.founded(1);
    await expect(cluster.settled(cluster.node('a').verifyLeader(), 50)).resolves.toBeUndefined();
  });

  it('VerifyLeader_Fail: a leader that was cut off cannot be verified', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id, node } = await cluster.leader();
    cluster.network.isolate(id);
    expect((await cluster.failure(node.verifyLeader())).code).toMatch(/leadership_lost|timeout/);
    expect(node.isLeader()).toBe(false);
  });

  it('VerifyLeader_PartialConnect: a majority is enough', async () => {
    const cluster = await NodeCluster.founded(3);
    const { node } = await cluster.leader();
    cluster.network.isolate((await cluster.follower()).id);
    await expect(cluster.settled(node.verifyLeader())).resolves.toBeUndefined();
  });

  it('a read on a follower whose leader does not answer times out', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id } = await cluster.leader();
    const { node, id: own } = await cluster.follower();
    cluster.network.fate = (_from, _to, { type }) => (type === 'ReadIndex' ? 'drop' : 'deliver');
    expect(await cluster.failure(node.readIndex())).toMatchObject({ code: 'timeout' });
    expect([id === own, node.leader().id]).toEqual([false, id]);
  });

  it('LeaderLeaseExpire: valid for the lease and no longer, then steps down', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id, node } = await cluster.leader();
    cluster.network.isolate(id);
    const startMs = cluster.time.monotonicMs();
    await cluster.until('invalid', () => !node.leadershipValid());
    expect(cluster.time.monotonicMs() - startMs).toBeLessThanOrEqual(500);
    expect(node.isLeader()).toBe(true);
    await cluster.until('stepped down', () => !node.isLeader());
    expect(cluster.time.monotonicMs() - startMs).toBeLessThanOrEqual(2200);
  });

  it('leadershipValid counts from the start of a round: late answers do not prolong it', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id, node } = await cluster.leader();
    cluster.network.fate = (from, _to, { type }) => (from === id && type === 'Heartbeat' ? 600 : 'deliver');
    await cluster.time.advance(1000);
    for (let i = 0; i < 50; i++) {
      await cluster.time.advance(10);
      expect(node.leadershipValid()).toBe(false);
    }
    expect(node.isLeader()).toBe(true);
  });

  it('a stall makes leadership invalid at once, tells it, and costs no leadership', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id, node } = await cluster.leader();
    const { term } = node;
    // What a blocked loop sees: time has passed, timers come before sockets.
    const stalledMs = 3000;
    const real = cluster.time.monotonicMs.bind(cluster.time);
    let offsetMs = 0;
    cluster.time.monotonicMs = () => real() + offsetMs;
    offsetMs = stalledMs;
    expect(node.leadershipValid()).toBe(false);
    await cluster.time.advance(300);
    expect(cluster.names(id)).toEqual(expect.arrayContaining(['stall', 'leaderSuspect']));
    await cluster.until('valid again', () => node.leadershipValid(), 1000);
    expect([node.isLeader(), node.term]).toEqual([true, term]);
  });

  it('an only voter leads through a stall, but not while it is taking on another voter', async () => {
    const cluster = await NodeCluster.founded(1);
    const node = cluster.node('a');
    const real = cluster.time.monotonicMs.bind(cluster.time);
    let offsetMs = 0;
    cluster.time.monotonicMs = () => real() + offsetMs;
    offsetMs = 3000;
    expect(node.leadershipValid()).toBe(true);
    await cluster.create('b');
    await cluster.settled(node.addVoter('b', { birth: cluster.node('b').identity.birth, address: 'b' }));
    await cluster.until('valid with two', () => node.leadershipValid());
    offsetMs += 3000;
    expect(node.leadershipValid()).toBe(false);
    await cluster.until('valid again', () => node.leadershipValid(), 1000);
    const removal = node.remove('b');
    await cluster.settled(removal);
    offsetMs += 3000;
    expect(node.leadershipValid()).toBe(true);
    cluster.get('a').machine.gate = () => new Promise(() => {});
    void node.apply(new Uint8Array([1])).catch(() => {});
    const change = node.addNonvoter('c').catch(() => {});
    await cluster.time.advance(200);
    offsetMs += 3000;
    expect(node.leadershipValid()).toBe(false);
    void change;
  });

  it('no false election: followers that stall count one tick, not the time', async () => {
    const cluster = await NodeCluster.founded(3);
    const { node } = await cluster.leader();
    const { term } = node;
    const real = cluster.time.monotonicMs.bind(cluster.time);
    let offsetMs = 0;
    cluster.time.monotonicMs = () => real() + offsetMs;
    for (let i = 0; i < 10; i++) {
      offsetMs += 1500;
      await cluster.time.advance(250);
    }
    expect([node.isLeader(), node.term]).toEqual([true, term]);
  });

  it('a jump of the wall clock has no effect', async () => {
    const cluster = await NodeCluster.founded(3);
    const { node } = await cluster.leader();
    const { term } = node;
    cluster.time.stepWall(-86_400_000);
    await cluster.time.advance(3000);
    cluster.time.stepWall(2 * 86_400_000);
    await cluster.time.advance(3000);
    expect([node.leadershipValid(), node.term]).toEqual([true, term]);
  });

  it('fast failover: when nobody listens at the leader, the next leads before the election timeout', async () => {
    const cluster = await NodeCluster.founded(3);
    const old = await cluster.leader();
    await cluster.stop(old.id);
    const startMs = cluster.time.monotonicMs();
    await cluster.leader(old.id);
    expect(cluster.time.monotonicMs() - startMs).toBeLessThan(1000);
  });

  it.each(Array.from({ length: 10 }, (_, i) => i + 1))(
    'fast failover: as soon when one survivor lacks an entry, whoever notices first (seed %d)',
    async (seed) => {
      const cluster = await NodeCluster.founded(3, { seed });
      const old = await cluster.leader();
      const behind = await cluster.follower();
      cluster.network.cut(old.id, behind.id);
      await cluster.apply(old.id, 'x');
      cluster.network.heal();
      cluster.network.fate = (from, to, { type }) =>
        from === old.id && to === behind.id && type === 'App' ? 'drop' : 'deliver';
      await cluster.stop(old.id);
      const startMs = cluster.time.monotonicMs();
      const next = await cluster.leader(old.id);
      expect([next.id === behind.id, next.machine.commands]).toEqual([false, ['x']]);
      expect(cluster.time.monotonicMs() - startMs).toBeLessThan(900);
    },
  );

  it.each(
    Array.from({ length: 40 }, (_, i) => [
      { tickMs: 100, seed: i + 1 },
      { tickMs: 50, seed: i + 1 },
    ]).flat(),
  )(
    'fast failover: messages that take 10 ms do not make those who are left split their votes ($tickMs ms a tick, seed $seed)',
    async ({ tickMs, seed }) => {
      const cluster = await NodeCluster.founded(3, { seed, node: { tickMs } });
      const old = await cluster.leader();
      cluster.network.fate = () => 10;
      await cluster.stop(old.id);
      const startMs = cluster.time.monotonicMs();
      await cluster.leader(old.id);
      expect(cluster.time.monotonicMs() - startMs).toBeLessThan(tickMs * 5 + 400);
    },
  );

  it('followers are connected to each other before they have anything to say', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id: leader } = await cluster.leader();
    await cluster.time.advance(100);
    const ids = [...cluster.servers.keys()];
    for (const id of ids.filter((each) => each !== leader)) {
      const links = cluster.network.at(id)!.connections();
      const connected = links.filter(({ state }) => state === 'connected').map((link) => link.id);
      expect(connected).toEqual(ids.filter((to) => to !== id));
    }
  });

  it('fast failover: a leader that refuses connections but is heard stays leader', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id, node } = await cluster.leader();
    const { term } = node;
    // The followers' way to the leader ends nowhere; its heartbeats arrive.
    const at = cluster.network.at.bind(cluster.network);
    let refused = 0;
    cluster.network.at = (addr) => (addr === id && refused++ < 50 ? undefined : at(addr));
    await cluster.time.advance(900);
    expect(refused).toBeGreaterThan(5);
    expect([node.isLeader(), node.term]).toEqual([true, term]);
  });

  it('fast failover: who refuses connections in the name of a leader that is cut off makes no second valid leader', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id, node } = await cluster.leader();
    await cluster.time.advance(300);
    // As a firewall that rejects: the leader's links break, and nobody seems to listen.
    cluster.network.isolate(id);
    cluster.network.closed(id);
    expect(await bothValid(cluster, id)).toBe(false);
    expect(node.isLeader()).toBe(true);
  });

  it('a leader of longer ticks than its followers: its lease ends before they elect another', async () => {
    const cluster = await NodeCluster.founded(3, { node: { fastFailover: false } });
    const { id, node } = await cluster.leader();
    node.reloadConfig({ tickMs: 500 });
    await cluster.time.advance(2000);
    await cluster.until('a valid leader', () => node.leadershipValid());
    cluster.network.isolate(id);
    expect(await bothValid(cluster, id)).toBe(false);
  });

  it('every promise settles when the node stops', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id, node } = await cluster.leader();
    const target = await cluster.follower();
    cluster.network.isolate(id);
    const waiting: Promise<unknown>[] = [
      node.apply(command('x')),
      node.applyBatch([command('y'), command('z')]),
      node.barrier(),
      node.readIndex(),
      node.verifyLeader(),
      node.addNonvoter('n'),
      node.promote(target.id),
    ];
    await cluster.time.advance(20);
    waiting.push(node.transferLeadership(target.id), node.apply(command('w')), node.snapshot());
    const outcomes = Promise.allSettled(waiting);
    await cluster.stop(id);
    const codes = (await outcomes).map((one) =>
      one.status === 'rejected' ? (one.reason as { code: string }).code : 'done',
    );
    expect(codes.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => 'stopped'));
    expect(codes).toHaveLength(10);
  });

  it('RestartFollower_LongInitialHeartbeat: a restart does not campaign before a full timeout', async () => {
    const cluster = await NodeCluster.founded(3);
    const { node } = await cluster.leader();
    const { id } = await cluster.follower();
    const { term } = node;
    await cluster.restart(id);
    await cluster.time.advance(5000);
    expect([node.isLeader(), node.term]).toEqual([true, term]);
  });

  it('ReloadConfig: validated as a whole, then in force', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id, node } = await cluster.leader();
    expect(() => node.reloadConfig({ snapshotThreshold: 0 })).toThrow('snapshotThreshold');
    expect(() => node.reloadConfig({ electionTick: 3 } as object)).toThrow('cannot be changed');
    for (const server of cluster.servers.values())
      server.node.reloadConfig({ tickMs: 150, snapshotThreshold: 2, snapshotIntervalMs: 100 });
    await cluster.apply(id, 'x');
    await cluster.apply(id, 'y');
    await cluster.until('a snapshot', () => cluster.names(id).includes('snapshot'), 500);
    expect(node.isLeader()).toBe(true);
  });

  it('ReloadConfig: a follower and a candidate take another tick too, and elections go on with it', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id } = await cluster.leader();
    const followers = [...cluster.servers.values()].filter((server) => server.id !== id);
    followers[0]!.node.reloadConfig({ tickMs: 300 });
    cluster.network.isolate(id);
    cluster.network.cut(followers[0]!.id, followers[1]!.id);
    cluster.network.cut(followers[1]!.id, followers[0]!.id);
    // Nobody can be elected: the second is a pre-candidate when its tick changes.
    await cluster.until('it asks', () => followers[1]!.node.leader().id === '', 3000);
    followers[1]!.node.reloadConfig({ tickMs: 300 });
    const startMs = cluster.time.monotonicMs();
    cluster.network.heal();
    cluster.network.isolate(id);
    const next = await cluster.leader(id);
    expect(cluster.time.monotonicMs() - startMs).toBeLessThan(12_000);
    await cluster.apply(next.id, 'x');
  });
});
