import { type Cancel, DkronError, REDACTED, type Timers, withoutCredentials } from '@dkron/runtime';
import { formatDurationMs } from '../durations.ts';
import { CANCELLED, failed, SUCCEEDED } from '../results.ts';
import type { ExecuteContext, ExecuteRequest, ExecuteResult, FailureReason } from '../types.ts';

/** What an attempt runs under. */
export interface AttemptLimits {
  readonly timers: Timers;
  /** Limit of the executor's own key, beside the attempt's; absent or 0 = none. */
  readonly ownTimeoutMs?: number;
  /** Error text when that one strikes. */
  readonly ownTimeoutText?: string;
  /** Texts that no error may show. */
  readonly secrets?: readonly string[];
}

/** What the work of an attempt may use. */
export interface LimitedAttempt {
  /** Aborts when the attempt is cancelled or out of time. */
  readonly signal: AbortSignal;
  /** Adds to the output; does nothing once the attempt is over. */
  print(text: string | Uint8Array, stderr?: boolean): void;
}

/** Ends an attempt as unsuccessful with this text. */
export class AttemptError extends DkronError<FailureReason> {
  /** @param reason `executor`: it could not begin or was stopped; `exit`: what was run says that it failed */
  constructor(message: string, reason: FailureReason = 'executor', options?: ErrorOptions) {
    super(reason, message, {}, options);
  }
}

type StopCause = 'cancelled' | 'timeout' | 'own_timeout';

/** Longer than the platform's timers (24 days) is no limit. */
const TIMER_MS_MAX = 2 ** 31 - 1;
const SECRET_LENGTH_MIN = 3;
const ERROR_LENGTH_MAX = 4_096;
const encoder = new TextEncoder();

/**
 * Runs the work of one attempt under its limits. Returns when the work ends or, at once, when the signal or a limit
 * strikes, whether or not the work listens. What the work throws is the error, in one line and without secrets.
 *
 * @param work resolves = success
 */
export async function limitedAttempt(
  request: ExecuteRequest,
  context: ExecuteContext,
  limits: AttemptLimits,
  work: (attempt: LimitedAttempt) => Promise<void>,
): Promise<ExecuteResult> {
  if (context.signal.aborted) return CANCELLED;
  const stop = new AbortController();
  const cleanUp: Cancel[] = [];
  let over = false;
  const print = (text: string | Uint8Array, stderr = false): void => {
    if (!over) context.output(typeof text === 'string' ? encoder.encode(text) : text, stderr);
  };
  const stopped = new Promise<ExecuteResult>((resolve) => {
    const end = (cause: StopCause): void => {
      over = true;
      resolve(stopResult(cause, request, limits));
      stop.abort();
    };
    const cancel = (): void => end('cancelled');
    context.signal.addEventListener('abort', cancel, { once: true });
    cleanUp.push(() => context.signal.removeEventListener('abort', cancel));
    const within = (timeoutMs: number | undefined, cause: StopCause): void => {
      if (timeoutMs !== undefined && timeoutMs <= TIMER_MS_MAX) {
        cleanUp.push(limits.timers.after(timeoutMs, () => end(cause)));
      }
    };
    within(request.timeoutMs, 'timeout');
    within(limits.ownTimeoutMs || undefined, 'own_timeout');
  });
  const worked = work({ signal: stop.signal, print }).then(
    () => SUCCEEDED,
    (error: unknown) => failure(error, limits.secrets ?? []),
  );
  try {
    return await Promise.race([worked, stopped]);
  } finally {
    over = true;
    for (const undo of cleanUp) undo();
  }
}

function stopResult(cause: StopCause, request: ExecuteRequest, limits: AttemptLimits): ExecuteResult {
  if (cause === 'cancelled') return CANCELLED;
  const ms = (cause === 'timeout' ? request.timeoutMs : limits.ownTimeoutMs) ?? 0;
  const text = cause === 'own_timeout' ? limits.ownTimeoutText : undefined;
  return failed(text ?? `execution time exceeded the timeout of ${formatDurationMs(ms)}`, 'timeout');
}

function failure(error: unknown, secrets: readonly string[]): ExecuteResult {
  const reason = error instanceof AttemptError ? error.code : 'executor';
  const message = error instanceof Error ? error.message || error.name : String(error);
  return failed(shown(message, secrets), reason);
}

/** One line, bounded, without secrets. Longer secrets first: one may hold another. */
function shown(message: string, secrets: readonly string[]): string {
  const longestFirst = secrets.filter(({ length }) => length >= SECRET_LENGTH_MIN).sort((a, b) => b.length - a.length);
  let text = message;
  for (const secret of longestFirst) text = text.replaceAll(secret, REDACTED);
  const line = withoutCredentials(text)
    .replaceAll(/\s*[\r\n]+\s*/g, ' ')
    .trim();
  return line.slice(0, ERROR_LENGTH_MAX) || 'unknown error';
}
