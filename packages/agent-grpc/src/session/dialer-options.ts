/** Settings of a dialer; all have defaults. */
export interface SessionDialerOptions {
  /** From a dial to the server's taking the stream (1,000). */
  readonly dialTimeoutMs?: number;
  /** Wait after the first failure (50), doubled each time, ± 50 %, at most `maxBackoffMs` (2,000). */
  readonly minBackoffMs?: number;
  readonly maxBackoffMs?: number;
  /** Failed dials of the leader after which a follower is asked to relay (2). */
  readonly relayAfterDials?: number;
}

/** Fills in defaults. @throws TypeError naming option, value and what is allowed */
export function resolveDialerOptions(options: SessionDialerOptions): Required<SessionDialerOptions> {
  const { dialTimeoutMs = 1000, minBackoffMs = 50, maxBackoffMs = 2000, relayAfterDials = 2 } = options;
  within('dialTimeoutMs', dialTimeoutMs, 1, 60_000);
  within('minBackoffMs', minBackoffMs, 1, 60_000);
  within('maxBackoffMs', maxBackoffMs, minBackoffMs, 600_000);
  within('relayAfterDials', relayAfterDials, 1, 100);
  return { dialTimeoutMs, minBackoffMs, maxBackoffMs, relayAfterDials };
}

/** @throws TypeError unless `value` is a whole number from `min` to `max` */
export function within(name: string, value: number, min: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return;
  throw new TypeError(`${name} is ${value}; whole numbers from ${min} to ${max} are allowed`);
}
