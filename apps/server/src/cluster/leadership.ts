import type { LeadershipEvent, RaftNode } from '@dkron/raft';
import { RaftError } from '@dkron/raft';
import type { Logger } from '@dkron/runtime';

export interface LeadershipModules {
  readonly node: RaftNode;
  readonly logger: Logger;
  /** Everything that was committed is applied here, and this server may act. A rejection is a loss of leadership. */
  readonly onGain: () => Promise<void>;
  /** In the turn in which it is known: nothing may be proposed any more. Also after an `onGain` that never ended. */
  readonly onLoss: () => void;
}

/**
 * Turns terms of leadership into work: an entry of its own committed, everything before it applied, then `onGain`; and
 * `onLoss` at once. Terms never overlap.
 */
export class Leadership {
  readonly #modules: LeadershipModules;
  /** Term that this server leads; 0 while it follows. */
  #term = 0;
  #work: Promise<void> = Promise.resolve();
  /** Term that this server leads and could not take up: its disk was full. */
  #refused = 0;
  readonly #gained = Promise.withResolvers<void>();

  constructor(modules: LeadershipModules) {
    this.#modules = modules;
    // Whoever does not wait for it must not be ended by it.
    this.#gained.promise.catch(() => undefined);
    modules.node.on('fatal', ({ error }) => this.#gained.reject(error));
    modules.node.on('leadership', (event) => this.#changed(event));
    modules.node.on('diskLow', ({ level }) => {
      if (level === 'ok') this.#tryAgain();
    });
  }

  /** Resolves with the first term that this server leads; rejects when the node fails before. */
  firstGain(): Promise<void> {
    return this.#gained.promise;
  }

  /**
   * Does `work` as a leader that does nothing else meanwhile; afterwards leadership is taken up again, if it is still this
   * term's.
   * @throws RaftError `not_leader`; what `work` throws
   */
  pausedDuring<T>(work: () => Promise<T>): Promise<T> {
    const { onLoss } = this.#modules;
    const term = this.#term;
    const paused = this.#work.then(async () => {
      if (term === 0 || term !== this.#term) throw new RaftError('not_leader', 'this server does not lead', {});
      onLoss();
      try {
        return await work();
      } finally {
        await this.#gain(term);
      }
    });
    this.#work = paused.then(
      () => undefined,
      () => undefined,
    );
    return paused;
  }

  #changed({ isLeader, term, leaderId }: LeadershipEvent): void {
    const { logger, onLoss } = this.#modules;
    if (this.#term !== 0 && (!isLeader || term !== this.#term)) {
      logger.info('cluster: leadership lost', { term: this.#term });
      this.#term = 0;
      onLoss();
    }
    if (!isLeader) {
      if (leaderId !== '') logger.info('cluster: new leader', { leader: leaderId, term });
      return;
    }
    if (this.#term === term) return;
    this.#term = term;
    this.#work = this.#work.then(() => this.#gain(term));
  }

  /** Whoever is alone, or could not hand over, goes on when there is room again. */
  #tryAgain(): void {
    const term = this.#refused;
    if (term === 0 || term !== this.#term) return;
    this.#refused = 0;
    this.#work = this.#work.then(() => this.#gain(term));
  }

  async #gain(term: number): Promise<void> {
    const { node, logger, onGain, onLoss } = this.#modules;
    if (this.#term !== term) return;
    try {
      await node.barrier();
      if (this.#term !== term) return;
      await onGain();
      if (this.#term !== term) onLoss();
      else {
        logger.info('cluster: leadership gained', { term });
        this.#gained.resolve();
      }
    } catch (error) {
      // A loss is told by its own event; a failed disk ends the process.
      if (this.#term !== term) return;
      logger.warn('cluster: leadership could not be taken up', { term, error });
      this.#refused = term;
      this.#gained.reject(error as Error);
    }
  }
}
