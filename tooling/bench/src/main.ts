/** Measures the figures of docs/benchmarks.md. `--only lag,server`; `--jobs 200000`. See README. */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ServerProcess } from '@dkron/harness';
import { lagOf } from './lag.ts';
import { loadJobs } from './load-jobs.ts';
import { editCost, restingRss, shellRate } from './server-bench.ts';
import type { Figure } from './table.ts';
import { tableOf } from './table.ts';
import { vforkRate } from './vfork.ts';

const { values } = parseArgs({
  options: { only: { type: 'string', default: 'lag,server' }, jobs: { type: 'string', default: '200000' } },
});
const parts = new Set(values.only.split(','));
const jobCount = Number(values.jobs);
const figures: Figure[] = [];

if (parts.has('lag')) for (const count of [1_000, 10_000]) figures.push(await lagFigure(count));
if (parts.has('server')) await serverFigures();
process.stdout.write(`${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}\n\n`);
process.stdout.write(`${tableOf(figures)}\n`);
process.exitCode = figures.every((figure) => figure.met) ? 0 : 1;

async function lagFigure(count: number): Promise<Figure> {
  const lag = await lagOf(count);
  const ratio = lag.p99Ms / lag.floorMs;
  const floor = `${ms(lag.floorMs)} (timer ${ms(lag.timerMs)}, next ${ms(lag.nextMs)}, commit ${ms(lag.commitMs)})`;
  const name = `lag p99 of ${count.toLocaleString('en')} jobs due in one second`;
  return { name, ours: ms(lag.p99Ms), floor, ratio, target: '≤ 5', met: ratio <= 5 };
}

async function serverFigures(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'dkron-bench-'));
  const server = await ServerProcess.start({ dataDir: join(directory, 'data'), args: ['--log-level=warn'] });
  try {
    const emptyRss = await restingRss(server.pid);
    const [floorA, shellSmall, floorB] = [vforkRate(3_000), await shellRate(server, 8_000), vforkRate(3_000)];
    await loadJobs(server.url, 0, 100);
    await editCost(server.url, 100, 300);
    const editSmall = await editCost(server.url, 100, 400);
    await loadJobs(server.url, 100, jobCount);
    const rss = (await restingRss(server.pid, 15)) - emptyRss;
    const editLarge = await editCost(server.url, jobCount, 400);
    const answer = await (await fetch(`${server.url}/v1/jobs/load-000001`)).arrayBuffer();
    const [floorC, shellLarge] = [vforkRate(3_000), await shellRate(server, 8_000)];
    memoryFigure(rss / jobCount, answer.byteLength);
    const edit = editLarge / editSmall;
    figures.push({
      name: `edit at ${jobCount.toLocaleString('en')} jobs, beside 100`,
      ours: ms(editLarge),
      floor: ms(editSmall),
      ratio: edit,
      target: '≤ 1.5',
      met: edit <= 1.5,
    });
    shellFigures(shellSmall, shellLarge, [floorA, floorB, floorC]);
  } finally {
    await server.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}

function memoryFigure(perJob: number, answerBytes: number): void {
  const ratio = perJob / answerBytes;
  const name = `resident memory per job at ${jobCount.toLocaleString('en')}, beside its GET answer`;
  const ours = `${Math.round(perJob)} B`;
  figures.push({ name, ours, floor: `${answerBytes} B`, ratio, target: '≤ 1.9', met: ratio <= 1.9 });
}

function shellFigures(small: number, large: number, floors: readonly (number | undefined)[]): void {
  const known = floors.filter((floor) => floor !== undefined).toSorted((a, b) => a - b);
  const floor = known[Math.floor(known.length / 2)];
  if (floor !== undefined) {
    const ratio = small / floor;
    const name = 'shell executions/s, beside a C vfork loop of sh -c true';
    figures.push({ name, ours: per(small), floor: per(floor), ratio, target: '≥ 0.5', met: ratio >= 0.5 });
  }
  const same = large / small;
  const name = `shell executions/s with ${jobCount.toLocaleString('en')} jobs, beside none`;
  figures.push({ name, ours: per(large), floor: per(small), ratio: same, target: '≥ 0.9', met: same >= 0.9 });
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`;
}

function per(value: number): string {
  return `${Math.round(value)}/s`;
}
