import type { Cancel, Timers } from '@dkron/runtime';
import { systemTimers } from '@dkron/runtime/system';
import { formatDurationMs } from '../durations.ts';
import { CANCELLED, failed, SUCCEEDED } from '../results.ts';
import type { ExecuteContext, ExecuteRequest, ExecuteResult, Executor } from '../types.ts';
import { Agents } from './agents.ts';
import { configSchema } from './config-schema.ts';
import { ExpectedBody } from './expect-body.ts';
import { HttpRequestError, send, transportText } from './request.ts';
import { readSettings, type HttpSettings } from './settings.ts';

/** Settings of the `http` executor; all have defaults. */
export interface HttpExecutorOptions {
  /** Bytes of a body, from its beginning, that `expectBody` is searched in. @default 8388608 */
  readonly searchBytesMax?: number;
}

/** What the `http` executor is given. */
export interface HttpExecutorModules {
  /** @default the system's */
  readonly timers?: Timers;
}

type StopCause = 'cancelled' | 'timeout' | 'request_timeout';

const SEARCH_BYTES_MAX = 8 * 1024 * 1024;
const encoder = new TextEncoder();

/** Sends one HTTP request per attempt; the answer's body is the output. */
export function httpExecutor(options: HttpExecutorOptions = {}, modules: HttpExecutorModules = {}): Executor {
  const agents = new Agents();
  const timers = modules.timers ?? systemTimers;
  const searchBytesMax = options.searchBytesMax ?? SEARCH_BYTES_MAX;
  return {
    name: 'http',
    configSchema,
    execute: async (request, context) => {
      if (context.signal.aborted) return CANCELLED;
      const settings = readSettings(request.config);
      if (settings.url === '') return failed('url is empty');
      if (settings.method === '') return failed('method is empty');
      const { agent, warnings } = await agents.get(settings.tls);
      for (const line of [...settings.preamble, ...warnings]) context.output(encoder.encode(line), false);
      const run = new HttpRun(settings, request, context, timers);
      return run.execute((signal) => send(settings, agent, signal), searchBytesMax);
    },
  };
}

class HttpRun {
  readonly #settings: HttpSettings;
  readonly #request: ExecuteRequest;
  readonly #context: ExecuteContext;
  readonly #timers: Timers;
  readonly #abort = new AbortController();
  #cause: StopCause | undefined;
  #gotHeaders = false;

  constructor(settings: HttpSettings, request: ExecuteRequest, context: ExecuteContext, timers: Timers) {
    this.#settings = settings;
    this.#request = request;
    this.#context = context;
    this.#timers = timers;
  }

  async execute(
    sendRequest: (signal: AbortSignal) => ReturnType<typeof send>,
    searchBytesMax: number,
  ): Promise<ExecuteResult> {
    const cleanUp = this.#watch();
    try {
      const answer = await sendRequest(this.#abort.signal);
      this.#gotHeaders = true;
      const expected = this.#settings.expectBody === '' ? undefined : new ExpectedBody(searchBytesMax);
      for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
        this.#context.output(chunk, false);
        expected?.add(chunk);
      }
      return this.#judge(answer.statusCode, expected, searchBytesMax);
    } catch (error) {
      return this.#failure(error as Error);
    } finally {
      for (const cancel of cleanUp) cancel();
    }
  }

  #watch(): Cancel[] {
    const { signal } = this.#context;
    const cancel = (): void => this.#stop('cancelled');
    signal.addEventListener('abort', cancel, { once: true });
    const cleanUp: Cancel[] = [() => signal.removeEventListener('abort', cancel)];
    if (signal.aborted) cancel();
    const within = (timeoutMs: number, cause: StopCause): void => {
      // Longer than the platform's timers (24 days) is no limit for a request.
      if (timeoutMs < 2 ** 31) cleanUp.push(this.#timers.after(timeoutMs, () => this.#stop(cause)));
    };
    if (this.#settings.timeoutMs > 0) within(this.#settings.timeoutMs, 'request_timeout');
    if (this.#request.timeoutMs !== undefined) within(this.#request.timeoutMs, 'timeout');
    return cleanUp;
  }

  #stop(cause: StopCause): void {
    this.#cause ??= cause;
    this.#abort.abort();
  }

  #judge(statusCode: number, expected: ExpectedBody | undefined, searchBytesMax: number): ExecuteResult {
    const { expectCode, expectBody } = this.#settings;
    if (expectCode !== '' && !`${expectCode},`.includes(`${statusCode},`)) {
      return failed('received response code does not match the expected code');
    }
    if (!expected || expected.matches(expectBody)) return SUCCEEDED;
    if (expected.cut) {
      this.#context.logger.warn('expectBody was searched only in the beginning of the body', { bytes: searchBytesMax });
    }
    return failed('received response body did not match the expected body');
  }

  #failure(error: Error): ExecuteResult {
    switch (this.#cause) {
      case 'cancelled':
        return CANCELLED;
      case 'timeout':
        return failed(
          `execution time exceeded the timeout of ${formatDurationMs(this.#request.timeoutMs ?? 0)}`,
          'timeout',
        );
      case 'request_timeout': {
        const text = this.#gotHeaders
          ? 'context deadline exceeded (Client.Timeout or context cancellation while reading body)'
          : transportText(this.#settings, 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)');
        return failed(text, 'timeout');
      }
      case undefined:
        return failed(error instanceof HttpRequestError ? error.message : bodyText(error));
    }
  }
}

const CUT_SHORT_CODES = new Set(['UND_ERR_SOCKET', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'ECONNRESET', 'Z_BUF_ERROR']);

/** An answer that broke off, or one that cannot be decoded. */
function bodyText(error: NodeJS.ErrnoException): string {
  if (error.code !== undefined && CUT_SHORT_CODES.has(error.code)) return 'unexpected EOF';
  return error.code === 'Z_DATA_ERROR' ? 'gzip: invalid header' : error.message;
}
