import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { MetricsRegistry } from '../metrics/registry.ts';
import { METRICS_REGISTRY } from './tokens.ts';

const TYPE = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores';

/** Metrics for Prometheus, whatever type the client asks for. */
@Controller('metrics')
export class MetricsController {
  readonly #registry: MetricsRegistry;

  constructor(@Inject(METRICS_REGISTRY) registry: MetricsRegistry) {
    this.#registry = registry;
  }

  @Get()
  metrics(@Res() reply: FastifyReply): void {
    // As bytes: Fastify would complete the charset of a text.
    void reply.header('content-type', TYPE).send(Buffer.from(this.#registry.render()));
  }
}
