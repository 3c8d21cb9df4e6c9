import { parseGoDuration } from '@dkron/cron';
import type { ApplyEvent, JobName, NodeName, StoredJob, Target, TickDecision } from '@dkron/jobs';
import type { Cancel, EpochNanos } from '@dkron/runtime';
import { executionIdOf, RETRY_PROPOSAL_MS } from '../context.ts';
import type { Context } from '../context.ts';
import type { SharedSchedule } from '../planner/schedules.ts';
import { Alarm } from '../timetable/alarm.ts';
import { Timetable } from '../timetable/timetable.ts';
import { judgeJob } from './judge-job.ts';
import type { Stretch } from './late.ts';
import { Recheck } from './recheck.ts';
import { TickMetrics } from './tick-metrics.ts';
import { Turns, WAIT_MS } from './turns.ts';

const LOAD_SLICE_MS = 5;
const LOAD_CHECK_EVERY = 64;
const BATCHES_IN_FLIGHT_MAX = 32;
const RECHECK_MS = 100;
const LOOKS_PER_DECISION_MAX = 4;

/**
 * Holds the timetable and decides due ticks: one `DecideTicks` per event-loop turn for all of them. Many become several
 * commands, so that the first are on their way to the workers while the next are decided.
 */
export class Ticker {
  readonly #context: Context;
  readonly #timetable = new Timetable();
  readonly #alarm: Alarm;
  readonly #metrics: TickMetrics;
  readonly #recheck: Recheck;
  readonly #turns: Turns;
  #running = false;
  #inFlight = 0;
  /** More is due than may be in flight: the next answer goes on with it. */
  #full = false;
  #pausedUntil: EpochNanos | null = null;
  #everyone: readonly NodeName[] | undefined;
  #next: Cancel | undefined;
  #loading: Cancel | undefined;
  #idle: (() => void)[] = [];

