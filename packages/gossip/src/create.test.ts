import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock as clock, systemRandom as random, systemTimers as timers } from '@dkron/runtime/system';
import { afterEach, describe, expect, it } from 'vitest';
import { create, type CreateOptions } from './create.ts';
import type { GossipError } from './errors.ts';
import type { GossipNode } from './node/gossip-node.ts';

const KEY = Buffer.alloc(16, 1).toString('base64');
const NEW_KEY = Buffer.alloc(32, 2).toString('base64');
const text = new TextDecoder();
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

const nodes: GossipNode[] = [];
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
});

/** Quick numbers, so that tests need no patience. */
const QUICK = {
  profile: 'local',
  swim: { retransmitMult: 4, gossipIntervalMs: 10, probeIntervalMs: 200, probeTimeoutMs: 100, suspicionMult: 1 },
  serf: { leavePropagateDelayMs: 50, broadcastTimeoutMs: 1000, queryTimeoutMult: 40 },
} as const;

async function start(name: string, options: Partial<CreateOptions> = {}): Promise<GossipNode> {
  const node = create({ name, bindIp: '127.0.0.1', bindPort: 0, ...QUICK, ...options }, { clock, timers, random });
  nodes.push(node);
  await node.start();
  return node;
}

const at = ({ address }: GossipNode): string =>
  address.ip.includes(':') ? `[${address.ip}]:${address.port}` : `${address.ip}:${address.port}`;

const statuses = (node: GossipNode): Record<string, string> =>
  Object.fromEntries(node.members().map(({ name, status }) => [name, status]));

async function until(isDone: () => boolean): Promise<void> {
  const endMs = clock.monotonicMs() + 20_000;
  while (!isDone()) {
    if (clock.monotonicMs() > endMs) throw new Error('waited in vain');
    await timers.sleep(5);
  }
}

async function ring(options: Partial<CreateOptions> = {}): Promise<[GossipNode, GossipNode, GossipNode]> {
  const [a, b, c] = [await start('a', options), await start('b', options), await start('c', options)];
  await b.join([at(a)]);
  await c.join([at(b)]);
  await until(() => [a, b, c].every((node) => node.members().length === 3));
  return [a, b, c];
}

