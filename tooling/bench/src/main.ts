/** Measures the figures of docs/benchmarks.md. `--only lag,server,rest,raft,gossip,cluster,plugins,executors`; `--jobs 200000`. See README. */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ServerProcess } from '@dkron/harness';
import { clusterFigures } from './cluster/cluster.ts';
import { executorFigures } from './executors/executors.ts';
import { gossipFigures } from './gossip/gossip.ts';
import { lagOf } from './lag.ts';
import { loadJobs } from './load-jobs.ts';
import { pluginFigures } from './plugins/plugins.ts';
import { raftFigures } from './raft/raft.ts';
import { restFigures } from './rest/rest.ts';
import { editCost, restingRss } from './server-bench.ts';
import { shellRate } from './shell-rate.ts';
import type { ShellRate } from './shell-rate.ts';
import type { Figure } from './table.ts';
import { median, tableOf } from './table.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'lag,server,rest' },
    jobs: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    quick: { type: 'boolean', default: false },
    parts: { type: 'string', default: '' },
    'in-flight': { type: 'string', default: '1,64,512' },
  },
});
// An end that leaves nothing behind.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));
const parts = new Set(values.only.split(','));
const jobCount = Number(values.jobs);
const figures: Figure[] = [];
const IN_FLIGHT = 32;
/** Servers that are loaded for the figure of memory, and how long each rests. */
const MEMORY_ROUNDS = 3;
const MEMORY_REST_S = 60;
const SHELL_ROUNDS = 5;

interface ShellRound {
  readonly small: ShellRate;
  readonly large: ShellRate;
}

if (parts.has('lag')) for (const count of [1_000, 10_000]) figures.push(...(await lagFigures(count)));
if (parts.has('server')) await serverFigures();
if (parts.has('rest')) figures.push(...(await restFigures(jobCount)));
if (parts.has('raft')) {
  const measureMs = Number(values.seconds) * 1000;
  const inFlight = values['in-flight'].split(',').map(Number);
  figures.push(...(await raftFigures({ rounds: Number(values.rounds), measureMs, inFlight })));
}
if (parts.has('gossip')) {
  figures.push(...(await gossipFigures({ rounds: Number(values.rounds), measureMs: Number(values.seconds) * 1000 })));
}
if (parts.has('plugins')) {
  // Eight rates each round: with a fifth of the time the whole takes less than a minute.
  const measureMs = Number(values.seconds) * 200;
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  figures.push(...(await pluginFigures({ rounds: Number(values.rounds), measureMs, say })));
}
if (parts.has('executors')) {
  // Twelve rates each round.
  figures.push(...executorFigures({ rounds: Number(values.rounds), seconds: Number(values.seconds) / 5 }));
}
if (parts.has('cluster')) {
  const chosen = values.parts.split(',').filter((part) => part !== '');
  figures.push(...(await clusterFigures({ quick: values.quick, parts: chosen })));
}
process.stdout.write(`${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}\n\n`);
process.stdout.write(`${tableOf(figures)}\n`);
process.exitCode = figures.every((figure) => figure.met) ? 0 : 1;

async function lagFigures(count: number): Promise<Figure[]> {
  const lag = await lagOf(count);
  const floor = `${ms(lag.floorMs)} (timer ${ms(lag.timerMs)}, next ${ms(lag.nextMs)}, commit ${ms(lag.commitMs)})`;
  const name = `lag p99 of ${count.toLocaleString('en')} jobs due in one second`;
  const warm = lag.p99Ms / lag.floorMs;
  const cold = lag.coldP99Ms / lag.floorMs;
  return [
    { name, ours: ms(lag.p99Ms), floor, ratio: warm, target: '≤ 5', met: warm <= 5 },
    {
      name: 'the same in the first second after the start',
      ours: ms(lag.coldP99Ms),
      floor,
      ratio: cold,
      target: 'none',
      met: true,
    },
  ];
}

