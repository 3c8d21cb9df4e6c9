import { readFile, writeFile } from 'node:fs/promises';
import type { ProcessCluster } from '@dkron/harness';
import { runCli } from '@dkron/harness';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { job, shell, until } from './support/api.ts';
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
} from './support/process-cluster.ts';

const NAMES = ['a', 'b', 'c'];
/** Generous: the machine may be busy with other tests. */
const SLOW_MS = 600_000;

/** Expects scheduled instants a second apart, each decided once, without a gap; returns how many. */
function expectEverySecondOnce(ticks: readonly { tick: string; last_tick: string; count: number }[]): number {
  const decided = ticks.flatMap(({ tick, last_tick: last, count }) => {
    const first = Date.parse(tick);
    expect(Date.parse(last)).toBe(first + (count - 1) * 1_000);
    return Array.from({ length: count }, (_, i) => first + i * 1_000);
  });
  expect(decided).toEqual(decided.map((_, i) => decided[0]! + i * 1_000));
  return decided.length;
}

// One cluster goes through all of it, in this order.
describe('three servers, started by commands that differ in names and addresses only', () => {
  let cluster: ProcessCluster;
  const acknowledged: string[] = [];

  beforeAll(async () => {
    cluster = await prepareCluster({ names: NAMES, argsOf: (name) => [`--tag=node=${name}`] });
  });
  afterAll(closeClusters, SLOW_MS);

  it(
    'found one cluster',
    async () => {
      const begun = performance.now();
      await cluster.launchAll(NAMES.toReversed());
      const leader = await ready(cluster);
      console.log(
        `three servers: a leader that all know ${Math.round(performance.now() - begun)} ms after their start`,
      );
      const [follower = ''] = followersOf(cluster, leader);
      const peers = await peersOf(cluster, follower);
      expect(peers.toSorted((one, other) => (one.id < other.id ? -1 : 1))).toEqual(
        NAMES.map((id) => {
          return { id, address: cluster.rpcAddressOf(id), state: id === leader ? 'leader' : 'follower', voter: 'true' };
        }),
      );
    },
    SLOW_MS,
  );

  it(
    'kill -9 of the leader: no acknowledged write is lost, each tick is decided once, what runs goes on',
    async () => {
      const leader = await ready(cluster);
      const [first = '', second = ''] = followersOf(cluster, leader);
      const file = `${cluster.folder}/long`;
      const api = apiOf(cluster, first);
      const oneNode = { tags: { dc: 'dc1:1' } };
      await api.put('seconds', { ...shell('true'), ...oneNode, schedule: '@every 1s', catchup: 'all' });
      await api.put('long', {
        ...shell(
          `echo start >> ${file}; while [ ! -e ${file}.go ]; do sleep 0.2; done; echo end >> ${file}; echo done`,
        ),
        tags: { node: second },
      });
      const id = await api.launch('long');
      await until('its start', async () => (await readFile(file, 'utf8').catch(() => '')) === 'start\n');
      await until('ticks', async () => (await api.ticks('seconds')).length > 3);

      let posting = true;
      const writer = (async () => {
        for (let i = 0; posting; i++) {
          const name = `kept-${i}`;
          const answer = await api.call('POST', '/v1/jobs', { body: job(name) }).catch(() => undefined);
          if (answer?.status === 201) acknowledged.push(name);
        }
      })();
      await until('some writes', async () => acknowledged.length > 5);
      const before = acknowledged.length;
      const killedMs = performance.now();
      await cluster.kill(leader);
      const next = await leaderOf(cluster);
      console.log(`another leader ${Math.round(performance.now() - killedMs)} ms after kill -9`);
      await until('writes with the next leader', async () => acknowledged.length > before + 3);
      posting = false;
      await writer;

      expect(followersOf(cluster, next)).toHaveLength(1);
      for (const name of [first, second]) {
        const stored = (await apiOf(cluster, name).list('/v1/jobs?consistent=true')).map((one) => one.name);
        expect(stored).toEqual(expect.arrayContaining(acknowledged));
      }
      await writeFile(`${file}.go`, '');
      const ended = await patiently(cluster, 'its end', async () => {
        const execution = (await api.get(`/v1/executions/${id}`)).json;
        return !['pending', 'running'].includes(execution.state) && execution;
      });
      expect(ended).toMatchObject({ state: 'success', node_name: second, attempt: 1, output: 'done\n' });
      expect(await readFile(file, 'utf8')).toBe('start\nend\n');

      const seen = (await api.ticks('seconds')).length;
      await patiently(cluster, 'later ticks', async () => (await api.ticks('seconds')).length > seen + 3);
      const ticks = await api.ticks('seconds', '&consistent=true');
      expectEverySecondOnce(ticks);
      expect(ticks.filter(({ decision }) => decision !== 'run')).toEqual([]);
      await api.call('DELETE', '/v1/jobs/seconds');
    },
    SLOW_MS,
  );

  it(
    'the killed one comes back with another address and other ports, as itself',
    async () => {
      const [gone = ''] = NAMES.filter((name) => !cluster.runs(name));
      await cluster.readdress(gone);
      await cluster.launch(gone);
      await ready(cluster);
      const [other = ''] = followersOf(cluster, gone);
      await patiently(cluster, 'its new address', async () => {
        const peers = await peersOf(cluster, other);
        return peers.some(({ id, address, voter }) => {
          return id === gone && address === cluster.rpcAddressOf(gone) && voter === 'true';
        });
      });
      const stored = (await apiOf(cluster, gone).list('/v1/jobs?consistent=true')).map((one) => one.name);
      expect(stored).toEqual(expect.arrayContaining(acknowledged));
    },
    SLOW_MS,
  );

  it(
    'one killed and started at once on another address, before the others miss it, waits for its name and is itself again',
    async () => {
      const leader = await ready(cluster);
      const [one = '', other = ''] = followersOf(cluster, leader);
      await cluster.kill(one);
      await cluster.readdress(one);
      await cluster.launch(one);
      await patiently(cluster, 'its new address', async () => {
        expect(cluster.runs(one), cluster.server(one).log).toBe(true);
        const peers = await peersOf(cluster, other);
        return peers.some(({ id, address, voter }) => {
          return id === one && address === cluster.rpcAddressOf(one) && voter === 'true';
        });
      });
      // On a busy machine it may be missed before it runs.
      const waited = cluster.server(one).log.includes('nameInDoubt');
      console.log(`it ${waited ? 'waited for its name' : 'was missed before it ran'}`);
      await ready(cluster);
    },
    SLOW_MS,
  );

  it(
    'all restarted at once, all addresses changed',
    async () => {
      await Promise.all(NAMES.map((name) => cluster.kill(name)));
      for (const name of NAMES) await cluster.readdress(name);
      await cluster.launchAll();
      const leader = await ready(cluster);
      const stored = (await apiOf(cluster, leader).list('/v1/jobs')).map((one) => one.name);
      expect(stored).toEqual(expect.arrayContaining(acknowledged));
      await untilVoters(cluster, leader, NAMES);
    },
    SLOW_MS,
  );

  it(
    'one that lost its data is refused, with what to type; then it is added anew',
    async () => {
      const leader = await ready(cluster);
      const [reborn = '', other = ''] = followersOf(cluster, leader);
      await cluster.kill(reborn);
      await cluster.wipe(reborn);
      await cluster.launch(reborn);
      const command = `dkron raft remove-peer --peer-id ${reborn}`;
      await patiently(cluster, 'the refusal, on both sides', async () => {
        const told = NAMES.filter((name) => cluster.runs(name) && cluster.server(name).log.includes(command));
        return told.includes(reborn) && told.length > 1;
      });
      const removed = await patiently(cluster, 'the removal', async () => {
        // Whoever leads by now.
        const leads = await leaderOf(cluster);
        const run = await runCli([
          'raft',
          'remove-peer',
          `--rpc-addr=${cluster.rpcAddressOf(leads)}`,
          `--peer-id=${reborn}`,
        ]);
        return run.code === 0 && run;
      });
      expect(removed.stdout).toBe('');
      expect(removed.stderr).toMatch(/^time="[^"]+" level=info msg="Peer removed"\n/);
      await untilVoters(cluster, other, NAMES);
      const stored = (await apiOf(cluster, reborn).list('/v1/jobs?consistent=true')).map((one) => one.name);
      expect(stored).toEqual(expect.arrayContaining(acknowledged));
    },
    SLOW_MS,
  );

  it(
    'leave: a follower by the API, the leader by the command; the last one only stops',
    async () => {
      const leader = await ready(cluster);
      const [follower = '', last = ''] = followersOf(cluster, leader);
      expect((await apiOf(cluster, follower).call('POST', '/v1/leave')).status).toBe(200);
      expect(await cluster.ended(follower)).toBe(0);
      await untilVoters(cluster, last, [leader, last]);
      await patiently(cluster, 'word of its leaving', async () => {
        const members = await apiOf(cluster, last).list('/v1/members');
        return members.some(({ Name, statusText }) => Name === follower && statusText === 'left');
      });
      const now = await leaderOf(cluster);
      const left = await runCli(['leave', `--rpc-addr=${cluster.rpcAddressOf(now)}`]);
      expect([left.code, left.stdout]).toEqual([0, '']);
      expect(left.stderr).toMatch(/level=info msg="Left the cluster successfully"\n$/);
      expect(await cluster.ended(now)).toBe(0);
      const [alone = ''] = NAMES.filter((name) => cluster.runs(name));
      await untilVoters(cluster, alone, [alone]);
      await patiently(cluster, 'the last one leads', async () => (await leaderOf(cluster)) === alone);
      expect((await runCli(['leave', `--rpc-addr=${cluster.rpcAddressOf(alone)}`])).code).toBe(0);
      expect(await cluster.ended(alone)).toBe(0);
      // It was not removed: alone with its folder, it leads again.
      await cluster.launch(alone);
      expect(await leaderOf(cluster)).toBe(alone);
      // One that left comes back with its folder.
      await cluster.launch(follower);
      await untilVoters(cluster, alone, [alone, follower]);
    },
    SLOW_MS,
  );
});
