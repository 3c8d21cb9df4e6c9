import { DkronApiError } from './errors.ts';
import type { CallOptions, Settings } from './options.ts';
import { neverSent, reasonOf, refusal } from './refusal.ts';
import { targetOf, type Route } from './route.ts';
import { delayOf, pause } from './waiting.ts';

export interface Request {
  readonly path?: Readonly<Record<string, string>> | undefined;
  readonly query?: object | undefined;
  /** A text is JSON. */
  readonly body?: string | FormData | Blob | undefined;
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  /** Doing it twice is as good as doing it once. Default: only GET. */
  readonly repeatable?: boolean | undefined;
  /** Takes as long as it takes, unless the call says otherwise. */
  readonly unlimited?: boolean | undefined;
  /** Statuses that are answers too, besides those below 400. */
  readonly statuses?: readonly number[] | undefined;
  readonly call?: CallOptions | undefined;
}

/** An answer as it came, its body as text. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

interface Prepared extends Request {
  readonly method: string;
  readonly target: string;
  readonly repeatable: boolean;
}

/** How a response becomes a result while the time of its try runs. */
type Reader<T> = (response: Response) => Promise<T>;

/** Answers that another server, or the same one a little later, may give otherwise. */
const TRY_AGAIN: ReadonlySet<number> = new Set([0, 502, 503, 504]);
/** A proxy passed the request on, or may have. */
const NO_ANSWER: ReadonlySet<number> = new Set([0, 502, 504]);

const UNSENT = new WeakSet<DkronApiError>();

/** Sends requests to the first server that can be reached, repeats what may be repeated, turns refusals into errors. */
export class Transport {
  readonly #settings: Settings;
  /** Position of the server that answered last. */
  #current = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** @throws DkronApiError; the reason of the signal */
  send(route: Route, request: Request = {}): Promise<Answer> {
    return this.#send(route, request, async (response) => ({
      status: response.status,
      headers: response.headers,
      text: await response.text(),
    }));
  }

  /**
   * The answer with its body still to be read; the timeout is over with its headers.
   *
   * @throws DkronApiError; the reason of the signal
   */
  open(route: Route, request: Request = {}): Promise<Response> {
    return this.#send(route, request, (response) => Promise.resolve(response));
  }

  async #send<T>(route: Route, request: Request, read: Reader<T>): Promise<T> {
    const { method, target } = targetOf(route, request.path, request.query);
    const prepared = { ...request, method, target, repeatable: request.repeatable ?? method === 'GET' };
    const retries = prepared.repeatable ? this.#settings.retries : 0;
    let maybeDone = false;
    for (let round = 0; ; round += 1) {
      const outcome = await this.#round(prepared, read);
      if ('result' in outcome) return outcome.result;
      const { error } = outcome;
      maybeDone ||= error.maybeDone;
      if (!outcome.again || round >= retries) throw maybeDone ? asMaybeDone(error) : error;
      await pause(delayOf(this.#settings.retryDelayMs, round), request.call?.signal);
    }
  }

  /** Asks one server after the other, beginning with the one that answered last. */
  async #round<T>(
    request: Prepared,
    read: Reader<T>,
  ): Promise<{ readonly result: T } | { readonly error: DkronApiError; readonly again: boolean }> {
    const { bases } = this.#settings;
    const first = this.#current;
    let maybeDone = false;
    for (let step = 0; ; step += 1) {
      const position = (first + step) % bases.length;
      try {
        const result = await this.#try(bases[position]!, request, read);
        this.#current = position;
        return { result };
      } catch (error) {
        if (!(error instanceof DkronApiError)) throw error;
        maybeDone ||= error.maybeDone;
        const again = mayTryAgain(error, request);
        if (!again || step + 1 >= bases.length) return { error: maybeDone ? asMaybeDone(error) : error, again };
      }
    }
  }

  async #try<T>(base: string, request: Prepared, read: Reader<T>): Promise<T> {
    const { call = {}, unlimited = false, method, target, statuses = [] } = request;
    const init = await this.#init(request);
    call.signal?.throwIfAborted();
    const timeoutMs = call.timeoutMs ?? (unlimited ? 0 : this.#settings.timeoutMs);
    const tooLate = new AbortController();
    const timer = timeoutMs === 0 ? undefined : setTimeout(() => tooLate.abort(), timeoutMs);
    const signal = call.signal === undefined ? tooLate.signal : AbortSignal.any([call.signal, tooLate.signal]);
    try {
      const response = await this.#settings.fetch(base + target, { ...init, signal });
      if (response.status < 400 || statuses.includes(response.status)) return await read(response);
      const { status, headers } = response;
      throw refusal(`${method} ${target}`, { status, headers, text: await response.text() });
    } catch (thrown) {
      if (call.signal?.aborted === true) throw call.signal.reason;
      if (thrown instanceof DkronApiError) throw withDoubt(thrown, method);
      throw noAnswer(thrown, { base, method, lateAfterMs: tooLate.signal.aborted ? timeoutMs : undefined });
    } finally {
      clearTimeout(timer);
    }
  }

  async #init({ method, headers = {}, body, call }: Prepared): Promise<RequestInit> {
    const given = Object.entries(headers).filter(([, value]) => value !== undefined) as [string, string][];
    return {
      method,
      headers: {
        accept: 'application/json',
        ...(typeof body === 'string' ? { 'content-type': 'application/json' } : {}),
        ...(await this.#settings.headers()),
        ...Object.fromEntries(given),
        ...call?.headers,
      },
      ...(body === undefined ? {} : { body }),
    };
  }
}

/** A request that certainly was not sent may go to another server, whatever it is. */
function mayTryAgain(error: DkronApiError, { repeatable }: Prepared): boolean {
  if (UNSENT.has(error)) return true;
  // The original has statuses of its own for writes without a leader.
  return repeatable && (error.code === 'no_leader' || (TRY_AGAIN.has(error.status) && error.code !== 'paused'));
}

function noAnswer(
  cause: unknown,
  { base, method, lateAfterMs }: { base: string; method: string; lateAfterMs: number | undefined },
): DkronApiError {
  const late = lateAfterMs !== undefined;
  const unsent = !late && neverSent(cause);
  const error = new DkronApiError({
    status: 0,
    code: late ? 'timeout' : 'unreachable',
    message: late ? `no answer from ${base} within ${lateAfterMs} ms` : `no answer from ${base}: ${reasonOf(cause)}`,
    maybeDone: method !== 'GET' && !unsent,
    cause,
  });
  if (unsent) UNSENT.add(error);
  return error;
}

function withDoubt(error: DkronApiError, method: string): DkronApiError {
  return method !== 'GET' && NO_ANSWER.has(error.status) ? asMaybeDone(error) : error;
}

function asMaybeDone(error: DkronApiError): DkronApiError {
  if (error.maybeDone) return error;
  const { status, code, message, field, value, allowed, problems, requestId } = error;
  const init = { status, code, message, field, value, allowed, problems, requestId };
  return new DkronApiError({ ...init, maybeDone: true, cause: error.cause });
}
