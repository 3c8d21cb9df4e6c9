import type { SerfContext } from './context.ts';
import type { Intents } from './intents.ts';

/** How we leave: first the intent, until it was heard; then SWIM's goodbye; then time for that to spread. */
export class Departure {
  readonly #context: SerfContext;
  readonly #intents: Intents;
  readonly #sayGoodbye: () => void;
  #phase: 'none' | 'intent' | 'goodbye' | 'spreading' | 'done' = 'none';
  #deadlineMs = Infinity;

  /** `sayGoodbye`: SWIM's leave. {@link goodbyeTold} must follow when it was heard. */
  constructor(context: SerfContext, intents: Intents, sayGoodbye: () => void) {
    this.#context = context;
    this.#intents = intents;
    this.#sayGoodbye = sayGoodbye;
  }

  get nextMs(): number {
    return this.#deadlineMs;
  }

  start(): void {
    const context = this.#context;
    if (context.state !== 'alive') return;
    context.state = 'leaving';
    this.#enter('intent', context.tuning.broadcastTimeoutMs);
    this.#intents.announceLeave(context.name, false, () => {
      // Called while a packet is being filled: the next step comes at once, but not from within.
      if (this.#phase === 'intent') this.#deadlineMs = context.nowMs;
    });
  }

  goodbyeTold(): void {
    if (this.#phase === 'goodbye') this.#enter('spreading', this.#context.tuning.leavePropagateDelayMs);
  }

  /** Does what is due. */
  advance(): void {
    const context = this.#context;
    if (this.#deadlineMs > context.nowMs) return;
    if (this.#phase === 'intent') {
      this.#enter('goodbye', context.tuning.broadcastTimeoutMs);
      this.#sayGoodbye();
    } else if (this.#phase === 'goodbye') {
      this.goodbyeTold();
    } else {
      this.#enter('done', Infinity);
      context.state = 'left';
      context.emit({ type: 'leftPool' });
    }
  }

  #enter(phase: 'intent' | 'goodbye' | 'spreading' | 'done', forMs: number): void {
    this.#phase = phase;
    this.#deadlineMs = this.#context.nowMs + forMs;
  }
}
