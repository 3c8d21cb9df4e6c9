import type { Cancel, Timers } from '@dkron/runtime';
import type { ProcessTable } from './process-table.ts';

export interface MemoryWatchModules {
  readonly timers: Timers;
  readonly processes: ProcessTable;
}

interface Watched {
  readonly group: number;
  readonly bytesMax: number;
  readonly onExceeded: (bytes: number) => void;
}

/** Looks at the memory of watched process groups, all in one pass, as long as there are any. */
export class MemoryWatch {
  readonly #pollMs: number;
  readonly #modules: MemoryWatchModules;
  readonly #watched = new Set<Watched>();
  #cancelTimer: Cancel | undefined;

  constructor(options: { readonly pollMs: number }, modules: MemoryWatchModules) {
    this.#pollMs = options.pollMs;
    this.#modules = modules;
  }

  /** Groups being watched. */
  get size(): number {
    return this.#watched.size;
  }

  /** Calls back once when the group and its descendants together exceed `bytesMax` resident bytes. */
  watch(group: number, bytesMax: number, onExceeded: (bytes: number) => void): Cancel {
    const entry: Watched = { group, bytesMax, onExceeded };
    this.#watched.add(entry);
    this.#arm();
    return () => this.#drop(entry);
  }

  #drop(entry: Watched): void {
    this.#watched.delete(entry);
    if (this.#watched.size > 0) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #arm(): void {
    this.#cancelTimer ??= this.#modules.timers.after(this.#pollMs, () => void this.#poll());
  }

  async #poll(): Promise<void> {
    const used = await this.#modules.processes.residentBytes([...this.#watched].map((entry) => entry.group));
    for (const entry of this.#watched) {
      const bytes = used.get(entry.group) ?? 0;
      if (bytes <= entry.bytesMax) continue;
      this.#drop(entry);
      entry.onExceeded(bytes);
    }
    this.#cancelTimer = undefined;
    if (this.#watched.size > 0) this.#arm();
  }
}
