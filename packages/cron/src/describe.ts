import { NANOS_PER_SECOND } from '@dkron/runtime';
import { describeDays, describeTimes } from './describe-fields.ts';
import { EverySchedule } from './every-schedule.ts';
import { FieldSchedule } from './field-schedule.ts';
import { formatRfc3339 } from './rfc3339.ts';
import type { Schedule } from './schedule.ts';
import { zoneOf } from './zone-of.ts';

const UNITS = [
  ['day', 86_400n],
  ['hour', 3_600n],
  ['minute', 60n],
  ['second', 1n],
] as const;

/** The schedule in English words, such as `at 02:30 on Monday to Friday, time zone Europe/Berlin`. */
export function describe(schedule: Schedule): string {
  if (schedule instanceof FieldSchedule) return describeFields(schedule);
  if (schedule instanceof EverySchedule) return `every ${describeSeconds(BigInt(schedule.delaySeconds))}`;
  const tick = schedule.next(-(2n ** 80n));
  if (tick === undefined) return 'only when started by hand';
  const once = `once at ${formatRfc3339(tick, zoneOf(schedule))}`;
  if (schedule.kind === 'at') return once;
  return schedule.graceNanos > 0n
    ? `${once}, at most ${describeNanos(schedule.graceNanos)} late`
    : `${once}, never late`;
}

function describeFields(schedule: FieldSchedule): string {
  if (schedule.times.never) return 'never: no date matches';
  const days = describeDays(schedule.fields);
  const parts = [days === '' ? describeTimes(schedule.fields) : `${describeTimes(schedule.fields)} ${days}`];
  parts.push(`time zone ${schedule.timezone}`);
  if (schedule.dstGap === 'after') parts.push('what a clock change leaves out runs right after it');
  if (schedule.dstOverlap !== 'both')
    parts.push(`where a clock change repeats a time, the ${schedule.dstOverlap} pass only`);
  return parts.join(', ');
}

function describeNanos(nanos: bigint): string {
  const fraction = nanos % NANOS_PER_SECOND;
  const seconds = nanos / NANOS_PER_SECOND;
  if (fraction === 0n) return describeSeconds(seconds);
  return `${seconds === 0n ? '' : `${describeSeconds(seconds)} `}${fraction} nanoseconds`;
}

function describeSeconds(seconds: bigint): string {
  const parts: string[] = [];
  let rest = seconds;
  for (const [unit, size] of UNITS) {
    const count = rest / size;
    rest %= size;
    if (count > 0n) parts.push(`${count} ${unit}${count === 1n ? '' : 's'}`);
  }
  return parts.join(' ');
}
