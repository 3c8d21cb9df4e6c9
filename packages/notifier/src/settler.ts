import type { NoticeOutcome } from '@dkron/jobs';
import type { Logger, Timers } from '@dkron/runtime';
import type { NoticeLog, Stamps } from './ports.ts';

const OUTCOMES_PER_COMMAND_MAX = 1_000;
const GATHER_MS = 20;
const AGAIN_MS = 1_000;

export interface SettlerModules {
  readonly log: NoticeLog;
  readonly stamps: Stamps;
  readonly timers: Timers;
  readonly logger: Logger;
}

/**
 * Writes outcomes into the log, many in one command. What is not known to be committed is written again; bounded by the
 * notices that are being told, which are settled before others are begun.
 */
export class Settler {
  readonly #modules: SettlerModules;
  #waiting: NoticeOutcome[] = [];
  #running = false;
  #stopped = new AbortController();

  constructor(modules: SettlerModules) {
    this.#modules = modules;
  }

  start(): void {
    this.#stopped = new AbortController();
  }

  stop(): void {
    this.#stopped.abort(new Error('leadership lost'));
    this.#waiting = [];
    this.#running = false;
  }

  add(outcome: NoticeOutcome): void {
    this.#waiting.push(outcome);
    if (this.#running) return;
    this.#running = true;
    void this.#run(this.#stopped.signal);
  }

  async #run(stopped: AbortSignal): Promise<void> {
    const { log, stamps, timers, logger } = this.#modules;
    const pause = (ms: number): Promise<void> => timers.sleep(ms, stopped).catch(() => undefined);
    await pause(GATHER_MS);
    while (!stopped.aborted && this.#waiting.length > 0) {
      const outcomes = this.#waiting.slice(0, OUTCOMES_PER_COMMAND_MAX);
      try {
        if (!log.leadershipValid()) throw new Error('this node does not lead right now');
        await log.propose({ type: 'settleNotices', stamp: stamps.next(), outcomes });
        if (stopped.aborted) return;
        this.#waiting.splice(0, outcomes.length);
      } catch (error) {
        if (stopped.aborted) return;
        logger.warn('Outcomes of notifications are not known to be committed', { outcomes: outcomes.length, error });
        await pause(AGAIN_MS);
      }
    }
    // In the turn that saw that nothing waits: what comes next begins anew.
    if (!stopped.aborted) this.#running = false;
  }
}
