import { Controller, Headers, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Run, StoredJob } from '@dkron/jobs';
import { jobToJson } from '@dkron/jobs';
import type { NodeContext } from '../node-context.ts';
import { JobsService, notFound } from '../services/jobs.service.ts';
import { answerJson, etagOf, locationHeader } from './answers.ts';
import { stringifyJson } from './json.ts';
import { invalid, switched } from './query-checks.ts';
import type { Query as QueryMap } from './query.ts';
import { pretty } from './query.ts';
import { JOBS_SERVICE, NODE_CONTEXT } from './tokens.ts';

const TOKEN_LENGTH_MAX = 128;

/** Runs a job now. As the original, the answer waits for the run and all it causes, unless `?wait=false`. */
@Controller('v1/jobs')
export class RunsController {
  readonly #jobs: JobsService;
  readonly #node: NodeContext;

  constructor(@Inject(JOBS_SERVICE) jobs: JobsService, @Inject(NODE_CONTEXT) node: NodeContext) {
    this.#jobs = jobs;
    this.#node = node;
  }

  @Post([':job', ':job/run'])
  @HttpCode(200)
  async run(
    @Param('job') name: string,
    @Query() query: QueryMap,
    @Headers('idempotency-key') token: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const before = this.#node.store.getJob(name);
    if (!before) throw notFound(`job ${name} does not exist`);
    const waits = switched(query, 'wait', true);
    const run = await this.#jobs.run(name, {
      respectConcurrency: switched(query, 'respect_concurrency', false),
      token: keyOf(token ?? ''),
    });
    if (!waits) return this.#answerAccepted(reply, run, query);
    if (await this.#settled(run, reply)) this.#answerDone(reply, request, before, query);
  }

  /** False when the client went away meanwhile: the run goes on, and nobody is left to be answered. */
  async #settled(run: Run, reply: FastifyReply): Promise<boolean> {
    const gone = new AbortController();
    const close = (): void => gone.abort();
    reply.raw.once('close', close);
    try {
      await this.#node.engine.waitSettled(run.rootGroup, gone.signal);
      return true;
    } catch (error) {
      if (gone.signal.aborted) return false;
      throw error;
    } finally {
      // Every answer closes: an abort then would make an error with its stack for nobody.
      reply.raw.off('close', close);
    }
  }

  #answerAccepted(reply: FastifyReply, run: Run, query: QueryMap): void {
    const body = {
      job_name: run.jobName,
      group: run.group,
      executions: run.targets.map((target) => target.executionId),
    };
    answerJson(reply, stringifyJson(body, { pretty: pretty(query) }), { status: 202 });
  }

  /** As the original answers: the job as it was before the run, but for `next`, which is the timetable's. */
  #answerDone(reply: FastifyReply, request: FastifyRequest, job: StoredJob, query: QueryMap): void {
    const coming = this.#node.planner.nextActivation(job, this.#node.clock.wallNanos());
    answerJson(reply, jobToJson(job, { coming, pretty: pretty(query) }), {
      headers: { location: locationHeader(request.originalUrl), etag: etagOf(job.state) },
    });
  }
}

/** Throws {@link ApiError} 400 when it is too long: cut short, two keys could be one. */
function keyOf(token: string): string {
  if (token.length <= TOKEN_LENGTH_MAX) return token;
  throw invalid('Idempotency-Key', token, `at most ${TOKEN_LENGTH_MAX} characters`);
}
