/**
 * Schedule text to instants: Dkron's grammar (six fields with seconds, descriptors, `@every`, `@at`, `@after`, `~`, time
 * zones), compiled to bit masks and a table of the zone's changes. Due is each instant whose local reading matches. Reads
 * no clock: the caller says from when.
 */
export { countTicks } from './count-ticks.ts';
export type { TickCount } from './count-ticks.ts';
export { describe } from './describe.ts';
export { ScheduleParseError, TimeTextError } from './errors.ts';
export type { ScheduleErrorCode, ScheduleErrorDetails } from './errors.ts';
export { formatGoDuration, parseGoDuration } from './go-duration.ts';
export { nextN } from './next-n.ts';
export type { TickNote, UpcomingTick } from './next-n.ts';
export { parseSchedule } from './parse-schedule.ts';
export { formatRfc3339, parseRfc3339 } from './rfc3339.ts';
export type { ParseScheduleOptions, Schedule, ScheduleKind } from './schedule.ts';
export { ScheduleCache } from './schedule-cache.ts';
export type { ScheduleCacheOptions } from './schedule-cache.ts';
export { checkTimezone, isKnownTimezone } from './zone.ts';
export type { EpochNanos } from '@dkron/runtime';
