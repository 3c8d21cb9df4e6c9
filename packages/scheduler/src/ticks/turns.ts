import { NANOS_PER_MILLISECOND } from '@dkron/runtime';
import type { EpochNanos, Gauge } from '@dkron/runtime';
import type { JobName, NodeName, StoredJob } from '@dkron/jobs';
import type { Context } from '../context.ts';

/** When a job that has to wait is looked at again, if it is not woken before. */
export const WAIT_MS = 1_000;
/** Of the bound: below this there is room again. Above the half that tells a new leader that jobs had to wait. */
const ROOM = 0.75;
const WARN_EVERY_MS = 60_000;
/** For this long, a tick that waits for its turn counts as on time. */
const HELD_MAX_NANOS = 3_600_000n * NANOS_PER_MILLISECOND;

/**
 * Back-pressure: a job stays undecided while each node that it would start on has as many starts waiting as may be. What
 * waits in the timetable costs one entry a job; what waits in the ledger costs every server an execution a tick, and
 * deciding it takes the time that would bring the others to their end.
 *
 * A tick is not late for having waited here. A new leader cannot know which did: while the nodes of a job are still
 * crowded, it takes the oldest undecided tick for one of them.
 */
export class Turns {
  readonly #context: Context;
  /** Since when a job waits. */
  readonly #since = new Map<JobName, EpochNanos>();
  /** Of those, who is to be woken, oldest first. */
  readonly #asleep = new Set<JobName>();
  readonly #waiting: Gauge;
  #crowded = false;
  #warnedMs = -Infinity;

  constructor(context: Context) {
    this.#context = context;
    this.#waiting = context.metrics.gauge(
      'dkron_jobs_waiting',
      'Jobs due that wait undecided, as their nodes are crowded',
    );
  }

  clear(): void {
    this.#since.clear();
    this.#asleep.clear();
    this.#waiting.set(0);
  }

  forget(name: JobName): void {
    if (!this.#since.delete(name)) return;
    this.#asleep.delete(name);
    this.#waiting.set(this.#since.size);
  }

  /** Who is woken: those that went to sleep first, once every node has room. */
  *wake(most: number): Generator<JobName> {
    const { waitingMost, settings } = this.#context;
    if (this.#asleep.size === 0 || waitingMost() >= settings.waitingPerNodeMax * ROOM) return;
    let left = most;
    for (const name of this.#asleep) {
      if (left-- === 0) return;
      this.#asleep.delete(name);
      yield name;
    }
  }

  /** Before jobs are judged: nearly always, nobody has to wait. */
  look(): void {
    const { waitingMost, settings } = this.#context;
    this.#crowded = waitingMost() >= settings.waitingPerNodeMax / 2;
  }

  /** Whether the job's turn has not come; then it waits from now on, if it did not before. */
  mustWait(job: StoredJob, now: EpochNanos): boolean {
    if (!this.#crowded) return false;
    const { definition, state } = job;
    const { settings, planner, membership, random, waitingFor } = this.#context;
    const tick = state.nextTick ?? now;
    const known = this.#since.has(definition.name);
    const late = !known && tick < now - settings.tickGraceNanos;
    const max = late ? settings.waitingPerNodeMax / 2 : settings.waitingPerNodeMax;
    const targets = planner.planTargets(definition, membership.members(), random);
    if (targets.length === 0 || targets.some((node) => waitingFor(node) < max)) return false;
    if (!known) this.#wait(definition.name, late ? tick : now, targets);
    this.#asleep.add(definition.name);
    return true;
  }

  #wait(name: JobName, since: EpochNanos, nodes: readonly NodeName[]): void {
    const { settings, logger, clock } = this.#context;
    if (clock.monotonicMs() - this.#warnedMs >= WARN_EVERY_MS) {
      this.#warnedMs = clock.monotonicMs();
      const starts = settings.waitingPerNodeMax;
      logger.warn('More is due than nodes can do: jobs wait undecided until fewer starts wait', {
        nodes,
        starts,
        job: name,
      });
    }
    this.#since.set(name, since);
    this.#waiting.set(this.#since.size);
  }

  /** How long the job has waited for its turn; 0 for nearly all. Ticks are judged as of so much earlier. */
  heldNanos(name: JobName, now: EpochNanos): bigint {
    const since = this.#since.get(name);
    if (since === undefined || since >= now) return 0n;
    return now - since < HELD_MAX_NANOS ? now - since : HELD_MAX_NANOS;
  }
}
