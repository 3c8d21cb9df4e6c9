import type { Random } from '@dkron/runtime';
import { seededRandom } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import type { PeersFile } from '../storage/peers-file.ts';
import { command, NodeCluster } from '../testing/node-cluster.ts';

const IDS = ['a', 'b', 'c', 'd', 'e'];

function fileOf(text: string): PeersFile {
  let removed = false;
  return { read: async () => (removed ? undefined : text), remove: async () => void (removed = true) };
}

/** Logs that differ: leaders are cut off with entries that nobody else gets, several times. */
async function diverge(cluster: NodeCluster, random: Random): Promise<void> {
  for (let round = 0; round < 1 + random.nextInt(5); round++) {
    const [first, second] = [IDS[random.nextInt(5)]!, IDS[random.nextInt(5)]!];
    cluster.network.isolate(first);
    if (random.nextInt(2) === 0) cluster.network.isolate(second);
    for (let i = 0; i < random.nextInt(6); i++) {
      for (const { id, node } of cluster.servers.values()) {
        if (node.isLeader()) node.apply(command(`${round}-${i}-${id}`)).catch(() => {});
      }
      await cluster.time.advance(random.nextInt(30));
    }
    await cluster.time.advance(random.nextInt(3000));
    if (random.nextInt(3) > 0) cluster.network.heal();
  }
}

describe('recovery by peers.json', () => {
  it.each(Array.from({ length: 40 }, (_, i) => i + 1))(
    'seed %d: whatever the survivors hold, they come to one state, also over crashes and cuts',
    async (seed) => {
      const random = seededRandom(seed);
      const files = new Map<string, PeersFile>();
      const cluster: NodeCluster = await NodeCluster.founded(5, {
        seed,
        node: { trailingLogs: random.nextInt(8), snapshotThreshold: 4, snapshotIntervalMs: 500 },
        modules: (id) => (files.has(id) ? { peersFile: files.get(id)! } : {}),
      });
      await diverge(cluster, random);
      await cluster.stopAll();
      cluster.network.heal();
      const survivors = IDS.filter(() => random.nextInt(5) < 3);
      if (survivors.length === 0) survivors.push('a');
      const text = JSON.stringify(survivors.map((id) => ({ id, address: id })));
      for (const id of survivors) files.set(id, fileOf(text));
      for (const id of survivors.toSorted(() => random.nextInt(3) - 1)) {
        await cluster.start(id);
        await cluster.time.advance(random.nextInt(4) * 700);
      }
      for (let i = 0; i < 6; i++) {
        const id = survivors[random.nextInt(survivors.length)]!;
        if (random.nextInt(2) === 0) await cluster.restart(id);
        else cluster.network.isolate(id);
        for (const one of survivors) {
          const { node } = cluster.get(one);
          if (node.isLeader()) node.apply(command(`after ${i} ${one}`)).catch(() => {});
        }
        await cluster.time.advance(random.nextInt(2500));
        if (random.nextInt(2) === 0) cluster.network.heal();
      }
      cluster.network.heal();
      const { id } = await cluster.leader();
      await cluster.apply(id, 'end').catch(() => {});
      const commands = await cluster.converged(...survivors);
      expect(new Set(commands).size).toBe(commands.length);
      expect(cluster.logger.records.filter(({ event }) => event.includes('failed; restart'))).toEqual([]);
      for (const one of survivors) {
        const markers = (await cluster.get(one).identity.load())?.markers;
        expect(markers).not.toHaveProperty('unconfirmed');
        expect(markers).not.toHaveProperty('discarded');
      }
    },
  );
});
