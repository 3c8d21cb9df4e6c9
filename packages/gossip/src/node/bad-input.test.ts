import { seededRandom } from '@dkron/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Keyring } from '../core/keyring.ts';
import type { Alive } from '../core/wire/messages.ts';
import { encodeSerfMessage } from '../core/wire/serf-codec.ts';
import type { SerfPushPull } from '../core/wire/serf-messages.ts';
import { PacketCodec } from '../net/packet-codec.ts';
import { StreamCodec } from '../net/stream-codec.ts';
import { mutateBytes } from '../testing/mutate.ts';
import { NodePool, type PoolNode } from '../testing/node-pool.ts';

const KEY = Buffer.alloc(16, 1).toString('base64');
const OTHER_KEY = Buffer.alloc(16, 2).toString('base64');
const INTERVAL_MS = 60_000;

let pool: NodePool;
beforeEach(() => {
  pool = new NodePool();
});
afterEach(() => pool.stop());

/** Lines of the log about faults: `code peer`. */
const faultLines = ({ logger }: PoolNode): unknown[] =>
  logger.records
    .filter(({ event }) => event === 'gossip: fault of a peer')
    .map(({ fields: { code, peer } }) => [code, peer].join(' '));

/** A stranger that sends packets of its own making. */
async function stranger(
  key?: string,
): Promise<(to: PoolNode, ...messages: Parameters<PacketCodec['encode']>[0][]) => void> {
  const transport = pool.network.transport('10.0.9.9', 7946);
  const address = await transport.open({ packet: () => {}, stream: (stream) => stream.destroy(), failed: () => {} });
  const codec = new PacketCodec({}, { keyring: new Keyring(key === undefined ? [] : [Buffer.from(key, 'base64')]) });
  expect(address.ip).toBe('10.0.9.9');
  return (to, ...messages) =>
    transport.sendPacket(to.node.address, codec.pack(messages.map((one) => codec.encode(one))));
}

/** What a peer would send whose Lamport clocks stand at `lamportTime`. */
const hopelessState = (lamportTime: number): SerfPushPull => ({
  type: 'pushPull',
  lamportTime,
  eventLamportTime: lamportTime,
  queryLamportTime: lamportTime,
  leftMembers: null,
  statusLamportTimes: new Map([['a', lamportTime]]),
  events: null,
});

const alive = (changes: Partial<Alive> = {}): Alive => ({
  type: 'alive',
  node: 'x',
  addr: Uint8Array.of(10, 0, 9, 9),
  port: 7946,
  incarnation: 1,
  meta: null,
  vsn: Uint8Array.of(1, 5, 2, 2, 5, 4),
  ...changes,
});

