import type { Cancel, Logger, Timers } from '@dkron/runtime';

/** Removes a container; rejects when the engine does not. */
export type Remove = (id: string) => Promise<void>;

const EVERY_MS = 5_000;
/** Ten minutes. */
const TRIES_MAX = 120;
const LEFTOVERS_MAX = 1_000;

interface Leftover {
  readonly remove: Remove;
  readonly logger: Logger;
  tries: number;
}

/** Containers that outlived their attempt because the engine was away: removed when it is back. */
export class Leftovers {
  readonly #timers: Timers;
  readonly #byId = new Map<string, Leftover>();
  #cancel: Cancel | undefined;

  constructor({ timers }: { readonly timers: Timers }) {
    this.#timers = timers;
  }

  add(id: string, remove: Remove, logger: Logger): void {
    if (this.#byId.size >= LEFTOVERS_MAX) {
      logger.error('docker: a container stays behind, there are too many already', { container: id });
      return;
    }
    this.#byId.set(id, { remove, logger, tries: 0 });
    this.#cancel ??= this.#timers.after(EVERY_MS, () => void this.#sweep());
  }

  /** Names those that it gives up. */
  close(): void {
    this.#cancel?.();
    for (const [id, { logger }] of this.#byId) logger.error('docker: a container stays behind', { container: id });
    this.#byId.clear();
  }

  async #sweep(): Promise<void> {
    for (const [id, leftover] of this.#byId) {
      leftover.tries += 1;
      try {
        await leftover.remove(id);
        this.#byId.delete(id);
      } catch (error) {
        if (leftover.tries < TRIES_MAX) continue;
        leftover.logger.error('docker: a container stays behind', { container: id, error });
        this.#byId.delete(id);
      }
    }
    this.#cancel = this.#byId.size === 0 ? undefined : this.#timers.after(EVERY_MS, () => void this.#sweep());
  }
}
