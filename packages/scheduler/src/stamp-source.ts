import type { Stamp } from '@dkron/jobs';
import type { Clock } from '@dkron/runtime';
import type { StateView } from './ports.ts';

/** Gives the leader's stamps: strictly increasing, above every applied one, close to wall time. */
export class StampSource {
  readonly #clock: Pick<Clock, 'wallNanos'>;
  readonly #view: Pick<StateView, 'lastStamp'>;
  #last: Stamp = 0n;

  constructor(clock: Pick<Clock, 'wallNanos'>, view: Pick<StateView, 'lastStamp'>) {
    this.#clock = clock;
    this.#view = view;
  }

  /** max(wall, last given + 1 ns, last applied + 1 ns). */
  next(): Stamp {
    const applied = this.#view.lastStamp();
    const floor = (applied > this.#last ? applied : this.#last) + 1n;
    const wall = this.#clock.wallNanos();
    this.#last = wall > floor ? wall : floor;
    return this.#last;
  }

  /** One more of the same moment, right after `next` in the same turn: reads neither clock nor state. */
  following(): Stamp {
    return ++this.#last;
  }
}
