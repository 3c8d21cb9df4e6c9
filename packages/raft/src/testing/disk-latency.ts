import type { Random, Timers } from '@dkron/runtime';
import type { Completion, DiskCall } from './disk-calls.ts';

/** How slow a simulated disk is. */
export interface DiskLatencyOptions {
  /** Of a sync, milliseconds; drawn between half of it and one and a half. @default 1 */
  readonly syncMs?: number;
  /** Of any other call. @default 0.05 */
  readonly callMs?: number;
  /** One call in so many takes `spikeMs`; 0 for none. @default 0 */
  readonly spikeEvery?: number;
  /** @default 200 */
  readonly spikeMs?: number;
}

const SLOW_CALLS: ReadonlySet<DiskCall> = new Set(['sync', 'syncDir', 'writeDurable']);

/** Time that the calls of a `SimDisk` take, on the timers of a simulation; may hang and come back. */
export class DiskLatency {
  readonly #options: Required<DiskLatencyOptions>;
  readonly #timers: Timers;
  readonly #random: Random;
  #hanging = false;
  #held: (() => void)[] = [];

  constructor(options: DiskLatencyOptions, modules: { readonly timers: Timers; readonly random: Random }) {
    this.#options = { syncMs: 1, callMs: 0.05, spikeEvery: 0, spikeMs: 200, ...options };
    this.#timers = modules.timers;
    this.#random = modules.random;
  }

  /** Pass it to the disk. */
  readonly completion: Completion = ({ call }, complete) => {
    this.#timers.after(this.#drawMs(call), () => {
      if (this.#hanging) this.#held.push(complete);
      else complete();
    });
  };

  /** No call completes until `resume`. */
  hang(): void {
    this.#hanging = true;
  }

  resume(): void {
    this.#hanging = false;
    for (const complete of this.#held.splice(0)) complete();
  }

  #drawMs(call: DiskCall): number {
    const { syncMs, callMs, spikeEvery, spikeMs } = this.#options;
    if (spikeEvery > 0 && this.#random.nextInt(spikeEvery) === 0) return spikeMs;
    return ((SLOW_CALLS.has(call) ? syncMs : callMs) * (50 + this.#random.nextInt(101))) / 100;
  }
}
