import type { Clock } from '@dkron/runtime';

/** A wall clock that is set is taken for one that jumped from here on; one that is slewed is not. */
const LEAST_JUMP_MS = 1000;
const LOOK_EVERY_MS = 1000;

/**
 * Notices that the wall clock was set. Nothing here goes by it; but whoever reads our log, or compares it with that of
 * others, is to know.
 */
export class WallClockWatch {
  readonly #clock: Clock;
  readonly #onJump: (jumpMs: number) => void;
  #aheadMs: number;
  #nextMs = 0;

  /** @param onJump - called with how far, whole ms; negative: back */
  constructor(clock: Clock, onJump: (jumpMs: number) => void) {
    this.#clock = clock;
    this.#onJump = onJump;
    this.#aheadMs = clock.wallMs() - clock.monotonicMs();
  }

  /** May be called as often as one likes. */
  look(): void {
    const monotonicMs = this.#clock.monotonicMs();
    if (monotonicMs < this.#nextMs) return;
    this.#nextMs = monotonicMs + LOOK_EVERY_MS;
    const aheadMs = this.#clock.wallMs() - monotonicMs;
    const jumpMs = Math.round(aheadMs - this.#aheadMs);
    // Also when it is none: slow drift adds up to nothing.
    this.#aheadMs = aheadMs;
    if (Math.abs(jumpMs) >= LEAST_JUMP_MS) this.#onJump(jumpMs);
  }
}
