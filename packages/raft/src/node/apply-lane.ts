import { assert } from '@dkron/runtime';
import type { Message } from '../core/message.ts';
import { type Entry, EntryType } from '../core/types.ts';
import { stopped } from './errors.ts';
import type { Host } from './host.ts';
import type { CommittedEntry } from './state-machine.ts';

/** What happens beside the state machine when entries are applied. */
export interface ApplyHooks {
  /** An entry was applied; `value` is the state machine's result. */
  settle(entry: Entry, value: unknown): void;
  /** A membership change is in the log's turn; the next entry waits for the promise, if there is one. */
  applyConfChange(entry: Entry): Promise<void> | undefined;
  /** A slice is done. */
  applied(index: number): void;
}

const FIRST_SLICE = 256;
const MAX_SLICE = 16_384;

/**
 * Applies committed entries in order, in slices that let other work of the process through. Between slices, and while
 * nothing is to be applied, others may look at the state machine: see `between`.
 */
export class ApplyLane {
  readonly #host: Host;
  readonly #hooks: ApplyHooks;
  readonly #queue: Message[] = [];
  #between: { readonly work: () => Promise<void>; readonly reject: (error: Error) => void }[] = [];
  #running = false;
  #sliceEntries = FIRST_SLICE;
  #sliceStartMs = 0;
  #applied: number;
  #idle: (() => void)[] = [];

  constructor(host: Host, hooks: ApplyHooks, applied: number) {
    this.#host = host;
    this.#hooks = hooks;
    this.#applied = applied;
  }

  /** Highest index that the state machine holds. */
  get applied(): number {
    return this.#applied;
  }

  /** @param later - begins at the end of the turn of the event loop: what the turn writes and sends goes first */
  submit(message: Message, later = false): void {
    this.#queue.push(message);
    if (later) this.#host.schedule();
    else this.#start();
  }

  /** Begins with what waits for the end of the turn. */
  begin(): void {
    if (this.#queue.length > 0) this.#start();
  }

  /** Runs `work` while no command is being applied; commands wait until it settles. Rejects when the node stops before. */
  between<T>(work: () => Promise<T>): Promise<T> {
    this.begin();
    return new Promise((resolve, reject) => {
      this.#between.push({ work: () => work().then(resolve, reject), reject });
      this.#start();
    });
  }

  /** Resolves when nothing is left to be applied. */
  async drain(): Promise<void> {
    this.begin();
    if (this.#running) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** The state machine was replaced by a snapshot of this index. */
  restored(index: number): void {
    assert(this.#queue.length === 0, 'entries wait to be applied while a snapshot is restored');
    this.#applied = index;
  }

  #start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#run().catch((error: unknown) => {
      this.#host.fatal(error);
      this.#ended();
    });
  }

  /** In the same stretch of code as the last look at the queues, so that nothing is queued in between. */
  #ended(): void {
    this.#running = false;
    for (const resolve of this.#idle.splice(0)) resolve();
    for (const { reject } of this.#between.splice(0)) reject(stopped());
  }

  async #run(): Promise<void> {
    this.#sliceStartMs = this.#host.modules.clock.monotonicMs();
    while (this.#host.running && (this.#queue.length > 0 || this.#between.length > 0)) {
      if (this.#between.length > 0) await this.#runBetween();
      const message = this.#queue[0];
      if (message === undefined) continue;
      const { entries } = message;
      for (let at = 0; at < entries.length && this.#host.running;) {
        const entry = entries[at]!;
        if (entry.type === EntryType.normal) {
          const end = this.#sliceEnd(entries, at);
          const pending = this.#applySlice(entries, at, end);
          if (pending !== undefined) await pending;
          at = end;
        } else {
          const pending = this.#hooks.applyConfChange(entry);
          if (pending !== undefined) await pending;
          this.#finished(entry.index);
          at += 1;
        }
        if (this.#between.length > 0) await this.#runBetween();
        if (this.#host.modules.clock.monotonicMs() - this.#sliceStartMs > this.#host.options.applySliceMs)
          await this.#yield();
      }
      this.#queue.shift();
      if (!this.#host.running) break;
      for (const response of message.responses) this.#host.core.step(response);
      this.#host.schedule();
    }
    this.#ended();
  }

  async #runBetween(): Promise<void> {
    for (const { work } of this.#between.splice(0)) await work();
  }

  /** End of the run of commands at `from` that makes one call of the state machine. */
  #sliceEnd(entries: readonly Entry[], from: number): number {
    let end = from + 1;
    const limit = Math.min(entries.length, from + this.#sliceEntries);
    while (end < limit && entries[end]!.type === EntryType.normal) end += 1;
    return end;
  }

  /** Returns a promise only if the state machine does. */
  #applySlice(entries: readonly Entry[], from: number, end: number): Promise<void> | undefined {
    const { clock, failpoint, stateMachine } = this.#host.modules;
    const batch: CommittedEntry[] = [];
    for (let i = from; i < end; i++) if (entries[i]!.data.length > 0) batch.push(entries[i]!);
    failpoint('beforeApply');
    const startMs = clock.monotonicMs();
    const done = (values: readonly unknown[]): void => {
      assert(
        values.length === batch.length,
        `the state machine gave ${values.length} results for ${batch.length} commands`,
      );
      failpoint('afterApply');
      this.#adapt(clock.monotonicMs() - startMs, end - from);
      let used = 0;
      for (let i = from; i < end; i++) {
        const entry = entries[i]!;
        this.#hooks.settle(entry, entry.data.length > 0 ? values[used++] : undefined);
      }
      this.#finished(entries[end - 1]!.index);
    };
    const values = batch.length === 0 ? [] : stateMachine.apply(batch);
    if (values instanceof Promise) return values.then(done);
    done(values);
    return undefined;
  }

  #finished(index: number): void {
    assert(index > this.#applied, `entry ${index} after ${this.#applied}`);
    this.#applied = index;
    this.#hooks.applied(index);
  }

  /** Slices grow while they are quick and shrink when they are not. */
  #adapt(tookMs: number, entries: number): void {
    this.#host.metrics.applySeconds.observe(tookMs / 1000);
    const { applySliceMs } = this.#host.options;
    if (tookMs > applySliceMs) this.#sliceEntries = Math.max(1, this.#sliceEntries >> 1);
    else if (tookMs * 4 < applySliceMs && entries >= this.#sliceEntries) {
      this.#sliceEntries = Math.min(MAX_SLICE, this.#sliceEntries * 2);
    }
  }

  async #yield(): Promise<void> {
    const { timers, clock } = this.#host.modules;
    await new Promise<void>((resolve) => void timers.nextTurn(resolve));
    this.#sliceStartMs = clock.monotonicMs();
  }
}
