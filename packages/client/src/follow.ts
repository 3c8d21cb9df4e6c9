import { DkronApiError } from './errors.ts';
import { EventParser, type StreamMessage } from './event-parser.ts';
import { reasonOf } from './refusal.ts';
import { delayOf, pause } from './waiting.ts';

export interface FollowOptions {
  readonly signal: AbortSignal | undefined;
  /** Silence after which a connection counts as lost; 0 = never. */
  readonly idleTimeoutMs: number;
  readonly retryDelayMs: number;
  /** Of the last event heard in an earlier life; absent = begin now. */
  readonly lastEventId?: string | undefined;
}

/** Opens the stream; the signal ends it. */
export type Connect = (lastEventId: string | undefined, signal: AbortSignal) => Promise<Response>;

/** An event, or that the stream was opened anew with nothing to go on from: something may be missing. */
export type Followed = { readonly message: StreamMessage } | { readonly message: undefined };

/** Connections in a row that end before anything was heard. */
const FAILURES_MAX = 10;
const TEMPORARY: ReadonlySet<number> = new Set([0, 502, 503, 504]);

/**
 * Events of a stream that is opened anew whenever it breaks, from where it broke. Ends with the consumer, or by throwing:
 * a refusal; the last failure when it cannot be opened or says nothing ten times in a row; the signal's reason.
 */
export async function* follow(connect: Connect, options: FollowOptions): AsyncGenerator<Followed, void, undefined> {
  const { signal, retryDelayMs } = options;
  let { lastEventId } = options;
  let failures = 0;
  for (let first = true; ; first = false) {
    if (!first && lastEventId === undefined) yield { message: undefined };
    const failure = yield* oneConnection(connect, options, lastEventId, (id) => {
      failures = 0;
      if (id !== '') lastEventId = id;
    });
    failures += 1;
    if (failures >= FAILURES_MAX) throw failure;
    await pause(delayOf(retryDelayMs, failures - 1), signal);
  }
}

/** One connection to its end. Returns why it ended; throws what a new one would not cure. */
async function* oneConnection(
  connect: Connect,
  { signal, idleTimeoutMs }: FollowOptions,
  lastEventId: string | undefined,
  heard: (id: string) => void,
): AsyncGenerator<Followed, DkronApiError, undefined> {
  const end = new AbortController();
  const whole = signal === undefined ? end.signal : AbortSignal.any([signal, end.signal]);
  try {
    const response = await connect(lastEventId, whole);
    const parser = new EventParser();
    for await (const text of texts(response, { idleTimeoutMs, end, signal: whole })) {
      heard('');
      for (const message of parser.push(text)) {
        heard(message.id);
        yield { message };
      }
    }
    return broken('the stream has ended');
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    if (error instanceof DkronApiError && !TEMPORARY.has(error.status)) throw error;
    if (error instanceof RangeError) throw broken(error.message, 'invalid_answer', error);
    return error instanceof DkronApiError ? error : broken(reasonOf(error), 'unreachable', error);
  } finally {
    end.abort();
  }
}

interface Ending {
  readonly idleTimeoutMs: number;
  /** Aborted here after too long a silence. */
  readonly end: AbortController;
  /** Ends the reading, whatever `fetch` makes of it. */
  readonly signal: AbortSignal;
}

/** Pieces of the body. */
async function* texts(response: Response, { idleTimeoutMs, end, signal }: Ending): AsyncGenerator<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  signal.addEventListener('abort', () => void reader.cancel().catch(() => undefined), { once: true });
  const decoder = new TextDecoder();
  for (;;) {
    const timer = idleTimeoutMs === 0 ? undefined : setTimeout(() => end.abort(silence(idleTimeoutMs)), idleTimeoutMs);
    const { done, value } = await reader.read().finally(() => clearTimeout(timer));
    signal.throwIfAborted();
    if (done) return;
    yield decoder.decode(value, { stream: true });
  }
}

function silence(idleTimeoutMs: number): DkronApiError {
  return new DkronApiError({ status: 0, code: 'timeout', message: `the stream was silent for ${idleTimeoutMs} ms` });
}

function broken(
  message: string,
  code: 'unreachable' | 'invalid_answer' = 'unreachable',
  cause?: unknown,
): DkronApiError {
  return new DkronApiError({ status: 0, code, message, cause });
}
