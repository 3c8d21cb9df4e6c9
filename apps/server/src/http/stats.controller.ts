import { Controller, Get, Inject, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ordered, writeGoJson } from '@dkron/jobs';
import type { NodeContext } from '../node-context.ts';
import { answerJson } from './answers.ts';
import type { Query as QueryMap } from './query.ts';
import { first, integer64, pretty } from './query.ts';
import { lastDays } from './stats-days.ts';
import { NODE_CONTEXT } from './tokens.ts';

/** How many attempts ended well and badly, day by day. */
@Controller('v1/stats')
export class StatsController {
  readonly #node: NodeContext;

  constructor(@Inject(NODE_CONTEXT) node: NodeContext) {
    this.#node = node;
  }

  @Get()
  list(@Query() query: QueryMap, @Res() reply: FastifyReply): void {
    const days = lastDays(this.#node.clock.wallNanos(), integer64(first(query, 'days')));
    const stats = this.#node.store
      .stats(days)
      .map(({ date, successCount, failedCount }) =>
        ordered(['date', `${date}T00:00:00Z`], ['success_count', successCount], ['failed_count', failedCount]),
      );
    answerJson(reply, writeGoJson(ordered(['stats', stats]), { pretty: pretty(query) }));
  }
}