describe('Integ, Transport_Join: a ring of three on sockets', () => {
  it.each([
    ['plain', {}],
    ['uncompressed', { compression: false }],
    ['Join+Encryption', { keys: [KEY] }],
    ['Join+Labels', { label: 'prod', keys: [KEY] }],
    ['Join+IPv6', { bindIp: '::1' }],
  ])('%s: all see all, tags, events, queries and goodbyes', async (_name, options) => {
    const [a, b, c] = await ring(options);
    expect(statuses(c)).toEqual({ a: 'alive', b: 'alive', c: 'alive' });

    await b.setTags({ role: 'db' });
    await until(() => a.member('b')?.tags['role'] === 'db' && c.member('b')?.tags['role'] === 'db');

    const heard: string[] = [];
    for (const node of [a, b, c])
      node.on('userEvent', ({ name, payload }) => void heard.push(name + text.decode(payload)));
    a.userEvent('deploy', bytes('7'));
    await until(() => heard.length === 3);
    expect(heard).toEqual(['deploy7', 'deploy7', 'deploy7']);

    for (const node of [a, b, c])
      node.on('query', (query) => query.respond(bytes(`${node.self.name}${text.decode(query.payload)}`)));
    const replies = new Map<string, string>();
    const query = a.query('who', bytes('!'), { ack: true, timeoutMs: 5000 });
    for await (const reply of query) {
      if (reply.type === 'answer') replies.set(reply.from, text.decode(reply.payload));
      if (replies.size === 3) break;
    }
    expect(Object.fromEntries(replies)).toEqual({ a: 'a!', b: 'b!', c: 'c!' });
    expect((await query.finished).answers).toBe(3);

    await c.leave();
    await c.stop();
    await until(() => statuses(a)['c'] === 'left' && statuses(b)['c'] === 'left');
  });

  it('sees a member that fell silent as failed, and takes it back under its name on another address', async () => {
    const [a, b, c] = await ring();
    const changes: string[] = [];
    a.on('memberChange', ({ change, member }) => void changes.push(`${change} ${member.name}`));
    const before = c.address.port;
    await c.stop();
    await until(() => statuses(a)['c'] === 'failed' && statuses(b)['c'] === 'failed');
    await b.leave();
    await b.stop();
    await until(() => statuses(a)['b'] === 'left');
    const again = await start('b', { tags: { life: '2' } });
    expect(again.address.port).not.toBe(before);
    await again.join([at(a)]);
    await until(() => statuses(a)['b'] === 'alive');
    expect(a.member('b')).toMatchObject({ address: again.address, tags: { life: '2' } });
    expect(changes).toEqual(['failed c', 'leave b', 'join b']);
  });

  it('rotates keys, and stores them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gossip-create-'));
    const keyringPath = join(folder, 'keys.json');
    try {
      const [a, b] = await ring({ keys: [KEY] });
      const d = await start('d', { keys: [KEY], keyringPath });
      await d.join([at(a)]);
      await until(() => a.members().length === 4 && b.members().length === 4);
      expect((await a.keyring.install(NEW_KEY)).answers).toBe(4);
      await b.keyring.use(NEW_KEY);
      await expect(a.keyring.remove(NEW_KEY)).rejects.toMatchObject({ code: 'GOSSIP_KEYS' });
      await a.keyring.remove(KEY);
      const { keys, primaryKeys } = await b.keyring.list();
      expect([[...keys], [...primaryKeys]]).toEqual([[[NEW_KEY, 4]], [[NEW_KEY, 4]]]);
      await d.stop();
      expect(JSON.parse(await readFile(keyringPath, 'utf8'))).toEqual([NEW_KEY]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('finds its pool again by its snapshot', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gossip-create-'));
    const snapshotPath = join(folder, 'snapshot');
    try {
      const [a] = await ring();
      const d = await start('d', { snapshotPath });
      await d.join([at(a)]);
      await until(() => d.members().length === 4);
      const { port } = d.address;
      await d.stop();
      const again = await start('d', { snapshotPath, bindPort: port });
      await until(() => again.members().length === 4);
      expect(statuses(again)['a']).toBe('alive');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a node', () => {
  it('refuses commands while it does not run, and options that cannot work', async () => {
    const node = create({ name: 'a', bindIp: '127.0.0.1', bindPort: 0 }, { clock, timers, random });
    await expect(node.join(['x'])).rejects.toMatchObject({ code: 'GOSSIP_STOPPED' });
    expect(() => node.userEvent('x', bytes(''))).toThrow('not running');
    expect(node.members()).toEqual([]);
    await node.stop();
    await expect(node.start()).rejects.toThrow('once only');
    for (const options of [
      { name: '' },
      { bindIp: 'x' },
      { keys: ['AAAA'] },
      { tags: { a: 'x'.repeat(600) } },
      { bindPort: -1 },
    ]) {
      expect(() => create({ name: 'a', ...options }, { clock, timers, random })).toThrow(TypeError);
    }
  });

  it('says why nobody took it in', async () => {
    const a = await start('a');
    const other = await start('b', { keys: [KEY] });
    const refused: unknown = await a.join([at(other), 'a b', '127.0.0.1:1']).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'GOSSIP_JOIN' });
    const { failures } = (refused as GossipError).details as { failures: { address: string }[] };
    expect(failures.map(({ address }) => address).toSorted()).toEqual(['127.0.0.1:1', at(other), 'a b'].toSorted());
    expect(a.members()).toHaveLength(1);
  });

  it('JoinShutdown: settles whatever waits when it stops', async () => {
    const [a, b] = await ring();
    const query = a.query('who', bytes(''), { timeoutMs: 60_000 });
    const tags = a.setTags({ x: 'y' });
    const keys = a.keyring.list();
    const leaving = b.leave();
    const events = a.events('members');
    await Promise.all([a.stop(), b.stop(), a.stop()]);
    expect(await query.finished).toEqual({ acks: 0, answers: 0 });
    for (const promise of [tags, keys, leaving])
      await expect(promise).rejects.toMatchObject({ code: 'GOSSIP_STOPPED' });
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });
});
