import { Controller, Delete, Get, Headers, Inject, Param, Patch, Post, Put, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { StoredJob } from '@dkron/jobs';
import { comingTick, echoJobJson, jobToJson } from '@dkron/jobs';
import type { NodeContext } from '../node-context.ts';
import { JobsService } from '../services/jobs.service.ts';
import { answerJson, etagOf, locationHeader } from './answers.ts';
import { createdHeaders } from './created-job.ts';
import { dryRunJson } from './dry-run.ts';
import type { JobReads } from './job-reads.ts';
import { preconditionOf } from './precondition.ts';
import { switched } from './query-checks.ts';
import type { Query as QueryMap } from './query.ts';
import { has, pretty } from './query.ts';
import { JOB_READS, JOBS_SERVICE, NODE_CONTEXT } from './tokens.ts';

const NO_BODY = new Uint8Array();

type PutRequest = FastifyRequest<{ Body: Uint8Array | undefined; Querystring: QueryMap }>;

@Controller('v1/jobs')
export class JobsController {
  readonly #jobs: JobsService;
  readonly #reads: JobReads;
  readonly #node: NodeContext;

  constructor(
    @Inject(JOBS_SERVICE) jobs: JobsService,
    @Inject(JOB_READS) reads: JobReads,
    @Inject(NODE_CONTEXT) node: NodeContext,
  ) {
    this.#jobs = jobs;
    this.#reads = reads;
    this.#node = node;
  }

  @Get()
  list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.#reads.list(request as Parameters<JobReads['list']>[0], reply);
  }

  @Post()
  create(@Req() request: PutRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#put(request, reply);
  }

  @Patch()
  replace(@Req() request: PutRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#put(request, reply);
  }

  /** The name in the path is ignored, as the original does: the body's `name` decides. */
  @Put(':job')
  replaceNamed(@Req() request: PutRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#put(request, reply);
  }

  @Get(':job')
  get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.#reads.one(request as Parameters<JobReads['one']>[0], reply);
  }

  @Delete(':job')
  async delete(
    @Param('job') name: string,
    @Headers() headers: FastifyRequest['headers'],
    @Query() query: QueryMap,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    this.#answer(reply, await this.#jobs.delete(name, preconditionOf(headers, this.#node.store.getJob(name))), query);
  }

  @Post(':job/toggle')
  async toggle(
    @Param('job') name: string,
    @Query() query: QueryMap,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const job = await this.#jobs.toggle(name, preconditionOf(request.headers, this.#node.store.getJob(name)));
    this.#answer(reply, job, query, { location: locationHeader(request.originalUrl) });
  }

  async #put(request: PutRequest, reply: FastifyReply): Promise<void> {
    const { body = NO_BODY, query } = request;
    this.#jobs.assertSubmissionsOpen();
    const parsed = this.#jobs.parse(body);
    const precondition = preconditionOf(request.headers, this.#node.store.getJob(parsed.definition.name));
    if (switched(query, 'dry_run', false)) {
      const outcome = this.#jobs.dryRun(parsed, precondition);
      return answerJson(reply, dryRunJson(outcome, this.#node.clock.wallNanos(), pretty(query)));
    }
    const job = await this.#jobs.put(parsed, precondition);
    if (has(query, 'runoncreate')) this.#jobs.runOnCreate(job.definition.name);
    answerJson(reply, echoJobJson(parsed, { pretty: pretty(query) }), {
      status: 201,
      headers: createdHeaders(this.#node, request.originalUrl, job),
    });
  }

  #answer(reply: FastifyReply, job: StoredJob, query: QueryMap, headers: Readonly<Record<string, string>> = {}): void {
    answerJson(reply, this.#json(job, query), { headers: { etag: etagOf(job.state), ...headers } });
  }

  #json(job: StoredJob, query: QueryMap): string {
    return jobToJson(job, { coming: comingTick(job, this.#node.clock.wallNanos()), pretty: pretty(query) });
  }
}
