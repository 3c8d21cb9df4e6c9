import { Controller, Get, Headers, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Execution, ExecutionState } from '@dkron/jobs';
import { EXECUTION_STATES, executionToJson } from '@dkron/jobs';
import { openStream } from '../events/open-stream.ts';
import { OutputStream } from '../events/output-stream.ts';
import type { EventServices } from '../events/services.ts';
import type { NodeContext } from '../node-context.ts';
import { answerJson, jsonList } from './answers.ts';
import { ApiError } from './api-error.ts';
import { defined } from './defined.ts';
import { keptOutput } from './kept-output.ts';
import { limitedOutput } from './output-limit.ts';
import { invalid } from './query-checks.ts';
import type { Query as QueryMap } from './query.ts';
import { all, pretty, sliceOf } from './query.ts';
import { isRefusal, refusalError } from './refusals.ts';
import { executionsQuery } from './schemas/job-queries.ts';
import { readQuery } from './schemas/query-schema.ts';
import { EVENTS, NODE_CONTEXT } from './tokens.ts';

const PAGE = 100;
/** `state` may be given several times. */
const singleParameters = executionsQuery.omit({ state: true });

/** Executions of all jobs, and cancelling one. */
@Controller('v1/executions')
export class ExecutionsController {
  readonly #node: NodeContext;
  readonly #events: EventServices;

  constructor(@Inject(NODE_CONTEXT) node: NodeContext, @Inject(EVENTS) events: EventServices) {
    this.#node = node;
    this.#events = events;
  }

  @Get()
  async list(@Query() query: QueryMap, @Res() reply: FastifyReply): Promise<void> {
    const { store } = this.#node;
    const {
      _start,
      _end,
      _order,
      _sort,
      output_size_limit: limit = 0,
      ...filters
    } = readQuery(singleParameters, query);
    const { executions, total } = await store.listExecutions({
      ...sliceOf(_start ?? 0, _end, PAGE),
      order: _order === 'ASC' ? 'asc' : 'desc',
      sort: _sort ?? 'stamp',
      ...defined({ ...filters, states: states(query) }),
    });
    const items = executions.map((execution) => {
      const { output, truncated } = limitedOutput(store.getOutput(execution.id), String(limit));
      return executionToJson(execution, { output, outputTruncated: truncated, pretty: pretty(query) });
    });
    answerJson(reply, jsonList(items, pretty(query)), { headers: { 'x-total-count': String(total) } });
  }

  @Get(':id')
  get(@Param('id') id: string, @Query() query: QueryMap, @Res() reply: FastifyReply): void {
    this.#answer(reply, 200, this.#find(id), query);
  }

  @Get(':id/output')
  output(@Param('id') id: string, @Headers('accept') accept: string | undefined, @Res() reply: FastifyReply): void {
    this.#find(id);
    if (wantsEvents(accept)) return this.#follow(id, reply);
    const body = Buffer.concat(keptOutput(this.#node.store.getOutput(id)));
    void reply.header('content-type', 'text/plain; charset=utf-8').send(body);
  }

  #follow(id: string, reply: FastifyReply): void {
    const connection = openStream(this.#events.streams, reply);
    const { store, engine, liveOutput = engine } = this.#node;
    const stream = new OutputStream(id, { store, engine: liveOutput, connection });
    connection.onClose(() => stream.close());
  }

  /** 200: was pending and is cancelled. 202: the node was told; final when it confirms. */
  @Post(':id/cancel')
  @HttpCode(202)
  async cancel(@Param('id') id: string, @Query() query: QueryMap, @Res() reply: FastifyReply): Promise<void> {
    this.#find(id);
    const result = await this.#node.engine.cancel(id);
    if (isRefusal(result)) throw refusalError(result, 'cancel');
    const execution = this.#find(id);
    this.#answer(reply, execution.state === 'cancelled' ? 200 : 202, execution, query);
  }

  #answer(reply: FastifyReply, status: number, execution: Execution, query: QueryMap): void {
    const output = this.#node.store.getOutput(execution.id)?.tail ?? new Uint8Array();
    answerJson(reply, executionToJson(execution, { output, pretty: pretty(query) }), { status });
  }

  #find(id: string): Execution {
    const execution = this.#node.store.getExecution(id);
    if (execution) return execution;
    throw new ApiError({ status: 404, code: 'not_found', message: `execution ${id} does not exist` });
  }
}

/** True when the client named the type of event streams. */
function wantsEvents(accept: string | undefined): boolean {
  return accept !== undefined && /(^|,)\s*text\/event-stream\s*(;|,|$)/i.test(accept);
}

function states(query: QueryMap): readonly ExecutionState[] | undefined {
  const texts = all(query, 'state').filter((text) => text !== '');
  if (texts.length === 0) return undefined;
  return texts.map((text) => {
    const state = EXECUTION_STATES.find((candidate) => candidate === text);
    if (!state) throw invalid('state', text, EXECUTION_STATES.join(', '));
    return state;
  });
}
