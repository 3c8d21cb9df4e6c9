import type { Cancel, Timers } from '@dkron/runtime';
import { systemTimers } from '@dkron/runtime/system';
import { formatDurationMs } from '../durations.ts';
import { CANCELLED, failed, SUCCEEDED } from '../results.ts';
import type { ExecuteContext, ExecuteRequest, ExecuteResult, Executor } from '../types.ts';
import { configSchema } from './config-schema.ts';
import type { Connector } from './connector.ts';
import { Connectors } from './connectors.ts';
import { bodyErrorText, HttpRequestError, transportText } from './error-text.ts';
import { Exchange, type ExchangeEvents } from './exchange.ts';
import { ExpectedBody } from './expect-body.ts';
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
  const connectors = new Connectors();
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
      const { connector, warnings } = await connectors.get(settings.tls);
      for (const line of [...settings.preamble, ...warnings]) context.output(encoder.encode(line), false);
      if (context.signal.aborted) return CANCELLED;
      return new HttpRun(connector, settings, searchBytesMax, request, context).execute(timers);
    },
  };
}

class HttpRun implements ExchangeEvents {
  readonly #settings: HttpSettings;
  readonly #request: ExecuteRequest;
  readonly #context: ExecuteContext;
  readonly #searchBytesMax: number;
  readonly #exchange: Exchange;
  readonly #expected: ExpectedBody | undefined;
  readonly #cleanUp: Cancel[] = [];
  #resolve: (result: ExecuteResult) => void = () => {};

  constructor(
    connector: Connector,
    settings: HttpSettings,
    searchBytesMax: number,
    request: ExecuteRequest,
    context: ExecuteContext,
  ) {
    this.#settings = settings;
    this.#request = request;
    this.#context = context;
    this.#searchBytesMax = searchBytesMax;
    this.#expected = settings.expectBody === '' ? undefined : new ExpectedBody(searchBytesMax);
    this.#exchange = new Exchange(connector, this);
  }

  /** Resolves for every end. */
  execute(timers: Timers): Promise<ExecuteResult> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#watch(timers);
      this.#exchange.begin(this.#settings);
    });
  }

  body(chunk: Uint8Array): void {
    this.#context.output(chunk, false);
    this.#expected?.add(chunk);
  }

  ended(statusCode: number): void {
    this.#end(this.#judge(statusCode));
  }

  failed(error: Error): void {
    this.#end(failed(error instanceof HttpRequestError ? error.message : bodyErrorText(error)));
  }

  #watch(timers: Timers): void {
    const { signal } = this.#context;
    const cancel = (): void => this.#stop('cancelled');
    signal.addEventListener('abort', cancel, { once: true });
    this.#cleanUp.push(() => signal.removeEventListener('abort', cancel));
    const within = (timeoutMs: number, cause: StopCause): void => {
      // Longer than the platform's timers (24 days) is no limit for a request.
      if (timeoutMs < 2 ** 31) this.#cleanUp.push(timers.after(timeoutMs, () => this.#stop(cause)));
    };
    if (this.#settings.timeoutMs > 0) within(this.#settings.timeoutMs, 'request_timeout');
    if (this.#request.timeoutMs !== undefined) within(this.#request.timeoutMs, 'timeout');
  }

  #stop(cause: StopCause): void {
    this.#exchange.stop();
    this.#end(this.#stopped(cause));
  }

  #end(result: ExecuteResult): void {
    for (const cancel of this.#cleanUp) cancel();
    this.#resolve(result);
  }

  #judge(statusCode: number): ExecuteResult {
    const { expectCode, expectBody } = this.#settings;
    const expected = this.#expected;
    if (expectCode !== '' && !`${expectCode},`.includes(`${statusCode},`)) {
      return failed('received response code does not match the expected code');
    }
    if (!expected || expected.matches(expectBody)) return SUCCEEDED;
    if (expected.cut) {
      this.#context.logger.warn('expectBody was searched only in the beginning of the body', {
        bytes: this.#searchBytesMax,
      });
    }
    return failed('received response body did not match the expected body');
  }

  #stopped(cause: StopCause): ExecuteResult {
    switch (cause) {
      case 'cancelled':
        return CANCELLED;
      case 'timeout':
        return failed(
          `execution time exceeded the timeout of ${formatDurationMs(this.#request.timeoutMs ?? 0)}`,
          'timeout',
        );
      case 'request_timeout': {
        const text = this.#exchange.answered
          ? 'context deadline exceeded (Client.Timeout or context cancellation while reading body)'
          : transportText(this.#settings, 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)');
        return failed(text, 'timeout');
      }
    }
  }
}
