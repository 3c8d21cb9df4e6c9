import type { CommandResults, ExecutionUpdate } from '@dkron/jobs';
import type { Context } from '../context.ts';

export type UpdateResult = CommandResults['executionUpdates']['results'][number];

const BATCH_UPDATES_MAX = 5_000;
const BATCH_BYTES_MAX = 8 * 1024 * 1024;

interface Waiting {
  readonly update: ExecutionUpdate;
  readonly resolve: (result: UpdateResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Gathers the updates of one event-loop turn into one command. Order is kept. */
export class UpdateBatcher {
  readonly #context: Context;
  #waiting: Waiting[] = [];
  #scheduled = false;
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
      this.#waiting.push({ update, resolve, reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      this.#context.timers.nextTurn(() => this.#flush());
    });
  }

  #flush(): void {
    this.#scheduled = false;
    let batch: Waiting[] = [];
    let bytes = 0;
    for (const item of this.#waiting.splice(0)) {
      const size = sizeOf(item.update);
      if (batch.length > 0 && (batch.length === BATCH_UPDATES_MAX || bytes + size > BATCH_BYTES_MAX)) {
        void this.#propose(batch);
        batch = [];
        bytes = 0;
      }
      batch.push(item);
      bytes += size;
    }
    if (batch.length > 0) void this.#propose(batch);
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

function sizeOf(update: ExecutionUpdate): number {
  if (update.kind === 'finished') return 200 + update.output.head.length + update.output.tail.length;
  return update.kind === 'processed' ? 100 + (update.output?.length ?? 0) : 100;
}
