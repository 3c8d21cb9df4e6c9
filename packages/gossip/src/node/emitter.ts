import type { Logger } from '@dkron/runtime';
import { EventQueue } from './event-queue.ts';

/** Stops the calls. */
export type Unsubscribe = () => void;

type Listener<T> = (event: T) => void;

/**
 * Tells events by name: to listeners in the turn of the event, in the order of subscription, and to iterators at the
 * pace of their readers. An exception of a listener is logged.
 */
export class Emitter<Events extends object> {
  readonly #logger: Logger;
  readonly #buffer: number;
  readonly #onLost: () => void;
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();
  readonly #queues = new Set<EventQueue<unknown>>();
  #ended = false;

  /** @param buffer - events that wait for one reader @param onLost - called for each event that a reader missed */
  constructor(options: { readonly buffer: number; readonly onLost: () => void }, logger: Logger) {
    this.#buffer = options.buffer;
    this.#onLost = options.onLost;
    this.#logger = logger;
  }

  on<K extends keyof Events>(name: K, listener: Listener<Events[K]>): Unsubscribe {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener as Listener<never>);
    return () => void listeners.delete(listener as Listener<never>);
  }

  /** Events from now on, until the signal aborts, the reader leaves or everything ends. */
  iterate<K extends keyof Events>(name: K, signal?: AbortSignal): AsyncIterableIterator<Events[K], undefined> {
    let unsubscribe: Unsubscribe = () => {};
    const queue = new EventQueue<Events[K]>(this.#buffer, () => {
      unsubscribe();
      signal?.removeEventListener('abort', end);
      this.#queues.delete(queue);
    });
    const end = (): void => queue.end();
    this.#queues.add(queue);
    unsubscribe = this.on(name, (event) => {
      const { dropped } = queue;
      queue.push(event);
      if (queue.dropped > dropped) this.#onLost();
    });
    if (signal?.aborted === true || this.#ended) queue.end();
    else signal?.addEventListener('abort', end, { once: true });
    return queue;
  }

  emit<K extends keyof Events>(name: K, event: Events[K]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        (listener as Listener<Events[K]>)(event);
      } catch (error) {
        this.#logger.error('gossip: a listener threw', { event: String(name), error: String(error) });
      }
    }
  }

  /** Ends all iterators after what they have. */
  end(): void {
    this.#ended = true;
    for (const queue of this.#queues) queue.end();
  }
}
