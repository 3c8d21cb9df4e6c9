import type { Dispatch, EndReason, FinishedReport } from '@dkron/jobs';
import { type Cancel, type Clock, type Logger, messageOf, type Timers } from '@dkron/runtime';
import type { AbortCause, Attempt } from './attempt.ts';
import type { ExecuteContext, ExecuteResult, Executor } from './executor.ts';

const encoder = new TextEncoder();
const NO_BYTES = new Uint8Array(0);

/** An executor that keeps the time itself tells more; the worker waits this long for it. */
const TIMEOUT_SLACK_MS = 500;
/** After an abort, its grace and this, an executor that does not answer is given up. */
const ABANDON_MS = 10_000;

export interface RunModules {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** Runs one attempt to its end; resolves for every outcome, in bounded time after an abort or a timeout. */
export async function runAttempt(
  attempt: Attempt,
  dispatch: Dispatch,
  executor: Executor | undefined,
  hooks: Pick<ExecuteContext, 'output' | 'started'>,
  modules: RunModules,
): Promise<FinishedReport> {
  if (!executor) return report(attempt, missingExecutor(dispatch.job.executor), modules.clock);
  const limits = new Limits(attempt, dispatch, modules.timers);
  try {
    const result = execute(attempt, dispatch, executor, hooks, modules);
    return report(attempt, await Promise.race([result, limits.abandoned]), modules.clock);
  } finally {
    limits.stop();
  }
}

async function execute(
  attempt: Attempt,
  { job, timeoutMs, killGraceMs }: Dispatch,
  executor: Executor,
  hooks: Pick<ExecuteContext, 'output' | 'started'>,
  { logger }: RunModules,
): Promise<ExecuteResult> {
  const { ref, aborter } = attempt;
  const limit = timeoutMs === null ? {} : { timeoutMs };
  try {
    return await executor.execute(
      {
        jobName: ref.jobName,
        executionId: ref.id,
        attempt: ref.attempt,
        config: job.executorConfig ?? {},
        killGraceMs,
        ...limit,
      },
      { signal: aborter.signal, logger: logger.child({ job: ref.jobName, execution: ref.id }), ...hooks },
    );
  } catch (error) {
    return { success: false, error: messageOf(error), reason: 'executor' };
  }
}

/** Time limits of one attempt: its timeout, and the patience after an abort. */
class Limits {
  readonly abandoned: Promise<ExecuteResult>;
  #cancel: Cancel = () => {};

  constructor(attempt: Attempt, { timeoutMs, killGraceMs }: Dispatch, timers: Timers) {
    this.abandoned = new Promise((resolve) => {
      attempt.aborter.signal.addEventListener('abort', () => {
        this.#cancel();
        const giveUp = (): void =>
          resolve({ success: false, error: 'executor did not end when asked', reason: 'executor' });
        this.#cancel = timers.after(killGraceMs + ABANDON_MS, giveUp);
      });
    });
    if (timeoutMs !== null) this.#armTimeout(timers, timeoutMs + TIMEOUT_SLACK_MS, () => attempt.abort('timeout'));
  }

  stop(): void {
    this.#cancel();
  }

  /** Timers take at most 2^31-1 ms, a timeout up to a year. */
  #armTimeout(timers: Timers, delayMs: number, fn: () => void): void {
    const stepMs = Math.min(delayMs, 2 ** 31 - 1);
    const next = stepMs === delayMs ? fn : (): void => this.#armTimeout(timers, delayMs - stepMs, fn);
    this.#cancel = timers.after(stepMs, next);
  }
}

interface Ending extends ExecuteResult {
  /** The text is the whole output, as the original stores it. */
  readonly whole?: boolean;
}

/** The original's texts. It hears of a job without executor as of a broken stream. */
const NO_EXECUTOR =
  'grpc: Error on execution streaming, agent connection was abruptly terminated: rpc error: code = Unknown desc = grpc_agent: No executor defined, nothing to do';
const UNKNOWN_EXECUTOR = 'grpc_agent: Specified executor is not present';

function missingExecutor(name: string): Ending {
  const error = name === '' ? NO_EXECUTOR : UNKNOWN_EXECUTOR;
  return { success: false, error, reason: 'executor', whole: true };
}

/** An attempt that ends before anything of it ran. */
export function unstartedReport(attempt: Attempt, cause: AbortCause, clock: Clock): FinishedReport {
  const error = cause === 'restart' ? 'worker stopped before the start' : `${cause} before the start`;
  return report(attempt, { success: false, error, whole: true }, clock);
}

/** An attempt that could not run, or whose end nobody saw: the text is all that is known. */
export function withoutRunReport(attempt: Attempt, error: string, clock: Clock): FinishedReport {
  return report(attempt, { success: false, error, whole: true }, clock);
}

function report(attempt: Attempt, result: Ending, clock: Clock): FinishedReport {
  const { success } = result;
  const reason = success ? null : reasonOf(attempt.abortCause, result);
  const prefix =
    success || result.error === '' ? NO_BYTES : encoder.encode(result.whole ? result.error : `${result.error}\n`);
  return {
    success,
    cancelled: reason === 'cancelled',
    reason,
    exitCode: result.exitCode ?? null,
    startedAt: attempt.startedAt,
    finishedAt: clock.wallNanos(),
    output: attempt.output.result(prefix),
  };
}

/** What the worker did to the attempt explains its end better than what the executor saw of it. */
function reasonOf(cause: AbortCause | null, result: ExecuteResult): EndReason {
  return cause ?? result.reason ?? (result.exitCode === undefined ? 'executor' : 'exit');
}
