import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Plan } from '@dkron/raft/testing';
import type { FailedSeed, SeedReport } from './messages.ts';
import { runSeeds } from './run-seeds.ts';
import { judgedHistories } from './unjudged.ts';

const USAGE = `usage: npm run sim:raft -- [run] [--seeds N] [--seed S] [--steps N] [--nodes 3,5] [--all-faults] [--once] [--shrink] [--out DIR]`;

/** Runs many seeds and prints what came of them. Resolves with whether none failed. */
export async function runCommand(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '500' },
      seed: { type: 'string', default: '1' },
      steps: { type: 'string', default: '3000' },
      nodes: { type: 'string', default: '' },
      workers: { type: 'string', default: String(Math.min(2, availableParallelism())) },
      'all-faults': { type: 'boolean', default: false },
      once: { type: 'boolean', default: false },
      shrink: { type: 'boolean', default: false },
      out: { type: 'string', default: 'raft-sim-failures' },
    },
  });
  const nodes = values.nodes
    .split(',')
    .filter(Boolean)
    .map((text) => positive('nodes', text));
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const { reports, allMarks } = await runSeeds({
    module: '@dkron/raft/testing',
    limits: { steps: positive('steps', values.steps), allFaults: values['all-faults'] },
    nodes,
    firstSeed: positive('seed', values.seed),
    seeds: positive('seeds', values.seeds),
    workers: positive('workers', values.workers),
    twice: !values.once,
    stopAtFailure: false,
    shrink: values.shrink,
    withMarks: true,
  });
  const cpu = process.cpuUsage(cpuBefore);
  const failures = reports.flatMap(({ failed }) => failed ?? []);
  for (const failed of failures) reportFailure(failed, values.out, values.shrink);
  print(reports, allMarks, {
    wallSeconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    runs: values.once ? 1 : 2,
  });
  const judged = judgedHistories(reports.map(({ result }) => result)).enough;
  return failures.length === 0 && judged && reports.length === Number(values.seeds);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new TypeError(`--${name} ${text}: must be 1 or more\n${USAGE}`);
  return value;
}

interface Timing {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly runs: number;
}

function print(reports: readonly SeedReport[], allMarks: readonly string[], timing: Timing): void {
  const sum = (of: (report: SeedReport) => number): number => reports.reduce((total, one) => total + of(one), 0);
  const steps = sum(({ result }) => result.steps);
  const reached = new Set(reports.flatMap(({ result }) => result.marks));
  const missing = allMarks.filter((mark) => !reached.has(mark));
  const hash = createHash('sha256')
    .update(reports.map(({ result }) => result.hash).join())
    .digest('hex');
  const violations = reports.filter(({ failed }) => failed !== undefined).length;
  const lines = [
    `steps       ${steps} (each seed ran ${timing.runs === 2 ? 'twice, counted once' : 'once'})`,
    `seeds       ${reports.length}`,
    `violations  ${violations}`,
    `stranded    ${reports.filter(({ result }) => result.stranded).length}`,
    `operations  ${sum(({ result }) => result.operations)} of clients`,
    judgedHistories(reports.map(({ result }) => result)).text,
    `hash        ${hash.slice(0, 32)}`,
    `steps/s     ${Math.round((steps * timing.runs) / timing.cpuSeconds)} a CPU second, ${Math.round((steps * timing.runs) / timing.wallSeconds)} a second (${timing.wallSeconds.toFixed(1)} s)`,
    `marks       ${allMarks.length - missing.length} of ${allMarks.length} reached${missing.length > 0 ? `, not: ${missing.join(', ')}` : ''}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function reportFailure({ failure, plan, shrunk }: FailedSeed, folder: string, keep: boolean): void {
  process.stdout.write(`FAIL seed ${plan.seed}, ${plan.voters} nodes, step ${failure.steps}: ${failure.message}\n`);
  if (!keep || shrunk === undefined) return;
  mkdirSync(folder, { recursive: true });
  const file = `${folder}/seed-${plan.seed}.json`;
  writeFileSync(file, planText(shrunk.plan, shrunk.failure.message));
  process.stdout.write(
    `  ${shrunk.plan.script.length} of ${plan.script.length} events remain after ${shrunk.runs} runs: ${file}\n`,
  );
}

/** As `planToText`, which lives with the simulator: this thread does not load it. */
function planText(plan: Plan, note: string): string {
  return `${JSON.stringify({ format: 'dkron-raft-plan-1', note, plan }, undefined, 2)}\n`;
}
