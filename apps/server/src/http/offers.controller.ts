import { Controller, Get, Inject, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { NodeContext } from '../node-context.ts';
import type { OfferKind } from '../services/cluster-offers.ts';
import { answerJson } from './answers.ts';
import { stringifyJson } from './json.ts';
import type { Query as QueryMap } from './query.ts';
import { pretty } from './query.ts';
import { NODE_CONTEXT } from './tokens.ts';
import { warningHeader } from './warning-header.ts';

/** What runs jobs in the cluster, and what passes on their output. */
@Controller('v1')
export class OffersController {
  readonly #node: NodeContext;

  constructor(@Inject(NODE_CONTEXT) node: NodeContext) {
    this.#node = node;
  }

  @Get('executors')
  executors(@Query() query: QueryMap, @Res() reply: FastifyReply): Promise<void> {
    return this.#list('executors', query, reply);
  }

  @Get('processors')
  processors(@Query() query: QueryMap, @Res() reply: FastifyReply): Promise<void> {
    return this.#list('processors', query, reply);
  }

  async #list(kind: OfferKind, query: QueryMap, reply: FastifyReply): Promise<void> {
    const { offers, silent } = await this.#node.offers.list(kind);
    const shown = offers.map(({ configSchema: config_schema, ...offer }) => ({ ...offer, config_schema }));
    answerJson(reply, stringifyJson(shown, { pretty: pretty(query) }), {
      headers: {
        'x-total-count': String(shown.length),
        ...warningHeader(silent.map((node) => `${node} did not tell what it has`)),
      },
    });
  }
}