  constructor(context: Context) {
    this.#context = context;
    this.#metrics = new TickMetrics(context.metrics);
    this.#recheck = new Recheck(context);
    this.#turns = new Turns(context);
    this.#alarm = new Alarm({
      clock: context.clock,
      timers: context.timers,
      ring: () => this.#decideDue(),
      jumped: (byMs) => context.logger.warn('The wall clock was stepped', { byMs: Math.round(byMs) }),
    });
  }

  /** Jobs in the timetable. */
  get size(): number {
    return this.#timetable.size;
  }

  /** Proposals without an answer. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Takes over: the timetable is read from the state in slices; jobs that are in it already are decided meanwhile. */
  start(): void {
    this.#running = true;
    this.#pausedUntil = null;
    this.#load(Array.from(this.#context.view.jobNames()), 0);
  }

  stop(): void {
    this.#running = false;
    this.#recheck.stop();
    this.#alarm.disarm();
    this.#next?.();
    this.#next = undefined;
    this.#loading?.();
    this.#loading = undefined;
    this.#timetable.clear();
    this.#turns.clear();
    this.#context.definitions.clear();
    this.#wakeIdle();
  }

  onEvent(event: ApplyEvent): void {
    if (event.type === 'tick') {
      // By hand and by parent says nothing about the timetable.
      const { jobName, trigger } = event.entry;
      if (trigger === 'schedule' || trigger === 'catchup') {
        this.#turns.forget(jobName);
        this.#set(jobName, event.nextTick);
      }
    } else if (event.type === 'job') {
      if (event.change !== 'counters') this.#context.definitions.delete(event.name);
      if (event.change === 'put' || event.change === 'toggle') this.#look(event.name);
      if (event.change === 'delete') this.#remove(event.name);
    } else if (event.type === 'pause' && event.scope === 'schedule' && !event.paused) {
      this.#pausedUntil = this.#context.clock.wallNanos();
    }
  }

  /** After a batch of events. */
  settle(): void {
    const nowMs = this.#context.clock.wallMs();
    for (const name of this.#turns.wake(this.#context.settings.decideBatchMax)) {
      // Without an entry it is being decided.
      if ((this.#timetable.dueMs(name) ?? nowMs) > nowMs) this.#timetable.set(name, nowMs);
    }
    this.#rearm();
  }

  /** Decides everything due as `skipped(paused)`, so that a crash right after the resume cannot make it late instead. */
  async passPaused(): Promise<void> {
    this.#pausedUntil = this.#context.clock.wallNanos();
    const nowMs = this.#context.clock.wallMs();
    while (this.#running && (this.#timetable.peekMs() ?? Infinity) <= nowMs) {
      if (this.#inFlight >= BATCHES_IN_FLIGHT_MAX) await new Promise<void>((resolve) => this.#idle.push(resolve));
      else this.#decideBatch();
    }
    while (this.#running && this.#inFlight > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #load(names: readonly JobName[], from: number): void {
    const { clock, timers, logger } = this.#context;
    const sliceEndMs = clock.monotonicMs() + LOAD_SLICE_MS;
    let index = from;
    while (index < names.length) {
      this.#look(names[index]!);
      if (++index % LOAD_CHECK_EVERY === 0 && clock.monotonicMs() >= sliceEndMs) break;
    }
    this.#rearm();
    if (index < names.length) {
      this.#loading = timers.nextTurn(() => this.#load(names, index));
      return;
    }
    this.#loading = undefined;
    this.#recheck.start();
    logger.info('Timetable loaded', { jobs: names.length, scheduled: this.#timetable.size });
  }

  #look(name: JobName): void {
    const job = this.#context.view.getJob(name);
    if (job !== undefined && job.state.problem !== '') {
      this.#context.logger.warn('Job cannot be scheduled', { job: name, problem: job.state.problem });
    }
    this.#set(name, job?.state.nextTick ?? null);
  }

  #set(name: JobName, due: EpochNanos | null): void {
    if (due === null) this.#remove(name);
    else this.#timetable.set(name, Number(due) / 1e6);
  }

  #remove(name: JobName): void {
    this.#timetable.remove(name);
    this.#turns.forget(name);
  }

  #rearm(): void {
    if (!this.#running || this.#next !== undefined) return;
    this.#alarm.arm(this.#context.view.paused('schedule') ? undefined : this.#timetable.peekMs());
  }

  #decideDue(): void {
    this.#next = undefined;
    const { timers, clock } = this.#context;
    if (!this.#running || this.#context.view.paused('schedule')) return;
    this.#full = this.#inFlight >= BATCHES_IN_FLIGHT_MAX;
    const blocked = !this.#context.mayStart() || this.#full;
    if (!blocked) this.#decideBatch();
    if ((this.#timetable.peekMs() ?? Infinity) > clock.wallMs()) return this.#rearm();
    // More is due: next turn, so that I/O and the commit of this batch get through.
    this.#next = blocked ? timers.after(RECHECK_MS, () => this.#decideDue()) : timers.nextTurn(() => this.#decideDue());
  }

  #decideBatch(): void {
    const { clock, settings, stamps } = this.#context;
    const decisions: TickDecision[] = [];
    const names: JobName[] = [];
    const now = clock.wallNanos();
    const nowMs = clock.wallMs();
    this.#everyone = undefined;
    this.#turns.look();
    // All others of this batch follow it.
    stamps.next();
    // Those that have to wait for their turn give no decision, and take time all the same.
    let looks = settings.decideBatchMax * LOOKS_PER_DECISION_MAX;
    while (decisions.length < settings.decideBatchMax && looks-- > 0) {
      const name = this.#timetable.takeDue(nowMs);
      if (name === undefined) break;
      const before = decisions.length;
      this.#decideJob(name, now, decisions);
      if (decisions.length > before) names.push(name);
    }
    if (decisions.length > 0) void this.#propose(names, decisions);
  }

  #decideJob(name: JobName, now: EpochNanos, into: TickDecision[]): void {
    const { view, planner, settings, logger } = this.#context;
    const job = view.getJob(name);
    if (job === undefined || job.state.nextTick === null) return this.#turns.forget(name);
    try {
      const paused = this.#pausedUntil !== null && job.state.nextTick <= this.#pausedUntil;
      if (!paused && this.#turns.mustWait(job, now)) return this.#timetable.set(name, Number(now) / 1e6 + WAIT_MS);
      const shared = planner.schedules.of(job.definition, job.state.anchor);
      const policy = {
        catchup: job.definition.catchup,
        windowNanos: job.definition.catchup === 'skip' ? 0n : parseGoDuration(job.definition.catchupWindow),
        graceNanos: settings.tickGraceNanos,
        heldNanos: this.#turns.heldNanos(name, now),
      };
      const { stretches, ends, wakeAt } = judgeJob(job, shared, now, policy, this.#pausedUntil);
      if (stretches.length === 0) {
        this.#turns.forget(name);
        return this.#set(name, wakeAt);
      }
      this.#context.definitions.set(name, job.definition);
      stretches.forEach((stretch, index) => {
        into.push(this.#decision(job, shared, stretch, ends && index === stretches.length - 1));
        this.#metrics.decided(stretch, now);
      });
    } catch (error) {
      // One bad job must not stop the others; it stays out until it is edited.
      this.#metrics.problem();
      this.#turns.forget(name);
      if (planner.isOutdated(job)) return this.#recheck.add(name);
      logger.error('Job cannot be scheduled and is left out', { job: name, error });
    }
  }

  #decision(job: StoredJob, shared: SharedSchedule, stretch: Stretch, last: boolean): TickDecision {
    const { stamps } = this.#context;
    const nextTick = last ? null : (shared.nextAfter(stretch.lastTick) ?? null);
    return {
      jobName: job.definition.name,
      version: job.state.version,
      ...stretch,
      group: stretch.decision === 'run' ? stamps.following() : 0n,
      targets: stretch.decision === 'run' ? this.#targets(job) : [],
      nextTick,
      next: nextTick ?? job.state.next,
    };
  }

  #targets({ definition }: StoredJob): Target[] {
    const { planner, membership, random, stamps } = this.#context;
    // Without tags nothing is drawn: the answer is the same for all jobs of a batch.
    const names =
      definition.tags === null && this.#everyone !== undefined
        ? this.#everyone
        : planner.planTargets(definition, membership.members(), random);
    if (definition.tags === null) this.#everyone = names;
    return names.map((nodeName) => {
      const stamp = stamps.following();
      return { executionId: executionIdOf(stamp, nodeName), stamp, nodeName };
    });
  }

  async #propose(names: readonly JobName[], decisions: readonly TickDecision[]): Promise<void> {
    const { log, stamps, timers, logger } = this.#context;
    this.#inFlight++;
    this.#metrics.batch(decisions.length);
    let failed = false;
    try {
      const { stale } = await log.propose({ type: 'decideTicks', stamp: stamps.next(), decisions });
      this.#metrics.stale(stale.length);
    } catch (error) {
      failed = true;
      logger.warn('Tick decisions are not known to be committed', { jobs: names.length, error });
    }
    if (--this.#inFlight === 0) this.#context.definitions.clear();
    this.#wakeIdle();
    this.#goOn();
    // Stale, refused or unknown: whatever the state says now is right. A doubled decision is refused by apply.
    if (failed) timers.after(RETRY_PROPOSAL_MS, () => this.#lookAgain(names));
    else this.#lookAgain(names);
  }

  #goOn(): void {
    if (!this.#full || !this.#running) return;
    this.#full = false;
    this.#next?.();
    this.#next = this.#context.timers.nextTurn(() => this.#decideDue());
  }

  #lookAgain(names: readonly JobName[]): void {
    if (!this.#running) return;
    for (const name of names) if (this.#timetable.dueMs(name) === undefined) this.#look(name);
    this.#rearm();
  }

  #wakeIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
