import type { ExecutionId, ToServer } from '@dkron/jobs';

/** A piece of an attempt's output and where in it the piece begins, in bytes. */
export type OutputChunk = Omit<Extract<ToServer, { type: 'output' }>, 'type' | 'seq'>;

/** Takes the output of one execution as it appears. */
export interface OutputListener {
  /**
   * A piece of live output; never blocks. The first one holds what is kept so far. Offsets grow within an attempt; a
   * gap means that pieces were left out.
   */
  chunk(chunk: OutputChunk): void;
  /** The execution ended; what is kept can be read from the state. */
  ended(): void;
}

/** Who looks at live output. The node sends it only while someone does. */
export class OutputWatchers {
  readonly #tell: (id: ExecutionId, on: boolean) => void;
  readonly #watches = new Map<ExecutionId, Set<Watch>>();

  constructor(tell: (id: ExecutionId, on: boolean) => void) {
    this.#tell = tell;
  }

  has(id: ExecutionId): boolean {
    return this.#watches.has(id);
  }

  /** @returns the way to stop watching */
  add(id: ExecutionId, listener: OutputListener): () => void {
    const set = this.#watches.get(id) ?? new Set<Watch>();
    const watch = new Watch(listener);
    set.add(watch);
    this.#watches.set(id, set);
    // Told for each: the node then repeats what is kept, which the earlier ones pass over.
    this.#tell(id, true);
    return () => {
      if (!set.delete(watch) || set.size > 0 || this.#watches.get(id) !== set) return;
      this.#watches.delete(id);
      this.#tell(id, false);
    };
  }

  publish(chunk: OutputChunk): void {
    for (const watch of this.#watches.get(chunk.id) ?? []) watch.take(chunk);
  }

  ended(id: ExecutionId): void {
    const set = this.#watches.get(id);
    this.#watches.delete(id);
    for (const { listener } of set ?? []) listener.ended();
  }
}

/** One listener, and up to where it has heard the attempt. */
class Watch {
  readonly listener: OutputListener;
  #attempt = 0;
  #heard = 0;

  constructor(listener: OutputListener) {
    this.listener = listener;
  }

  take(chunk: OutputChunk): void {
    const { attempt, offset, bytes } = chunk;
    if (attempt !== this.#attempt) this.#heard = 0;
    this.#attempt = attempt;
    const known = Math.max(0, this.#heard - offset);
    if (known >= bytes.length) return;
    this.#heard = offset + bytes.length;
    this.listener.chunk(known === 0 ? chunk : { ...chunk, offset: offset + known, bytes: bytes.subarray(known) });
  }
}
