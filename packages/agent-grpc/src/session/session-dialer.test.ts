import { describe, expect, it } from 'vitest';
import { SteeredCluster } from '../../test/steered-cluster.ts';

const NAMES = ['s1', 's2', 's3'];

describe('finding the leader', () => {
  it('any server is asked; a redirect is followed at once', async () => {
    for (const leader of NAMES) {
      const cluster = new SteeredCluster(NAMES);
      cluster.elect(leader);
      cluster.dialer.start();
      await cluster.time.advance(1);
      expect([cluster.worker.standing, cluster.server(leader).engine.accepted]).toEqual([1, 1]);
      expect(cluster.dialedAtMs.length).toBeLessThanOrEqual(2);
    }
  });

  it('agents begin at different servers', async () => {
    const first = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const cluster = new SteeredCluster(NAMES, {}, seed);
      cluster.dialer.start();
      await cluster.time.advance(1);
      for (const { name, hellos } of cluster.servers) if (hellos > 0) first.add(name);
    }
    expect([...first].toSorted()).toEqual(NAMES);
  });

  it('without a leader it asks one server after the other, as often as they say', async () => {
    const cluster = new SteeredCluster(NAMES);
    cluster.dialer.start();
    await cluster.time.advance(3000);
    // 100 ms ± 50 % each.
    expect(cluster.dialedAtMs.length).toBeGreaterThan(20);
    expect(cluster.dialedAtMs.length).toBeLessThan(60);
    const asked = cluster.servers.map(({ hellos }) => hellos);
    expect(Math.max(...asked) - Math.min(...asked)).toBeLessThanOrEqual(1);
    cluster.elect('s2');
    await cluster.time.advance(200);
    expect(cluster.worker.standing).toBe(1);
  });

  it('servers that send each other around are left alone for a while', async () => {
    const cluster = new SteeredCluster(['s1', 's2']);
    cluster.server('s1').follow(cluster.server('s2'));
    cluster.server('s2').follow(cluster.server('s1'));
    cluster.dialer.start();
    await cluster.time.advance(10_000);
    expect(cluster.dialedAtMs.length).toBeLessThan(80);
    cluster.elect('s1', 2n);
    await cluster.time.advance(3000);
    expect(cluster.worker.standing).toBe(1);
  });

  it('an older redirect than one heard before is not followed', async () => {
    const cluster = new SteeredCluster(NAMES);
    cluster.elect('s1', 5n);
    cluster.dialer.start();
    await cluster.time.advance(1);
    cluster.network.kill('s1:6868');
    for (const name of ['s2', 's3']) cluster.server(name).follow({ name: 's9', address: 's9:6868' }, 4n);
    await cluster.time.advance(5000);
    const before = cluster.dialedAtMs.length;
    cluster.server('s2').lead();
    cluster.server('s3').follow(cluster.server('s2'), 6n);
    await cluster.time.advance(9000);
    expect(cluster.worker.standing).toBe(1);
    expect(before).toBeGreaterThan(2);
  });

  it('the address that membership knows is dialed, not the one a server remembers', async () => {
    const cluster = new SteeredCluster(['s1', 's2']);
    cluster.server('s1').lead();
    cluster.server('s2').follow({ name: 's1', address: 'old:6868' });
    cluster.known = [cluster.server('s2'), cluster.server('s1')];
    for (let tries = 0; tries < 2; tries++) {
      cluster.dialer.start();
      await cluster.time.advance(1);
    }
    expect([cluster.worker.standing, cluster.server('s1').engine.accepted]).toEqual([1, 1]);
  });

  it('a server of another region refuses', async () => {
    const cluster = new SteeredCluster(['s1']);
    cluster.worker.region = 'elsewhere';
    cluster.elect('s1');
    cluster.dialer.start();
    await cluster.time.advance(10_000);
    expect([cluster.worker.standing, cluster.server('s1').engine.accepted]).toEqual([0, 0]);
    expect(cluster.dialedAtMs.length).toBeLessThan(20);
  });
});

