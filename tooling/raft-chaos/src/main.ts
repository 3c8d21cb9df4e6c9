/** Kills, pauses and cuts off real raft servers, and judges what clients saw. See README. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { seededRandom } from '@dkron/runtime/testing';
import { Clients } from './clients.ts';
import { Cluster } from './cluster.ts';
import { Faults } from './faults.ts';
import { History } from './history.ts';
import { judgeServers } from './judge.ts';
import { conclude, countsText, say, wholeNumber } from './report.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    nodes: { type: 'string', default: '3' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    clients: { type: 'string', default: '6' },
    netns: { type: 'boolean', default: false },
  },
});
const seconds = wholeNumber('seconds', values.seconds, 1, 86_400);
const nodes = wholeNumber('nodes', values.nodes, 1, 9);
const seed = wholeNumber('seed', values.seed, 0, 2 ** 32 - 1);
const clientCount = wholeNumber('clients', values.clients, 1, 64);
const LEADER_MS = 30_000;
/** So low that logs are compacted every second or two and who was away gets a snapshot. */
const SNAPSHOTS = { threshold: 100, intervalMs: 1_000, trailing: 50 };
const random = seededRandom(seed);
const [faults, errors] = [new Map<string, number>(), new Map<string, number>()];
const [history, violations]: [History, string[]] = [new History(), []];
let cluster: Cluster | undefined;

try {
  cluster = await Cluster.start({ nodes, namespaces: values.netns, snapshots: SNAPSHOTS });
  say(
    `raft-chaos: seed ${seed}, ${nodes} nodes, ${clientCount} clients, ${seconds} s, network: ${cluster.network.name}`,
  );
  await cluster.waitForLeader(LEADER_MS);
  await attack(cluster);
} catch (error) {
  violations.push((error as Error).stack ?? String(error));
}
await conclude(`raft-chaos: seed ${seed}`, violations, cluster);

async function attack(target: Cluster): Promise<void> {
  const clients = new Clients({ cluster: target, history, random: random.fork('clients'), errors });
  const [work, trouble] = [new AbortController(), new AbortController()];
  const working = clients.run(clientCount, work.signal);
  const attacking = new Faults({ cluster: target, random: random.fork('faults'), counts: faults }).run(trouble.signal);
  await Promise.race([pause(seconds * 1_000), attacking, working]);
  trouble.abort();
  await attacking;
  // Some work in peace, so that the end shows a cluster that goes on.
  await pause(2_000);
  work.abort();
  await working;
  violations.push(...(await judgeServers(target, history.acknowledged())));
  if (violations.length === 0) await readAll(target, clients);
  violations.push(...history.violations());
  if (violations.length > 0) keepHistory(target);
  await report(target);
}

/** Every key once more, from servers in turn. */
async function readAll(target: Cluster, clients: Clients): Promise<void> {
  for (const [i, key] of history.keys().entries()) {
    const server = target.servers[i % target.servers.length]!;
    if (!(await clients.read(key, server))) violations.push(`${server.id} does not read ${key} when all is well`);
  }
}

function keepHistory(target: Cluster): void {
  const lines = history.keys().flatMap((key) => history.of(key).map((one) => JSON.stringify({ key, ...one })));
  writeFileSync(join(target.dir, 'history.ndjson'), `${lines.join('\n')}\n`);
}

async function report(target: Cluster): Promise<void> {
  const reads = history.count(({ input }) => input.op === 'get');
  const unknown = history.count(({ answer }) => answer === undefined);
  const changes = history.acknowledged().length;
  say(`operations: ${changes} acknowledged changes, ${reads} reads, ${unknown} changes of unknown outcome`);
  say(`keys checked: ${history.keys().length}; errors: ${countsText(errors)}`);
  say(`faults: ${countsText(faults)}`);
  for (const server of target.servers) {
    const status = await server.status();
    if (status === undefined) continue;
    const { term, applied, checksum } = status;
    const snapshots = countsText(server.snapshots);
    say(`${server.id}: term ${term}, applied ${applied}, checksum ${checksum.toString(16)}, snapshots: ${snapshots}`);
  }
}
