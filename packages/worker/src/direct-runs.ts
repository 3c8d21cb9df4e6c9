import type { Dispatch, FinishedReport } from '@dkron/jobs';
import type { Clock, EpochNanos, Logger, Timers } from '@dkron/runtime';
import { Attempt } from './attempt.ts';
import type { ExecutorSource } from './executor.ts';
import { WorkerError } from './errors.ts';
import type { Journal } from './journal/journal.ts';
import type { AttemptRef } from './journal/record.ts';
import type { RecoveredAttempt } from './journal/table.ts';
import { OutputBuffer } from './output-buffer.ts';
import { runAttempt, unstartedReport, withoutRunReport } from './run-attempt.ts';

/** Ended runs that are remembered, so that the same one asked for again is answered and not started. */
const REMEMBERED_MAX = 256;

/** What is to be run: (job, group, attempt) names it. */
export type DirectRequest = Pick<Dispatch, 'job' | 'group' | 'attempt' | 'timeoutMs' | 'killGraceMs'>;

/** Who asked for a run hears of it. */
export interface DirectObserver {
  started(at: EpochNanos): void;
  output(chunk: Uint8Array, stderr: boolean): void;
  finished(report: FinishedReport): void;
}

/** What runs that are asked for by a call need. */
export interface DirectRunsModules {
  /** Of these runs alone: sessions do not hear of them. */
  readonly journal: Journal;
  readonly executors: ExecutorSource;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

interface DirectRun {
  readonly attempt: Attempt;
  readonly observers: Set<DirectObserver>;
}

/**
 * Runs that are asked for by a call instead of a session, as leaders of the original do. The journal knows each before
 * it starts: one that is asked for again, also after a restart of this node, is answered and not started. What ran when
 * the process died has failed.
 */
export class DirectRuns {
  readonly #slots: number;
  readonly #modules: DirectRunsModules;
  readonly #runs = new Map<string, DirectRun>();
  #open = 0;
  #draining = false;
  #idle: () => void = () => {};

  /** @param slots runs at a time */
  constructor(slots: number, modules: DirectRunsModules) {
    this.#slots = slots;
    this.#modules = modules;
    for (const recovered of modules.journal.recovered) this.#remember(recovered);
  }

  /** Runs under way. */
  get running(): number {
    return this.#open;
  }

  /**
   * Starts a run, or joins the one of the same job, group and attempt: it is told as from its beginning, without the
   * output so far. Returns the way to hear no more; the run goes on. A run that cannot be journaled fails unstarted.
   *
   * @throws WorkerError `no-room` when draining or when all slots are taken
   */
  run(request: DirectRequest, observer: DirectObserver): () => void {
    const { job, group, attempt: number } = request;
    const ref = { id: `${job.name}/${group}`, attempt: number, group, jobName: job.name };
    const run = this.#runs.get(keyOf(ref)) ?? this.#accept(ref, request);
    const { attempt, observers } = run;
    observers.add(observer);
    if (attempt.state !== 'accepted') observer.started(attempt.startedAt);
    if (attempt.report) observer.finished(attempt.report);
    return () => void observers.delete(observer);
  }

  /** Starts nothing more, waits up to `timeoutMs` for what runs, kills the rest, and closes the journal. */
  async stop(timeoutMs: number): Promise<void> {
    this.#draining = true;
    const ended = new Promise<void>((resolve) => (this.#idle = resolve));
    if (this.#open > 0) {
      const cancel = this.#modules.timers.after(timeoutMs, () => {
        for (const { attempt } of this.#runs.values()) attempt.abort('restart');
      });
      await ended;
      cancel();
    }
    await this.#modules.journal.close();
  }

  #accept(ref: AttemptRef, request: DirectRequest): DirectRun {
    const { journal, clock } = this.#modules;
    if (this.#draining || this.#open >= this.#slots) {
      const why = this.#draining ? 'draining' : `no free slot: ${this.#slots} in use`;
      throw new WorkerError('no-room', why, { slots: this.#slots });
    }
    const run: DirectRun = { attempt: new Attempt(ref), observers: new Set() };
    this.#runs.set(keyOf(ref), run);
    this.#open += 1;
    void journal.accept(ref).then(
      () => this.#start(run, request),
      ({ message }: Error) => {
        this.#begin(run);
        this.#end(run, withoutRunReport(run.attempt, message, clock));
        this.#runs.delete(keyOf(ref));
      },
    );
    return run;
  }

  #start(run: DirectRun, { job, timeoutMs, killGraceMs }: DirectRequest): void {
    const { clock, executors, journal } = this.#modules;
    const { attempt, observers } = run;
    const { ref, abortCause } = attempt;
    this.#begin(run);
    if (abortCause) return this.#finish(run, unstartedReport(attempt, abortCause, clock));
    const hooks = {
      output: (chunk: Uint8Array, stderr: boolean): void => {
        if (!attempt.open || chunk.length === 0) return;
        attempt.output.append(chunk);
        for (const observer of observers) observer.output(chunk, stderr);
      },
      started: ({ processGroup = 0, startTime = '' }: { processGroup?: number; startTime?: string }): void => {
        if (attempt.open) journal.start(ref, { at: attempt.startedAt, processGroup, startTime });
      },
    };
    const dispatch = { id: ref.id, attempt: ref.attempt, group: ref.group, tick: null, job, timeoutMs, killGraceMs };
    void runAttempt(attempt, dispatch, executors.get(job.executor), hooks, this.#modules).then((report) =>
      this.#finish(run, report),
    );
  }

  #begin({ attempt, observers }: DirectRun): void {
    attempt.state = 'running';
    attempt.startedAt = this.#modules.clock.wallNanos();
    for (const observer of observers) observer.started(attempt.startedAt);
  }

  #finish(run: DirectRun, report: FinishedReport): void {
    this.#modules.journal.finish(run.attempt.ref, report);
    this.#end(run, report);
    this.#forgetOldest();
  }

  #end({ attempt, observers }: DirectRun, report: FinishedReport): void {
    attempt.state = 'finished';
    attempt.report = report;
    attempt.output = new OutputBuffer();
    this.#open -= 1;
    for (const observer of observers) observer.finished(report);
    observers.clear();
    if (this.#open === 0) this.#idle();
  }

  /** Of an earlier boot. */
  #remember({ ref, start, report }: RecoveredAttempt): void {
    const { journal, clock } = this.#modules;
    const attempt = new Attempt(ref);
    attempt.startedAt = start?.at ?? clock.wallNanos();
    if (report === null) attempt.abortCause = 'restart';
    attempt.report = report ?? withoutRunReport(attempt, DIED, clock);
    attempt.state = 'finished';
    if (report === null) journal.finish(ref, attempt.report);
    this.#runs.set(keyOf(ref), { attempt, observers: new Set() });
  }

  #forgetOldest(): void {
    let ended = this.#runs.size - this.#open - REMEMBERED_MAX;
    for (const [key, { attempt }] of this.#runs) {
      if (ended <= 0) return;
      if (attempt.open) continue;
      this.#runs.delete(key);
      this.#modules.journal.done(attempt.ref);
      ended -= 1;
    }
  }
}

const DIED = 'the node was restarted while this ran';

function keyOf({ jobName, group, attempt }: AttemptRef): string {
  return JSON.stringify([jobName, String(group), attempt]);
}
