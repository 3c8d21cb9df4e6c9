import type { Due, ExecutionId } from '@dkron/jobs';
import type { Context } from '../context.ts';
import type { UpdateBatcher } from '../sessions/update-batcher.ts';
import { ProcessingQueue } from './processing-queue.ts';

/** Runs processors of finished executions, a few at a time. A processor that fails or hangs changes nothing. */
export class Processing {
  readonly #context: Context;
  readonly #updates: UpdateBatcher;
  /** The replicated due records; bounded by the state. */
  #queue = new ProcessingQueue();
  #active = new Set<bigint>();
  #stopped = new AbortController();

  constructor(context: Context, updates: UpdateBatcher) {
    this.#context = context;
    this.#updates = updates;
  }

  start(): void {
    this.#stopped = new AbortController();
  }

  stop(): void {
    this.#stopped.abort(new Error('leadership lost'));
    this.#queue = new ProcessingQueue();
    this.#active = new Set();
  }

  add(due: Due): void {
    if (!this.#active.has(due.id)) {
      const job = this.#context.view.getJob(due.jobName);
      this.#queue.add(due, job?.definition.processors ?? {});
    }
    this.#work();
  }

  remove(id: bigint): void {
    this.#queue.remove(id);
  }

  #work(): void {
    while (this.#context.mayAct()) {
      const taken = this.#queue.take();
      if (!taken) return;
      const { due, done } = taken;
      const active = this.#active;
      active.add(due.id);
      void this.#settle(due, this.#stopped.signal).finally(() => {
        active.delete(due.id);
        done();
        this.#work();
      });
    }
  }

  /** Proposes until the outcome is known or leadership is gone; a next leader starts over from the due record. */
  async #settle(due: Due, stopped: AbortSignal): Promise<void> {
    const output = await this.#process(due, stopped);
    while (!stopped.aborted) {
      try {
        await this.#updates.add({ kind: 'processed', id: due.executionId as ExecutionId, dueId: due.id, output });
        return;
      } catch (error) {
        this.#context.logger.warn('A processed output is not known to be committed', { id: due.executionId, error });
        await this.#context.timers.sleep(1_000, stopped).catch(() => {});
      }
    }
  }

  async #process(due: Due, stopped: AbortSignal): Promise<Uint8Array | null> {
    const { view, processResult, settings, timers, logger } = this.#context;
    const execution = view.getExecution(due.executionId);
    const output = view.getOutput(due.executionId);
    const job = view.getJob(due.jobName);
    if (!processResult || !execution || !output || !job) return null;
    const timeout = new AbortController();
    const limit = new Promise<never>((_resolve, reject) => {
      timeout.signal.addEventListener('abort', () => reject(timeout.signal.reason as Error));
    });
    const timeoutMs = settings.processTimeoutMs * Math.max(1, Object.keys(job.definition.processors).length);
    const cancel = timers.after(timeoutMs, () =>
      timeout.abort(new Error(`processors took longer than ${timeoutMs} ms`)),
    );
    try {
      const signal = AbortSignal.any([timeout.signal, stopped]);
      return await Promise.race([processResult(execution, output, job.definition, signal), limit]);
    } catch (error) {
      logger.warn('Processors failed, the output stays as it came', { job: due.jobName, id: due.executionId, error });
      return null;
    } finally {
      cancel();
    }
  }
}
