import { assert } from '@dkron/runtime';
import type { Executor } from './types.ts';

/** The executors of this node, by name. */
export class ExecutorRegistry {
  readonly #byName = new Map<string, Executor>();

  /** @throws AssertionError when two executors have the same name */
  constructor(executors: readonly Executor[]) {
    for (const executor of executors) {
      assert(!this.#byName.has(executor.name), `two executors are named ${executor.name}`);
      this.#byName.set(executor.name, executor);
    }
  }

  get(name: string): Executor | undefined {
    return this.#byName.get(name);
  }

  /** In ascending order. */
  names(): string[] {
    return [...this.#byName.keys()].sort();
  }

  /** Ends what the executors keep between attempts. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#byName.values()].map(async (executor) => executor.close?.()));
  }
}
