import { describe, expect, it } from 'vitest';
import { NodeCluster } from '../testing/node-cluster.ts';

interface Versions {
  readonly wireMin: number;
  readonly wireMax: number;
}

const only = (wire: number): Versions => ({ wireMin: wire, wireMax: wire });
const both = (wireMin: number): Versions => ({ wireMin, wireMax: wireMin + 1 });

/** Three servers of these versions, which can be changed for the next start of each. */
async function founded(first: Versions): Promise<{ cluster: NodeCluster; versions: Map<string, Versions> }> {
  const versions = new Map<string, Versions>();
  const nodeOf = (id: string): Versions => versions.get(id) ?? first;
  return { cluster: await NodeCluster.founded(3, { nodeOf }), versions };
}

describe('RaftNode: releases side by side', () => {
  it('ProtocolVersion RejectRPC: who speaks none of our versions is refused, both ways, and the others go on', async () => {
    const { cluster, versions } = await founded(only(1));
    const leader = await cluster.leader();
    const { id } = await cluster.follower();
    versions.set(id, only(3));
    await cluster.restart(id);
    await cluster.until('refused', () => cluster.names(id).includes('handshakeRefused'));
    const refusals = cluster.get(id).events.filter(({ name }) => name === 'handshakeRefused');
    expect(refusals[0]!.event).toMatchObject({ code: 'wire_version' });
    await cluster.apply(leader.id, 'x');
    await cluster.time.advance(5000);
    expect([leader.node.leadershipValid(), cluster.get(id).machine.commands]).toEqual([true, []]);
    versions.set(id, both(1));
    await cluster.restart(id);
    expect(await cluster.converged()).toEqual(['x']);
  });

  it.each([
    ['Upgrade 1 to 2', [only(1), both(1), only(2)]],
    ['Upgrade 2 to 3', [only(2), both(2), only(3)]],
    ['rolling upgrade and rollback', [only(1), both(1), only(2), both(1), only(1)]],
  ])('ProtocolVersion %s: one server after the other, and no acknowledged command is lost', async (_name, steps) => {
    const { cluster, versions } = await founded(steps[0]!);
    const expected: string[] = [];
    for (const [step, next] of steps.slice(1).entries()) {
      for (const id of ['a', 'b', 'c']) {
        versions.set(id, next);
        await cluster.settled(cluster.node(id).stop({ transfer: true }));
        const among = await cluster.leader(id);
        expected.push(`${step}${id} without`);
        await cluster.apply(among.id, expected.at(-1)!);
        await cluster.start(id);
        // The mixed cluster works with every one of its servers.
        await cluster.converged();
        expected.push(`${step}${id} with`);
        await cluster.apply((await cluster.leader()).id, expected.at(-1)!);
      }
    }
    expect(await cluster.converged()).toEqual(expected);
    expect(cluster.logger.records.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('ProtocolVersion replace upgrade: new servers take the place of old ones', async () => {
    const { cluster, versions } = await founded(only(1));
    for (const [old, id] of [
      ['a', 'x'],
      ['b', 'y'],
      ['c', 'z'],
    ] as const) {
      versions.set(id, both(1));
      await cluster.create(id);
      const leader = await cluster.leader();
      await cluster.apply(leader.id, `before ${id}`);
      await cluster.settled(leader.node.addVoter(id, { birth: cluster.node(id).identity.birth, address: id }));
      if (leader.id === old) await cluster.settled(leader.node.transferLeadership());
      await cluster.settled((await cluster.leader()).node.remove(old));
      await cluster.stop(old);
    }
    const { id, node } = await cluster.leader('a', 'b', 'c');
    await cluster.apply(id, 'last');
    expect(await cluster.converged('x', 'y', 'z')).toEqual(['before x', 'before y', 'before z', 'last']);
    expect(node.getConfiguration().conf.voters).toEqual(['x', 'y', 'z']);
  });
});
