import { describe, expect, it } from 'vitest';
import type { PeersFile } from '../storage/peers-file.ts';
import { NodeCluster } from '../testing/node-cluster.ts';

const small = { snapshotThreshold: 20, snapshotIntervalMs: 500, trailingLogs: 5 };

async function applyMany(cluster: NodeCluster, id: string, count: number, from = 0): Promise<void> {
  for (let i = from; i < from + count; i++) await cluster.apply(id, `c${i}`);
}

describe('RaftNode: snapshots', () => {
  it('SnapshotRestore: a restart begins at the snapshot and applies the rest of the log', async () => {
    const cluster = await NodeCluster.founded(1, { node: { trailingLogs: 0 } });
    await applyMany(cluster, 'a', 30);
    const stored = await cluster.settled(cluster.node('a').snapshot());
    expect(cluster.node('a').stats()).toMatchObject({ snapshotIndex: stored.index, firstIndex: stored.index + 1 });
    await applyMany(cluster, 'a', 5, 30);
    await cluster.restart('a');
    await cluster.leader();
    const { machine } = cluster.get('a');
    expect([machine.restored, machine.commands.length]).toEqual([[stored.index], 35]);
    expect(cluster.node('a').getConfiguration()).toMatchObject({ index: 1, members: [{ id: 'a', suffrage: 'voter' }] });
  });

  it('RestoreCommittedLogs: what is known to be committed is applied at the start, with nobody else there', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id } = await cluster.leader();
    await applyMany(cluster, id, 12);
    await cluster.converged();
    await cluster.stopAll();
    await cluster.start(id);
    await cluster.until('applied', () => cluster.get(id).machine.commands.length === 12, 1000);
    expect(cluster.node(id).isLeader()).toBe(false);
  });

  it('RestoreSnapshotOnStartup, Monotonic, CommitTrackingLogs: entries that a snapshot covers stay in the log over a restart', async () => {
    const cluster = await NodeCluster.founded(1, { node: { trailingLogs: 8 } });
    await applyMany(cluster, 'a', 30);
    await cluster.settled(cluster.node('a').snapshot());
    await applyMany(cluster, 'a', 3, 30);
    const { firstIndex, lastIndex, snapshotIndex } = cluster.node('a').stats();
    expect(snapshotIndex - firstIndex).toBe(7);
    await cluster.restart('a');
    await cluster.leader();
    const after = cluster.node('a').stats();
    expect([after.firstIndex, after.snapshotIndex]).toEqual([firstIndex, snapshotIndex]);
    expect(after.lastIndex).toBeGreaterThanOrEqual(lastIndex);
    const { machine } = cluster.get('a');
    expect([machine.restored, machine.commands.length]).toEqual([[snapshotIndex], 33]);
  });

  it('SnapshotRestore_PeerChange: all data is copied to machines of other addresses, and peers.json names those', async () => {
    const moved = new Map<string, PeersFile>();
    const cluster: NodeCluster = await NodeCluster.founded(3, {
      node: { trailingLogs: 3 },
      modules: (id) =>
        moved.has(id) ? { peersFile: moved.get(id)!, transport: cluster.network.transport(`${id}-moved`) } : {},
    });
    const { id, node } = await cluster.leader();
    await applyMany(cluster, id, 30);
    await cluster.settled(node.snapshot());
    await applyMany(cluster, id, 5, 30);
    await cluster.converged();
    await cluster.stopAll();
    const ids = [...cluster.servers.keys()];
    const text = JSON.stringify(ids.map((one) => ({ id: one, address: `${one}-moved` })));
    for (const one of ids) {
      let removed = false;
      const read = async (): Promise<string | undefined> => (removed ? undefined : text);
      moved.set(one, { read, remove: async () => void (removed = true) });
    }
    for (const one of ids) await cluster.start(one);
    await cluster.apply((await cluster.leader()).id, 'moved');
    const commands = await cluster.converged();
    expect([commands.length, commands.at(-1)]).toEqual([36, 'moved']);
    const { members } = cluster.node(id).getConfiguration();
    expect(members.map(({ address }) => address)).toEqual(['a-moved', 'b-moved', 'c-moved']);
  });

  it('AutoSnapshot: taken when enough was applied, trailing logs are kept', async () => {
    const cluster = await NodeCluster.founded(1, { node: small });
    await applyMany(cluster, 'a', 40);
    await cluster.until('a snapshot', () => cluster.names('a').includes('snapshot'));
    const { snapshotIndex, firstIndex, lastIndex } = cluster.node('a').stats();
    expect(snapshotIndex).toBeGreaterThan(20);
    expect(lastIndex - firstIndex + 1).toBeGreaterThanOrEqual(5);
    expect(firstIndex).toBeGreaterThan(1);
  });

  it('NoRestoreOnStart: below the threshold nothing is taken', async () => {
    const cluster = await NodeCluster.founded(1, { node: { ...small, snapshotThreshold: 1000 } });
    await applyMany(cluster, 'a', 40);
    await cluster.time.advance(3000);
    expect(cluster.node('a').stats()).toMatchObject({ snapshotIndex: 0, firstIndex: 1 });
  });

  it('SendSnapshotAndLogsFollower: who is behind the log gets the snapshot, then the log', async () => {
    const cluster = await NodeCluster.founded(3, { node: { trailingLogs: 0 } });
    const follower = await cluster.follower();
    await cluster.stop(follower.id);
    const { id, node } = await cluster.leader();
    await applyMany(cluster, id, 60);
    await cluster.settled(node.snapshot());
    await applyMany(cluster, id, 10, 60);
    await cluster.start(follower.id);
    expect(await cluster.converged()).toHaveLength(70);
    expect(cluster.get(follower.id).machine.restored).toHaveLength(1);
    expect(cluster.names(follower.id)).toContain('snapshot');
    // And it stays with it over a restart.
    await cluster.restart(follower.id);
    expect(await cluster.converged()).toHaveLength(70);
    expect(
      cluster
        .node(follower.id)
        .getConfiguration()
        .members.map(({ birth }) => birth !== ''),
    ).toEqual([true, true, true]);
  });

  it('InstallSnapshot, ClientError: a snapshot stream that breaks is resumed', async () => {
    const cluster = await NodeCluster.founded(3, { node: { trailingLogs: 0 } });
    const follower = await cluster.follower();
    await cluster.stop(follower.id);
    const { id, node } = await cluster.leader();
    await cluster.apply(id, 'x'.repeat(2_000_000));
    await cluster.settled(node.snapshot());
    await cluster.start(follower.id);
    let chunks = 0;
    const { snapshots } = follower;
    const create = snapshots.create.bind(snapshots);
    const offsets: number[] = [];
    snapshots.create = async (meta, options) => {
      const sink = await create(meta, options);
      offsets.push(sink.offset);
      const write = sink.write.bind(sink);
      // oxlint-disable-next-line no-param-reassign
      return Object.defineProperty(sink, 'write', {
        value: async (chunk: Uint8Array) => {
          if (++chunks === 3) cluster.network.cut(id, follower.id);
          await write(chunk);
        },
      });
    };
    await cluster.until('the stream broke', () => chunks >= 3);
    await cluster.time.advance(300);
    cluster.network.heal();
    expect(await cluster.converged()).toHaveLength(1);
    expect(offsets.length).toBeGreaterThan(1);
    expect(offsets[1]).toBeGreaterThan(0);
  });

  it('a crash after the snapshot is durable and before the log begins anew is finished by the next start', async () => {
    let armed = false;
    const cluster = await NodeCluster.founded(3, {
      node: { trailingLogs: 0 },
      modules: () => ({
        failpoint: (name) => {
          if (armed && name === 'beforeLogReset') throw new Error('crash');
        },
      }),
    });
    const follower = await cluster.follower();
    await cluster.stop(follower.id);
    const { id, node } = await cluster.leader();
    await applyMany(cluster, id, 30);
    await cluster.settled(node.snapshot());
    armed = true;
    await cluster.start(follower.id);
    await cluster.until('the crash', () => cluster.names(follower.id).includes('fatal'));
    armed = false;
    await cluster.restart(follower.id);
    expect(cluster.get(follower.id).machine.restored).toHaveLength(1);
    expect(await cluster.converged()).toHaveLength(30);
  });

  it('durable state machines start from their own index, with the membership of then', async () => {
    const cluster = await NodeCluster.founded(1);
    await cluster.create('b');
    await cluster.settled(
      cluster.node('a').addNonvoter('b', { birth: cluster.node('b').identity.birth, address: 'b' }),
    );
    await applyMany(cluster, 'a', 5);
    await cluster.stop('a');
    const server = cluster.get('a');
    const { commands, index } = server.machine;
    const applied: string[] = [];
    const machine = {
      apply: (batch: readonly { data: Uint8Array }[]) =>
        batch.map(({ data }) => applied.push(new TextDecoder().decode(data))),
      snapshot: () => ({ persist: async () => {}, release: () => {} }),
      restore: async () => {},
      appliedIndex: async () => index,
    };
    const second = new NodeCluster({ modules: () => ({ stateMachine: machine }) });
    second.servers.set('a', server);
    const node = await second.start('a');
    expect(node.getConfiguration().members.map(({ id, address }) => [id, address])).toEqual([
      ['a', ''],
      ['b', 'b'],
    ]);
    await second.leader();
    await second.apply('a', 'new');
    expect([applied, commands.length]).toEqual([['new'], 5]);
  });
});
