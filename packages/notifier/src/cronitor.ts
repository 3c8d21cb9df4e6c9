import type { Notice } from '@dkron/jobs';
import { idempotencyKeyOf } from '@dkron/jobs';
import { callHttp, type HttpPool } from './http-call.ts';
import type { Deliver } from './ports.ts';

/** Tells a Cronitor monitor, named like the job, of starts and ends. */
export function cronitorDelivery(endpoint: string, pool: HttpPool): Deliver {
  return async (notice, signal) => {
    const headers = new Headers({ 'idempotency-key': encodeURI(idempotencyKeyOf(notice)) });
    await callHttp(pool, { method: 'GET', url: cronitorUrl(endpoint, notice), headers }, signal);
  };
}

/** As the original: keys in order, and a failed run that is "complete" by its message. */
export function cronitorUrl(endpoint: string, { event, execution }: Pick<Notice, 'event' | 'execution'>): string {
  const { jobName, nodeName, id, state } = execution;
  const start = event === 'start';
  const query = new URLSearchParams({
    host: nodeName,
    message: start ? 'Job run by Dkron' : 'Job complete by Dkron',
    series: id,
    state: start ? 'run' : state === 'success' ? 'complete' : 'fail',
  });
  return `${endpoint}/${encodeURIComponent(jobName)}?${query.toString()}`;
}
