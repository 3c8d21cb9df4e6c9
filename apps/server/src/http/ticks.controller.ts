import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ledgerEntryToJson } from '@dkron/jobs';
import type { NodeContext } from '../node-context.ts';
import { answerJson, jsonList } from './answers.ts';
import { ApiError } from './api-error.ts';
import { defined } from './defined.ts';
import type { Query as QueryMap } from './query.ts';
import { pretty, sliceOf } from './query.ts';
import { ticksQuery } from './schemas/job-queries.ts';
import { readQuery } from './schemas/query-schema.ts';
import { NODE_CONTEXT } from './tokens.ts';

const PAGE = 100;

/** The tick ledger of a job: what became of every scheduled instant, newest first. */
@Controller('v1/jobs')
export class TicksController {
  readonly #node: NodeContext;

  constructor(@Inject(NODE_CONTEXT) node: NodeContext) {
    this.#node = node;
  }

  @Get(':job/ticks')
  list(@Param('job') name: string, @Query() query: QueryMap, @Res() reply: FastifyReply): void {
    if (!this.#node.store.getJob(name)) {
      const message = `job ${name} does not exist`;
      throw new ApiError({ status: 404, code: 'not_found', message });
    }
    const { _start, _end, _order, ...filters } = readQuery(ticksQuery, query);
    const { entries, total } = this.#node.store.ledger(name, {
      ...sliceOf(_start ?? 0, _end, PAGE),
      order: _order === 'ASC' ? 'asc' : 'desc',
      ...defined(filters),
    });
    const items = entries.map((entry) => ledgerEntryToJson(entry, { pretty: pretty(query) }));
    answerJson(reply, jsonList(items, pretty(query)), { headers: { 'x-total-count': String(total) } });
  }
}
