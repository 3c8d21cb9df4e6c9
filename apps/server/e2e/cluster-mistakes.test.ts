import { afterEach, describe, expect, it } from 'vitest';
import { keyOf } from './support/gossip-key.ts';
import {
  apiOf,
  closeClusters,
  leaderOf,
  patiently,
  prepareCluster,
  ready,
  statusOf,
  untilVoters,
} from './support/process-cluster.ts';

/** Generous: the machine may be busy with other tests. */
const SLOW_MS = 600_000;

afterEach(closeClusters, SLOW_MS);

describe('servers that are not configured alike', () => {
  it(
    'bootstrap-expect differs: nobody founds, both say what differs; corrected, they do',
    async () => {
      const cluster = await prepareCluster({ names: ['a', 'b'] });
      await cluster.launch('a');
      await cluster.launch('b', ['--bootstrap-expect=3']);
      for (const name of cluster.names) {
        await patiently(cluster, `${name} says so`, async () => {
          return /a has 2, b has 3|b has 3, a has 2/.test(mismatchIn(cluster.server(name).log));
        });
        expect(await statusOf(cluster, name, '/v1/leader')).toBe(500);
      }
      await cluster.kill('b');
      await cluster.launch('b', []);
      await untilVoters(cluster, await ready(cluster), ['a', 'b']);
    },
    SLOW_MS,
  );

  it(
    'another key: the one that has it stays outside and says why; the cluster works on',
    async () => {
      const key = `--encrypt=${keyOf(1)}`;
      const cluster = await prepareCluster({ names: ['a', 'b', 'c'], bootstrapExpect: 2, args: [key] });
      await cluster.launchAll(['a', 'b']);
      await ready(cluster);
      await cluster.launch('c', [`--encrypt=${keyOf(2)}`]);
      await patiently(cluster, 'a word about it', async () => /key/.test(joinProblemIn(cluster.server('c').log)));
      const leader = await leaderOf(cluster);
      expect(['a', 'b']).toContain(leader);
      const members = await apiOf(cluster, leader).list('/v1/members');
      expect(new Set(members.map(({ Name }) => Name))).toEqual(new Set(['a', 'b']));
      expect((await apiOf(cluster, leader).put('still')).status).toBe(201);
    },
    SLOW_MS,
  );

  it(
    'two of one name: the newcomer ends and says so; the cluster works on',
    async () => {
      const cluster = await prepareCluster({ names: ['a', 'b', 'c'], bootstrapExpect: 2 });
      await cluster.launchAll(['a', 'b']);
      await ready(cluster);
      const second = await cluster.launch('c', ['--node-name=b']);
      expect(await second.exited()).toBe(1);
      expect(second.log).toMatch(/node-name.*"b"|name b/);
      expect(await cluster.ended('c')).toBe(1);
      const leader = await ready(cluster);
      expect((await apiOf(cluster, leader).put('still')).status).toBe(201);
      await untilVoters(cluster, leader, ['a', 'b']);
    },
    SLOW_MS,
  );

  it(
    'one with expect=1 founds; others without join it, as with the original',
    async () => {
      const cluster = await prepareCluster({ names: ['a', 'b', 'c'], bootstrapExpect: 0 });
      await cluster.launch('b');
      await cluster.launch('a', ['--bootstrap-expect=1']);
      await cluster.launch('c');
      const leader = await ready(cluster);
      expect(leader).toBe('a');
      await untilVoters(cluster, 'c', ['a', 'b', 'c']);
      // The setting founds nothing more: the folder has peers.
      await cluster.kill('a');
      await patiently(cluster, 'another leader', async () => (await leaderOf(cluster)) !== 'a');
      await cluster.launch('a');
      await ready(cluster);
      await untilVoters(cluster, 'a', ['a', 'b', 'c']);
    },
    SLOW_MS,
  );
});

const mismatchIn = (log: string): string => log.split('\n').find((line) => line.includes('expect-mismatch')) ?? '';
const joinProblemIn = (log: string): string => log.split('\n').find((line) => line.includes('join targets')) ?? '';
