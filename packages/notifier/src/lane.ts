import type { Notice, NoticeOutcome } from '@dkron/jobs';
import type { Cancel, Clock, Logger, Random, Timers } from '@dkron/runtime';
import { messageOf, NANOS_PER_MILLISECOND, scatter } from '@dkron/runtime';
import { DeliveryError } from './errors.ts';
import type { Deliver } from './ports.ts';
import type { LaneMetrics } from './lane-metrics.ts';

const FIRST_PAUSE_MS = 1_000;
/** Between tries of a receiver that fails. */
const UNAVAILABLE_PAUSE_MAX_MS = 60_000;
/** Between tries of what a receiver does not want. */
const REFUSED_PAUSE_MAX_MS = 3_600_000;
const LONGEST_TIMER_MS = 60_000;
const NOT_LEADING_MS = 1_000;
/** Told and not known to be settled. */
const SETTLING_MAX = 256;

export interface LaneOptions {
  readonly receiver: string;
  /** Told at the same time, once the receiver has taken one. */
  readonly parallelMax: number;
  readonly timeoutMs: number;
  /** What is older is given up. */
  readonly ageMaxMs: number;
}

export interface LaneModules {
  /** Undefined: no such receiver is configured here; what waits for it is given up for its age only. */
  readonly deliver: Deliver | undefined;
  readonly settle: (outcome: NoticeOutcome) => void;
  readonly mayAct: () => boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: LaneMetrics;
}

/**
 * The queue of one receiver. One notice at a time until the receiver has taken one, then a few. A receiver that fails
 * gets a pause that grows; a notice that is refused waits by itself and holds up nobody. Those of one execution are told
 * in order.
 */
export class Lane {
  readonly #options: LaneOptions;
  readonly #modules: LaneModules;
  /** In order of id. */
  readonly #notices = new Map<bigint, Notice>();
  /** May be told now. */
  readonly #ready = new Set<bigint>();
  /** Wait for a time of the monotonic clock. */
  readonly #later = new Map<bigint, number>();
  /** Wait for the processing of an output, by its due record. */
  readonly #awaiting = new Map<bigint, bigint[]>();
  /** Of each execution, in order. */
  readonly #ofExecution = new Map<string, bigint[]>();
  /** Told or given up, and not known to be settled. */
  readonly #settling = new Set<bigint>();
  #sending = 0;
  #stopped = new AbortController();
  #timer: Cancel | undefined;
  #failures = 0;
  #pausedUntilMs = 0;
  #works = false;
  /** No one of `later` is to be woken before. */
  #nextWakeMs = Infinity;

  constructor(options: LaneOptions, modules: LaneModules) {
    this.#options = options;
    this.#modules = modules;
  }

  get size(): number {
    return this.#notices.size;
  }

  start(): void {
    this.#stopped = new AbortController();
  }

