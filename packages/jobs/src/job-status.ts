import type { Run, RunTarget } from './execution.ts';
import type { JobStatus } from './job.ts';

const ENDED: ReadonlySet<RunTarget['state']> = new Set(['success', 'failed', 'lost', 'cancelled']);

/**
 * What a run says about its job. Per node the last attempt decides, so a retry that succeeds heals the failure before
 * it; and nothing is said before the last planned node has ended.
 *
 * @returns `''` while the run is not decided: the job keeps the status it had
 */
export function jobStatusOf(run: Pick<Run, 'targets'>): JobStatus {
  const { targets } = run;
  if (targets.length === 0 || targets.some((target) => !ENDED.has(target.state))) return '';
  const succeeded = targets.filter((target) => target.state === 'success').length;
  if (succeeded === targets.length) return 'success';
  return succeeded === 0 ? 'failed' : 'partially_failed';
}
