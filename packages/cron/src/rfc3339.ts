import type { EpochNanos } from '@dkron/runtime';
import { NANOS_PER_SECOND } from '@dkron/runtime';
import { dayNumber, daysInMonth, packedDate, SECONDS_PER_DAY } from './calendar.ts';
import { TimeTextError } from './errors.ts';
import { quoteBytes, utf8 } from './go-text.ts';
import { openZone } from './zone.ts';

const LAYOUT = '"2006-01-02T15:04:05Z07:00"';
const MAX_FRACTION_DIGITS = 9;
/** Where the day stands in a date that could be read. */
const DAY_START = 'yyyy-mm-'.length;

/** Reads a date from left to right; every failure names the rest that did not fit. */
class DateReader {
  readonly text: string;
  readonly bytes: string;
  position = 0;
  /** Where the number read last begins. */
  #start = 0;

  constructor(text: string) {
    this.text = text;
    this.bytes = utf8(text);
  }

  rest(): string {
    return this.bytes.slice(this.position);
  }

  /** The next `count` digits, or `''` when there are fewer. */
  digits(count: number): string {
    const piece = this.bytes.slice(this.position, this.position + count);
    return piece.length === count && /^\d+$/.test(piece) ? piece : '';
  }

  literal(char: string): void {
    if (this.bytes[this.position] !== char) throw this.mismatch(char);
    this.position += 1;
  }

  /** One or two digits; `fixed` demands two. */
  number(element: string, fixed: boolean): number {
    const two = this.digits(2);
    const piece = two === '' && !fixed ? this.digits(1) : two;
    if (piece === '') throw this.mismatch(element);
    this.#start = this.position;
    this.position += piece.length;
    return Number(piece);
  }

  mismatch(element: string): TimeTextError {
    return this.failure(` as ${LAYOUT}: cannot parse ${quoteBytes(this.rest())} as "${element}"`);
  }

  outOfRange(what: string, start = this.#start): TimeTextError {
    return this.failure(`: ${what} out of range`, start);
  }

  failure(cause: string, at = this.position): TimeTextError {
    const offset = Math.min(at, this.text.length);
    return new TimeTextError('date_invalid', `parsing time ${quoteBytes(this.bytes)}${cause}`, this.text, offset);
  }
}

/**
 * Reads an RFC 3339 date with the original's leniency: the hour may have one digit, `,` may mark the fraction, fraction
 * digits beyond nanoseconds are cut, offsets reach ±24:60. Upper-case `T` and `Z` only; no second 60, no 24:00.
 *
 * @throws TimeTextError with the original's wording
 */
export function parseRfc3339(text: string): EpochNanos {
  const reader = new DateReader(text);
  const yearText = reader.digits(4);
  if (yearText === '') throw reader.mismatch('2006');
  reader.position = 4;
  reader.literal('-');
  const month = reader.number('01', true);
  if (month < 1 || month > 12) throw reader.outOfRange('month');
  reader.literal('-');
  const day = reader.number('02', true);
  reader.literal('T');
  const hour = reader.number('15', false);
  if (hour > 23) throw reader.outOfRange('hour');
  reader.literal(':');
  const minute = reader.number('04', true);
  if (minute > 59) throw reader.outOfRange('minute');
  reader.literal(':');
  const second = reader.number('05', true);
  if (second > 59) throw reader.outOfRange('second');
  const nanos = readFraction(reader);
  const offset = readOffset(reader);
  if (reader.rest() !== '') throw reader.failure(`: extra text: ${quoteBytes(reader.rest())}`);
  const year = Number(yearText);
  if (day < 1 || day > daysInMonth(year, month)) throw reader.outOfRange('day', DAY_START);
  const seconds = dayNumber(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second - offset;
  return BigInt(seconds) * NANOS_PER_SECOND + nanos;
}

function readFraction(reader: DateReader): bigint {
  const match = /^[.,](\d+)/.exec(reader.rest());
  if (match?.[1] === undefined) return 0n;
  reader.position += match[0].length;
  return BigInt(match[1].slice(0, MAX_FRACTION_DIGITS).padEnd(MAX_FRACTION_DIGITS, '0'));
}

/** @returns seconds east of UTC */
function readOffset(reader: DateReader): number {
  const rest = reader.rest();
  if (rest.startsWith('Z')) {
    reader.position += 1;
    return 0;
  }
  const match = /^([\s\S])(\d\d):(\d\d)/.exec(rest);
  if (match === null) throw reader.mismatch('Z07:00');
  const hours = Number(match[2]);
  const minutes = Number(match[3]);
  const sign = match[1];
  if (hours > 24 || minutes > 60 || (sign !== '+' && sign !== '-')) {
    if (hours > 24) throw reader.outOfRange('time zone offset hour', reader.position);
    if (minutes > 60) throw reader.outOfRange('time zone offset minute', reader.position);
    throw reader.mismatch('Z07:00');
  }
  reader.position += 6;
  return (sign === '-' ? -1 : 1) * (hours * 60 + minutes) * 60;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

/**
 * Writes an instant: `Z` for UTC, otherwise the offset in force in `zone` (cut to minutes), fraction as short as possible.
 *
 * @param zone - IANA name; absent or `''` = UTC
 * @throws TimeTextError when `zone` is not known
 */
export function formatRfc3339(ns: EpochNanos, zone = 'UTC'): string {
  let fraction = ns % NANOS_PER_SECOND;
  if (fraction < 0n) fraction += NANOS_PER_SECOND;
  const seconds = Number((ns - fraction) / NANOS_PER_SECOND);
  const offset = openZone(zone === '' ? 'UTC' : zone).offsetAt(seconds);
  const local = seconds + offset;
  const day = Math.floor(local / SECONDS_PER_DAY);
  const inDay = local - day * SECONDS_PER_DAY;
  const date = packedDate(day);
  const year = Math.floor(date / 512);
  const fractionText = fraction === 0n ? '' : `.${fraction.toString().padStart(9, '0').replace(/0+$/, '')}`;
  return (
    `${year < 0 ? '-' : ''}${pad(Math.abs(year), 4)}-${pad(Math.floor(date / 32) % 16, 2)}-${pad(date & 31, 2)}` +
    `T${pad(Math.floor(inDay / 3600), 2)}:${pad(Math.floor(inDay / 60) % 60, 2)}:${pad(inDay % 60, 2)}${fractionText}` +
    offsetText(offset, zone)
  );
}

function offsetText(offset: number, zone: string): string {
  if (offset === 0 && (zone === '' || zone === 'UTC')) return 'Z';
  const minutes = Math.floor(Math.abs(offset) / 60);
  return `${offset < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60), 2)}:${pad(minutes % 60, 2)}`;
}
