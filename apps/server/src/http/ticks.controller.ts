import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ledgerEntryToJson } from '@dkron/jobs';
import type { NodeContext } from '../node-context.ts';
import { answerJson, jsonList } from './answers.ts';
import { ApiError } from './api-error.ts';
import { defined } from './defined.ts';
import { instant, oneOf } from './query-checks.ts';
import type { Query as QueryMap } from './query.ts';
import { first, pretty, slice } from './query.ts';
import { NODE_CONTEXT } from './tokens.ts';

const PAGE = 100;
const DECISIONS = ['run', 'skipped', 'missed'] as const;
const TRIGGERS = ['schedule', 'catchup', 'manual', 'create', 'parent'] as const;
const REASONS = [
  'forbid',
  'disabled',
  'paused',
  'expired',
  'not_started',
  'no_targets',
  'skip',
  'last',
  'limit',
  'window',
] as const;

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
      throw new ApiError({ status: 404, code: 'not_found', message, additive: true });
    }
    const { entries, total } = this.#node.store.ledger(name, {
      ...slice(query, PAGE),
      order: first(query, '_order') === 'ASC' ? 'asc' : 'desc',
      ...defined({
        decision: oneOf(query, 'decision', DECISIONS),
        reason: oneOf(query, 'reason', REASONS),
        trigger: oneOf(query, 'trigger', TRIGGERS),
        from: instant(query, 'from'),
        to: instant(query, 'to'),
      }),
    });
    const items = entries.map((entry) => ledgerEntryToJson(entry, { pretty: pretty(query) }));
    answerJson(reply, jsonList(items, pretty(query)), { headers: { 'x-total-count': String(total) } });
  }
}
