import { Fault } from './errors.ts';
import { parseInt64 } from './go-text.ts';

const FORM = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const SECOND = 1_000_000_000n;
const DAY = 86_400n * SECOND;
const COMPONENTS = [
  ['year', 365n * DAY],
  ['month', 30n * DAY],
  ['day', DAY],
  ['hour', 3_600n * SECOND],
  ['minute', 60n * SECOND],
] as const;
const INT64_MIN = -(2n ** 63n);
const EXPECTED = 'an ISO 8601 duration such as PT30M, P1D or P1DT2H (years 365 days, months 30 days, no weeks)';

/**
 * Reads the grace of `@after`.
 *
 * @param offset - where `text` stands in the schedule
 * @returns nanoseconds in signed 64 bits; a sum beyond 292 years wraps, as it does in the original, and may be negative
 * @throws Fault
 */
export function parseIsoDuration(text: string, offset: number): bigint {
  const fail = (cause: string): Fault =>
    new Fault('schedule_duration', `failed to parse grace period in @after: ${text}: ${cause}`, offset, EXPECTED);
  if (text === '') throw fail('empty duration string');
  const match = FORM.exec(text);
  if (match === null) throw fail(`invalid ISO8601 duration format: ${text}`);
  let total = 0n;
  for (const [i, [unit, size]] of COMPONENTS.entries()) {
    const digits = match[i + 1];
    if (digits === undefined) continue;
    const value = parseInt64(digits);
    if (typeof value !== 'bigint') throw fail(`invalid ${unit} value: ${digits}`);
    total += value * size;
  }
  const seconds = match[6];
  if (seconds !== undefined) total += secondsToNanos(Number(seconds));
  const wrapped = BigInt.asIntN(64, total);
  if (wrapped === 0n) throw fail('duration must be greater than zero');
  return wrapped;
}

/** Seconds are floating point in the original; a value that does not fit 64 bits becomes the smallest one. */
function secondsToNanos(seconds: number): bigint {
  const nanos = seconds * 1e9;
  return nanos < 2 ** 63 ? BigInt(Math.trunc(nanos)) : INT64_MIN;
}
