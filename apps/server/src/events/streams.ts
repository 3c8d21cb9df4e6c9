import type { Timers } from '@dkron/runtime';
import type { Sink } from './connection.ts';
import { Connection } from './connection.ts';

const BEAT_MS = 15_000;

/** All open streams of events of this server: a bounded number, kept alive by one timer. */
export class Streams {
  readonly #max: number;
  readonly #timers: Timers;
  readonly #open = new Set<Connection>();
  #cancelBeat: (() => void) | undefined;

  constructor(options: { readonly streamsMax: number }, { timers }: { readonly timers: Timers }) {
    this.#max = options.streamsMax;
    this.#timers = timers;
  }

  get size(): number {
    return this.#open.size;
  }

  get isFull(): boolean {
    return this.#open.size >= this.#max;
  }

  add(sink: Sink): Connection {
    const connection = new Connection(sink);
    this.#open.add(connection);
    connection.onClose(() => void this.#open.delete(connection));
    this.#cancelBeat ??= this.#nextBeat();
    return connection;
  }

  close(): void {
    this.#cancelBeat?.();
    for (const connection of this.#open) connection.cut();
  }

  #nextBeat(): () => void {
    return this.#timers.after(BEAT_MS, () => {
      for (const connection of this.#open) connection.beat();
      this.#cancelBeat = this.#open.size === 0 ? undefined : this.#nextBeat();
    });
  }
}