describe('waiting', () => {
  it('50 ms × 2ⁿ, at most 2 s, ± 50 %', async () => {
    const cluster = new SteeredCluster(['s1']);
    cluster.network.kill('s1:6868');
    cluster.dialer.start();
    await cluster.time.advance(30_000);
    const waits = cluster.dialedAtMs.slice(1).map((at, i) => at - cluster.dialedAtMs[i]!);
    expect(waits.length).toBeGreaterThan(10);
    for (const [n, wait] of waits.entries()) {
      const plain = Math.min(2000, 50 * 2 ** n);
      expect(wait).toBeGreaterThanOrEqual(plain * 0.5);
      expect(wait).toBeLessThanOrEqual(plain * 1.5);
    }
  });

  it('wake ends a wait, and does nothing to a session', async () => {
    const cluster = new SteeredCluster([]);
    cluster.dialer.start();
    await cluster.time.advance(20_000);
    expect(cluster.dialedAtMs).toEqual([]);
    const late = new SteeredCluster(['s1']);
    late.known = [];
    late.elect('s1');
    late.dialer.start();
    await late.time.advance(20_000);
    late.known = late.servers;
    late.dialer.wake();
    await late.time.advance(1);
    late.dialer.wake();
    await late.time.advance(1);
    expect([late.worker.standing, late.dialedAtMs.length]).toEqual([1, 1]);
  });

  it('a server that takes no stream costs one second', async () => {
    const cluster = new SteeredCluster(['s1', 's2']);
    cluster.network.set('agent', 's1:6868', 'silent');
    cluster.elect('s2');
    cluster.dialer.start();
    await cluster.time.advance(1200);
    expect(cluster.worker.standing).toBe(1);
  });

  it('stop ends the session and dials no more', async () => {
    const cluster = new SteeredCluster(NAMES);
    cluster.elect('s1');
    cluster.dialer.start();
    await cluster.time.advance(1);
    cluster.dialer.stop();
    const dials = cluster.dialedAtMs.length;
    await cluster.time.advance(10_000);
    expect([cluster.worker.standing, cluster.dialedAtMs.length, cluster.network.openStreams]).toEqual([0, dials, 0]);
    expect(cluster.server('s1').engine.closedWith).toHaveLength(1);
  });
});

describe('relay', () => {
  it('after two dials of an unreachable leader, through a follower; the leader gets a hello without the request', async () => {
    const cluster = new SteeredCluster(NAMES);
    cluster.network.set('agent', 's1:6868', 'silent');
    cluster.elect('s1');
    cluster.dialer.start();
    await cluster.time.advance(2500);
    expect([cluster.worker.standing, cluster.server('s1').engine.accepted]).toEqual([1, 1]);
    expect(cluster.server('s1').engine.received[0]).toMatchObject({ type: 'hello', node: 'a1', relay: false });
  });

  it('passes both directions on, and ends with either end', async () => {
    const cluster = new SteeredCluster(NAMES);
    cluster.network.set('agent', 's1:6868', 'refused');
    cluster.elect('s1');
    cluster.dialer.start();
    await cluster.time.advance(1000);
    const { engine } = cluster.server('s1');
    const end = cluster.worker.ends.at(-1)!;
    engine.channel?.send([{ type: 'credit', bytes: 7 }]);
    await cluster.time.advance(1);
    expect(end.received.at(-1)).toEqual({ type: 'credit', bytes: 7 });
    cluster.dialer.stop();
    await cluster.time.advance(1);
    expect([engine.closedWith.length, cluster.network.openStreams]).toEqual([1, 0]);
  });

  it('a follower that cannot reach the leader either says so, and the others are asked', async () => {
    const cluster = new SteeredCluster(NAMES);
    cluster.network.set('agent', 's1:6868', 'silent');
    cluster.network.set('s2', 's1:6868', 'silent');
    cluster.elect('s1');
    cluster.dialer.start();
    await cluster.time.advance(12_000);
    expect(cluster.worker.standing).toBe(1);
  });

  it('the direct way is tried first when a relayed session ends', async () => {
    const cluster = new SteeredCluster(NAMES);
    cluster.network.set('agent', 's1:6868', 'refused');
    cluster.elect('s1');
    cluster.dialer.start();
    await cluster.time.advance(1000);
    cluster.network.set('agent', 's1:6868', 'open');
    cluster.server('s1').engine.channel?.close('leadership lost');
    await cluster.time.advance(500);
    expect(cluster.worker.standing).toBe(1);
    cluster.network.kill('s2:6868');
    cluster.network.kill('s3:6868');
    await cluster.time.advance(5000);
    expect(cluster.worker.standing).toBe(1);
  });
});

