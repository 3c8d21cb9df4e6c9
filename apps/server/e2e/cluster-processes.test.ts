import { afterEach, describe, expect, it } from 'vitest';
import type { ProcessCluster } from '@dkron/harness';
import { runCli } from '@dkron/harness';
import { shell, until } from './support/api.ts';
import {
  apiOf,
  closeClusters,
  followersOf,
  leaderOf,
  patiently,
  prepareCluster,
  ready,
  startCluster,
} from './support/process-cluster.ts';

const NAMES = ['a', 'b', 'c'];

afterEach(closeClusters);

interface Peer {
  readonly id: string;
  readonly address: string;
  readonly state: string;
  readonly voter: string;
}

/** What `dkron raft list-peers` says, asked of one server. */
async function peersOf(cluster: ProcessCluster, name: string): Promise<Peer[]> {
  const { code, stdout, stderr } = await runCli(['raft', 'list-peers', `--rpc-addr=${cluster.rpcAddressOf(name)}`]);
  if (code !== 0) throw new Error(stderr);
  const [, ...rows] = stdout.trimEnd().split('\n');
  return rows.map((row) => {
    const [, id = '', address = '', state = '', voter = ''] = row.split(/ {2,}/);
    return { id, address, state, voter };
  });
}

/** Until these, and no others, vote. */
async function voters(cluster: ProcessCluster, asked: string, names: readonly string[]): Promise<void> {
  await patiently(cluster, `voters ${names.join()}`, async () => {
    const voting = (await peersOf(cluster, asked)).filter(({ voter }) => voter === 'true').map(({ id }) => id);
    return voting.toSorted().join() === names.toSorted().join();
  });
}

describe('formation', () => {
  it('identical commands, in any order of their start', async () => {
    for (const order of [NAMES, NAMES.toReversed()]) {
      const cluster = await prepareCluster({ names: NAMES });
      await cluster.launchAll(order);
      const begun = performance.now();
      const leader = await ready(cluster);
      console.log(
        `three servers, started as ${order.join()}: a leader after ${Math.round(performance.now() - begun)} ms`,
      );
      const [follower = ''] = followersOf(cluster, leader);
      const peers = await peersOf(cluster, follower);
      expect(peers.map(({ id, address, state, voter }) => [id, address, state, voter]).toSorted()).toEqual(
        NAMES.map((id) => [id, cluster.rpcAddressOf(id), id === leader ? 'leader' : 'follower', 'true']),
      );
      await cluster.close();
    }
  });
});
