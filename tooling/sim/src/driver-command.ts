import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { DriverResult } from '@dkron/raft/testing';
import { runDriverSeeds } from './run-driver-seeds.ts';
import { judgedHistories } from './unjudged.ts';

const USAGE = 'usage: npm run sim:raft -- driver [--seeds N] [--seed S] [--workers N] [--once]';

/** Runs real nodes on simulated disks over many seeds. Resolves with whether none failed. */
export async function driverCommand(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      workers: { type: 'string', default: String(Math.min(2, availableParallelism())) },
      once: { type: 'boolean', default: false },
    },
  });
  const startedAt = performance.now();
  const seeds = positive('seeds', values.seeds);
  const results = await runDriverSeeds({
    module: '@dkron/raft/testing',
    firstSeed: positive('seed', values.seed),
    seeds,
    workers: positive('workers', values.workers),
    twice: !values.once,
    stopAtFailure: false,
  });
  for (const { seed, failure } of results) {
    if (failure !== undefined) process.stdout.write(`FAIL seed ${seed}, ${failure.timeMs} ms: ${failure.message}\n`);
  }
  const violations = results.filter(({ failure }) => failure !== undefined).length;
  print(results, violations, (performance.now() - startedAt) / 1000);
  return violations === 0 && judgedHistories(results).enough && results.length === seeds;
}

function print(results: readonly DriverResult[], violations: number, seconds: number): void {
  const sum = (of: (result: DriverResult) => number): number => results.reduce((total, one) => total + of(one), 0);
  const counts = new Map<string, number>();
  for (const mark of results.flatMap(({ marks }) => marks)) counts.set(mark, (counts.get(mark) ?? 0) + 1);
  const hash = createHash('sha256')
    .update(results.map((result) => result.hash).join())
    .digest('hex');
  const lines = [
    `seeds       ${results.length}`,
    `violations  ${violations}`,
    `events      ${sum(({ events }) => events)}, calls of cores ${sum(({ steps }) => steps)}`,
    `operations  ${sum(({ operations }) => operations)} of clients`,
    judgedHistories(results).text,
    `hash        ${hash.slice(0, 32)}`,
    `time        ${seconds.toFixed(1)} s`,
    'seeds that met',
    ...[...counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([mark, count]) => `  ${String(count).padStart(5)} ${mark}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new TypeError(`--${name} ${text}: must be 1 or more\n${USAGE}`);
  return value;
}
