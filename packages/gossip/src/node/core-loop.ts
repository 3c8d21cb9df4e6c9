import type { Cancel, Clock, Timers } from '@dkron/runtime';
import type { SerfEffect } from '../core/serf/effects.ts';

/** What the loop needs of a state machine. */
export interface DrivenCore {
  readonly nextDeadlineMs: number;
  advance(nowMs: number): void;
  takeEffects(): SerfEffect[];
}

export interface CoreLoopModules<Core> {
  readonly core: Core;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly perform: (effect: SerfEffect) => void;
  /** Called when all effects of a call are carried out. */
  readonly afterwards: () => void;
}

/** A pool that stands still is looked at again after so long. */
const MAX_SLEEP_MS = 30_000;

/** Gives a pure state machine time and turns, and carries out what it says, in order. */
export class CoreLoop<Core extends DrivenCore> {
  readonly #modules: CoreLoopModules<Core>;
  #effects: SerfEffect[] = [];
  #isPerforming = false;
  #stopped = false;
  #dueMs = Infinity;
  #cancel: Cancel | undefined;

  constructor(modules: CoreLoopModules<Core>) {
    this.#modules = modules;
  }

  /**
   * One call of the state machine, then its effects. Effects may come back here: what they cause follows in the order in
   * which it was caused.
   */
  run<T>(action: (core: Core, nowMs: number) => T): T {
    const { core, clock } = this.#modules;
    try {
      return action(core, clock.monotonicMs());
    } finally {
      this.#perform();
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#effects = [];
    this.#cancel?.();
  }

  #perform(): void {
    const { core, perform } = this.#modules;
    for (const effect of core.takeEffects()) this.#effects.push(effect);
    if (this.#isPerforming) return;
    this.#isPerforming = true;
    try {
      // Effects are added while we go.
      for (let at = 0; at < this.#effects.length && !this.#stopped; at++) perform(this.#effects[at]!);
    } finally {
      this.#effects = [];
      this.#isPerforming = false;
    }
    this.#modules.afterwards();
    this.#arm();
  }

  #arm(): void {
    const { core, clock, timers } = this.#modules;
    const dueMs = core.nextDeadlineMs;
    if (this.#stopped || dueMs === this.#dueMs) return;
    this.#cancel?.();
    this.#dueMs = dueMs;
    const delayMs = Math.min(MAX_SLEEP_MS, Math.max(0, Math.ceil(dueMs - clock.monotonicMs())));
    this.#cancel = timers.after(delayMs, () => {
      this.#dueMs = Infinity;
      this.run((running, nowMs) => running.advance(nowMs));
    });
  }
}
