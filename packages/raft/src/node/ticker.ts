import type { Cancel, Clock, Timers } from '@dkron/runtime';

export interface Tick {
  /** Time since the tick before. */
  readonly gapMs: number;
  /** The loop stood still: half a tick or more beyond what was due. */
  readonly stalled: boolean;
}

/**
 * Ticks from the monotonic clock. After a stall the event loop runs timers before it reads sockets: a tick taken there
 * would start elections while the leader's heartbeats lie in the buffers. So a tick is taken one turn after its timer,
 * at most one a turn, and what was missed is not made up for: that only delays elections.
 */
export class Ticker {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #onTick: (tick: Tick) => void;
  #cancel: Cancel = () => {};
  #tickMs: number;
  #lastMs = 0;
  #dueMs = 0;
  #running = false;

  constructor(
    options: { readonly tickMs: number },
    modules: { readonly clock: Clock; readonly timers: Timers },
    onTick: (tick: Tick) => void,
  ) {
    this.#tickMs = options.tickMs;
    this.#clock = modules.clock;
    this.#timers = modules.timers;
    this.#onTick = onTick;
  }

  start(): void {
    this.#running = true;
    this.#lastMs = this.#clock.monotonicMs();
    this.#dueMs = this.#lastMs + this.#tickMs;
    this.#arm();
  }

  /** Takes effect after the tick under way. */
  setTickMs(tickMs: number): void {
    this.#tickMs = tickMs;
  }

  stop(): void {
    this.#running = false;
    this.#cancel();
  }

  #arm(): void {
    const delayMs = Math.max(0, this.#dueMs - this.#clock.monotonicMs());
    this.#cancel = this.#timers.after(delayMs, () => {
      this.#cancel = this.#timers.nextTurn(() => this.#tick());
    });
  }

  #tick(): void {
    if (!this.#running) return;
    const nowMs = this.#clock.monotonicMs();
    const gapMs = nowMs - this.#lastMs;
    const lateMs = nowMs - this.#dueMs;
    this.#lastMs = nowMs;
    // A little lateness is made up for, so that ticks do not drift; more is dropped.
    this.#dueMs = (lateMs < this.#tickMs ? this.#dueMs : nowMs) + this.#tickMs;
    this.#onTick({ gapMs, stalled: lateMs >= this.#tickMs / 2 });
    if (this.#running) this.#arm();
  }
}