async function serverFigures(): Promise<void> {
  const empty = await onServer(async (server) => {
    const single = await shellRate(server.url, 1);
    await loadJobs(server.url, 0, 100);
    await editCost(server.url, 100, 300);
    return { single, edit: await editCost(server.url, 100, 400) };
  });
  const perJob: number[] = [];
  for (let round = 1; round < MEMORY_ROUNDS; round++) perJob.push(await onServer(memoryPerJob));
  await onServer(async (server) => {
    perJob.push(await memoryPerJob(server));
    const answer = await (await fetch(`${server.url}/v1/jobs/load-000001`)).arrayBuffer();
    memoryFigure(perJob, answer.byteLength);
    editFigure(await editCost(server.url, jobCount, 400), empty.edit);
    shellFigures(await shellRounds(server), empty.single);
  });
}

/** A server of its own for `work`, with nothing stored. */
async function onServer<T>(work: (server: ServerProcess) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'dkron-bench-'));
  const server = await ServerProcess.start({ dataDir: join(directory, 'data'), args: ['--log-level=warn'] });
  try {
    return await work(server);
  } finally {
    await server.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Growth of a server that does nothing but store jobs, a minute after the last. */
async function memoryPerJob(server: ServerProcess): Promise<number> {
  const emptyRss = await restingRss(server.pid);
  await loadJobs(server.url, 0, jobCount);
  return ((await restingRss(server.pid, MEMORY_REST_S)) - emptyRss) / jobCount;
}

function editFigure(large: number, small: number): void {
  const ratio = large / small;
  const name = `edit at ${jobCount.toLocaleString('en')} jobs, beside 100`;
  figures.push({ name, ours: ms(large), floor: ms(small), ratio, target: '≤ 1.5', met: ratio <= 1.5 });
}

function memoryFigure(perJob: readonly number[], answerBytes: number): void {
  const middle = median(perJob);
  const ratio = middle / answerBytes;
  const name = `resident memory per job at ${jobCount.toLocaleString('en')}, beside its GET answer`;
  const ours = `${Math.round(middle)} B (${Math.round(Math.min(...perJob))}–${Math.round(Math.max(...perJob))})`;
  figures.push({ name, ours, floor: `${answerBytes} B`, ratio, target: '≤ 1.9', met: ratio <= 1.9 });
}

/** An empty server and the loaded one, in turn: the machine is not as fast in one minute as in the next. */
async function shellRounds(loaded: ServerProcess): Promise<ShellRound[]> {
  return await onServer(async (empty) => {
    const rounds: ShellRound[] = [];
    while (rounds.length < SHELL_ROUNDS) {
      const small = await shellRate(empty.url, IN_FLIGHT);
      rounds.push({ small, large: await shellRate(loaded.url, IN_FLIGHT) });
    }
    return rounds;
  });
}

function shellFigures(rounds: readonly ShellRound[], single: ShellRate): void {
  const small = middle(rounds.map((round) => round.small));
  floorFigure(`shell executions/s, ${IN_FLIGHT} in flight, beside a C vfork loop of sh -c true`, small, true);
  floorFigure('shell executions/s, one in flight, beside the same loop', single, false);
  const ratio = median(rounds.map((round) => round.large.rate / round.small.rate));
  const ours = per(median(rounds.map((round) => round.large.rate)));
  const name = `shell executions/s with ${jobCount.toLocaleString('en')} jobs, beside none, in turn`;
  figures.push({ name, ours, floor: per(small.rate), ratio, target: '≥ 0.9', met: ratio >= 0.9 });
}

/** The round whose ratio to its floor is in the middle. */
function middle(rates: readonly ShellRate[]): ShellRate {
  const sorted = rates.toSorted((a, b) => a.rate / (a.floor ?? 1) - b.rate / (b.floor ?? 1));
  return sorted[Math.floor(sorted.length / 2)]!;
}

function floorFigure(name: string, { rate, floor }: ShellRate, judged: boolean): void {
  if (floor === undefined) return;
  const ratio = rate / floor;
  const target = judged ? '≥ 0.5' : 'none';
  figures.push({ name, ours: per(rate), floor: per(floor), ratio, target, met: !judged || ratio >= 0.5 });
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`;
}

function per(value: number): string {
  return `${Math.round(value)}/s`;
}
