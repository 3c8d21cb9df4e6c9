import type { Cancel, Clock, Timers } from '@dkron/runtime';

/** Long timers are late by about 0.1 %: sleep to here before the instant, then hop. */
const SHORT_HOP_MS = 100;
/** A step of the wall clock is noticed within this time. */
const LONGEST_HOP_MS = 1_000;
const WALL_JUMP_MS = 1_000;

export interface AlarmModules {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Called when the armed wall time is reached, never before. The alarm is then unarmed. */
  readonly ring: () => void;
  /** The wall clock moved against the monotonic one by more than a second. Called before the alarm goes on. */
  readonly jumped: (byMs: number) => void;
}

/** One wake-up at a wall time, exact although timers are late, early, or the wall clock is stepped. */
export class Alarm {
  readonly #modules: AlarmModules;
  #dueMs: number | undefined;
  #cancel: Cancel | undefined;
  #offsetMs: number | undefined;

  constructor(modules: AlarmModules) {
    this.#modules = modules;
  }

  /** Sets or moves the wake-up; a later time than the armed one is obeyed too. `undefined` = none. */
  arm(dueMs: number | undefined): void {
    if (dueMs === this.#dueMs && this.#cancel !== undefined) return;
    this.disarm();
    if (dueMs === undefined) return;
    this.#dueMs = dueMs;
    this.#hop();
  }

  disarm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#dueMs = undefined;
    this.#offsetMs = undefined;
  }

  #hop(): void {
    const { clock, timers } = this.#modules;
    const wallMs = clock.wallMs();
    this.#offsetMs ??= wallMs - clock.monotonicMs();
    const leftMs = this.#dueMs! - wallMs;
    const delayMs = leftMs > SHORT_HOP_MS ? Math.min(leftMs - SHORT_HOP_MS, LONGEST_HOP_MS) : Math.max(0, leftMs);
    this.#cancel = timers.after(delayMs, () => this.#woken());
  }

  #woken(): void {
    const { clock, ring, jumped } = this.#modules;
    this.#cancel = undefined;
    const offsetMs = clock.wallMs() - clock.monotonicMs();
    const jumpMs = offsetMs - this.#offsetMs!;
    if (Math.abs(jumpMs) > WALL_JUMP_MS) {
      this.#offsetMs = offsetMs;
      jumped(jumpMs);
    }
    // `jumped` may have armed or disarmed.
    if (this.#cancel !== undefined || this.#dueMs === undefined) return;
    if (clock.wallMs() < this.#dueMs) return this.#hop();
    this.#dueMs = undefined;
    this.#offsetMs = undefined;
    ring();
  }
}
