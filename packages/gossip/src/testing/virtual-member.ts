import type { SwimEffect, SwimEvent } from '../core/swim/effects.ts';
import type { Swim } from '../core/swim/swim.ts';
import type { Address } from '../core/types.ts';

/** Something a member saw, and when. */
export interface SeenEvent {
  readonly atMs: number;
  readonly event: SwimEvent;
}

export interface VirtualMemberModules {
  readonly now: () => number;
  readonly plan: (atMs: number, run: () => void) => void;
  readonly perform: (from: VirtualMember, effect: Exclude<SwimEffect, SwimEvent>) => void;
  /** Which events are worth keeping in {@link VirtualMember.seen}. */
  readonly keeps: (event: SwimEvent) => boolean;
}

/** One process of a virtual network: its state machine, its one thread, and what waits in its sockets. */
export class VirtualMember {
  readonly name: string;
  readonly address: Address;
  readonly seen: SeenEvent[] = [];
  swim: Swim;
  running = true;
  readonly #modules: VirtualMemberModules;
  #waiting: ((swim: Swim) => void)[] = [];
  #stalledUntilMs = 0;
  #wakeMs = Infinity;

  constructor(name: string, address: Address, swim: Swim, modules: VirtualMemberModules) {
    this.name = name;
    this.address = address;
    this.swim = swim;
    this.#modules = modules;
  }

  /** Runs `action` on the member's thread: at once, or after its stall. A member that does not run misses it. */
  do(action: (swim: Swim) => void): void {
    if (!this.running) return;
    if (this.#stalledUntilMs > this.#modules.now()) {
      this.#waiting.push(action);
      return;
    }
    action(this.swim);
    this.#settle();
  }

  /** The thread does nothing for so long. Then, as in Node, timers run before sockets are read. */
  stall(forMs: number): void {
    const untilMs = this.#modules.now() + forMs;
    this.#stalledUntilMs = Math.max(this.#stalledUntilMs, untilMs);
    this.#modules.plan(untilMs, () => this.#wakeUp());
  }

  /** Ends without a word. */
  kill(): void {
    this.running = false;
    this.#waiting = [];
  }

  /** A new process in the place of the old one. */
  restart(swim: Swim): void {
    this.swim = swim;
    this.running = true;
    this.#stalledUntilMs = 0;
    this.#wakeMs = Infinity;
    this.do((fresh) => fresh.start(this.#modules.now()));
  }

  #wakeUp(): void {
    if (this.#stalledUntilMs > this.#modules.now()) return;
    this.do((swim) => swim.advance(this.#modules.now()));
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const action of waiting) this.do(action);
  }

  #settle(): void {
    const { now, perform, keeps } = this.#modules;
    for (const effect of this.swim.takeEffects()) {
      if (effect.type === 'packet' || effect.type === 'streamPing' || effect.type === 'pushPull') perform(this, effect);
      else if (keeps(effect)) this.seen.push({ atMs: now(), event: effect });
    }
    const nextMs = Math.max(now(), this.swim.nextDeadlineMs);
    if (nextMs >= this.#wakeMs || nextMs === Infinity) return;
    this.#wakeMs = nextMs;
    const { swim } = this;
    this.#modules.plan(nextMs, () => {
      if (this.swim !== swim || this.#wakeMs !== nextMs) return;
      this.#wakeMs = Infinity;
      if (this.#stalledUntilMs <= now()) this.do((running) => running.advance(now()));
    });
  }
}
