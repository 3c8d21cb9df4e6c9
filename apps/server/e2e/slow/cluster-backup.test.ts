import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import type { CliRun, ProcessCluster } from '@dkron/harness';
import { runCli } from '@dkron/harness';
import { afterAll, describe, expect, it } from 'vitest';
import { until } from '../support/api.ts';
import {
  apiOf,
  closeClusters,
  followersOf,
  leaderOf,
  patiently,
  peersOf,
  prepareCluster,
  ready,
  untilVoters,
} from '../support/process-cluster.ts';

const NAMES = ['a', 'b', 'c'];
/** Generous: the machine may be busy with other tests. */
const SLOW_MS = 600_000;

afterAll(closeClusters, SLOW_MS);

const snapshot = (cluster: ProcessCluster, name: string, ...words: readonly string[]): Promise<CliRun> =>
  runCli(['raft', 'snapshot', ...words, `--api-url=${cluster.server(name).url}`]);

async function namesAt(cluster: ProcessCluster, name: string): Promise<string[]> {
  const jobs = await apiOf(cluster, name).list('/v1/jobs?consistent=true');
  return jobs.map((one) => String(one.name)).toSorted();
}

const peersFileOf = (cluster: ProcessCluster, name: string): string => `${cluster.dataDirOf(name)}/raft/peers.json`;