describe('bad input is counted, logged once per interval with its address, and never taken', () => {
  it.each([
    ['Gossip_MismatchedKeys', { keys: [KEY] }, { keys: [OTHER_KEY] }, 'GOSSIP_WIRE_ENCRYPTION'],
    ['no key where keys are', { keys: [KEY] }, {}, 'GOSSIP_WIRE_ENCRYPTION'],
    ['Join+Labels: another label', { label: 'one' }, { label: 'two' }, 'GOSSIP_WIRE_LABEL'],
    ['an unexpected label', {}, { label: 'two' }, 'GOSSIP_WIRE_LABEL'],
    [
      'Join_protocolVersions',
      {},
      {
        versions: {
          protocolMin: 6,
          protocolMax: 7,
          protocolCurrent: 6,
          delegateMin: 2,
          delegateMax: 5,
          delegateCurrent: 4,
        },
      },
      'merge',
    ],
  ])('%s', async (_name, ours, theirs, code) => {
    const a = await pool.add('a', ours);
    const b = await pool.add('b', theirs);
    expect(await pool.join(b, a)).toMatch(/GOSSIP_JOIN|nobody was joined/);
    expect(await pool.join(b, a)).toMatch(/GOSSIP_JOIN|nobody was joined/);
    expect([a.sees(), b.sees()]).toEqual([{ a: 'alive' }, { b: 'alive' }]);
    expect(a.faults.get(code)).toBe(2);
    expect(faultLines(a)).toEqual([`${code} 10.0.0.2`]);
    await pool.time.advance(INTERVAL_MS);
    await pool.join(b, a);
    expect(faultLines(a)).toEqual([`${code} 10.0.0.2`, `${code} 10.0.0.2`]);
  });

  it.each([
    ['a packet sealed by another key', OTHER_KEY, alive(), 'GOSSIP_WIRE_ENCRYPTION'],
    ['a packet that is not sealed', undefined, alive(), 'GOSSIP_WIRE_ENCRYPTION'],
    ['tags that are too long', KEY, alive({ meta: new Uint8Array(513) }), 'refused'],
    ['versions that cannot be', KEY, alive({ vsn: Uint8Array.of(5, 1, 2, 2, 5, 4) }), 'refused'],
    [
      'a version that its speaker does not understand',
      KEY,
      alive({ vsn: Uint8Array.of(1, 5, 255, 2, 5, 4) }),
      'refused',
    ],
    ['versions of two bytes', KEY, alive({ vsn: Uint8Array.of(1, 5) }), 'refused'],
    ['a name that is too long', KEY, alive({ node: 'x'.repeat(256) }), 'refused'],
    ['a ping for somebody else', KEY, { type: 'ping', node: 'other', seqNo: 1 } as const, 'misdirectedPing'],
  ])('%s', async (_name, key, message, code) => {
    const a = await pool.add('a', { keys: [KEY] });
    const send = await stranger(key);
    for (let i = 0; i < 3; i++) send(a, message);
    await pool.time.advance(100);
    expect(a.faults.get(code)).toBe(3);
    expect(faultLines(a)).toEqual([`${code} 10.0.9.9`]);
    expect(a.sees()).toEqual({ a: 'alive' });
  });

  it('Join_DifferentNetworks: a name used twice is told, and the one whom fewer know stops by itself', async () => {
    const [a, b, c] = (await pool.ring(['a', 'b', 'c'])) as [PoolNode, PoolNode, PoolNode];
    const twin = await pool.add('c', { bindIp: '10.0.7.7' });
    const told: string[] = [];
    a.node.on('conflict', ({ name, claimed }) => void told.push(`${name} ${claimed.ip}`));
    let reason: string | undefined;
    twin.node.on('stopped', (event) => {
      ({ reason } = event);
    });
    await pool.join(twin, a);
    await pool.time.advance(10_000);
    expect(told[0]).toBe('c 10.0.7.7');
    expect(a.faults.get('conflict')).toBeGreaterThan(0);
    expect(faultLines(a).filter((line) => String(line).startsWith('conflict'))).toHaveLength(1);
    expect(reason).toBe('conflict');
    for (const { sees, node } of [a, b, c]) {
      expect(sees()).toEqual({ a: 'alive', b: 'alive', c: 'alive' });
      expect(node.member('c')?.address.ip).toBe('10.0.0.3');
    }
  });

  it('jumps of the wall clock are counted, logged once per interval, and change nothing', async () => {
    const [a, b] = (await pool.ring(['a', 'b', 'c'])) as [PoolNode, PoolNode];
    const changes = a.changes.length;
    for (const stepMs of [86_400_000, -172_800_000, 3_600_000]) {
      pool.time.stepWall(stepMs);
      await pool.time.advance(3000);
    }
    expect(a.changes.slice(changes)).toEqual([]);
    expect(b.node.healthScore).toBe(0);
    expect(a.faults.get('clockJump')).toBe(3);
    const unusual = a.logger.records.filter(({ level }) => level !== 'info');
    expect(unusual.map(({ fields: { code, peer, detail } }) => [code, peer, detail])).toEqual([
      ['clockJump', '10.0.0.1', 'our wall clock jumped by 86400000 ms, which changes nothing'],
    ]);
  });

  it('a large table, merged over many turns: what is wrong in any part of it has its sender', async () => {
    const a = await pool.add('a');
    const entry = { addr: Uint8Array.of(10, 0, 9, 1), port: 7946, incarnation: 1, meta: null, state: 0 };
    const vsn = Uint8Array.of(1, 5, 2, 2, 5, 4);
    const nodes = Array.from({ length: 2500 }, (_, i) => ({ ...entry, name: `n${i}`, vsn }));
    nodes.push({ ...entry, name: 'x'.repeat(256), vsn });
    const userState = encodeSerfMessage(hopelessState(Number.MAX_SAFE_INTEGER));
    const transport = pool.network.transport('10.0.9.7', 7946);
    await transport.open({ packet: () => {}, stream: (stream) => stream.destroy(), failed: () => {} });
    const stream = transport.dial(a.node.address);
    stream.read({ data: () => {}, ended: () => {}, closed: () => {} });
    const codec = new StreamCodec({}, { keyring: new Keyring() });
    stream.write(codec.pack({ type: 'pushPull', join: false, nodes, userState }, 'dialler'));
    await pool.time.advance(100);
    expect(a.node.members()).toHaveLength(2501);
    // The name, and the times.
    expect(a.faults.get('refused')).toBe(2);
    expect(faultLines(a)).toEqual(['refused 10.0.9.7']);
  });

  it('no bytes end a node: 3,000 random and damaged packets and streams', async () => {
    const random = seededRandom(7);
    const a = await pool.add('a', { label: 'l' });
    const transport = pool.network.transport('10.0.9.8', 7946);
    await transport.open({ packet: () => {}, stream: (stream) => stream.destroy(), failed: () => {} });
    const codec = new PacketCodec({ label: 'l' }, { keyring: new Keyring() });
    const good = codec.pack([codec.encode(alive()), codec.encode({ type: 'ping', node: 'a', seqNo: 3 })]);
    for (let i = 0; i < 3000; i++) {
      const bytes = i % 3 === 0 ? random.bytes(random.nextInt(200)) : mutateBytes(good, random);
      if (i % 5 === 0) {
        const stream = transport.dial(a.node.address);
        stream.read({ data: () => {}, ended: () => {}, closed: () => {} });
        stream.write(bytes);
        stream.end();
      } else {
        transport.sendPacket(a.node.address, bytes);
      }
      if (i % 100 === 0) await pool.time.advance(5);
    }
    await pool.time.advance(12_000);
    expect(a.node.member('a')?.status).toBe('alive');
    const b = await pool.add('b', { label: 'l' });
    expect(await pool.join(b, a)).toBe('joined 1'); // Nothing was taken that would keep others out.
  });
});
