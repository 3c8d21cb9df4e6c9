import type { Command, CommandResults } from '@dkron/jobs';
import type { Logger, Timers } from '@dkron/runtime';
import { assert } from '@dkron/runtime';
import type { ReplicatedLog } from '@dkron/scheduler';
import type { Codec, Store, StoreEntry } from '@dkron/store';

const QUEUE_MAX = 10_000;
const BATCH_MAX = 1_024;

export interface LocalLogModules {
  readonly store: Store;
  readonly codec: Codec<Command>;
  readonly timers: Timers;
  readonly logger: Logger;
  /** Called once when a write failed: whether it reached the disk is unknown, so nothing may follow it. */
  readonly onFatal: (error: Error) => void;
}

interface Proposal {
  readonly command: Command;
  readonly data: Uint8Array;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The replicated log of a cluster of one: what was proposed in one turn of the event loop becomes one atomic, synced
 * write of the store. It has no entries of its own; consensus takes its place behind the same port.
 */
export class LocalLog implements ReplicatedLog {
  readonly #modules: LocalLogModules;
  readonly #queue: Proposal[] = [];
  /** From the first proposal until the queue is empty. */
  #draining: Promise<void> | undefined;
  #open = true;

  constructor(modules: LocalLogModules) {
    this.#modules = modules;
  }

  leadershipValid(): boolean {
    return this.#open;
  }

  term(): bigint {
    return 1n;
  }

  propose<C extends Command>(command: C): Promise<CommandResults[C['type']]> {
    return new Promise((resolve, reject) => {
      if (!this.#open) return reject(new Error('the log is closed'));
      if (this.#queue.length >= QUEUE_MAX) return reject(new Error(`more than ${QUEUE_MAX} proposals are waiting`));
      // What cannot be written concerns its proposer alone, so that it is found out here.
      const data = this.#modules.codec.encode(command);
      this.#queue.push({ command, data, resolve: resolve as (result: never) => void, reject });
      this.#draining ??= this.#drain();
    });
  }

  /** Refuses new proposals and waits for those under way. */
  async close(): Promise<void> {
    this.#open = false;
    await this.#draining;
  }

  async #drain(): Promise<void> {
    await new Promise<void>((resolve) => this.#modules.timers.nextTurn(resolve));
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, BATCH_MAX);
      try {
        const results = await this.#modules.store.applyCommands(this.#entries(batch), { sync: true });
        assert(results.length === batch.length, 'apply answers every command');
        for (const [i, proposal] of batch.entries()) proposal.resolve(results[i] as never);
      } catch (cause) {
        this.#fail(batch, cause as Error);
      }
    }
    // In the turn that found the queue empty: a proposal made as the last answers settle must find it either way.
    this.#draining = undefined;
  }

  #entries(batch: readonly Proposal[]): Required<StoreEntry>[] {
    const first = this.#modules.store.appliedIndex() + 1n;
    return batch.map(({ command, data }, i) => ({ index: first + BigInt(i), data, command }));
  }

  #fail(batch: readonly Proposal[], error: Error): void {
    this.#modules.logger.error('store: write failed, stopping', { error: error.message });
    const waiting = [...batch, ...this.#queue.splice(0)];
    this.#open = false;
    for (const proposal of waiting) proposal.reject(error);
    this.#modules.onFatal(error);
  }
}
