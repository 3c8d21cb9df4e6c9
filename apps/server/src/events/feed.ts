import type { ApplyEvent } from '@dkron/jobs';
import { executionToJson, ledgerEntryToJson } from '@dkron/jobs';
import type { Timers } from '@dkron/runtime';
import type { Store } from '@dkron/store';

/** Position of an event in the log: the entry, and its place among the entry's events. */
interface Position {
  readonly index: bigint;
  readonly n: number;
}

type Told = Extract<ApplyEvent, { readonly type: 'job' | 'tick' | 'execution' }>;

/** An event as all streams share it; its text is made once, when the first of them needs it. */
export interface FeedEvent extends Position {
  readonly source: Told;
  text: string | undefined;
}

export interface FeedModules {
  readonly store: Pick<Store, 'onApplied' | 'onRestored' | 'appliedIndex'>;
  readonly timers: Timers;
}

const FOLLOWERS_PER_TURN = 64;
/** Above every place that an entry has. */
const PAST = Number.MAX_SAFE_INTEGER;

/**
 * The latest changes of the state, numbered from 0, in a ring of fixed size. Those who follow them read at their own
 * pace and are told, in a turn of its own, that there is more: the writer never waits, and nothing is kept per reader.
 */
export class EventFeed {
  readonly #ring: (FeedEvent | undefined)[];
  readonly #modules: FeedModules;
  readonly #followers = new Set<() => void>();
  readonly #unsubscribe: readonly (() => void)[];
  /** Number of the next event. */
  #next = 0;
  /** Number of the oldest event kept. */
  #first = 0;
  /** Nothing after this position is missing in the ring. */
  #floor: Position;
  #epoch = 0;
  #telling = false;
  /** `next` when the followers were told last. */
  #told = 0;

  constructor(options: { readonly eventsMax: number }, modules: FeedModules) {
    this.#ring = Array.from({ length: options.eventsMax });
    this.#modules = modules;
    this.#floor = { index: modules.store.appliedIndex(), n: PAST };
    this.#unsubscribe = [
      modules.store.onApplied((events, entries) => {
        let at = 0;
        for (const { index, end } of entries) {
          const start = at;
          for (; at < end; at++) this.#take(events[at]!, index, at - start);
        }
        this.#announce();
      }),
      modules.store.onRestored(() => this.#forget()),
    ];
  }

  get next(): number {
    return this.#next;
  }

  get first(): number {
    return this.#first;
  }

  /** Grows when the whole state was replaced: what was heard before is of no use. */
  get epoch(): number {
    return this.#epoch;
  }

  /** @param number from `first` to below `next` */
  at(number: number): FeedEvent {
    return this.#ring[number % this.#ring.length]!;
  }

  /** Calls `onMore` when there are new events. Returns the way to stop. */
  follow(onMore: () => void): () => void {
    this.#followers.add(onMore);
    return () => void this.#followers.delete(onMore);
  }

  /** Number of the event after the one with this id (`<log index>.<n>`); undefined when some since then are missing. */
  after(id: string): number | undefined {
    const match = /^(\d{1,19})\.(\d{1,15})$/.exec(id);
    if (!match) return undefined;
    const position = { index: BigInt(match[1]!), n: Number(match[2]) };
    if (isBefore(position, this.#floor) || position.index > this.#modules.store.appliedIndex()) return undefined;
    let [low, high] = [this.#first, this.#next];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (isBefore(position, this.at(middle))) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  close(): void {
    for (const stop of this.#unsubscribe) stop();
    this.#followers.clear();
  }

  #take(event: ApplyEvent, index: bigint, n: number): void {
    if (event.type !== 'job' && event.type !== 'tick' && event.type !== 'execution') return;
    const slot = this.#next % this.#ring.length;
    const dropped = this.#ring[slot];
    if (dropped !== undefined && this.#next - this.#first === this.#ring.length) {
      this.#floor = dropped;
      this.#first += 1;
    }
    this.#ring[slot] = { index, n, source: event, text: undefined };
    this.#next += 1;
  }

  #forget(): void {
    this.#ring.fill(undefined);
    this.#first = this.#next;
    this.#floor = { index: this.#modules.store.appliedIndex(), n: PAST };
    this.#epoch += 1;
    this.#announce();
  }

  #announce(): void {
    if (this.#telling || this.#followers.size === 0) return;
    this.#telling = true;
    this.#told = this.#next;
    this.#tellSome([...this.#followers]);
  }

  /** Many followers are told in several turns, so that others get theirs between. */
  #tellSome(followers: (() => void)[]): void {
    this.#modules.timers.nextTurn(() => {
      for (const onMore of followers.splice(-FOLLOWERS_PER_TURN)) if (this.#followers.has(onMore)) onMore();
      if (followers.length > 0) return this.#tellSome(followers);
      this.#telling = false;
      if (this.#told !== this.#next) this.#announce();
    });
  }
}

/** The event as a client gets it. */
export function eventText(event: FeedEvent): string {
  event.text ??= `event: ${event.source.type}\nid: ${event.index}.${event.n}\ndata: ${dataOf(event.source)}\n\n`;
  return event.text;
}

export function jobOf(source: Told): string {
  if (source.type === 'job') return source.name;
  return source.type === 'tick' ? source.entry.jobName : source.execution.jobName;
}

function dataOf(source: Told): string {
  if (source.type === 'job') return JSON.stringify({ name: source.name, change: source.change });
  return source.type === 'tick' ? ledgerEntryToJson(source.entry) : executionToJson(source.execution);
}

function isBefore(a: Position, b: Position): boolean {
  return a.index === b.index ? a.n < b.n : a.index < b.index;
}
