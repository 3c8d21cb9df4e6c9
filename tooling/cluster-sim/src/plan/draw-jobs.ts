import type { JobDefinition } from '@dkron/jobs';
import { newDefinition } from '@dkron/jobs';
import type { Random } from '@dkron/runtime';
import type { PlannedJob } from './plan.ts';

const SCHEDULES: readonly (readonly [string, number])[] = [
  ['@every 3s', 3],
  ['@every 5s', 5],
  ['@every 7s', 7],
  ['@every 20s', 20],
  ['*/5 * * * * *', 5],
  ['*/10 * * * * *', 10],
  ['*/15 * * * * *', 15],
  ['0 * * * * *', 60],
];
const CATCHUPS = ['skip', 'last', 'all'] as const;

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.nextInt(items.length)]!;
}

export function definitionOf(name: string, over: Partial<JobDefinition>): JobDefinition {
  return newDefinition({ name, executor: 'sim', ...over });
}

/** Some jobs with all that makes a difference; the last one may be a child of the first. */
export function drawJobs(random: Random, agents: number): PlannedJob[] {
  const count = 3 + random.nextInt(5);
  return Array.from({ length: count }, (_, i) => drawJob(random, `job-${i}`, agents, i === count - 1 ? 'job-0' : ''));
}

function drawJob(random: Random, name: string, agents: number, parent: string): PlannedJob {
  const isChild = parent !== '' && random.nextInt(2) === 0;
  const [schedule, periodS] = isChild ? (['', 0] as const) : pick(random, SCHEDULES);
  // Short ones, about a period, and longer than that.
  const runMs = pick(random, [0, 20, 800, 2500, 6000, 15_000]) + random.nextInt(500);
  const concurrency = pick(random, ['allow', 'forbid', 'forbid'] as const);
  // Longer than any lease and hold: only where they do not pile up.
  const isLong = concurrency === 'forbid' && random.nextInt(3) === 0;
  const definition = definitionOf(name, {
    schedule,
    parentJob: isChild ? parent : '',
    concurrency,
    retries: pick(random, [0, 0, 1, 2]),
    catchup: pick(random, CATCHUPS),
    tags: tagsOf(random, periodS, agents),
    executorConfig: { runMs: String(isLong ? 45_000 : runMs), failUntil: String(pick(random, [0, 0, 0, 1, 3])) },
    timeout: random.nextInt(6) === 0 ? '4s' : '',
  });
  return { definition, periodS };
}

/** Everywhere only what is rare: that is a run on each node. */
function tagsOf(random: Random, periodS: number, agents: number): JobDefinition['tags'] {
  if (periodS >= 15 && random.nextInt(4) === 0) return null;
  if (agents > 0 && random.nextInt(3) > 0) return { kind: pick(random, ['agent:1', 'agent:1', 'agent:2']) };
  return { role: pick(random, ['dkron:1', 'dkron:1', 'dkron:2']) };
}
