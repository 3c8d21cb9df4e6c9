import { ProcessTime, type VirtualTime } from '@dkron/raft/testing';

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

  override wallMs(): number {
    return super.wallMs() + this.#clock.wallOffsetMs;
  }
}
