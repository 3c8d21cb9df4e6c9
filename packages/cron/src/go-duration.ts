import { TimeTextError } from './errors.ts';
import { quoteBytes, utf8 } from './go-text.ts';

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['\u00c2\u00b5s', 1_000n], // µ U+00B5 and μ U+03BC, in UTF-8
  ['\u00ce\u00bcs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);
const LIMIT = 2n ** 63n;
const PART = /^(\d*)(?:\.(\d*))?([^.\d]*)/;

/**
 * Reads a duration in Go's notation: `1h30m`, `1.5s`, `-300ms`; units ns us µs ms s m h.
 *
 * @returns nanoseconds, within 64 bits
 * @throws TimeTextError with the original's wording
 */
export function parseGoDuration(text: string): bigint {
  const bytes = utf8(text);
  const signed = bytes.startsWith('-') || bytes.startsWith('+');
  let rest = signed ? bytes.slice(1) : bytes;
  if (rest === '0') return 0n;
  if (rest === '') throw invalid(text, bytes, 0);
  let total = 0n;
  while (rest !== '') {
    const offset = bytes.length - rest.length;
    const match = PART.exec(rest);
    const whole = match?.[1] ?? '';
    const fraction = match?.[2] ?? '';
    if (whole === '' && fraction === '') throw invalid(text, bytes, offset);
    if (BigInt(`0${whole}`) > LIMIT) throw invalid(text, bytes, offset);
    const unit = match?.[3] ?? '';
    if (unit === '') throw failure(text, `time: missing unit in duration ${quoteBytes(bytes)}`, bytes.length);
    const size = UNITS.get(unit);
    if (size === undefined) {
      throw failure(
        text,
        `time: unknown unit ${quoteBytes(unit)} in duration ${quoteBytes(bytes)}`,
        offset + whole.length,
      );
    }
    total += BigInt(`0${whole}`) * size + fractionOf(fraction, size);
    if (total > LIMIT) throw invalid(text, bytes, offset);
    rest = rest.slice(match?.[0].length ?? rest.length);
  }
  if (bytes.startsWith('-')) return -total;
  if (total === LIMIT) throw invalid(text, bytes, 0);
  return total;
}

/** The fraction is scaled in floating point, as the original does; digits beyond 63 bits do not count. */
function fractionOf(digits: string, size: bigint): bigint {
  let value = 0n;
  let scale = 1;
  for (const digit of digits) {
    const grown = value * 10n + BigInt(digit);
    if (value > (LIMIT - 1n) / 10n || grown > LIMIT) break;
    value = grown;
    scale *= 10;
  }
  return value === 0n ? 0n : BigInt(Math.trunc(Number(value) * (Number(size) / scale)));
}

function invalid(text: string, bytes: string, offset: number): TimeTextError {
  return failure(text, `time: invalid duration ${quoteBytes(bytes)}`, offset);
}

function failure(text: string, message: string, offset: number): TimeTextError {
  return new TimeTextError('duration_invalid', message, text, Math.min(offset, text.length));
}

/** Writes nanoseconds in Go's notation: `1h30m0s`, `1.5s`, `300ms`, `2µs`, `0s`. */
export function formatGoDuration(ns: bigint): string {
  if (ns === 0n) return '0s';
  const sign = ns < 0n ? '-' : '';
  const size = ns < 0n ? -ns : ns;
  if (size < 1_000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${decimal(size, 1_000n, 3)}µs`;
  if (size < 1_000_000_000n) return `${sign}${decimal(size, 1_000_000n, 6)}ms`;
  const minutes = size / 60_000_000_000n;
  const seconds = `${decimal(size % 60_000_000_000n, 1_000_000_000n, 9)}s`;
  if (minutes === 0n) return `${sign}${seconds}`;
  if (minutes < 60n) return `${sign}${minutes}m${seconds}`;
  return `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

function decimal(value: bigint, unit: bigint, digits: number): string {
  const fraction = (value % unit).toString().padStart(digits, '0').replace(/0+$/, '');
  return fraction === '' ? `${value / unit}` : `${value / unit}.${fraction}`;
}
