import { suspicionMinMs } from './scale.ts';
import type { SwimTuning } from './options.ts';

export interface SuspicionTimes {
  /** How many others must confirm for the least time. 0: that time at once. */
  readonly confirmationsNeeded: number;
  readonly minMs: number;
  readonly maxMs: number;
}

/** Times of a suspicion that starts in a pool of `members`, the forgotten not counted. */
export function suspicionTimes(tuning: SwimTuning, members: number): SuspicionTimes {
  const wanted = tuning.suspicionMult - 2;
  const minMs = suspicionMinMs(tuning.suspicionMult, members, tuning.probeIntervalMs);
  return {
    // Besides us and the suspect there must be enough others to confirm.
    confirmationsNeeded: wanted < 1 || members - 2 < wanted ? 0 : wanted,
    minMs,
    maxMs: minMs * tuning.suspicionMaxTimeoutMult,
  };
}

/** From suspicion to death, given how many confirmed it: from the greatest down to the least, on a logarithm. */
export function suspicionTotalMs(times: SuspicionTimes, confirmations: number): number {
  const { confirmationsNeeded, minMs, maxMs } = times;
  if (confirmationsNeeded === 0) return minMs;
  const fraction = Math.log(confirmations + 1) / Math.log(confirmationsNeeded + 1);
  return Math.max(minMs, Math.floor(maxMs - fraction * (maxMs - minMs)));
}

/** One member's suspicion: who shares it, and when it becomes death. */
export class Suspicion {
  readonly #times: SuspicionTimes;
  /** The first accuser, then those who confirmed: few, so searching them is cheapest. */
  readonly #accusers: string[];
  #startMs: number;
  #deadlineMs: number;
  #held = false;

  constructor(times: SuspicionTimes, accuser: string, nowMs: number) {
    this.#times = times;
    this.#accusers = [accuser];
    this.#startMs = nowMs;
    this.#deadlineMs = this.#dueMs();
  }

  /** Accusers besides the first. */
  get confirmations(): number {
    return this.#accusers.length - 1;
  }

  /** May be in the past after a confirmation: then it is due. Infinity while it is held. */
  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  /** Whether `accuser` is new and counts. */
  confirm(accuser: string): boolean {
    if (this.confirmations >= this.#times.confirmationsNeeded || this.#accusers.includes(accuser)) return false;
    this.#accusers.push(accuser);
    this.#deadlineMs = this.#dueMs();
    return true;
  }

  /** Takes out a time in which we could not have heard a refutation. */
  postpone(ms: number): void {
    this.#startMs += ms;
    this.#deadlineMs = this.#dueMs();
  }

  /** Its time ran out, but the suspect is asked once more: until {@link restart} it is not due. */
  hold(): void {
    this.#held = true;
    this.#deadlineMs = this.#dueMs();
  }

  /** The suspect was there: all of its time again, unconfirmed. */
  restart(nowMs: number): void {
    this.#held = false;
    this.#accusers.length = 1;
    this.#startMs = nowMs;
    this.#deadlineMs = this.#dueMs();
  }

  #dueMs(): number {
    if (this.#held) return Infinity;
    return this.#startMs + suspicionTotalMs(this.#times, this.confirmations);
  }
}
