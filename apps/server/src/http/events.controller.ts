import { Controller, Get, Headers, Inject, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { systemTimers } from '@dkron/runtime/system';
import { EventStream } from '../events/event-stream.ts';
import { openStream } from '../events/open-stream.ts';
import type { EventServices } from '../events/services.ts';
import type { Query as QueryMap } from './query.ts';
import { eventsQuery } from './schemas/events.ts';
import { readQuery } from './schemas/query-schema.ts';
import { EVENTS } from './tokens.ts';

/** What changes, as it changes. */
@Controller('v1/events')
export class EventsController {
  readonly #events: EventServices;

  constructor(@Inject(EVENTS) events: EventServices) {
    this.#events = events;
  }

  @Get()
  follow(
    @Query() query: QueryMap,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() reply: FastifyReply,
  ): void {
    const filter = readQuery(eventsQuery, query);
    const { feed, streams } = this.#events;
    const connection = openStream(streams, reply);
    const stream = new EventStream(filter, lastEventId, { feed, connection, timers: systemTimers });
    connection.onClose(() => stream.close());
  }
}
