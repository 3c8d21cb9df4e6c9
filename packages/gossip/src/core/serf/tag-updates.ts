import type { Tags } from '../types.ts';
import { encodeTags } from '../wire/tags.ts';
import type { SerfContext } from './context.ts';
import { SerfError } from './errors.ts';

/** Updates that wait to be heard; the times of more are not watched. */
const MAX_WAITING = 64;

/** Tells when the pool heard our new tags, or that it took too long. */
export class TagUpdates {
  readonly #context: SerfContext;
  /** Deadlines, the oldest first. */
  readonly #deadlinesMs: number[] = [];

  constructor(context: SerfContext) {
    this.#context = context;
  }

  get nextMs(): number {
    return this.#deadlinesMs[0] ?? Infinity;
  }

  begin(): void {
    if (this.#deadlinesMs.length >= MAX_WAITING) this.#end(true);
    this.#deadlinesMs.push(this.#context.nowMs + this.#context.tuning.broadcastTimeoutMs);
  }

  /** The oldest one was heard, or replaced by a newer one. */
  told(): void {
    if (this.#deadlinesMs.length > 0) this.#end(false);
  }

  advance(): void {
    while (this.nextMs <= this.#context.nowMs) this.#end(true);
  }

  #end(timedOut: boolean): void {
    this.#deadlinesMs.shift();
    this.#context.emit({ type: 'tagsTold', timedOut });
  }
}

/** Tags as SWIM carries them. Throws SerfError beyond 512 bytes. */
export function metaOf(tags: Tags): Uint8Array {
  try {
    return encodeTags(tags);
  } catch (error) {
    if (error instanceof RangeError) throw new SerfError('GOSSIP_TOO_LARGE', error.message);
    throw error;
  }
}
