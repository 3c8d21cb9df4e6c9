import type { Keyring } from '../core/keyring.ts';
import type { SerfEffect, SnapshotEffect } from '../core/serf/effects.ts';
import type { Serf } from '../core/serf/serf.ts';
import type { Address } from '../core/types.ts';

type Performed = 'packet' | 'streamPing' | 'pushPull';

/** What the network does for a member. */
export type SerfTransmission = Extract<SerfEffect, { readonly type: Performed }>;

/** Something a member saw, and when. */
export interface SeenSerfEvent {
  readonly atMs: number;
  readonly event: Exclude<SerfEffect, SerfTransmission | SnapshotEffect>;
}

export interface VirtualSerfModules {
  readonly now: () => number;
  readonly plan: (atMs: number, run: () => void) => void;
  readonly perform: (from: VirtualSerf, effect: SerfTransmission) => void;
}

/** One process of a virtual pool: its state machine, the file of its snapshot, and what its listeners were told. */
export class VirtualSerf {
  readonly name: string;
  readonly address: Address;
  readonly keyring: Keyring;
  readonly seen: SeenSerfEvent[] = [];
  /** Called with each event; may give commands. */
  onEvent: (event: SeenSerfEvent['event'], serf: Serf) => void = () => {};
  serf: Serf;
  running = true;
  /** What a disk would hold. */
  snapshot = '';
  readonly #modules: VirtualSerfModules;
  #wakeMs = Infinity;

  constructor(name: string, address: Address, keyring: Keyring, serf: Serf, modules: VirtualSerfModules) {
    this.name = name;
    this.address = address;
    this.keyring = keyring;
    this.serf = serf;
    this.#modules = modules;
  }

  /** Gives a command and does what it brings. A member that does not run is asked nothing. */
  do<T>(action: (serf: Serf, nowMs: number) => T): T | undefined {
    if (!this.running) return undefined;
    const result = action(this.serf, this.#modules.now());
    this.#settle();
    return result;
  }

  /** Ends without a word. */
  kill(): void {
    this.running = false;
  }

  /** A new process in the place of the old one. */
  restart(serf: Serf): void {
    this.serf = serf;
    this.running = true;
    this.#wakeMs = Infinity;
    this.do((fresh, nowMs) => fresh.start(nowMs));
  }

  /** All events of one type so far. */
  events<T extends SeenSerfEvent['event']['type']>(type: T): Extract<SeenSerfEvent['event'], { readonly type: T }>[] {
    return this.seen.flatMap(({ event }) =>
      event.type === type ? [event as Extract<SeenSerfEvent['event'], { readonly type: T }>] : [],
    );
  }

  #settle(): void {
    const { now, perform } = this.#modules;
    // Listeners may give commands, which have effects again.
    for (let effects = this.serf.takeEffects(); effects.length > 0; effects = this.serf.takeEffects()) {
      for (const effect of effects) {
        if (effect.type === 'packet' || effect.type === 'streamPing' || effect.type === 'pushPull') {
          perform(this, effect);
        } else if (effect.type === 'snapshot') {
          this.snapshot = effect.mode === 'replace' ? effect.text : this.snapshot + effect.text;
        } else {
          this.seen.push({ atMs: now(), event: effect });
          this.onEvent(effect, this.serf);
        }
      }
    }
    this.#planWake();
  }

  #planWake(): void {
    const { now, plan } = this.#modules;
    const nextMs = Math.max(now(), this.serf.nextDeadlineMs);
    if (nextMs >= this.#wakeMs || nextMs === Infinity) return;
    this.#wakeMs = nextMs;
    const { serf } = this;
    plan(nextMs, () => {
      if (this.serf !== serf || this.#wakeMs !== nextMs) return;
      this.#wakeMs = Infinity;
      this.do((running, nowMs) => running.advance(nowMs));
    });
  }
}
