import { formatRfc3339 } from '@dkron/cron';
import { comingTick, jobValue, ordered, writeGoJson } from '@dkron/jobs';
import type { EpochNanos } from '@dkron/runtime';
import type { DryRun } from '../services/dry-run.ts';
import { invalid } from './query-checks.ts';
import type { Query } from './query.ts';
import { first } from './query.ts';

/** `?dry_run`, `?dry_run=true`. Throws {@link ApiError} 400 for another value: a typo must not store the job. */
export function isDryRun(query: Query): boolean {
  const text = first(query, 'dry_run') ?? 'false';
  if (text === 'true' || text === '') return true;
  if (text === 'false') return false;
  throw invalid('dry_run', text, 'true, false');
}

/** `job` is what GET would show. */
export function dryRunJson({ job, next, warnings }: DryRun, now: EpochNanos, pretty: boolean): string {
  const value = ordered(
    ['valid', true],
    ['job', jobValue(job, { coming: comingTick(job, now) })],
    ['next', next.map((tick) => formatRfc3339(tick))],
    ['warnings', warnings],
  );
  return writeGoJson(value, { pretty });
}
