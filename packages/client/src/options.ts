/** Options of a client. */
export interface DkronClientOptions {
  /**
   * E.g. `http://127.0.0.1:8080`; a path prefix is kept. Of several servers of one cluster the first is asked, and the
   * next one where that cannot be reached; the one that answered is asked first from then on.
   */
  readonly baseUrl: string | readonly string[];
  /** Default: the global one. */
  readonly fetch?: typeof fetch;
  /** Headers of every request, or what makes them, asked before each try: the place for tokens that expire. */
  readonly headers?: HeaderSource;
  /** Further rounds over the servers for requests that may be repeated. 0 … 10. Default 2. */
  readonly retries?: number;
  /** Wait before the first further round; doubles up to 10 s, less a random part. Default 200. */
  readonly retryDelayMs?: number;
  /** Whole time of one try, except of runs that are waited for, backups and streams. Default 30 000; 0 = none. */
  readonly timeoutMs?: number;
  /** A stream that is silent for so long is opened anew; servers send a comment every 15 s. Default 45 000. */
  readonly idleTimeoutMs?: number;
}

/** Headers by name, or what makes them. */
export type HeaderSource = Headers_ | (() => Headers_ | Promise<Headers_>);
type Headers_ = Readonly<Record<string, string>>;

/** Of one call. */
export interface CallOptions {
  /** Ends the call: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** In place of the client's. 0 = none. */
  readonly timeoutMs?: number | undefined;
  /** Over those of the client. */
  readonly headers?: Headers_ | undefined;
}

export interface Settings {
  readonly bases: readonly string[];
  readonly fetch: typeof fetch;
  readonly headers: () => Headers_ | Promise<Headers_>;
  readonly retries: number;
  readonly retryDelayMs: number;
  readonly timeoutMs: number;
  readonly idleTimeoutMs: number;
}

const RETRIES_MAX = 10;
/** Timers beyond fire at once. */
const TIMER_MS_MAX = 2_147_483_647;

/** @throws TypeError that names the option */
export function settingsOf(options: DkronClientOptions): Settings {
  const { headers = {} } = options;
  return {
    bases: basesOf(options.baseUrl),
    // Called as a plain function: the global one of browsers must not be a method of something else.
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    headers: typeof headers === 'function' ? headers : () => headers,
    retries: whole('retries', options.retries ?? 2, RETRIES_MAX),
    retryDelayMs: whole('retryDelayMs', options.retryDelayMs ?? 200, TIMER_MS_MAX),
    timeoutMs: whole('timeoutMs', options.timeoutMs ?? 30_000, TIMER_MS_MAX),
    idleTimeoutMs: whole('idleTimeoutMs', options.idleTimeoutMs ?? 45_000, TIMER_MS_MAX),
  };
}

function basesOf(baseUrl: string | readonly string[]): readonly string[] {
  const bases = typeof baseUrl === 'string' ? [baseUrl] : baseUrl;
  if (bases.length === 0) throw new TypeError('baseUrl must name at least one server');
  for (const base of bases) {
    const protocol = URL.canParse(base) ? new URL(base).protocol : '';
    if (protocol !== 'http:' && protocol !== 'https:') {
      throw new TypeError(`baseUrl must be a URL such as http://127.0.0.1:8080, not "${base}"`);
    }
  }
  return bases.map((base) => base.replace(/\/+$/, ''));
}

function whole(name: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new TypeError(`${name} must be a whole number from 0 to ${most}, not ${String(value)}`);
}
