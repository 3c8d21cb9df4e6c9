import { Controller, Delete, Get, Inject, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Execution } from '@dkron/jobs';
import { comingTick, executionToJson, jobToJson } from '@dkron/jobs';
import type { NodeContext } from '../node-context.ts';
import { JobsService, notFound } from '../services/jobs.service.ts';
import { answerJson, jsonList } from './answers.ts';
import { limitedOutput } from './output-limit.ts';
import type { Query as QueryMap } from './query.ts';
import { first, pretty, slice } from './query.ts';
import { EXECUTION_SORT_KEYS } from './schemas/job-queries.ts';
import { unknownSortKey } from './sort-key.ts';
import { JOBS_SERVICE, NODE_CONTEXT } from './tokens.ts';

type SortKey = (typeof EXECUTION_SORT_KEYS)[number];

/** Executions of one job, as the original lists them: pending ones are not shown. */
@Controller('v1/jobs')
export class JobExecutionsController {
  readonly #jobs: JobsService;
  readonly #node: NodeContext;

  constructor(@Inject(JOBS_SERVICE) jobs: JobsService, @Inject(NODE_CONTEXT) node: NodeContext) {
    this.#jobs = jobs;
    this.#node = node;
  }

  @Get(':job/executions')
  list(@Param('job') name: string, @Query() query: QueryMap, @Res() reply: FastifyReply): void {
    const { store } = this.#node;
    const job = store.getJob(name);
    if (!job) throw notFound(`job ${name} does not exist`);
    const sort = sortKey(first(query, '_sort'));
    const executions = store.executions(name).filter((execution) => execution.state !== 'pending');
    executions.sort(comparator(sort, first(query, '_order') ?? 'DESC'));
    const { start, end } = slice(query, Number.MAX_SAFE_INTEGER);
    const options = { zone: job.definition.timezone, pretty: pretty(query) };
    const items = executions.slice(start, end).map((execution) => {
      const { output, truncated } = limitedOutput(store.getOutput(execution.id), first(query, 'output_size_limit'));
      return executionToJson(execution, { ...options, output, outputTruncated: truncated });
    });
    answerJson(reply, jsonList(items, options.pretty), { headers: { 'x-total-count': String(executions.length) } });
  }

  @Delete(':job/executions')
  async delete(@Param('job') name: string, @Query() query: QueryMap, @Res() reply: FastifyReply): Promise<void> {
    const job = await this.#jobs.deleteExecutions(name);
    const coming = comingTick(job, this.#node.clock.wallNanos());
    answerJson(reply, jobToJson(job, { coming, pretty: pretty(query) }));
  }

  @Get(':job/executions/:execution')
  get(
    @Param('job') name: string,
    @Param('execution') id: string,
    @Query() query: QueryMap,
    @Res() reply: FastifyReply,
  ): void {
    const { store } = this.#node;
    const execution = store.getExecution(id);
    if (!execution || execution.jobName !== name || execution.state === 'pending') {
      throw notFound(`job ${name} has no execution ${id}`);
    }
    const output = store.getOutput(id)?.tail ?? new Uint8Array();
    answerJson(reply, executionToJson(execution, { output, pretty: pretty(query) }));
  }
}

function sortKey(text: string | undefined): SortKey {
  if (text === undefined || text === '') return 'id';
  return EXECUTION_SORT_KEYS.find((key) => key === text) ?? unknownSortKey(text, EXECUTION_SORT_KEYS);
}

function comparator(key: SortKey, order: string): (a: Execution, b: Execution) => number {
  const sign = order === 'DESC' ? -1 : 1;
  return (a, b) => sign * (compare(field(a, key), field(b, key)) || compare(a.stamp, b.stamp));
}

function field(execution: Execution, key: SortKey): bigint {
  if (key === 'started_at') return execution.startedAt;
  if (key === 'finished_at') return execution.finishedAt;
  return key === 'attempt' ? BigInt(execution.attempt) : execution.stamp;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
