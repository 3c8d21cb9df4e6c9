import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { JobReads } from './job-reads.ts';
import type { DirectWrites } from './direct-writes.ts';
import type { JobsController } from './jobs.controller.ts';
import type { Query } from './query.ts';
import type { RunsController } from './runs.controller.ts';

export interface HotRoutesModules {
  readonly reads: JobReads;
  readonly jobs: Pick<JobsController, 'create'>;
  readonly runs: Pick<RunsController, 'run'>;
  readonly directWrites: Pick<DirectWrites, 'throwMet'>;
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/**
 * Serves the busiest routes of the controllers without Nest's pipeline, which costs more than a short answer. What they
 * throw comes to the same filter. A create is a replace, whatever its method. Call before the routes are registered.
 */
export function takeHotRoutes(fastify: FastifyInstance, { reads, jobs, runs, directWrites }: HotRoutesModules): void {
  const put: Handler = (request, reply) => jobs.create(request as Parameters<JobsController['create']>[0], reply);
  const run: Handler = (request, reply) => {
    const { job = '' } = request.params as { readonly job?: string };
    const token = request.headers['idempotency-key'] as string | undefined;
    return runs.run(job, request.query as Query, token, request, reply);
  };
  const handlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
    ['GET /v1/jobs', (request, reply) => reads.list(request as Parameters<JobReads['list']>[0], reply)],
    ['GET /v1/jobs/:job', (request, reply) => reads.one(request as Parameters<JobReads['one']>[0], reply)],
    [
      'POST /v1/jobs',
      (request, reply) => {
        directWrites.throwMet(request.raw);
        return put(request, reply);
      },
    ],
    ['PATCH /v1/jobs', put],
    ['PUT /v1/jobs/:job', put],
    ['POST /v1/jobs/:job', run],
    ['POST /v1/jobs/:job/run', run],
  ]);
  fastify.addHook('onRoute', (route) => {
    const handler = handlers.get(`${String(route.method)} ${route.url}`);
    if (handler !== undefined) route.handler = handler as typeof route.handler;
  });
}
