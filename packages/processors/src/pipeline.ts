import type { Cancel, Counter, Logger, Metrics, Timers } from '@dkron/runtime';
import { assert, messageOf, noMetrics } from '@dkron/runtime';
import { ProcessorError } from './errors.ts';
import type { Processor, ProcessorConfig, ProcessorInput } from './types.ts';

/** Settings of the pipeline; all have defaults. */
export interface ProcessorPipelineOptions {
  /** Longest time of one processor in milliseconds. @default 30000 */
  readonly timeoutMs?: number;
}

/** What the pipeline is given; names of processors are unique. */
export interface ProcessorPipelineModules {
  readonly processors: readonly Processor[];
  readonly timers: Timers;
  readonly logger: Logger;
  /** @default none */
  readonly metrics?: Metrics;
}

/** A processor that left the output as it was, and why. */
export interface ProcessorFailure {
  readonly name: string;
  /** One line. */
  readonly error: string;
}

/** What a job's processors made of an output. */
export interface ProcessorPipelineResult {
  readonly output: Uint8Array;
  /** Names of those that succeeded, in order. */
  readonly ran: string[];
  readonly failures: ProcessorFailure[];
}

const TIMEOUT_MS = 30_000;

/** Passes a finished run's output through its job's processors. */
export class ProcessorPipeline {
  readonly #timeoutMs: number;
  readonly #timers: Timers;
  readonly #logger: Logger;
  readonly #calls: Counter;
  readonly #byName = new Map<string, Processor>();

  /** @throws AssertionError when two processors have the same name */
  constructor(options: ProcessorPipelineOptions, modules: ProcessorPipelineModules) {
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#timers = modules.timers;
    this.#logger = modules.logger;
    const metrics = modules.metrics ?? noMetrics;
    this.#calls = metrics.counter('dkron_processor_calls_total', 'Outputs given to processors, by how that ended');
    for (const processor of modules.processors) {
      assert(!this.#byName.has(processor.name), `two processors are named ${processor.name}`);
      this.#byName.set(processor.name, processor);
    }
  }

  /** In ascending order. */
  names(): string[] {
    return [...this.#byName.keys()].sort();
  }

  /** Ends what processors keep between calls. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#byName.values()].map(async (processor) => processor.close?.()));
  }

  /**
   * Runs one after another in ascending order of their names, the only order that survives a round trip through JSON.
   * One that is missing, fails or takes too long leaves the output as it was. Never rejects.
   *
   * @param signal abort = stop; the remaining processors count as failed
   */
  async run(
    input: ProcessorInput,
    processors: Readonly<Record<string, ProcessorConfig>>,
    signal?: AbortSignal,
  ): Promise<ProcessorPipelineResult> {
    let { output } = input;
    const ran: string[] = [];
    const failures: ProcessorFailure[] = [];
    for (const name of Object.keys(processors).sort()) {
      try {
        output = await this.#runOne(name, { ...input, output }, processors[name] ?? {}, signal);
        ran.push(name);
        this.#count(name, 'success');
      } catch (error) {
        this.#count(name, 'failed');
        failures.push({ name, error: messageOf(error) });
        this.#logger.error('processor failed, the output stays as it was', {
          processor: name,
          job: input.jobName,
          execution: input.executionId,
          error,
        });
      }
    }
    return { output, ran, failures };
  }

  /** Jobs may name anything: what is not known counts together. */
  #count(name: string, result: 'success' | 'failed'): void {
    this.#calls.add(1, { processor: this.#byName.has(name) ? name : 'unknown', result });
  }

  async #runOne(
    name: string,
    input: ProcessorInput,
    config: ProcessorConfig,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    const processor = this.#byName.get(name);
    if (!processor) throw new ProcessorError('missing', `no processor named ${name}`, { name, known: this.names() });
    const stop = new AbortController();
    const cleanUp: Cancel[] = [];
    const stopped = new Promise<never>((_resolve, reject) => {
      const giveUp = (error: ProcessorError): void => {
        stop.abort(error);
        reject(error);
      };
      const abort = (): void => giveUp(new ProcessorError('stopped', `processor ${name} was stopped`, { name }));
      const timeoutMs = this.#timeoutMs;
      const text = `processor ${name} took longer than ${timeoutMs} ms`;
      cleanUp.push(
        this.#timers.after(timeoutMs, () => giveUp(new ProcessorError('timeout', text, { name, timeoutMs }))),
      );
      cleanUp.push(() => signal?.removeEventListener('abort', abort));
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted) abort();
    });
    try {
      const work = signal?.aborted ? stopped : this.#process(processor, input, config, stop.signal);
      return await Promise.race([work, stopped]);
    } finally {
      for (const cancel of cleanUp) cancel();
    }
  }

  async #process(
    processor: Processor,
    input: ProcessorInput,
    config: ProcessorConfig,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const logger = this.#logger.child({ processor: processor.name });
    const result: unknown = await processor.process(input, { ...config }, { signal, logger });
    if (result instanceof Uint8Array) return result;
    throw new ProcessorError('bad_result', `processor ${processor.name} returned no bytes`, { name: processor.name });
  }
}
