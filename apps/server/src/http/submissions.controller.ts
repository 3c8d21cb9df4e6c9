import { Controller, Get, HttpCode, Inject, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ordered, writeGoJson } from '@dkron/jobs';
import { JobsService } from '../services/jobs.service.ts';
import { answerJson } from './answers.ts';
import type { Query as QueryMap } from './query.ts';
import { pretty } from './query.ts';
import { JOBS_SERVICE } from './tokens.ts';

/** Refuses new jobs for a while; what is stored goes on running. */
@Controller('v1')
export class SubmissionsController {
  readonly #jobs: JobsService;

  constructor(@Inject(JOBS_SERVICE) jobs: JobsService) {
    this.#jobs = jobs;
  }

  @Get('pause')
  state(@Query() query: QueryMap, @Res() reply: FastifyReply): void {
    answer(reply, this.#jobs.submissionsPaused(), query);
  }

  @Post('pause')
  @HttpCode(200)
  async pause(@Query() query: QueryMap, @Res() reply: FastifyReply): Promise<void> {
    answer(reply, await this.#jobs.pauseSubmissions(true), query);
  }

  @Post('unpause')
  @HttpCode(200)
  async unpause(@Query() query: QueryMap, @Res() reply: FastifyReply): Promise<void> {
    answer(reply, await this.#jobs.pauseSubmissions(false), query);
  }
}

function answer(reply: FastifyReply, paused: boolean, query: QueryMap): void {
  answerJson(reply, writeGoJson(ordered(['paused', paused]), { pretty: pretty(query) }));
}
