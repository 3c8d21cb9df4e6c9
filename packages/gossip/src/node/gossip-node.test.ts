import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GossipTransport, TransportHandler } from '../net/transport.ts';
import { NodePool, type PoolNode } from '../testing/node-pool.ts';
import type { MemoryFate } from '../testing/memory-network.ts';

const KEY = Buffer.alloc(16, 1).toString('base64');

let fate: (from: string, to: string, what: string) => MemoryFate = () => 'pass';
let pool: NodePool;
beforeEach(() => {
  fate = () => 'pass';
  pool = new NodePool({ fate: (from, to, what) => fate(from.ip, to.ip, what) });
});
afterEach(() => pool.stop());

const all = (...names: string[]): Record<string, string> => Object.fromEntries(names.map((name) => [name, 'alive']));

const suspicions = ({ logger }: PoolNode): number =>
  logger.records.filter(({ event }) => event === 'gossip: member is suspect').length;

/** A transport whose system refuses to send packets to an address, from some time on. */
function refusing(ip: string): { transport: GossipTransport; refuseTo: (to: string) => void } {
  const inner = pool.network.transport(ip, 7946);
  let refused = '';
  let handler: TransportHandler | undefined;
  const transport: GossipTransport = {
    open: (given) => {
      handler = given;
      return inner.open(given);
    },
    sendPacket: (to, datagram) => {
      if (to.ip === refused) handler?.failed('send', to, new Error('send EHOSTUNREACH'));
      else inner.sendPacket(to, datagram);
    },
    dial: (to) => inner.dial(to),
    close: () => inner.close(),
  };
  return { transport, refuseTo: (to) => void (refused = to) };
}

