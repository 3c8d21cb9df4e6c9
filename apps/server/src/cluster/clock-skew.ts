import type { RaftNode } from '@dkron/raft';
import type { Logger } from '@dkron/runtime';
import type { ServerSurvey } from './server-survey.ts';

export interface ClockSkewModules {
  readonly survey: Pick<ServerSurvey, 'aheadOfMostMs'>;
  readonly raft: Pick<RaftNode, 'transferLeadership'>;
  readonly logger: Logger;
}

/** A leader whose clock runs ahead would decide ticks that are not due yet: it lets another one lead, if one can. */
export class ClockSkew {
  readonly #maxMs: number;
  readonly #modules: ClockSkewModules;
  /** Once, until the clock is right again: who gets leadership back is the only one that can lead. */
  #tried = false;

  constructor({ maxMs }: { readonly maxMs: number }, modules: ClockSkewModules) {
    this.#maxMs = maxMs;
    this.#modules = modules;
  }

  /** On the leader. @returns whether leadership was handed over */
  async handsOver(): Promise<boolean> {
    const { survey, raft, logger } = this.#modules;
    const aheadMs = Math.round(survey.aheadOfMostMs());
    if (aheadMs <= this.#maxMs) {
      this.#tried = false;
      return false;
    }
    if (this.#tried) return false;
    this.#tried = true;
    const text =
      'the clock of this server is ahead of most servers; set it right, e.g. by NTP. Another one leads if it can';
    logger.warn(`cluster: ${text}`, { ahead_ms: aheadMs, max_clock_skew_ms: this.#maxMs });
    try {
      await raft.transferLeadership();
      return true;
    } catch (error) {
      logger.warn('cluster: nobody else can lead; this server schedules by its own clock', { error });
      return false;
    }
  }
}
