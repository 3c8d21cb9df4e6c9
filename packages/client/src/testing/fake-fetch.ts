/** What a request of a test was. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: unknown;
}

export interface FakeFetch {
  readonly fetch: typeof fetch;
  readonly seen: Seen[];
}

type Step = Response | Error | 'hang' | ((request: Seen) => Response | Error);

/** Answers one step after the other, the last one for ever; an error is thrown as `fetch` throws it. */
export function fakeFetch(...steps: Step[]): FakeFetch {
  const seen: Seen[] = [];
  const answer: typeof fetch = async (input, init) => {
    const { signal, method = 'GET', headers, body } = init ?? {};
    const request = { method, url: new Request(input).url, headers: new Headers(headers), body };
    seen.push(request);
    signal?.throwIfAborted();
    const step = steps[Math.min(seen.length, steps.length) - 1];
    if (step === undefined || step === 'hang') {
      return new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
    }
    const outcome = typeof step === 'function' ? step(request) : step;
    if (outcome instanceof Error) throw outcome;
    return outcome.clone();
  };
  return { fetch: answer, seen };
}

/** What `fetch` throws when nobody listens: certainly nothing was sent. */
export function refused(): Error {
  const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });
  return new TypeError('fetch failed', { cause });
}

/** What `fetch` throws when a connection breaks: the request may have arrived. */
export function broken(): Error {
  return new TypeError('fetch failed', {
    cause: Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' }),
  });
}

/** An answer with a JSON body, of status 200 unless told otherwise. */
export function json(
  body: string,
  init: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): Response {
  return new Response(body, { ...init, headers: { 'content-type': 'application/json', ...init.headers } });
}
