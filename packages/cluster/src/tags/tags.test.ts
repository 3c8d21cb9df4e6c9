import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { GossipMember } from '../members.ts';
import { encodeNodeTags, type NodeFacts } from './node-tags.ts';
import { decodeNodeMember, formationView, serversOf } from './node-member.ts';

interface Recorded {
  readonly configuration: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly member?: {
    readonly name: string;
    readonly addr: string;
    readonly port: number;
    readonly tags: Record<string, string>;
  };
}

const { configurations } = JSON.parse(readFileSync(new URL('../../testdata/tags.json', import.meta.url), 'utf8')) as {
  configurations: Recorded[];
};
const started = configurations.flatMap(({ member, ...rest }) => (member === undefined ? [] : [{ ...rest, member }]));

/** What the recorded command line says, as far as tags are concerned. */
function factsOf({ arguments: args, environment, member }: (typeof started)[number]): NodeFacts {
  const option = (name: string): string | undefined =>
    args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
  const pairs = [
    ...args.filter((arg) => arg.startsWith('--tag=')).map((arg) => arg.slice(6)),
    environment['DKRON_TAG'],
  ];
  const user = pairs
    .filter((pair) => pair !== undefined)
    .map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1)];
    });
  return {
    region: option('region') ?? 'global',
    datacenter: option('datacenter') ?? 'dc1',
    version: 'devel',
    server: args.includes('--server'),
    expect: Number(option('bootstrap-expect') ?? '0'),
    rpc: { ip: member.addr, port: Number(option('advertise-rpc-port') ?? '16868') },
    user: Object.fromEntries(user) as Record<string, string>,
  };
}

describe('tags of the original', () => {
  it('are all there', () => expect(started.length).toBeGreaterThanOrEqual(12));

  it.each(started)('are published as recorded: $configuration', (recorded) => {
    expect(encodeNodeTags(factsOf(recorded))).toStrictEqual(recorded.member.tags);
  });

  it.each(started)('are read back: $configuration', (recorded) => {
    const { name, addr, port, tags } = recorded.member;
    const facts = factsOf(recorded);
    const node = decodeNodeMember({ name, address: { ip: addr, port }, tags, status: 'alive' });
    expect(node).toMatchObject({
      name,
      region: facts.region,
      datacenter: facts.datacenter,
      version: 'devel',
      server: tags['server'] === 'true',
      expect: Number(tags['expect'] ?? '0'),
      rpcAddress: `${addr}:${facts.rpc.port}`,
    });
  });
});

describe('members', () => {
  const member = (tags: Record<string, string>, extra: Partial<GossipMember> = {}): GossipMember => ({
    name: 'a',
    address: { ip: '10.0.0.1', port: 8946 },
    status: 'alive',
    tags: { role: 'dkron', server: 'true', port: '6868', region: 'r', ...tags },
    ...extra,
  });

  it('a member of another kind, or with tags that make no sense, is no node', () => {
    for (const tags of [{ role: 'consul' }, { expect: 'many' }, { expect: '-1' }, { port: 'x' }, { port: '65536' }]) {
      expect(decodeNodeMember(member(tags)), JSON.stringify(tags)).toBeUndefined();
    }
  });

  it('a server is one only once it has published its port', () => {
    const { port: _, ...tags } = member({}).tags;
    const node = decodeNodeMember({ ...member({}), tags });
    expect(node).toMatchObject({ server: false, rpcAddress: '' });
  });

  it('an IPv6 address is bracketed, and the tag rpc_addr is not believed', () => {
    const node = decodeNodeMember(member({ rpc_addr: '9.9.9.9:1' }, { address: { ip: 'fe80::1', port: 8946 } }));
    expect(node?.rpcAddress).toBe('[fe80::1]:6868');
    const facts = { region: 'r', datacenter: 'd', version: '1', server: true, expect: 3, user: {} };
    expect(encodeNodeTags({ ...facts, rpc: { ip: 'fe80::1', port: 1 } })['rpc_addr']).toBe('[fe80::1]:1');
  });

  it('the file-only setting bootstrap is a tag of its own, and expecting one means the same', () => {
    const facts = { region: 'r', datacenter: 'd', version: '1', server: true, expect: 0, user: {} };
    const tags = encodeNodeTags({ ...facts, bootstrap: true, rpc: { ip: '1.2.3.4', port: 1 } });
    expect(tags).toMatchObject({ bootstrap: '1' });
    expect(decodeNodeMember(member(tags))).toMatchObject({ bootstrap: true, expect: 0 });
    expect(decodeNodeMember(member({ expect: '1' }))).toMatchObject({ bootstrap: true });
    expect(decodeNodeMember(member({ expect: '3' }))).toMatchObject({ bootstrap: false });
  });

  it('only servers of one region are together, by name', () => {
    const all = [
      member({}, { name: 'c' }),
      member({ region: 'other' }, { name: 'b' }),
      member({ server: 'false' }, { name: 'd' }),
      member({}, { name: 'a', status: 'failed' }),
    ];
    expect(serversOf(all, 'r').map(({ name }) => name)).toEqual(['a', 'c']);
  });

  it('formation asks servers, and whoever may become one', () => {
    const { server: _, ...early } = member({}).tags;
    const all = [
      member({}, { name: 'self' }),
      member({}, { name: 'a', status: 'failed' }),
      member({}, { name: 'b' }),
      { ...member({}, { name: 'c' }), tags: { ...early, expect: '3' } },
      { ...member({}, { name: 'agent' }), tags: early },
      member({ region: 'other' }, { name: 'd' }),
    ];
    expect(formationView(all, 'r', 'self')).toEqual([
      { name: 'a', address: '10.0.0.1:6868', status: 'gone' },
      { name: 'b', address: '10.0.0.1:6868', status: 'alive' },
      { name: 'c', address: '10.0.0.1:6868', status: 'alive', probation: true },
    ]);
  });
});
