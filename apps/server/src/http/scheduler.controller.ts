import { Controller, Get, HttpCode, Inject, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { NodeContext } from '../node-context.ts';
import { answerJson } from './answers.ts';
import { stringifyJson } from './json.ts';
import { NODE_CONTEXT } from './tokens.ts';

/** Stops and resumes scheduled runs of the whole cluster; runs by hand go on. */
@Controller('v1/scheduler')
export class SchedulerController {
  readonly #node: NodeContext;

  constructor(@Inject(NODE_CONTEXT) node: NodeContext) {
    this.#node = node;
  }

  @Get()
  state(@Res() reply: FastifyReply): void {
    answerJson(reply, stringifyJson({ paused: this.#node.store.paused('schedule') }));
  }

  @Post('pause')
  @HttpCode(200)
  pause(@Res() reply: FastifyReply): Promise<void> {
    return this.#set(true, reply);
  }

  @Post('resume')
  @HttpCode(200)
  resume(@Res() reply: FastifyReply): Promise<void> {
    return this.#set(false, reply);
  }

  async #set(paused: boolean, reply: FastifyReply): Promise<void> {
    const result = await this.#node.engine.setSchedulePaused(paused);
    answerJson(reply, stringifyJson({ paused: result.paused }));
  }
}
