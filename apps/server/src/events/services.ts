import type { OnModuleDestroy } from '@nestjs/common';
import type { Timers } from '@dkron/runtime';
import type { Store } from '@dkron/store';
import { EventFeed } from './feed.ts';
import { Streams } from './streams.ts';

/** Changes kept for those who come back. */
const EVENTS_MAX = 8_192;

/** The feed and the open streams of a server; they end with its HTTP server. */
export class EventServices implements OnModuleDestroy {
  readonly feed: EventFeed;
  readonly streams: Streams;

  constructor(
    options: { readonly streamsMax: number },
    modules: { readonly store: Pick<Store, 'onApplied' | 'onRestored' | 'appliedIndex'>; readonly timers: Timers },
  ) {
    this.feed = new EventFeed({ eventsMax: EVENTS_MAX }, modules);
    this.streams = new Streams(options, modules);
  }

  onModuleDestroy(): void {
    this.streams.close();
    this.feed.close();
  }
}
