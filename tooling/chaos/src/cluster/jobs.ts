import { statusOf, until } from '@dkron/harness';

const CREATE_MS = 60_000;
/** More than any run of faults takes away: what was decided has to run at last. */
export const RETRIES = 30;
const SLOW_EVERY = 10;
export const PROBE = 'probe';

/** Nodes that jobs run on have this tag. */
export const WORK_TAG = '--tag=pool=work';

/**
 * Creates jobs that are due every second and may miss no tick. Each run leaves a line: id of the execution, attempt.
 * @returns job → ms since 1970 when its creation was acknowledged
 */
export async function createJobs(url: string, count: number, marksFile: string): Promise<Map<string, number>> {
  const since = new Map<string, number>();
  await put(url, { name: PROBE, schedule: '@manually', ...shell('true') });
  for (let i = 0; i < count; i++) {
    const name = `tick-${i}`;
    const mark = `echo "$DKRON_EXECUTION_ID $DKRON_ATTEMPT" >> ${marksFile}`;
    const command = i % SLOW_EVERY === 0 ? `${mark}; sleep 1.5` : mark;
    await put(url, { name, schedule: '@every 1s', catchup: 'all', retries: RETRIES, ...shell(command) });
    since.set(name, Date.now());
  }
  return since;
}

function shell(command: string): object {
  return { executor: 'shell', executor_config: { shell: 'true', command }, tags: { pool: 'work:1' } };
}

async function put(url: string, job: object): Promise<void> {
  const body = JSON.stringify(job);
  await until('creation of a job', CREATE_MS, async () => {
    const status = await statusOf(`${url}/v1/jobs`, { method: 'POST', body });
    if (status !== 201 && status !== 0 && status !== 503) throw new Error(`create: ${status} for ${body}`);
    return status === 201 ? true : undefined;
  });
}
