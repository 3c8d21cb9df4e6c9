import type { Cancel, Clock, EpochNanos, Timers } from '@dkron/runtime';
import { EventHeap } from '../sim/event-heap.ts';

/** One turn of an event loop, in milliseconds: what `nextTurn` takes. */
export const TURN_MS = 0.02;
const WALL_START_MS = Date.UTC(2026, 0, 1);

/** Time of a whole simulation, in milliseconds from its start. What happens at one moment keeps its order. */
export class VirtualTime implements Timers {
  readonly #heap = new EventHeap();
  nowMs = 0;
  /** Events so far. */
  events = 0;

  after(delayMs: number, fn: () => void): Cancel {
    let cancelled = false;
    this.#heap.add(this.nowMs + delayMs, 0, () => {
      if (!cancelled) fn();
    });
    return () => void (cancelled = true);
  }

  nextTurn(fn: () => void): Cancel {
    return this.after(TURN_MS, fn);
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  /** Runs what is due up to a time, and after each event all promise reactions; ends early when `stop` says so. */
  async runUntil(timeMs: number, stop: () => boolean): Promise<void> {
    for (let next = this.#heap.nextTime(); next !== undefined && next <= timeMs; next = this.#heap.nextTime()) {
      this.nowMs = next;
      this.events += 1;
      this.#heap.take()!.run();
      await settled();
      if (stop()) return;
    }
    this.nowMs = timeMs;
  }

  /** As `runUntil`, in one go and much faster. Not from within a promise reaction: then others would wait for its end. */
  run(timeMs: number, stop: () => boolean): void {
    for (let next = this.#heap.nextTime(); next !== undefined && next <= timeMs; next = this.#heap.nextTime()) {
      this.nowMs = next;
      this.events += 1;
      this.#heap.take()!.run();
      endTurn();
      if (stop()) return;
    }
    this.nowMs = timeMs;
  }
}

/** Ends a turn: promise reactions and what `process.nextTick` holds. */
const { _tickCallback: endTurn } = process as unknown as { readonly _tickCallback: () => void };

/** Everything that one process does on its own: its clock may run fast, and it may stand still or be gone. */
export class ProcessTime implements Clock, Timers {
  readonly #world: VirtualTime;
  readonly #rate: number;
  readonly #bornMs: number;
  readonly #originMs: number;
  #stalledUntilMs = 0;
  #onDeath: (() => void)[] = [];
  alive = true;

  /** @param ratePermille - speed of its clock; 1000 is right */
  constructor(world: VirtualTime, ratePermille: number, originMs: number) {
    this.#world = world;
    this.#rate = ratePermille / 1000;
    this.#bornMs = world.nowMs;
    this.#originMs = originMs;
  }

  get stalled(): boolean {
    return this.#stalledUntilMs > this.#world.nowMs;
  }

  wallMs(): number {
    return WALL_START_MS + this.#world.nowMs;
  }

  wallNanos(): EpochNanos {
    return BigInt(Math.round(this.wallMs() * 1000)) * 1000n;
  }

  monotonicMs(): number {
    return this.#originMs + (this.#world.nowMs - this.#bornMs) * this.#rate;
  }

  after(delayMs: number, fn: () => void): Cancel {
    return this.#schedule(delayMs / this.#rate, 0, fn);
  }

  nextTurn(fn: () => void): Cancel {
    return this.#schedule(TURN_MS, TURN_MS, fn);
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  /** Runs it now; when the process stands still, behind the timers that are due when it goes on. */
  deliver(fn: () => void): void {
    if (this.stalled) this.#schedule(0, TURN_MS / 2, fn);
    else if (this.alive) fn();
  }

  stall(lengthMs: number): void {
    this.#stalledUntilMs = Math.max(this.#stalledUntilMs, this.#world.nowMs + lengthMs);
  }

  /** Nothing of the process happens any more. */
  kill(): void {
    this.alive = false;
    for (const call of this.#onDeath.splice(0)) call();
  }

  /** What a peer sees of work in this process: it fails when the process ends before. */
  orDeath<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const gone = (): void => reject(new Error('the process is gone'));
      if (!this.alive) {
        gone();
        return;
      }
      this.#onDeath.push(gone);
      this.deliver(() => void work().then(resolve, reject));
    });
  }

  /** @param lateMs - place among what runs when a stall ends */
  #schedule(delayMs: number, lateMs: number, fn: () => void): Cancel {
    let cancelled = false;
    const run = (): void => {
      if (cancelled || !this.alive) return;
      const waitMs = this.#stalledUntilMs - this.#world.nowMs;
      if (waitMs > 0) this.#world.after(waitMs + lateMs, run);
      else fn();
    };
    this.#world.after(delayMs, run);
    return () => void (cancelled = true);
  }
}

function sleepOn(timers: Pick<Timers, 'after'>, delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const cancel = timers.after(delayMs, resolve);
    signal?.addEventListener(
      'abort',
      () => {
        cancel();
        reject(signal.reason as Error);
      },
      { once: true },
    );
  });
}

/** Promise reactions run to their end before the event loop takes a turn. */
function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
