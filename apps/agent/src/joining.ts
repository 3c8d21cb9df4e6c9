import type { Cancel, Logger, Timers } from '@dkron/runtime';
import type { GossipNode } from '@dkron/gossip';
import { StartError } from './errors.ts';
import type { AgentOptions } from './options.ts';

const FIRST_PAUSE_MS = 250;

export interface JoiningModules {
  readonly gossip: Pick<GossipNode, 'join'>;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly onFatal: (error: Error) => void;
}

type JoiningOptions = Pick<AgentOptions, 'join' | 'retryJoin' | 'retryMax' | 'retryInterval'>;

/**
 * Joins the pool: `retryJoin` after pauses of 0.25, 0.5, 1 … s up to `retryInterval`, for as long as no server is
 * known; `join` once.
 */
export class Joining {
  readonly #options: JoiningOptions;
  readonly #modules: JoiningModules;
  #found: () => boolean = () => false;
  #rounds = 0;
  #pauseMs = FIRST_PAUSE_MS;
  #joined = false;
  #wait: Cancel = () => {};
  #stopped = false;

  constructor(options: JoiningOptions, modules: JoiningModules) {
    this.#options = options;
    this.#modules = modules;
  }

  /** @param found whether a server is known; reaching only other agents, or oneself, is not enough */
  start(found: () => boolean): void {
    this.#found = found;
    const { join, retryJoin } = this.#options;
    if (retryJoin.length > 0) void this.#round(retryJoin);
    else if (join.length > 0) void this.#once(join);
    else this.#modules.logger.warn('gossip: no address to join is given; waiting to be joined');
  }

  stop(): void {
    this.#stopped = true;
    this.#wait();
  }

  async #once(targets: readonly string[]): Promise<void> {
    const reason = await this.#try(targets);
    if (reason !== undefined) this.#modules.logger.warn('gossip: join failed', { reason });
  }

  async #round(targets: readonly string[]): Promise<void> {
    const { retryMax, retryInterval } = this.#options;
    if (!this.#found()) {
      this.#rounds += 1;
      const reason = await this.#try(targets);
      if (this.#stopped) return;
      if (reason !== undefined) this.#failed(reason);
      else this.#joined = true;
      if (!this.#joined && retryMax > 0 && this.#rounds >= retryMax)
        return this.#modules.onFatal(exhausted(retryMax, reason));
      this.#pauseMs = Math.min(this.#pauseMs * 2, retryInterval);
    } else {
      this.#pauseMs = retryInterval;
    }
    this.#wait = this.#modules.timers.after(this.#pauseMs, () => void this.#round(targets));
  }

  /** Why nobody was joined; undefined when somebody was. */
  async #try(targets: readonly string[]): Promise<string | undefined> {
    try {
      const { contacted } = await this.#modules.gossip.join(targets);
      if (contacted > 0 && !this.#joined) this.#modules.logger.info('gossip: joined', { contacted });
      return contacted > 0 ? undefined : 'nobody answered';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #failed(reason: string): void {
    this.#modules.logger.warn('gossip: join failed, trying again', { round: this.#rounds, reason });
  }
}

function exhausted(rounds: number, reason: string | undefined): StartError {
  const message = `retry-join: nobody was joined in ${rounds} rounds (retry-max): ${reason}; is a server running at these addresses?`;
  return new StartError('join_exhausted', message, { option: 'retry-join' });
}
