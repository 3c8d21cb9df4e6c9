import type { NodeId } from '../core/types.ts';
import { leadershipLost, RaftError } from './errors.ts';
import type { Host } from './host.ts';

/** Good rounds in a row after which a learner is near enough (dissertation 4.2.1). */
const GOOD_ROUNDS = 3;

interface Waiting {
  readonly id: NodeId;
  readonly deadlineMs: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  target: number;
  roundStartMs: number;
  good: number;
}

/**
 * Waits for learners to catch up. In a round, a learner reaches the commit index of the round's start; rounds shorter
 * than an election timeout are good.
 */
export class CatchUps {
  readonly #host: Host;
  #waiting: Waiting[] = [];

  constructor(host: Host) {
    this.#host = host;
  }

  wait(id: NodeId, timeoutMs: number): Promise<void> {
    const nowMs = this.#host.modules.clock.monotonicMs();
    const target = this.#host.core.basicStatus().commit;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ id, deadlineMs: nowMs + timeoutMs, resolve, reject, target, roundStartMs: nowMs, good: 0 });
    });
  }

  tick(nowMs: number): void {
    if (this.#waiting.length > 0) this.#waiting = this.#waiting.filter((waiting) => !this.#settled(waiting, nowMs));
  }

  close(error?: Error): void {
    const lost = error ?? leadershipLost(this.#host.core.basicStatus().term);
    for (const { reject } of this.#waiting.splice(0)) reject(lost);
  }

  #settled(waiting: Waiting, nowMs: number): boolean {
    const { core, electionMs } = this.#host;
    const progress = core.progress(waiting.id);
    if (progress === undefined) {
      waiting.reject(new RaftError('not_caught_up', `server ${waiting.id} was removed`, { id: waiting.id }));
      return true;
    }
    if (progress.match >= waiting.target) {
      waiting.good = nowMs - waiting.roundStartMs < electionMs ? waiting.good + 1 : 0;
      waiting.target = core.basicStatus().commit;
      waiting.roundStartMs = nowMs;
      if (waiting.good >= GOOD_ROUNDS) {
        waiting.resolve();
        return true;
      }
    }
    if (nowMs < waiting.deadlineMs) return false;
    const details = { id: waiting.id, match: progress.match, target: waiting.target };
    const text = `server ${waiting.id} has the log up to ${progress.match} of ${waiting.target}; it stays a learner`;
    waiting.reject(new RaftError('not_caught_up', text, details));
    return true;
  }
}
