import { suspicionMinMs } from './scale.ts';
import type { SwimTuning } from './options.ts';

export interface SuspicionTimes {
  /** How many others must confirm for the least time. 0: that time at once. */
  readonly confirmationsNeeded: number;
  readonly minMs: number;
  readonly maxMs: number;
}

/** How a suspicion runs. */
export interface SuspicionPlan extends SuspicionTimes {
  /** How long before its end the suspect is asked once more. 0: it is not. */
  readonly lastProbeMs: number;
}

/** How a suspicion runs that starts in a pool of `members`, the forgotten not counted. */
export function suspicionPlan(tuning: SwimTuning, members: number): SuspicionPlan {
  const wanted = tuning.suspicionMult - 2;
  const minMs = suspicionMinMs(tuning.suspicionMult, members, tuning.probeIntervalMs);
  return {
    // Besides us and the suspect there must be enough others to confirm.
    confirmationsNeeded: wanted < 1 || members - 2 < wanted ? 0 : wanted,
    minMs,
    maxMs: minMs * tuning.suspicionMaxTimeoutMult,
    lastProbeMs: tuning.lastProbe ? tuning.probeIntervalMs : 0,
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
  readonly #plan: SuspicionPlan;
  /** The first accuser, then those who confirmed: few, so searching them is cheapest. */
  readonly #accusers: string[];
  #startMs: number;
  /** Of the plan, or 0 once the last probe was given up. */
  #lastProbeMs: number;
  #held = false;
  #dueMs: number;

  constructor(plan: SuspicionPlan, accuser: string, nowMs: number) {
    this.#plan = plan;
    this.#accusers = [accuser];
    this.#startMs = nowMs;
    this.#lastProbeMs = plan.lastProbeMs;
    this.#dueMs = this.#nextDueMs();
  }

  /** Accusers besides the first. */
  get confirmations(): number {
    return this.#accusers.length - 1;
  }

  /**
   * When something is to be done: a last probe if {@link wantsLastProbe}, else the death. May be in the past after a
   * confirmation: then it is due. Infinity while it is held.
   */
  get dueMs(): number {
    return this.#dueMs;
  }

  get wantsLastProbe(): boolean {
    return this.#lastProbeMs > 0;
  }

  /** Whether `accuser` is new and counts. */
  confirm(accuser: string): boolean {
    if (this.confirmations >= this.#plan.confirmationsNeeded || this.#accusers.includes(accuser)) return false;
    this.#accusers.push(accuser);
    this.#dueMs = this.#nextDueMs();
    return true;
  }

  /** Takes out a time in which we could not have heard a refutation. */
  postpone(ms: number): void {
    this.#startMs += ms;
    this.#dueMs = this.#nextDueMs();
  }

  /** The suspect is being asked once more: until {@link restart} nothing is due. */
  hold(): void {
    this.#held = true;
    this.#dueMs = this.#nextDueMs();
  }

  /** The suspect cannot be asked once more: it is dead at the end of the time, unless it is restarted. */
  giveUpLastProbe(): void {
    this.#lastProbeMs = 0;
    this.#dueMs = this.#nextDueMs();
  }

  /** The suspect was there: all of its time again, unconfirmed. */
  restart(nowMs: number): void {
    this.#held = false;
    this.#lastProbeMs = this.#plan.lastProbeMs;
    this.#accusers.length = 1;
    this.#startMs = nowMs;
    this.#dueMs = this.#nextDueMs();
  }

  #nextDueMs(): number {
    if (this.#held) return Infinity;
    return this.#startMs + suspicionTotalMs(this.#plan, this.confirmations) - this.#lastProbeMs;
  }
}
