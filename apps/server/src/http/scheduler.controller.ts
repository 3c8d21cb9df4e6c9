import { Controller, Get, HttpCode, Inject, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { NodeContext } from '../node-context.ts';
import { answerJson } from './answers.ts';
import { stringifyJson } from './json.ts';
import type { Query as QueryMap } from './query.ts';
import { pretty } from './query.ts';
import { NODE_CONTEXT } from './tokens.ts';

/** Stops and resumes scheduled runs of the whole cluster; runs by hand go on. */
@Controller('v1/scheduler')
export class SchedulerController {
  readonly #node: NodeContext;

  constructor(@Inject(NODE_CONTEXT) node: NodeContext) {
    this.#node = node;
  }

  @Get()
  state(@Query() query: QueryMap, @Res() reply: FastifyReply): void {
    answer(reply, this.#node.store.paused('schedule'), query);
  }

  @Post('pause')
  @HttpCode(200)
  pause(@Query() query: QueryMap, @Res() reply: FastifyReply): Promise<void> {
    return this.#set(true, query, reply);
  }

  @Post('resume')
  @HttpCode(200)
  resume(@Query() query: QueryMap, @Res() reply: FastifyReply): Promise<void> {
    return this.#set(false, query, reply);
  }

  async #set(paused: boolean, query: QueryMap, reply: FastifyReply): Promise<void> {
    const result = await this.#node.engine.setSchedulePaused(paused);
    answer(reply, result.paused, query);
  }
}

function answer(reply: FastifyReply, paused: boolean, query: QueryMap): void {
  answerJson(reply, stringifyJson({ paused }, { pretty: pretty(query) }));
}
