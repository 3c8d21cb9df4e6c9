import type { CommandResults, ExecutionUpdate } from '@dkron/jobs';
import type { Cancel } from '@dkron/runtime';
import type { Context } from '../context.ts';

export type UpdateResult = CommandResults['executionUpdates']['results'][number];

/** Applied in one stretch: more of them would keep requests waiting. */
const BATCH_UPDATES_MAX = 64;
const BATCH_BYTES_MAX = 8 * 1024 * 1024;
/** Encoded in one turn of the event loop; others wait meanwhile. */
const BATCHES_PER_TURN_MAX = 4;
/** How long reports wait, at most, while something due is on its way to a worker. */
const HOLD_MS = 100;
const HOLD_CHECK_MS = 5;
const HOLD_UPDATES_MAX = 4_096;

interface Waiting {
  readonly update: ExecutionUpdate;
  readonly resolve: (result: UpdateResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers the updates of one event-loop turn into one command. Order is kept. What workers report waits a little while
 * something due is not sent yet: a start that is late cannot be made good, a report a tenth of a second later can. All
 * wait while leadership is in doubt: it is either confirmed again or lost.
 */
export class UpdateBatcher {
  readonly #context: Context;
  #waiting: Waiting[] = [];
  #sinceMs = 0;
  #bytes = 0;
  #urgent = false;
  #flushing: Cancel | undefined;
  #held: Cancel | undefined;
  #inFlight = 0;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Updates without an answer. */
  get inFlight(): number {
    return this.#inFlight + this.#waiting.length;
  }

  /** Resolves once committed and applied; rejects when that is unknown. Senders bound how many they have waiting. */
  add(update: ExecutionUpdate): Promise<UpdateResult> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) this.#sinceMs = this.#context.clock.monotonicMs();
      this.#waiting.push({ update, resolve, reject });
      this.#bytes += sizeOf(update);
      if (!isReport(update)) this.#urgent = true;
      if (this.#flushing !== undefined || (this.#held !== undefined && this.#mayWait())) return;
      this.#held?.();
      this.#held = undefined;
      this.#flushing = this.#context.timers.nextTurn(() => this.#turn());
    });
  }

  #turn(): void {
    this.#flushing = undefined;
    this.#held = undefined;
    if (this.#context.leads() && !this.#context.mayAct()) return this.#hold();
    if (!this.#mayWait() || !this.#context.starting()) return this.#flush();
    this.#hold();
  }

  #hold(): void {
    this.#held = this.#context.timers.after(HOLD_CHECK_MS, () => this.#turn());
  }

  #mayWait(): boolean {
    if (this.#urgent || this.#waiting.length >= HOLD_UPDATES_MAX || this.#bytes >= BATCH_BYTES_MAX) return false;
    return this.#context.clock.monotonicMs() - this.#sinceMs < HOLD_MS;
  }

  #flush(): void {
    for (let i = 0; i < BATCHES_PER_TURN_MAX && this.#waiting.length > 0; i++) void this.#propose(this.#takeBatch());
    if (this.#waiting.length > 0) this.#flushing = this.#context.timers.nextTurn(() => this.#goOn());
    else this.#urgent = false;
  }

  /** What did not fit into a turn has waited before. */
  #goOn(): void {
    this.#flushing = undefined;
    this.#flush();
  }

  #takeBatch(): readonly Waiting[] {
    let count = 0;
    let bytes = 0;
    while (count < Math.min(this.#waiting.length, BATCH_UPDATES_MAX)) {
      const size = sizeOf(this.#waiting[count]!.update);
      if (count > 0 && bytes + size > BATCH_BYTES_MAX) break;
      bytes += size;
      count += 1;
    }
    this.#bytes -= bytes;
    return this.#waiting.splice(0, count);
  }

  async #propose(batch: readonly Waiting[]): Promise<void> {
    const { log, stamps } = this.#context;
    this.#inFlight += batch.length;
    try {
      if (!this.#context.mayAct()) throw new Error('leadership lost before an update was proposed');
      const updates = batch.map((item) => item.update);
      const { results } = await log.propose({ type: 'executionUpdates', stamp: stamps.next(), updates });
      batch.forEach((item, index) => item.resolve(results[index]!));
    } catch (error) {
      for (const item of batch) item.reject(error);
    } finally {
      this.#inFlight -= batch.length;
    }
  }
}

/** Said by a worker about what it did; everything else has somebody who waits for the answer. */
function isReport(update: ExecutionUpdate): boolean {
  return (
    update.kind === 'started' ||
    (update.kind === 'finished' && (update.state === 'success' || update.state === 'failed'))
  );
}

function sizeOf(update: ExecutionUpdate): number {
  if (update.kind === 'finished') return 200 + update.output.head.length + update.output.tail.length;
  return update.kind === 'processed' ? 100 + (update.output?.length ?? 0) : 100;
}
