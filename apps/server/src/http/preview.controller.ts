import { Controller, Get, Inject, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { NodeContext } from '../node-context.ts';
import { previewSchedule } from '../services/preview.ts';
import { answerJson } from './answers.ts';
import type { Query as QueryMap } from './query.ts';
import { pretty } from './query.ts';
import { previewQuery } from './schemas/preview.ts';
import { readQuery } from './schemas/query-schema.ts';
import { NODE_CONTEXT } from './tokens.ts';

/** What a schedule means, before any job has it. */
@Controller('v1/schedules')
export class PreviewController {
  readonly #node: NodeContext;

  constructor(@Inject(NODE_CONTEXT) node: NodeContext) {
    this.#node = node;
  }

  @Get('preview')
  preview(@Query() query: QueryMap, @Res() reply: FastifyReply): void {
    const defaultTimezone = this.#node.store.getSetting('default-timezone') ?? 'UTC';
    const asked = readQuery(previewQuery, query);
    const answer = previewSchedule(asked, { defaultTimezone, now: this.#node.clock.wallNanos() });
    answerJson(reply, JSON.stringify(answer, undefined, pretty(query) ? 4 : undefined));
  }
}
