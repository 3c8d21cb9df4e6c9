import { ProcessTime, type VirtualTime } from '@dkron/raft/testing';
import type { Cancel } from '@dkron/runtime';

/** Timers of the system are never shorter. Without this, what sleeps a rest that is lost in rounding stops time for ever. */
const SHORTEST_MS = 1;

/** Clocks of a machine: they outlive its processes. */
export interface MachineClock {
  /** What its wall clock is ahead of the true time, in milliseconds. */
  wallOffsetMs: number;
  /** Speed of its clock; 1000 is right. */
  readonly ratePermille: number;
}

/** Time of one process; its wall clock may be wrong, and be stepped. */
export class NodeTime extends ProcessTime {
  readonly #clock: MachineClock;

  constructor(world: VirtualTime, clock: MachineClock, originMs: number) {
    super(world, clock.ratePermille, originMs);
    this.#clock = clock;
  }

  override after(delayMs: number, fn: () => void): Cancel {
    return super.after(Math.max(SHORTEST_MS, delayMs), fn);
  }

  override wallMs(): number {
    return super.wallMs() + this.#clock.wallOffsetMs;
  }
}
