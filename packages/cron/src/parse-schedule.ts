import { Fault, ScheduleParseError, TimeTextError } from './errors.ts';
import { EverySchedule } from './every-schedule.ts';
import { FieldSchedule } from './field-schedule.ts';
import { FIELDS, parseField } from './fields.ts';
import { parseGoDuration } from './go-duration.ts';
import { leadingBlanks, trimBlanks, words } from './go-text.ts';
import { offsetBeforeHash, resolveHash } from './hash.ts';
import { parseIsoDuration } from './iso-duration.ts';
import { OnceSchedule } from './once-schedule.ts';
import { parseRfc3339 } from './rfc3339.ts';
import type { ParseScheduleOptions, Schedule } from './schedule.ts';
import { floorSeconds } from './seconds-schedule.ts';
import { checkTimezone, openZone } from './zone.ts';

const DESCRIPTORS: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 0 1 1 *'],
  ['@annually', '0 0 0 1 1 *'],
  ['@monthly', '0 0 0 1 * *'],
  ['@weekly', '0 0 0 * * 0'],
  ['@daily', '0 0 0 * * *'],
  ['@midnight', '0 0 0 * * *'],
  ['@hourly', '0 0 * * * *'],
]);
const MINUTELY = '0 * * * * *';
const NANOS_PER_SECOND = 1_000_000_000n;
const EXPECTED_SHAPE =
  'six fields (second minute hour day-of-month month day-of-week) or a descriptor such as @daily, @every 1h';
const EXPECTED_DESCRIPTOR =
  '@yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, @minutely, @every <duration>, @at <date>, @after <date> <GRACE or @manually';
const EXPECTED_DATE = 'an RFC 3339 date such as 2030-01-01T00:00:00Z';
const EXPECTED_DURATION = 'a duration such as 1h30m, 90s or 1.5h (units ns us ms s m h)';
const EXPECTED_ZONE = 'an IANA time zone name in its exact spelling, such as Europe/Berlin, or UTC, or Local';

/** What the text is compiled with: all defaults filled in. */
interface Context {
  readonly resolved: string;
  /** Zone where the text names none. */
  readonly zone: string;
  /** What `Local` means. */
  readonly local: string;
  readonly options: ParseScheduleOptions;
}

/**
 * Reads a schedule: `~` replacement, then `@manually`, `@minutely`, `@at`, `@after`, then an optional `TZ=zone ` with a
 * descriptor or six fields. A fault in the text is reported before a fault in the job's `timezone`. Total: any text
 * gives a schedule or this error.
 *
 * @throws ScheduleParseError
 */
export function parseSchedule(text: string, options: ParseScheduleOptions = {}): Schedule {
  const resolved = resolveHash(text, options.jobName ?? '');
  const local = defaultZone(options.defaultTimezone);
  const timezone = options.timezone ?? '';
  const problem = checkTimezone(timezone);
  const zone = timezone === '' || timezone === 'Local' || problem !== undefined ? local : timezone;
  try {
    const schedule = compile({ resolved, zone, local, options });
    if (problem !== undefined) throw new Fault('schedule_timezone', problem, null, EXPECTED_ZONE);
    return schedule;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const column = error.offset === null ? null : offsetBeforeHash(text, options.jobName ?? '', error.offset) + 1;
    throw new ScheduleParseError(error.code, error.message, { text, column, expected: error.expected });
  }
}

/** @throws ScheduleParseError when the cluster's default is no zone */
function defaultZone(name: string | undefined): string {
  if (name === undefined || name === '' || name === 'Local') return 'UTC';
  const problem = checkTimezone(name);
  if (problem === undefined) return name;
  throw new ScheduleParseError('schedule_timezone', problem, { text: name, column: null, expected: EXPECTED_ZONE });
}

function compile(context: Context): Schedule {
  const { resolved } = context;
  if (resolved === '@manually') return new OnceSchedule('manually', resolved, context.zone);
  if (resolved === '@minutely') return compileFields(context, MINUTELY, 0, context.zone);
  if (resolved.startsWith('@at ')) return compileAt(context);
  if (resolved.startsWith('@after ')) return compileAfter(context);
  if (resolved === '') throw new Fault('schedule_shape', 'empty spec string', 0, EXPECTED_SHAPE);
  if (!resolved.startsWith('TZ=') && !resolved.startsWith('CRON_TZ='))
    return compileRest(context, resolved, 0, context.zone);
  const start = resolved.indexOf('=') + 1;
  const end = resolved.indexOf(' ');
  if (end < 0) {
    const message = `time zone ${resolved.slice(start)} is not followed by a space and a schedule`;
    throw new Fault('schedule_shape', message, resolved.length, `a space, then ${EXPECTED_SHAPE}`);
  }
  const named = resolved.slice(start, end);
  const problem = checkTimezone(named);
  if (problem !== undefined) {
    throw new Fault('schedule_timezone', `provided bad location ${named}: ${problem}`, start, EXPECTED_ZONE);
  }
  const rest = resolved.slice(end);
  return compileRest(
    context,
    trimBlanks(rest),
    end + leadingBlanks(rest),
    named === 'Local' ? context.local : named === '' ? 'UTC' : named,
  );
}

