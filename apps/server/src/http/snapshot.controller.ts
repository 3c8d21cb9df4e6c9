import { Readable } from 'node:stream';
import { Body, Controller, Get, Inject, Put, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { StoreError } from '@dkron/store';
import type { Backups, RestoredBackup } from '../cluster/backups.ts';
import { BackupBusyError } from '../cluster/backups.ts';
import type { NodeContext } from '../node-context.ts';
import { answerJson } from './answers.ts';
import { ApiError } from './api-error.ts';
import { switched } from './query-checks.ts';
import type { Query as QueryMap } from './query.ts';
import { NODE_CONTEXT } from './tokens.ts';

/** The whole state of the cluster as one file. */
@Controller('v1/snapshot')
export class SnapshotController {
  readonly #backups: Pick<Backups, 'save' | 'restore'>;

  constructor(@Inject(NODE_CONTEXT) { backups }: NodeContext) {
    this.#backups = backups;
  }

  @Get()
  async save(@Query() query: QueryMap, @Res() reply: FastifyReply): Promise<void> {
    const saved = await this.#backups.save({ stale: switched(query, 'stale', false) }).catch(refuse);
    // Also for a client that is gone before the first byte.
    reply.raw.once('close', () => saved.close());
    const { index, created_at: time } = saved.header;
    const name = `dkron-${time.replaceAll(/[^0-9TZ]/g, '').slice(0, 15)}-${index}.snapshot`;
    void reply
      .header('content-type', 'application/octet-stream')
      .header('content-disposition', `attachment; filename="${name}"`)
      .header('x-dkron-index', String(index))
      .send(Readable.from(saved.chunks, { objectMode: false }));
  }

  @Put()
  async restore(@Body() body: unknown, @Res() reply: FastifyReply): Promise<void> {
    const stream = body instanceof Readable ? body : Readable.from([]);
    const restored: RestoredBackup = await this.#backups.restore(stream).catch(refuse);
    const { header, jobs, index } = restored;
    answerJson(reply, JSON.stringify({ restored: true, jobs, index, backup: header }));
  }
}

function refuse(error: unknown): never {
  if (error instanceof BackupBusyError) {
    throw new ApiError({ status: 409, code: 'not_supported', message: `${error.message}; try again later` });
  }
  if (error instanceof StoreError && error.code === 'bad_snapshot') {
    throw new ApiError({ status: 400, code: 'invalid_value', message: `${error.message}. Nothing was changed.` });
  }
  throw error;
}
