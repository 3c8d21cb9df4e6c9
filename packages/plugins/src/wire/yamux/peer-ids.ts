import { PluginWireError } from '../errors.ts';

/** Ids that may come late, since who opens several at once may send them in any order. */
const LATE_MAX = 256;
const STEP = 2;

/** Which stream ids the other side has used. None may be used again. */
export class PeerStreamIds {
  readonly #late = new Set<number>();
  #next: number;

  /** `first` is 1 for the ids of a client, 2 for those of a server. */
  constructor(first: 1 | 2) {
    this.#next = first;
  }

  /** Throws `PluginWireError` for an id that is ours, was used, or is far from the next. */
  use(id: number): void {
    if (this.#late.delete(id)) return;
    const skipped = (id - this.#next) / STEP;
    if (!Number.isInteger(skipped) || skipped < 0 || skipped + this.#late.size > LATE_MAX) {
      throw new PluginWireError('PLUGIN_YAMUX', `yamux stream ${id} cannot be opened by the other side, or not again`);
    }
    for (; this.#next < id; this.#next += STEP) this.#late.add(this.#next);
    this.#next = id + STEP;
  }
}