/** A descriptor or six fields, at `offset` of the whole text. */
function compileRest(context: Context, text: string, offset: number, zone: string): Schedule {
  if (!text.startsWith('@')) return compileFields(context, text, offset, zone);
  const fields = DESCRIPTORS.get(text);
  if (fields !== undefined) return compileFields(context, fields, offset, zone);
  if (text.startsWith('@every ')) return compileEvery(context, text, offset, zone);
  throw new Fault('schedule_descriptor', `unrecognized descriptor: ${text}`, offset, EXPECTED_DESCRIPTOR);
}

function compileFields(context: Context, text: string, offset: number, zone: string): Schedule {
  const found = words(text);
  if (found.length !== FIELDS.length) {
    const list = found.map((word) => word.text).join(' ');
    const at = found[FIELDS.length]?.offset ?? text.length;
    throw new Fault(
      'schedule_shape',
      `expected exactly 6 fields, found ${found.length}: [${list}]`,
      offset + at,
      EXPECTED_SHAPE,
    );
  }
  const sets = FIELDS.map((spec, i) => parseField(found[i]?.text ?? '', offset + (found[i]?.offset ?? 0), spec));
  const { dstGap = 'skip', dstOverlap = 'both' } = context.options;
  return new FieldSchedule({ resolved: context.resolved, zone, dstGap, dstOverlap }, sets, openZone(zone));
}

function compileEvery(context: Context, text: string, offset: number, zone: string): Schedule {
  const argument = text.slice('@every '.length);
  const prefix = `failed to parse duration ${text}: `;
  const at = offset + '@every '.length;
  const delay = inSchedule('schedule_duration', prefix, at, EXPECTED_DURATION, () => parseGoDuration(argument));
  const delaySeconds = delay < NANOS_PER_SECOND ? 1 : Number(delay / NANOS_PER_SECOND);
  return new EverySchedule(context.resolved, zone, delaySeconds, floorSeconds(context.options.anchor ?? 0n));
}

function compileAt(context: Context): Schedule {
  const { resolved, zone } = context;
  const prefix = `failed to parse date ${resolved}: `;
  const date = resolved.slice('@at '.length);
  const tick = inSchedule('schedule_date', prefix, '@at '.length, EXPECTED_DATE, () => parseRfc3339(date));
  return new OnceSchedule('at', resolved, zone, tick);
}

function compileAfter(context: Context): Schedule {
  const { resolved, zone } = context;
  const start = '@after '.length;
  const [date, grace, ...more] = words(resolved.slice(start));
  if (date === undefined || grace === undefined || more.length > 0) {
    const message = `@after requires format: @after <RFC3339 datetime> <ISO8601 duration>, got: ${resolved}`;
    const at = start + (more[0]?.offset ?? resolved.length - start);
    throw new Fault('schedule_shape', message, at, 'a date and a grace, such as @after 2030-01-01T00:00:00Z <PT30M');
  }
  const prefix = `failed to parse date in @after: ${date.text}: `;
  const tick = inSchedule('schedule_date', prefix, start + date.offset, EXPECTED_DATE, () => parseRfc3339(date.text));
  if (!grace.text.startsWith('<')) {
    const message = `grace period must start with '<', got: ${grace.text}`;
    throw new Fault('schedule_duration', message, start + grace.offset, "'<' and an ISO 8601 duration, such as <PT30M");
  }
  return new OnceSchedule(
    'after',
    resolved,
    zone,
    tick,
    parseIsoDuration(grace.text.slice(1), start + grace.offset + 1),
  );
}

/** Turns a fault in a date or duration into one of the schedule, at its place in the text. */
function inSchedule<T>(
  code: 'schedule_date' | 'schedule_duration',
  prefix: string,
  offset: number,
  expected: string,
  read: () => T,
): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TimeTextError)) throw error;
    throw new Fault(code, prefix + error.message, offset + error.offset, expected);
  }
}
