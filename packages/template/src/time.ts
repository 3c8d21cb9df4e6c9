import type { EpochNanos } from '@dkron/runtime';
import { NANOS_PER_MILLISECOND, ZERO_TIME } from '@dkron/runtime';
import { isObject, typeOf, type TemplateObject, type Value } from './values.ts';
import { formatLayout } from './layout.ts';

const NANOS_PER_SECOND = 1_000_000_000n;
const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** A moment in UTC with the methods of Go's `time.Time` that templates use. */
export class TemplateTime implements TemplateObject {
  readonly typeName = 'time.Time';
  readonly nanos: EpochNanos;

  constructor(nanos: EpochNanos) {
    this.nanos = nanos;
  }

  toString(): string {
    return formatLayout(this.nanos, '2006-01-02 15:04:05.999999999 -0700 MST');
  }

  member(name: string, args: readonly Value[]): Value | undefined {
    const date = new Date(Number(floorDiv(this.nanos, NANOS_PER_MILLISECOND)));
    switch (name) {
      case 'Format':
        return formatLayout(this.nanos, textArgument(name, args));
      case 'Sub':
        return new TemplateDuration(this.nanos - timeArgument(name, args).nanos);
      case 'Before':
        return this.nanos < timeArgument(name, args).nanos;
      case 'After':
        return this.nanos > timeArgument(name, args).nanos;
      case 'Equal':
        return this.nanos === timeArgument(name, args).nanos;
      case 'Unix':
        return Number(floorDiv(this.nanos, NANOS_PER_SECOND));
      case 'UnixMilli':
        return Number(floorDiv(this.nanos, NANOS_PER_MILLISECOND));
      case 'UnixNano':
        return this.nanos;
      case 'IsZero':
        return this.nanos === ZERO_TIME;
      case 'UTC':
        return this;
      case 'String':
        return this.toString();
      case 'Year':
        return date.getUTCFullYear();
      case 'Month':
        return MONTHS[date.getUTCMonth()]!;
      case 'Day':
        return date.getUTCDate();
      case 'Weekday':
        return DAYS[date.getUTCDay()]!;
      case 'Hour':
        return date.getUTCHours();
      case 'Minute':
        return date.getUTCMinutes();
      case 'Second':
        return date.getUTCSeconds();
      case 'Nanosecond':
        return Number(this.nanos - floorDiv(this.nanos, NANOS_PER_SECOND) * NANOS_PER_SECOND);
      default:
        return undefined;
    }
  }
}

/** A length of time with the methods of Go's `time.Duration`. */
export class TemplateDuration implements TemplateObject {
  readonly typeName = 'time.Duration';
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }

  toString(): string {
    const size = this.nanos < 0n ? -this.nanos : this.nanos;
    const sign = this.nanos < 0n ? '-' : '';
    if (size === 0n) return '0s';
    if (size < 1_000n) return `${sign}${size}ns`;
    if (size < 1_000_000n) return `${sign}${decimal(size, 1_000n)}µs`;
    if (size < NANOS_PER_SECOND) return `${sign}${decimal(size, 1_000_000n)}ms`;
    const minutes = size / (60n * NANOS_PER_SECOND);
    const seconds = `${decimal(size % (60n * NANOS_PER_SECOND), NANOS_PER_SECOND)}s`;
    if (minutes === 0n) return sign + seconds;
    return minutes < 60n ? `${sign}${minutes}m${seconds}` : `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
  }

  member(name: string): Value | undefined {
    switch (name) {
      case 'Hours':
        return Number(this.nanos) / 3.6e12;
      case 'Minutes':
        return Number(this.nanos) / 6e10;
      case 'Seconds':
        return Number(this.nanos) / 1e9;
      case 'Milliseconds':
        return Number(this.nanos / NANOS_PER_MILLISECOND);
      case 'Nanoseconds':
        return this.nanos;
      case 'String':
        return this.toString();
      default:
        return undefined;
    }
  }
}

function decimal(size: bigint, unit: bigint): string {
  const rest = size % unit;
  if (rest === 0n) return String(size / unit);
  const digits = String(rest)
    .padStart(String(unit).length - 1, '0')
    .replace(/0+$/, '');
  return `${size / unit}.${digits}`;
}

export function floorDiv(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

function textArgument(name: string, [argument = null]: readonly Value[]): string {
  if (typeof argument !== 'string') throw new Error(`${name} takes a text, not ${typeOf(argument)}`);
  return argument;
}

function timeArgument(name: string, [argument = null]: readonly Value[]): TemplateTime {
  if (!isObject(argument) || !(argument instanceof TemplateTime))
    throw new Error(`${name} takes a time, not ${typeOf(argument)}`);
  return argument;
}
