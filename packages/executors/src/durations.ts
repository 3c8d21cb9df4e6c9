import { formatGoDuration, parseGoDuration } from '@dkron/cron';

const NANOS_PER_MS = 1e6;

/** Milliseconds, with fraction, of `1m30s` or `250ms`; undefined when the text is no duration. */
export function parseDurationMs(text: string): number | undefined {
  try {
    return Number(parseGoDuration(text)) / NANOS_PER_MS;
  } catch {
    return undefined;
  }
}

/** A duration as the original prints it: `1.5s`, `2m0s`, `250ms`. */
export function formatDurationMs(durationMs: number): string {
  return formatGoDuration(BigInt(Math.round(durationMs * NANOS_PER_MS)));
}