  stop(): void {
    this.#stopped.abort(new Error('leadership lost'));
    this.#timer?.();
    this.#timer = undefined;
    const kept = [this.#notices, this.#ready, this.#later, this.#awaiting, this.#ofExecution, this.#settling];
    for (const one of kept) one.clear();
    this.#sending = 0;
    this.#failures = 0;
    this.#pausedUntilMs = 0;
    this.#nextWakeMs = Infinity;
    this.#works = false;
  }

  /** New, or with other times. @param awaits whether the processing that it waits for is still to be done */
  put(notice: Notice, awaits: boolean): void {
    const { id, dueAt, lengthMs, execution } = notice;
    const { clock } = this.#modules;
    if (!this.#notices.has(id)) {
      const ids = this.#ofExecution.get(execution.id);
      if (ids === undefined) this.#ofExecution.set(execution.id, [id]);
      else ids.push(id);
    }
    this.#notices.set(id, notice);
    this.#settling.delete(id);
    if (awaits) {
      const ids = this.#awaiting.get(notice.awaits);
      if (ids === undefined) this.#awaiting.set(notice.awaits, [id]);
      else ids.push(id);
    } else if (lengthMs > 0) {
      const leftMs = Number((dueAt - clock.wallNanos()) / NANOS_PER_MILLISECOND);
      const atMs = clock.monotonicMs() + Math.min(Math.max(leftMs, 0), lengthMs);
      this.#later.set(id, atMs);
      this.#nextWakeMs = Math.min(this.#nextWakeMs, atMs);
    } else {
      this.#ready.add(id);
    }
  }

  remove(id: bigint): void {
    const notice = this.#notices.get(id);
    if (notice === undefined) return;
    this.#notices.delete(id);
    this.#ready.delete(id);
    this.#later.delete(id);
    this.#settling.delete(id);
    const ids = this.#ofExecution.get(notice.execution.id)?.filter((one) => one !== id) ?? [];
    if (ids.length === 0) this.#ofExecution.delete(notice.execution.id);
    else this.#ofExecution.set(notice.execution.id, ids);
  }

  /** The processing of an output is done. */
  processed(dueId: bigint): void {
    for (const id of this.#awaiting.get(dueId) ?? []) if (this.#notices.has(id)) this.#ready.add(id);
    this.#awaiting.delete(dueId);
  }

  /** Tells what may be told now. */
  work(): void {
    this.#timer?.();
    this.#timer = undefined;
    if (this.#notices.size === 0 || this.#stopped.signal.aborted) return;
    const waitMs = this.#modules.mayAct() ? this.#begin() : NOT_LEADING_MS;
    this.#timer = this.#modules.timers.after(Math.max(1, waitMs), () => this.work());
  }

  /** @returns milliseconds until there may be something to do, if no outcome comes before */
  #begin(): number {
    const { clock, deliver } = this.#modules;
    this.#giveUpOld();
    if (deliver === undefined) return LONGEST_TIMER_MS;
    const nowMs = clock.monotonicMs();
    if (this.#pausedUntilMs > nowMs) return Math.min(LONGEST_TIMER_MS, this.#pausedUntilMs - nowMs);
    const waitMs = this.#wake(nowMs);
    for (const id of this.#ready) {
      const parallelMax = this.#works ? this.#options.parallelMax : 1;
      if (this.#sending >= parallelMax || this.#settling.size >= SETTLING_MAX) break;
      const notice = this.#notices.get(id)!;
      // What was told of an execution before comes first.
      if (this.#ofExecution.get(notice.execution.id)?.[0] !== id) continue;
      this.#ready.delete(id);
      this.#tell(deliver, notice);
    }
    return waitMs;
  }

  /** Makes those ready whose time has come. @returns milliseconds until the next one */
  #wake(nowMs: number): number {
    if (this.#nextWakeMs > nowMs) return Math.min(LONGEST_TIMER_MS, this.#nextWakeMs - nowMs);
    let nextMs = Infinity;
    for (const [id, atMs] of this.#later) {
      if (atMs > nowMs) {
        nextMs = Math.min(nextMs, atMs);
        continue;
      }
      this.#later.delete(id);
      this.#ready.add(id);
    }
    this.#nextWakeMs = nextMs;
    return Math.min(LONGEST_TIMER_MS, nextMs - nowMs);
  }

  /** The oldest come first, so that the first that is young enough ends the search. */
  #giveUpOld(): void {
    const oldest = this.#modules.clock.wallNanos() - BigInt(this.#options.ageMaxMs) * NANOS_PER_MILLISECOND;
    for (const [id, notice] of this.#notices) {
      if (id >= oldest || this.#settling.size >= SETTLING_MAX) return;
      if (this.#settling.has(id)) continue;
      this.#ready.delete(id);
      this.#later.delete(id);
      this.#giveUp(notice);
    }
  }

  #giveUp(notice: Notice): void {
    const { settle, logger, metrics } = this.#modules;
    const { receiver } = this.#options;
    this.#settling.add(notice.id);
    metrics.dropped.add(1, { receiver, reason: 'age' });
    logger.warn('A notification is given up for its age', fieldsOf(notice, receiver));
    settle({ kind: 'dropped', id: notice.id });
  }

  #tell(deliver: Deliver, notice: Notice): void {
    const { timers } = this.#modules;
    const { timeoutMs } = this.#options;
    const stopped = this.#stopped.signal;
    this.#settling.add(notice.id);
    this.#sending += 1;
    const timeout = new AbortController();
    const cancel = timers.after(timeoutMs, () =>
      timeout.abort(new DeliveryError('unavailable', `no answer within ${timeoutMs} ms`, {})),
    );
    const signal = AbortSignal.any([stopped, timeout.signal]);
    const limit = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    Promise.race([deliver(notice, signal), limit])
      .then(
        () => (stopped.aborted ? undefined : this.#succeeded(notice)),
        (error: unknown) =>
          stopped.aborted ? undefined : this.#failed(notice, timeout.signal.aborted ? timeout.signal.reason : error),
      )
      .finally(() => {
        cancel();
        if (stopped.aborted) return;
        this.#sending -= 1;
        this.work();
      });
  }

  #succeeded(notice: Notice): void {
    const { settle, metrics, logger } = this.#modules;
    const { receiver } = this.#options;
    metrics.sent.add(1, { receiver });
    if (this.#failures > 0) {
      // What failed with the receiver need not wait any longer.
      for (const id of this.#later.keys()) this.#ready.add(id);
      this.#later.clear();
      logger.info('A receiver of notifications takes them again', { receiver, waiting: this.#notices.size });
    }
    this.#works = true;
    this.#failures = 0;
    settle({ kind: 'sent', id: notice.id });
  }

  #failed(notice: Notice, error: unknown): void {
    const { settle, metrics, logger, clock, random } = this.#modules;
    const { receiver } = this.#options;
    const refused = error instanceof DeliveryError && error.code === 'refused';
    const attempts = notice.attempts + 1;
    if (!refused) {
      this.#failures += 1;
      this.#works = false;
    }
    const pauseMs = refused
      ? pauseOf(attempts, REFUSED_PAUSE_MAX_MS)
      : pauseOf(this.#failures, UNAVAILABLE_PAUSE_MAX_MS);
    const lengthMs = Math.ceil(scatter(pauseMs, random));
    if (!refused) this.#pausedUntilMs = clock.monotonicMs() + lengthMs;
    metrics.failed.add(1, { receiver });
    const reason = messageOf(error);
    logger.warn('A notification was not taken and is tried again', {
      ...fieldsOf(notice, receiver),
      attempt: attempts,
      again_ms: lengthMs,
      reason,
    });
    const dueAt = clock.wallNanos() + BigInt(lengthMs) * NANOS_PER_MILLISECOND;
    settle({ kind: 'deferred', id: notice.id, attempts, dueAt, lengthMs });
  }
}

function pauseOf(failures: number, maxMs: number): number {
  return Math.min(maxMs, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 30));
}

function fieldsOf({ execution, event }: Notice, receiver: string): Record<string, unknown> {
  return { receiver, job: execution.jobName, id: execution.id, event };
}
