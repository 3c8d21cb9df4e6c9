/** Three servers and three agents, attacked in every way; then ledger, executions and side effects are compared. See README. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { namespacesIfPermitted, ProcessCluster } from '@dkron/harness';
import { seededRandom } from '@dkron/runtime/testing';
import { byChance, killLeaders, script } from './attack.ts';
import { Clocks } from './clocks.ts';
import { finalVerdict, quantiles } from './final.ts';
import { createJobs, WORK_TAG } from './jobs.ts';
import { SmallDisk } from './small-disk.ts';
import { Stage } from './stage.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '0' },
    script: { type: 'string' },
    seconds: { type: 'string', default: '0' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    jobs: { type: 'string', default: '200' },
    profile: { type: 'string', default: 'lan' },
    loopback: { type: 'boolean', default: false },
    install: { type: 'boolean', default: false },
  },
});
const SERVERS = ['s1', 's2', 's3'];
const AGENTS = ['a1', 'a2', 'a3'];
const DISK_MIB = 768;
const SHOWN = 30;
const LOG_SHOWN = 3_000;
/** Nothing that is to be compared may be trimmed. */
const KEEP_ALL = ['--execution-retention=0', '--ledger-retention=1000000'];

const folder = mkdtempSync(join(tmpdir(), 'dkron-chaos-'));
const marksFile = join(folder, 'marks');
const random = seededRandom(Number(values.seed));
// Steps and full disks only where they are asked for: they cost every run a little.
const everything = values.script !== undefined || values.seconds !== '0';
const clocks = everything ? await Clocks.find(folder, values.install) : undefined;
const network = await namespacesIfPermitted(!values.loopback);
const cluster = await ProcessCluster.prepare({
  names: SERVERS,
  agents: AGENTS,
  network,
  args: ['--log-level=warn', `--profile=${values.profile}`],
  // The last server, whose disk may be full, runs no jobs.
  argsOf: (name) => [...(name === 's3' ? [] : [WORK_TAG]), ...(AGENTS.includes(name) ? [] : KEEP_ALL)],
  envOf: (name) => clocks?.envOf(name) ?? {},
});
mkdirSync(cluster.dataDirOf('s3'), { recursive: true });
const disk = everything ? SmallDisk.mount(cluster.dataDirOf('s3'), DISK_MIB) : undefined;
// After the nodes, which the harness ends first.
process.once('exit', () => disk?.unmount());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

const stage = new Stage({ cluster, random, clocks, disk });
const violations = await run().catch((error: unknown) => [
  ...stage.violations,
  (error as Error).stack ?? String(error),
]);
for (const violation of violations.slice(0, SHOWN)) process.stdout.write(`VIOLATION ${violation}\n`);
if (violations.length === 0) {
  cluster.closeNow();
  disk?.unmount();
  await cluster.close();
  rmSync(folder, { recursive: true, force: true });
} else {
  for (const name of cluster.nodes.filter((one) => cluster.runs(one))) {
    process.stdout.write(`--- ${name}\n${cluster.server(name).log.slice(-LOG_SHOWN)}\n`);
  }
  process.stdout.write(`--- folders are kept in ${folder} and ${cluster.folder}\n`);
}
const result = violations.length === 0 ? 'ok, 0 violations' : `FAILED, ${violations.length} violations`;
process.stdout.write(`cluster chaos: seed ${values.seed}: ${result}\n`);
process.exit(violations.length === 0 ? 0 : 1);

async function run(): Promise<readonly string[]> {
  const where = [`network: ${network.name}`, `loss: ${network.lossTool ?? 'none'}`];
  if (everything) where.push(`clocks: ${clocks ? 'libfaketime' : 'none'}`, `small disk: ${disk ? 'yes' : 'no'}`);
  stage.say(`cluster chaos: seed ${values.seed}, ${values.jobs} jobs due each second, ${where.join(', ')}`);
  await cluster.launchAll(cluster.nodes);
  const leader = await stage.untilWell();
  const since = await createJobs(cluster.server(leader).url, Number(values.jobs), marksFile);
  if (values.script !== undefined)
    await script(
      stage,
      values.script.split(',').filter((name) => name !== 'all'),
    );
  if (values.seconds !== '0') await byChance(stage, Number(values.seconds));
  const timesMs = await killLeaders(stage, Number(values.kills));
  const found = await finalVerdict(stage, since, marksFile);
  const counts = [...stage.counts].map(([name, count]) => `${name} ${count}`).join(', ');
  stage.say(`done: ${counts}`);
  if (timesMs.length > 0) {
    stage.say(`kill -9 of the leader → first decision by the next, ${timesMs.length} times: ${quantiles(timesMs)}`);
  }
  return found;
}