// One cluster goes through all of it, in this order.
describe('the state of three servers in a file, and one survivor of three', () => {
  let cluster: ProcessCluster;
  let file = '';

  it(
    'raft snapshot save, inspect, restore: through any server, for all servers',
    async () => {
      cluster = await prepareCluster({ names: NAMES });
      await cluster.launchAll();
      const leader = await ready(cluster);
      const [follower = '', other = ''] = followersOf(cluster, leader);
      for (const name of ['one', 'two']) await apiOf(cluster, follower).put(name);
      file = `${cluster.folder}/state.snapshot`;
      const saved = await snapshot(cluster, follower, 'save', file);
      expect([saved.code, saved.stderr]).toEqual([0, '']);
      expect(saved.stdout).toMatch(/state\.snapshot: 2 jobs, up to entry \d+ of term \d+\n$/);

      const shown = await runCli(['raft', 'snapshot', 'inspect', file]);
      expect([shown.code, shown.stderr]).toEqual([0, '']);
      expect(shown.stdout).toMatch(new RegExp(`^Saved {2,}\\S+Z by ${follower} \\(dkron-ts`, 'm'));
      for (const name of NAMES) expect(shown.stdout).toMatch(new RegExp(`^Member {2,}${name} .*voter$`, 'm'));
      expect(shown.stdout).toMatch(/^Jobs {2,}2$/m);
      expect(shown.stdout).toMatch(/every checksum is right\n$/);
      const asJson = await runCli(['raft', 'snapshot', 'inspect', file, '--output=json']);
      expect(JSON.parse(asJson.stdout)).toMatchObject({ node: follower, region: 'global', counts: { jobs: 2 } });

      await apiOf(cluster, leader).put('three');
      const restored = await snapshot(cluster, other, 'restore', file);
      expect([restored.code, restored.stderr]).toEqual([0, '']);
      expect(restored.stdout).toMatch(/state\.snapshot: 2 jobs, from entry \d+ on\n$/);
      for (const name of NAMES) expect(await namesAt(cluster, name)).toEqual(['one', 'two']);
      expect((await apiOf(cluster, other).put('four')).status).toBe(201);
    },
    SLOW_MS,
  );

  it(
    'a truncated file is refused by inspect and restore, with what to do, and the cluster works on',
    async () => {
      const cut = `${cluster.folder}/cut.snapshot`;
      const bytes = await readFile(file);
      await writeFile(cut, bytes);
      await truncate(cut, bytes.length - 10);
      const name = await leaderOf(cluster);
      for (const run of [
        await runCli(['raft', 'snapshot', 'inspect', cut]),
        await snapshot(cluster, name, 'restore', cut),
      ]) {
        expect([run.code, run.stdout]).toEqual([1, '']);
        expect(run.stderr).toMatch(
          /cut\.snapshot: the backup was refused: it is cut after \d+ bytes.*fetch or copy it again\n$/,
        );
      }
      // By a client that does not check: the server does.
      const answer = await fetch(`${cluster.server(name).url}/v1/snapshot`, {
        method: 'PUT',
        body: bytes.subarray(0, bytes.length - 10),
        headers: { 'content-type': 'application/octet-stream' },
      });
      expect(answer.status).toBe(400);
      expect(await answer.text()).toContain('Nothing was changed.');
      expect(await namesAt(cluster, name)).toEqual(['four', 'one', 'two']);
      expect((await apiOf(cluster, name).put('five')).status).toBe(201);
      const nowhere = await snapshot(cluster, name, 'save', `${cluster.folder}/none/state`);
      expect(nowhere.code).toBe(1);
      expect(nowhere.stderr).toMatch(/^dkron: cannot write .*ENOENT/);
      expect((await readdir(cluster.folder)).filter((one) => one.endsWith('.part'))).toEqual([]);
    },
    SLOW_MS,
  );

  it(
    'kill -9 during a restore: all of it or nothing',
    async () => {
      const leader = await ready(cluster);
      const [follower = ''] = followersOf(cluster, leader);
      const before = await namesAt(cluster, follower);
      const restoring = snapshot(cluster, leader, 'restore', file);
      await patiently(cluster, 'its beginning', async () =>
        /being replaced by a backup/.test(cluster.server(leader).log),
      );
      await cluster.kill(leader);
      await restoring;
      await leaderOf(cluster);
      const after = await namesAt(cluster, follower);
      expect([before.join(), 'one,two']).toContain(after.join());
      await cluster.launch(leader);
      await ready(cluster);
      for (const name of NAMES) expect(await namesAt(cluster, name)).toEqual(after);
    },
    SLOW_MS,
  );

  it(
    'two of three are lost: raft/peers.json brings the third back with everything; wrong ids are refused',
    async () => {
      const survivor = await ready(cluster);
      const [first = '', second = ''] = followersOf(cluster, survivor);
      await apiOf(cluster, survivor).put('precious');
      const before = await namesAt(cluster, survivor);
      for (const name of [first, second]) {
        await cluster.kill(name);
        await cluster.wipe(name);
      }
      await patiently(
        cluster,
        'no leader',
        async () => (await apiOf(cluster, survivor).get('/v1/leader')).status === 500,
      );
      // What it holds can be saved all the same.
      const stale = await snapshot(cluster, survivor, 'save', `${cluster.folder}/stale.snapshot`, '--stale');
      expect([stale.code, stale.stderr]).toEqual([0, '']);
      const refused = await snapshot(cluster, survivor, 'save', `${cluster.folder}/fresh.snapshot`);
      expect(refused.code).toBe(1);
      await cluster.kill(survivor);

      const address = cluster.rpcAddressOf(survivor);
      const wrong: readonly [string, RegExp][] = [
        [
          '[{"id":"stranger","address":"10.0.0.1:6868"}]',
          /it names .*stranger.*which never was a server of this cluster \(a, b, c\)/,
        ],
        [JSON.stringify([{ id: first, address }]), /it does not name this server/],
        ['[{"id":', /peers\.json cannot be obeyed: it is no JSON/],
        [JSON.stringify([{ id: survivor, address, non_voter: true }]), /it names no voter/],
      ];
      for (const [text, why] of wrong) {
        await writeFile(peersFileOf(cluster, survivor), text);
        const server = await cluster.launch(survivor);
        expect(await cluster.ended(survivor)).toBe(1);
        expect(server.log).toMatch(why);
      }
      await writeFile(peersFileOf(cluster, survivor), JSON.stringify([{ id: survivor, address }]));
      await cluster.launch(survivor);
      expect(await leaderOf(cluster)).toBe(survivor);
      expect(await namesAt(cluster, survivor)).toEqual(before);
      expect(cluster.server(survivor).log).toMatch(/raft recovery by force is done/);
      expect((await readdir(`${cluster.dataDirOf(survivor)}/raft`)).filter((one) => one === 'peers.json')).toEqual([]);
      expect(await peersOf(cluster, survivor)).toEqual([{ id: survivor, address, state: 'leader', voter: 'true' }]);
      // The others come anew, with empty folders.
      await cluster.launch(first);
      await cluster.launch(second);
      await untilVoters(cluster, survivor, NAMES);
      await until('the state', async () => (await namesAt(cluster, first)).join() === before.join());
    },
    SLOW_MS,
  );
});
