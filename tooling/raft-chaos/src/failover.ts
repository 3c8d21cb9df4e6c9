/** Ends the leader again and again, and measures how long nothing is committed. See README. */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { seededRandom } from '@dkron/runtime/testing';
import { Cluster } from './cluster.ts';
import { judgeServers } from './judge.ts';
import type { KvProcess } from './kv-process.ts';
import { conclude, quantile, say, wholeNumber } from './report.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '5' },
    nodes: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    how: { type: 'string', default: 'kill' },
    netns: { type: 'boolean', default: false },
  },
});
const kills = wholeNumber('kills', values.kills, 1, 100_000);
const nodes = wholeNumber('nodes', values.nodes, 3, 9);
const random = seededRandom(wholeNumber('seed', values.seed, 0, 2 ** 32 - 1));
if (values.how !== 'kill' && values.how !== 'pause') {
  throw new TypeError(`--how ${values.how}: kill and pause are allowed`);
}
const LEADER_MS = 60_000;
/** Between two commands of the light load, and between two questions for the next commit. */
const LOAD_PAUSE_MS = 20;
const PROBE_PAUSE_MS = 5;
const REQUEST_MS = 2_000;
const acknowledged: number[] = [];
const violations: string[] = [];
const timesMs: number[] = [];
let lastValue = 0;
let cluster: Cluster | undefined;

try {
  cluster = await Cluster.start({ nodes, namespaces: values.netns });
  const { name } = cluster.network;
  say(`failover: ${kills} leaders ended by ${values.how}, ${nodes} nodes, network: ${name}, default timeouts`);
  for (let i = 0; i < kills; i++) {
    timesMs.push(await endLeader(cluster));
    if (timesMs.length % 10 === 0) say(`… ${timesMs.length}, last ${timesMs.at(-1)?.toFixed(0)} ms`);
  }
  violations.push(...(await judgeServers(cluster, acknowledged)));
} catch (error) {
  violations.push((error as Error).stack ?? String(error));
}
const sorted = timesMs.toSorted((a, b) => a - b);
const figure = (share: number): string => `${quantile(sorted, share).toFixed(0)} ms`;
say(
  `leader's end → first commit by the next, ${sorted.length} times: median ${figure(0.5)}, p90 ${figure(0.9)}, p99 ${figure(0.99)}, max ${figure(1)}, min ${figure(0)}`,
);
say(`acknowledged changes: ${acknowledged.length}`);
await conclude('failover', violations, cluster);

/** @returns milliseconds from the signal to the first answer of another server to a change */
async function endLeader(target: Cluster): Promise<number> {
  const leader = await target.waitForLeader(LEADER_MS);
  await workFor(leader, 300 + random.nextInt(700));
  const rest = target.servers.filter((server) => server !== leader);
  const startMs = performance.now();
  if (values.how === 'pause') leader.pause();
  else void leader.kill();
  const endMs = await firstCommit(rest);
  if (values.how === 'pause') leader.resume();
  else {
    await leader.kill();
    await leader.start();
  }
  // The next one must find all of them well, or it would measure something else.
  if ((await target.converge(LEADER_MS)) === undefined) throw new Error(`${leader.id} did not catch up`);
  return endMs - startMs;
}

async function workFor(leader: KvProcess, ms: number): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end; await pause(LOAD_PAUSE_MS)) await put(leader);
}

async function put(server: KvProcess): Promise<boolean> {
  const value = ++lastValue;
  const { error } = await server.request({ op: 'put', key: 'key', value }, REQUEST_MS);
  if (error === undefined) acknowledged.push(value);
  return error === undefined;
}

async function firstCommit(servers: readonly KvProcess[]): Promise<number> {
  const done = new AbortController();
  const limit = AbortSignal.timeout(LEADER_MS);
  const probes = servers.map(async (server) => {
    while (!done.signal.aborted && !limit.aborted) {
      if (await put(server)) {
        const atMs = performance.now();
        done.abort();
        return atMs;
      }
      await pause(PROBE_PAUSE_MS);
    }
    throw new Error(`no commit within ${LEADER_MS} ms`);
  });
  return await Promise.any(probes);
}
