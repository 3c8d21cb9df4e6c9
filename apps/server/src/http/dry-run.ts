import { formatRfc3339 } from '@dkron/cron';
import { comingTick, jobValue, ordered, writeGoJson } from '@dkron/jobs';
import type { EpochNanos } from '@dkron/runtime';
import type { DryRun } from '../services/dry-run.ts';

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
