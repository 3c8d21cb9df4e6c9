import type { Timers } from '@dkron/runtime';
import type { Connection } from './connection.ts';
import type { EventFeed, FeedEvent } from './feed.ts';
import { eventText, jobOf } from './feed.ts';

/** Looked at in one turn. */
const EVENTS_PER_TURN = 500;
/** Written in one turn. */
const CHARACTERS_PER_TURN = 65_536;

export interface EventFilter {
  /** Absent = all. */
  readonly job?: string | undefined;
  readonly types?: readonly string[] | undefined;
}

interface Modules {
  readonly feed: EventFeed;
  readonly connection: Connection;
  readonly timers: Timers;
}

/** One follower of the feed: its place in it, and its filter. What it has not read yet stays in the feed. */
export class EventStream {
  readonly #filter: EventFilter;
  readonly #feed: EventFeed;
  readonly #connection: Connection;
  readonly #timers: Timers;
  readonly #unfollow: () => void;
  #at: number;
  #epoch: number;
  #planned = false;

  /** @param lastEventId where to go on; absent = with what comes next */
  constructor(filter: EventFilter, lastEventId: string | undefined, { feed, connection, timers }: Modules) {
    this.#filter = filter;
    this.#feed = feed;
    this.#connection = connection;
    this.#timers = timers;
    this.#epoch = feed.epoch;
    const resumed = lastEventId === undefined ? feed.next : feed.after(lastEventId);
    this.#at = resumed ?? feed.next;
    if (resumed === undefined) connection.write(RESET);
    this.#unfollow = feed.follow(() => this.#pump());
    connection.onDrain(() => this.#pump());
    this.#pump();
  }

  close(): void {
    this.#unfollow();
  }

  #pump(): void {
    if (!this.#connection.isReady) return;
    const { first, epoch } = this.#feed;
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#at = first;
      this.#connection.write(RESET);
    }
    // It has been overtaken: what it missed is gone.
    if (this.#at < first) return this.#connection.cut();
    const text = this.#texts();
    if (text !== '') this.#connection.write(text);
    if (this.#at < this.#feed.next) this.#pumpLater();
  }

  #texts(): string {
    const end = Math.min(this.#feed.next, this.#at + EVENTS_PER_TURN);
    let text = '';
    while (this.#at < end && text.length < CHARACTERS_PER_TURN) {
      const event = this.#feed.at(this.#at);
      this.#at += 1;
      if (this.#wants(event)) text += eventText(event);
    }
    return text;
  }

  #wants({ source }: FeedEvent): boolean {
    const { job, types } = this.#filter;
    return (types === undefined || types.includes(source.type)) && (job === undefined || job === jobOf(source));
  }

  #pumpLater(): void {
    if (this.#planned) return;
    this.#planned = true;
    this.#timers.nextTurn(() => {
      this.#planned = false;
      this.#pump();
    });
  }
}

/** Tells a client that it cannot know what it missed. */
const RESET = 'event: reset\ndata: {}\n\n';
