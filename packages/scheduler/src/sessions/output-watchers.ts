import type { ExecutionId, ToServer } from '@dkron/jobs';

export type OutputChunk = Omit<Extract<ToServer, { type: 'output' }>, 'type' | 'seq'>;

export interface OutputListener {
  /** A piece of live output; never blocks. */
  chunk(chunk: OutputChunk): void;
  /** The execution ended; what is kept can be read from the state. */
  ended(): void;
}

/** Who looks at live output. The node sends it only while someone does. */
export class OutputWatchers {
  readonly #tell: (id: ExecutionId, on: boolean) => void;
  readonly #listeners = new Map<ExecutionId, Set<OutputListener>>();

  constructor(tell: (id: ExecutionId, on: boolean) => void) {
    this.#tell = tell;
  }

  has(id: ExecutionId): boolean {
    return this.#listeners.has(id);
  }

  /** @returns the way to stop watching */
  add(id: ExecutionId, listener: OutputListener): () => void {
    const known = this.#listeners.get(id);
    const set = known ?? new Set<OutputListener>();
    set.add(listener);
    if (known === undefined) {
      this.#listeners.set(id, set);
      this.#tell(id, true);
    }
    return () => {
      if (!set.delete(listener) || set.size > 0 || this.#listeners.get(id) !== set) return;
      this.#listeners.delete(id);
      this.#tell(id, false);
    };
  }

  publish(chunk: OutputChunk): void {
    for (const listener of this.#listeners.get(chunk.id) ?? []) listener.chunk(chunk);
  }

  ended(id: ExecutionId): void {
    const set = this.#listeners.get(id);
    this.#listeners.delete(id);
    for (const listener of set ?? []) listener.ended();
  }
}