describe('a pool of nodes on a virtual clock', () => {
  it('who stood still for seconds accuses nobody, and says so', async () => {
    const [a, b, c] = (await pool.ring(['a', 'b', 'c'])) as [PoolNode, PoolNode, PoolNode];
    const stalls: number[] = [];
    a.node.on('stall', ({ lateMs }) => void stalls.push(lateMs));
    const before = a.logger.records.length;
    for (let i = 0; i < 20; i++) {
      // What comes to a socket that nobody reads is lost at last, and so are answers to probes under way.
      fate = (from, to) => (from === '10.0.0.1' || to === '10.0.0.1' ? 'drop' : 'pass');
      await pool.time.advance(300);
      a.thread.stall(1500);
      await pool.time.advance(1500);
      fate = () => 'pass';
      await pool.time.advance(4237); // Odd, so that each stall falls into another part of a probe.
    }
    expect(stalls.length).toBeGreaterThan(10);
    const suspicions = a.logger.records.slice(before).filter(({ event }) => event === 'gossip: member is suspect');
    expect(suspicions).toEqual([]);
    for (const { sees, changes } of [a, b, c]) {
      expect(sees()).toEqual(all('a', 'b', 'c'));
      expect(changes.filter((change) => change.startsWith('failed'))).toEqual([]);
    }
  });

  it('ProbeNode_FallbackTCP: who is cut off from packets stays alive by streams, and it is told', async () => {
    const [a, , c] = (await pool.ring(['a', 'b', 'c'])) as [PoolNode, PoolNode, PoolNode];
    fate = (from, to, what) => (what === 'packet' && (from === '10.0.0.3' || to === '10.0.0.3') ? 'drop' : 'pass');
    await pool.time.advance(60_000);
    expect([a.sees(), c.sees()]).toEqual([all('a', 'b', 'c'), all('a', 'b', 'c')]);
    expect(a.faults.get('packetsBlocked')).toBeGreaterThan(5);
    expect(a.changes).toEqual(['join a', 'join b', 'join c']);
  });

  it('two halves of a cut pool take each other for failed, and find back by themselves', async () => {
    const nodes = await pool.ring(['a', 'b', 'c', 'd']);
    const isLeft = (ip: string): boolean => ip === '10.0.0.1' || ip === '10.0.0.2';
    fate = (from, to) => (isLeft(from) === isLeft(to) ? 'pass' : 'drop');
    await pool.time.advance(40_000);
    expect(nodes[0]!.sees()).toEqual({ a: 'alive', b: 'alive', c: 'failed', d: 'failed' });
    fate = () => 'pass';
    await pool.time.advance(90_000);
    for (const { sees } of nodes) expect(sees()).toEqual(all('a', 'b', 'c', 'd'));
  });

  it('who is killed and comes back at once on another address is taken back when the old one is found dead', async () => {
    const options = { swim: { deadNodeReclaimMs: 1 }, serf: { conflictResolution: false } };
    const [a, b, c] = (await pool.ring(['a', 'b', 'c'], options)) as [PoolNode, PoolNode, PoolNode];
    const stopping = c.node.stop();
    await pool.time.advance(100);
    await stopping;
    const again = await pool.add('c', { ...options, bindIp: '10.0.5.5' });
    await pool.join(again, a);
    expect(a.node.member('c')?.address.ip).toBe('10.0.0.3'); // Whoever claims a living name is not believed.
    await pool.time.advance(15_000);
    await pool.join(again, a);
    await pool.time.advance(2000);
    for (const { node } of [a, b, again]) {
      expect(node.members()).toHaveLength(3);
      expect(node.member('c')).toMatchObject({ status: 'alive', address: { ip: '10.0.5.5' } });
    }
  });

  it('EncryptedGossipTransition: encryption is rolled out without losing anybody', async () => {
    const names = ['a', 'b', 'c'];
    const phases = [
      {},
      { keys: [KEY], verifyIncoming: false, verifyOutgoing: false },
      { keys: [KEY], verifyIncoming: false, verifyOutgoing: true },
      { keys: [KEY], verifyIncoming: true, verifyOutgoing: true },
    ];
    const nodes = new Map<string, PoolNode>();
    for (const [i, name] of names.entries()) {
      nodes.set(name, await pool.add(name, { bindIp: `10.0.1.${i}` }));
      if (i > 0) await pool.join(nodes.get(name)!, nodes.get('a')!);
    }
    for (const options of phases.slice(1)) {
      for (const [i, name] of names.entries()) {
        const stopping = nodes.get(name)!.node.stop();
        await pool.time.advance(10);
        await stopping;
        const again = await pool.add(name, { bindIp: `10.0.1.${i}`, ...options });
        nodes.set(name, again);
        expect(await pool.join(again, nodes.get(names[(i + 1) % 3]!)!)).toBe('joined 1');
        await pool.time.advance(3000);
        for (const { sees } of nodes.values()) expect(sees()).toEqual(all(...names));
      }
    }
    const bare = await pool.add('d');
    expect(await pool.join(bare, nodes.get('a')!)).toContain('nobody was joined');
  });

  it('large tables are merged in parts, between which packets are read', async () => {
    const members = 3500;
    const a = await pool.add('a', { swim: { probeIntervalMs: 100_000, gossipNodes: 0 } });
    const b = await pool.add('b', { swim: { probeIntervalMs: 100_000, gossipNodes: 0 } });
    const vsn = Uint8Array.of(1, 5, 2, 2, 5, 4);
    const nodes = Array.from({ length: members }, (_, i) => {
      const addr = Uint8Array.of(10, 1, i >> 8, i & 255);
      return { addr, incarnation: 1, meta: null, name: `n${i}`, port: 7946, state: 0, vsn };
    });
    const { StreamClient } = await import('../net/stream-client.ts');
    const { StreamCodec } = await import('../net/stream-codec.ts');
    const { Keyring } = await import('../core/keyring.ts');
    const codec = new StreamCodec({}, { keyring: new Keyring() });
    const transport = pool.network.transport('10.0.9.9', 7946);
    await transport.open({ packet: () => {}, stream: (stream) => stream.destroy(), failed: () => {} });
    const client = new StreamClient({ codec, transport, timers: pool.time });
    const asked = client.exchange(
      a.node.address,
      { type: 'pushPull', join: true, nodes, userState: new Uint8Array(0) },
      5000,
    );
    await pool.time.advance(100);
    expect(await asked).toMatchObject({ type: 'pushPull', nodes: [{ name: 'a' }] });
    expect(a.node.members()).toHaveLength(members + 1);
    expect(await pool.join(b, a)).toBe('joined 1');
    expect(b.node.members()).toHaveLength(members + 2);
  });

  it('Snapshotter_blockedUpstream: tells the same to a slow reader as to a listener, up to its bound', async () => {
    const a = await pool.add('a', { eventBuffer: 2 });
    const events = a.node.events('memberChange');
    for (const name of ['b', 'c', 'd']) await pool.join(await pool.add(name), a);
    const seen = [(await events.next()).value, (await events.next()).value].map((event) => event?.member.name);
    expect(seen).toEqual(['c', 'd']);
  });

  it('a listener that throws, or calls back, harms nobody', async () => {
    const [a, b] = (await pool.ring(['a', 'b'])) as [PoolNode, PoolNode];
    const heard: string[] = [];
    a.node.on('userEvent', () => {
      throw new Error('mine');
    });
    a.node.on('userEvent', ({ name }) => {
      heard.push(name);
      if (name === 'one') a.node.userEvent('two', new Uint8Array());
    });
    b.node.on('userEvent', ({ name }) => void heard.push(`b ${name}`));
    b.node.userEvent('one', new Uint8Array());
    await pool.time.advance(2000);
    expect(heard.toSorted()).toEqual(['b one', 'b two', 'one', 'two']);
    expect(a.logger.records.some(({ event }) => event === 'gossip: a listener threw')).toBe(true);
  });

  it('Stats: tells by gauges who is there and how well it is', async () => {
    const [a, b, c] = (await pool.ring(['a', 'b', 'c'])) as [PoolNode, PoolNode, PoolNode];
    expect(a.gauges.get('gossip_members alive')).toBe(3);
    const leaving = b.node.leave();
    await pool.time.advance(8000);
    await leaving;
    await b.node.leave(); // Once more does no harm.
    const stopping = Promise.all([b.node.stop(), c.node.stop()]);
    await pool.time.advance(40_000);
    await stopping;
    expect([...a.gauges]).toEqual(
      expect.arrayContaining([
        ['gossip_members alive', 1],
        ['gossip_members left', 1],
        ['gossip_members failed', 1],
      ]),
    );
    expect(a.gauges.get('gossip_health_score')).toBeGreaterThan(0); // Nobody answers: it may be us.
  });

  it('a stop within the start ends both', async () => {
    const starting = pool.add('a').catch((error: unknown) => error);
    const stopping = pool.nodes[0]?.node.stop();
    expect(await starting).toMatchObject({ code: 'GOSSIP_STOPPED' });
    await stopping;
    const again = await pool.add('b', { bindIp: '10.0.0.1' }); // The port is free again.
    expect(again.sees()).toEqual({ b: 'alive' });
  });

  it('AdvertiseAddr: others are told what is advertised, and an address must be had', async () => {
    const a = await pool.add('a', { advertiseIp: '192.0.2.1', advertisePort: 4000 });
    expect(a.node.self.address).toEqual({ ip: '192.0.2.1', port: 4000 });
    await expect(pool.add('b', { bindIp: '0.0.0.0' })).rejects.toMatchObject({ code: 'GOSSIP_ADVERTISE' });
    const { node } = await pool.add(
      'c',
      { bindIp: '0.0.0.0' },
      { localAddresses: () => [{ ip: '10.9.9.9', isInternal: false }] },
    );
    expect(node.address.ip).toBe('10.9.9.9');
  });

  it('FailedRemote: a ping that cannot be sent counts as one without answer, and is told', async () => {
    const { transport, refuseTo } = refusing('10.0.0.77');
    const [b, c] = (await pool.ring(['b', 'c'])) as [PoolNode, PoolNode];
    const a = await pool.add('a', { bindIp: '10.0.0.77' }, { transport });
    expect(await pool.join(a, b)).toBe('joined 1');
    await pool.time.advance(5000);
    refuseTo('10.0.0.1');
    const suspectedBefore = suspicions(a);
    await pool.time.advance(60_000);
    // Others ask it for us, so it is not even suspected.
    expect(suspicions(a)).toBe(suspectedBefore);
    for (const { sees } of [a, b, c]) expect(sees()).toEqual(all('a', 'b', 'c'));
    expect(a.faults.get('send')).toBeGreaterThan(10);
    const told = a.logger.records.filter(({ fields }) => fields['code'] === 'send');
    expect(told.map(({ fields: { peer, detail } }) => [peer, detail])).toEqual([['10.0.0.1', 'send EHOSTUNREACH']]);
    // Whom nobody reaches is found, whether packets to it can be sent or not.
    await b.node.stop();
    await pool.time.advance(30_000);
    expect([a.sees()['b'], c.sees()['b']]).toEqual(['failed', 'failed']);
  });

  it('ResolveAddr, ResolveAddr+TCP_First: joins every address of a name that it can reach, and gives up on a resolver that does not answer', async () => {
    const a = await pool.add('a');
    const resolver = {
      resolve: (host: string) =>
        host === 'slow' ? new Promise<never>(() => {}) : Promise.resolve(['10.0.0.1', '::1']),
    };
    const b = await pool.add('b', {}, { resolver });
    const joined = b.node.join(['pool.example', 'slow']);
    await pool.time.advance(11_000);
    expect(await joined).toMatchObject({
      contacted: 1,
      failures: [{ address: 'slow', reason: 'slow was not resolved within 10000 ms' }],
    });
    expect(a.sees()).toEqual(all('a', 'b'));
  });
});
