import { JsonSyntaxError, type JobName } from '@dkron/jobs';
import { decodeAnswer, type ApiValue } from './decode.ts';
import { DkronApiError } from './errors.ts';
import type { Query } from './types.ts';

export interface DkronClientOptions {
  /** E.g. `http://127.0.0.1:8080`; a path prefix is kept. */
  readonly baseUrl: string;
  /** Default: the global one. */
  readonly fetch?: typeof fetch;
  /** Further tries of a GET that got no answer, or 502, 503, 504. 0 … 10. Default 2. */
  readonly retries?: number;
  /** Wait before the first further try; doubles each time. Default 200. */
  readonly retryDelayMs?: number;
  /** Whole time of one try; absent = none, since a run answers only when it has ended. */
  readonly timeoutMs?: number;
}

export interface RequestOptions {
  readonly query?: Query;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const RETRIES_MAX = 10;
const TRY_AGAIN: ReadonlySet<number> = new Set([502, 503, 504]);

/** Sends requests and turns refusals into errors. */
export class Transport {
  readonly #options: DkronClientOptions;
  readonly #base: string;

  constructor(options: DkronClientOptions) {
    if (!URL.canParse(options.baseUrl)) {
      throw new TypeError(`baseUrl must be a URL such as http://127.0.0.1:8080, not "${options.baseUrl}"`);
    }
    this.#options = options;
    this.#base = options.baseUrl.replace(/\/+$/, '');
  }

  /** @throws DkronApiError */
  async request(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    const further = method === 'GET' ? Math.min(this.#options.retries ?? 2, RETRIES_MAX) : 0;
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await this.#once(method, path, options);
        if (answer.status < 400) return answer;
        throw refusal(method, path, answer);
      } catch (error) {
        const temporary = error instanceof DkronApiError && (error.status === 0 || TRY_AGAIN.has(error.status));
        if (!temporary || attempt >= further || options.signal?.aborted === true) throw error;
      }
      await pause((this.#options.retryDelayMs ?? 200) * 2 ** attempt);
    }
  }

  async #once(method: string, path: string, options: RequestOptions): Promise<Answer> {
    const { timeoutMs } = this.#options;
    const signals = [options.signal, timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)];
    const present = signals.filter((signal) => signal !== undefined);
    const init: RequestInit = {
      method,
      headers: {
        accept: 'application/json',
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(options.body === undefined ? {} : { body: options.body }),
      ...(present.length === 0 ? {} : { signal: AbortSignal.any(present) }),
    };
    try {
      const response = await (this.#options.fetch ?? fetch)(`${this.#base}${path}${queryText(options.query)}`, init);
      return { status: response.status, headers: response.headers, text: await response.text() };
    } catch (cause) {
      const message = `no answer from ${this.#base}: ${reasonOf(cause)}`;
      throw new DkronApiError({ status: 0, code: 'unreachable', field: '', message, cause });
    }
  }
}

/** Path of a job; its name is escaped. */
export function jobPath(name: JobName, rest = ''): string {
  return `/v1/jobs/${encodeURIComponent(name)}${rest}`;
}

/** @throws DkronApiError when the answer is no JSON */
export function valueOf(answer: Answer): ApiValue {
  try {
    return decodeAnswer(answer.text);
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause;
    const message = `the answer is no JSON: ${cause.message}`;
    throw new DkronApiError({ status: answer.status, code: 'invalid_answer', field: '', message, cause });
  }
}

function queryText(query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const item of typeof value === 'object' ? value : [value]) params.append(key, String(item));
  }
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const inner = cause.cause;
  if (!(inner instanceof Error)) return cause.message;
  return inner.message === '' ? String((inner as { code?: string }).code ?? inner.name) : inner.message;
}

function refusal(method: string, path: string, answer: Answer): DkronApiError {
  const body = objectOf(answer.text);
  const text = (key: string): string | undefined => (typeof body?.[key] === 'string' ? body[key] : undefined);
  const fallback =
    answer.text === '' || body !== undefined ? `${method} ${path} was answered ${answer.status}` : answer.text;
  const value = text('value');
  const allowed = text('allowed');
  return new DkronApiError({
    status: answer.status,
    code: text('code') ?? 'unknown',
    field: text('field') ?? '',
    ...(value === undefined ? {} : { value }),
    ...(allowed === undefined ? {} : { allowed }),
    message: text('error') ?? fallback,
  });
}

function objectOf(text: string): Record<string, ApiValue> | undefined {
  try {
    const value = decodeAnswer(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs);
  });
}
