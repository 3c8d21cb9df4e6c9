import { Body, Controller, Headers, HttpCode, Inject, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { JobInvalidError, writeGoJson } from '@dkron/jobs';
import { RestoreService } from '../services/restore.service.ts';
import { answerJson } from './answers.ts';
import { ApiError } from './api-error.ts';
import { fileOf } from './multipart.ts';
import type { Query as QueryMap } from './query.ts';
import { pretty } from './query.ts';
import { RESTORE_SERVICE } from './tokens.ts';

const FIELD = 'file';

/** Takes a backup, the answer of GET /v1/jobs. */
@Controller('v1/restore')
export class RestoreController {
  readonly #service: RestoreService;

  constructor(@Inject(RESTORE_SERVICE) service: RestoreService) {
    this.#service = service;
  }

  /** Answers a JSON text that holds a JSON array of texts, as the original does. */
  @Post()
  @HttpCode(200)
  async restore(
    @Body() body: Uint8Array | undefined,
    @Headers('content-type') contentType: string | undefined,
    @Query() query: QueryMap,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const file = body === undefined ? undefined : fileOf(body, contentType, FIELD);
    if (file === undefined) throw noFile();
    const jobs = await this.#restore(file);
    const lines = jobs.map(({ name, stored }) => `${stored ? 'success' : 'fail'} create ${name}`);
    answerJson(reply, writeGoJson(writeGoJson(lines), { pretty: pretty(query) }));
  }

  async #restore(file: Uint8Array): ReturnType<RestoreService['restore']> {
    try {
      return await this.#service.restore(file);
    } catch (error) {
      if (!(error instanceof JobInvalidError)) throw error;
      // The original does not say what is wrong; who asks for JSON is told.
      const { message, problems } = error;
      throw new ApiError({ status: 400, code: 'invalid_value', message, problems });
    }
  }
}

function noFile(): ApiError {
  const message = `a multipart/form-data body with a file in the field "${FIELD}" is needed`;
  return new ApiError({ status: 404, code: 'not_found', message });
}
