import { Controller, Get, HttpCode, Inject, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ordered, writeGoJson } from '@dkron/jobs';
import type { NodeContext } from '../node-context.ts';
import { answerJson } from './answers.ts';
import { debugVars } from './debug-vars.ts';
import type { Query as QueryMap } from './query.ts';
import { pretty } from './query.ts';
import { NODE_CONTEXT } from './tokens.ts';

/** This node itself. */
@Controller()
export class NodeController {
  readonly #node: NodeContext;

  constructor(@Inject(NODE_CONTEXT) node: NodeContext) {
    this.#node = node;
  }

  @Get('health')
  health(@Res() reply: FastifyReply): void {
    const issues = this.#node.plugins().flatMap(({ issue }) => issue ?? []);
    const leader = ['leader', this.#node.cluster.leads()] as const;
    if (issues.length === 0) return answerJson(reply, writeGoJson(ordered(leader, ['status', 'healthy'])));
    const body = ordered(['issues', issues], leader, ['status', 'unhealthy']);
    answerJson(reply, writeGoJson(body), { status: 503 });
  }

  @Get('debug/vars')
  vars(@Res() reply: FastifyReply): void {
    answerJson(reply, writeGoJson(debugVars(this.#node, process)));
  }

  /** Answers the other servers known by then, none here; then the process stops in order and ends (G-C12). */
  @Post('v1/leave')
  @HttpCode(200)
  leave(@Query() query: QueryMap, @Res() reply: FastifyReply): void {
    reply.raw.once('close', this.#node.leave);
    answerJson(reply, writeGoJson(ordered(), { pretty: pretty(query) }), { headers: { connection: 'close' } });
  }
}