describe('a leader change', () => {
  it('the session ends, and the new leader has the worker within moments', async () => {
    const cluster = new SteeredCluster(NAMES);
    cluster.elect('s1');
    cluster.dialer.start();
    await cluster.time.advance(1);
    cluster.elect('s2', 2n);
    cluster.server('s1').engine.channel?.close('leadership lost');
    await cluster.time.advance(200);
    expect([cluster.worker.standing, cluster.server('s2').engine.accepted]).toEqual([1, 1]);
  });

  it('a leader that vanished is left after two dials', async () => {
    const cluster = new SteeredCluster(NAMES);
    cluster.elect('s1');
    cluster.dialer.start();
    await cluster.time.advance(1);
    cluster.network.kill('s1:6868');
    cluster.elect('s3', 2n);
    cluster.server('s1').leadership = { kind: 'none' };
    await cluster.time.advance(1000);
    expect([cluster.worker.standing, cluster.server('s3').engine.accepted]).toEqual([1, 1]);
  });

  it('a leader that fell silent costs one dial: then the others are asked', async () => {
    const cluster = new SteeredCluster(NAMES);
    cluster.elect('s1');
    cluster.dialer.start();
    await cluster.time.advance(1);
    cluster.network.set('agent', 's1:6868', 'silent');
    cluster.elect('s3', 2n);
    cluster.dialer.stop();
    cluster.dialer.start();
    await cluster.time.advance(1200);
    expect([cluster.worker.standing, cluster.server('s3').engine.accepted]).toEqual([1, 1]);
    expect(cluster.server('s3').engine.received[0]).toMatchObject({ relay: false });
  });

  it('a redirect on an open session is followed', async () => {
    const cluster = new SteeredCluster(NAMES);
    cluster.elect('s1');
    cluster.dialer.start();
    await cluster.time.advance(1);
    cluster.elect('s2', 2n);
    cluster.server('s1').engine.channel?.send([
      { type: 'credit', bytes: 1 },
      { type: 'redirect', leader: 's2', address: 's2:6868', term: 2n },
    ]);
    await cluster.time.advance(1);
    expect([cluster.worker.standing, cluster.server('s2').engine.accepted]).toEqual([1, 1]);
    expect(cluster.worker.ends.flatMap(({ received }) => received)).toContainEqual({ type: 'credit', bytes: 1 });
  });

  it('the worker of the leader itself needs no network, and goes on elsewhere afterwards', async () => {
    const cluster = new SteeredCluster(NAMES);
    const own = cluster.server('s1').engine;
    cluster.known = [cluster.server('s2'), cluster.server('s3')];
    cluster.local = own.accept;
    cluster.dialer.start();
    await cluster.time.advance(1);
    expect([cluster.worker.standing, own.accepted, cluster.dialedAtMs.length]).toEqual([1, 1, 0]);
    cluster.local = undefined;
    cluster.elect('s2', 2n);
    own.channel?.close('leadership lost');
    await cluster.time.advance(200);
    expect([cluster.worker.standing, cluster.server('s2').engine.accepted]).toEqual([1, 1]);
    cluster.local = own.accept;
    cluster.server('s2').engine.channel?.close('leadership lost');
    await cluster.time.advance(200);
    expect([cluster.worker.standing, own.accepted]).toEqual([1, 2]);
  });
});
