import type { Dispatch, FinishedReport } from '@dkron/jobs';
import type { Clock, EpochNanos, Logger, Timers } from '@dkron/runtime';
import { Attempt } from './attempt.ts';
import type { ExecutorSource } from './executor.ts';
import { WorkerError } from './errors.ts';
import { OutputBuffer } from './output-buffer.ts';
import { runAttempt } from './run-attempt.ts';

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

export interface DirectRunsModules {
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
 * Runs that are asked for by a call instead of a session, as leaders of the original do. They are kept in memory only:
 * what ran when the process died is lost, as it is there.
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
  }

  /** Runs under way. */
  get running(): number {
    return this.#open;
  }

  /**
   * Starts a run, or joins the one of the same job, group and attempt: it is told as from its beginning, without the
   * output so far. Returns the way to hear no more; the run goes on.
   *
   * @throws WorkerError `no-room` when draining or when all slots are taken
   */
  run(request: DirectRequest, observer: DirectObserver): () => void {
    const key = JSON.stringify([request.job.name, String(request.group), request.attempt]);
    const run = this.#runs.get(key) ?? this.#start(key, request);
    const { attempt, observers } = run;
    observers.add(observer);
    observer.started(attempt.startedAt);
    if (attempt.report) observer.finished(attempt.report);
    return () => void observers.delete(observer);
  }

  /** Starts nothing more, waits up to `timeoutMs` for what runs, and kills the rest. */
  async stop(timeoutMs: number): Promise<void> {
    this.#draining = true;
    const ended = new Promise<void>((resolve) => (this.#idle = resolve));
    if (this.#open === 0) return;
    const cancel = this.#modules.timers.after(timeoutMs, () => {
      for (const { attempt } of this.#runs.values()) attempt.abort('restart');
    });
    await ended;
    cancel();
  }

  #start(key: string, { job, group, attempt: number, timeoutMs, killGraceMs }: DirectRequest): DirectRun {
    const { clock, executors } = this.#modules;
    if (this.#draining || this.#open >= this.#slots) {
      const why = this.#draining ? 'draining' : `no free slot: ${this.#slots} in use`;
      throw new WorkerError('no-room', why, { slots: this.#slots });
    }
    const id = `${job.name}/${group}`;
    const attempt = new Attempt({ id, attempt: number, group, jobName: job.name });
    const run: DirectRun = { attempt, observers: new Set() };
    this.#runs.set(key, run);
    this.#open += 1;
    attempt.state = 'running';
    attempt.startedAt = clock.wallNanos();
    const hooks = {
      output: (chunk: Uint8Array, stderr: boolean): void => {
        if (!attempt.open || chunk.length === 0) return;
        attempt.output.append(chunk);
        for (const observer of run.observers) observer.output(chunk, stderr);
      },
    };
    const dispatch = { id, attempt: number, group, tick: null, job, timeoutMs, killGraceMs };
    void runAttempt(attempt, dispatch, executors.get(job.executor), hooks, this.#modules).then((report) =>
      this.#finish(run, report),
    );
    return run;
  }

  #finish({ attempt, observers }: DirectRun, report: FinishedReport): void {
    attempt.state = 'finished';
    attempt.report = report;
    attempt.output = new OutputBuffer();
    this.#open -= 1;
    for (const observer of observers) observer.finished(report);
    observers.clear();
    this.#forgetOldest();
    if (this.#open === 0) this.#idle();
  }

  #forgetOldest(): void {
    let ended = this.#runs.size - this.#open - REMEMBERED_MAX;
    for (const [key, { attempt }] of this.#runs) {
      if (ended <= 0) return;
      if (attempt.open) continue;
      this.#runs.delete(key);
      ended -= 1;
    }
  }
}
