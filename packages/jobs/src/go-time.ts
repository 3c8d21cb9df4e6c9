import { formatRfc3339, isKnownTimezone, parseRfc3339 } from '@dkron/cron';
import { NANOS_PER_SECOND, ZERO_TIME, type EpochNanos } from '@dkron/runtime';

const ZERO_TEXT = '0001-01-01T00:00:00Z';
const OFFSET = /([+-])(\d\d):(\d\d)$/;
const DATE_TIME_LOCAL = /^\d{4}-\d\d-\d\dT\d{1,2}:\d\d$/;

/** An instant in UTC, or in `zone` (IANA name; `''`, `Local` and unknown ones = UTC). "No time" is the same in any zone. */
export function timeText(at: EpochNanos, zone = ''): string {
  if (at === ZERO_TIME) return ZERO_TEXT;
  return formatRfc3339(at, zone === 'Local' || !isKnownTimezone(zone) ? '' : zone);
}

export function nullableTimeText(at: EpochNanos | null): string | null {
  return at === null ? null : timeText(at);
}

/** A date as sent: the instant, and its text with the sender's offset in the original's form. */
export interface SubmittedTime {
  readonly at: EpochNanos;
  readonly echo: string;
}

/**
 * Reads a date of a request: RFC 3339, or `YYYY-MM-DDTHH:MM` (UTC) where `local` allows it.
 *
 * @throws TimeTextError with the original's wording
 */
export function readTime(text: string, local: boolean): SubmittedTime {
  if (local && DATE_TIME_LOCAL.test(text)) {
    try {
      const at = parseRfc3339(`${text}:00Z`);
      return { at, echo: timeText(at) };
    } catch {
      // Reported as the RFC 3339 date that it is not either.
    }
  }
  const at = parseRfc3339(text);
  const offset = OFFSET.exec(text);
  const seconds = offset === null ? 0 : Number(offset[2]) * 3600 + Number(offset[3]) * 60;
  if (offset === null || seconds === 0) return { at, echo: timeText(at) };
  const shift = BigInt(offset[1] === '-' ? -seconds : seconds) * NANOS_PER_SECOND;
  return { at, echo: formatRfc3339(at + shift).replace(/Z$/, offset[0]) };
}
