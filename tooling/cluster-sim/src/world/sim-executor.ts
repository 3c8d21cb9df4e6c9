import type { VirtualTime } from '@dkron/raft/testing';
import type { ExecuteContext, ExecuteRequest, ExecuteResult, Executor, ExecutorSource } from '@dkron/worker';
import type { NodeTime } from './node-time.ts';

/** One command that really ran, whoever knows of it. Times are true ones. */
export interface PhysicalRun {
  readonly executionId: string;
  readonly attempt: number;
  readonly jobName: string;
  readonly node: string;
  readonly startedMs: number;
  endedMs: number | undefined;
  result: ExecuteResult | undefined;
  /** How often its machine had gone down when it started. */
  readonly downs: number;
}

export interface ExecutorWatch {
  started(run: PhysicalRun, process: NodeTime): void;
  ended(run: PhysicalRun): void;
}

/** Kept by the system, not by the worker that started it. */
const TERM_MS = 300;

/**
 * Commands that take as long as their configuration says. They run while their worker stands still, and end with it when
 * it is killed.
 */
export class SimExecutor implements Executor, ExecutorSource {
  readonly name = 'sim';
  readonly #node: string;
  readonly #time: VirtualTime;
  readonly #process: NodeTime;
  readonly #watch: ExecutorWatch;
  readonly #downs: number;
  readonly #running = new Set<PhysicalRun>();

  constructor(
    { name, downs }: { readonly name: string; readonly downs: number },
    process: NodeTime,
    modules: { readonly time: VirtualTime; readonly watch: ExecutorWatch },
  ) {
    this.#node = name;
    this.#downs = downs;
    this.#process = process;
    this.#time = modules.time;
    this.#watch = modules.watch;
  }

  get(name: string): Executor | undefined {
    return name === this.name ? this : undefined;
  }

  names(): readonly string[] {
    return [this.name];
  }

  execute(request: ExecuteRequest, context: ExecuteContext): Promise<ExecuteResult> {
    const { executionId, attempt, jobName, config } = request;
    const run: PhysicalRun = {
      executionId,
      attempt,
      jobName,
      node: this.#node,
      startedMs: this.#time.nowMs,
      endedMs: undefined,
      result: undefined,
      downs: this.#downs,
    };
    this.#running.add(run);
    this.#watch.started(run, this.#process);
    return new Promise((resolve) => {
      const end = (result: ExecuteResult): void => {
        if (run.endedMs !== undefined) return;
        this.#end(run, result);
        this.#process.deliver(() => resolve(result));
      };
      const failing = Number(config['failUntil'] ?? 0) >= attempt;
      const natural: ExecuteResult = failing
        ? { success: false, error: 'exit 1', reason: 'exit', exitCode: 1 }
        : { success: true, error: '' };
      this.#time.after(Number(config['runMs'] ?? 0), () => end(natural));
      context.signal.addEventListener('abort', () => {
        this.#time.after(TERM_MS, () => end({ success: false, error: 'killed' }));
      });
    });
  }

  /** The worker's process is gone, and everything that it started. */
  killed(): void {
    for (const run of this.#running) this.#end(run, { success: false, error: 'killed' });
  }

  #end(run: PhysicalRun, result: ExecuteResult): void {
    run.endedMs = this.#time.nowMs;
    run.result = result;
    this.#running.delete(run);
    this.#watch.ended(run);
  }
}
