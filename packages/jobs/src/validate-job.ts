import { checkTimezone, parseGoDuration, parseSchedule, ScheduleParseError } from '@dkron/cron';
import { ADDITIVE_DEFAULTS } from './job-json.ts';
import type { JobDefinition } from './job.ts';
import { MemorySizeError, parseMemorySize } from './memory-size.ts';
import { problem, type Problem } from './problem.ts';
import { CATCHUPS, DST_GAPS, DST_OVERLAPS } from './words.ts';

export const RETRIES_MAX = 2 ** 32 - 1;
const NANOS_PER_SECOND = 1_000_000_000n;
const CATCHUP_WINDOW_MAX_NANOS = 8760n * 3600n * NANOS_PER_SECOND;
const ILLEGAL_IN_NAME = /[^\p{Ll}0-9_-]/u;

type Rule = (job: JobDefinition) => Problem | undefined;

const nameRule: Rule = ({ name }) => {
  const allowed = 'lower-case letters, 0-9, _ and -';
  if (name === '') return problem('invalid_value', 'name', { value: name, allowed, message: 'name cannot be empty' });
  const match = ILLEGAL_IN_NAME.exec(name);
  if (match === null) return undefined;
  const message = `name contains illegal character '${match[0]}'`;
  return problem('invalid_value', 'name', { value: name, allowed, column: match.index + 1, message });
};

const parentRule: Rule = ({ name, parentJob }) =>
  name === '' || parentJob !== name
    ? undefined
    : problem('invalid_value', 'parent_job', {
        value: parentJob,
        allowed: 'the name of another job',
        message: 'the job can not have itself as parent',
      });

/** Schedule texts that were found right: thousands of jobs share few, and reading one costs more than all other rules. */
const KNOWN_SCHEDULES_MAX = 1_024;
const KNOWN_SCHEDULE_UNITS_MAX = 256;
const knownSchedules = new Set<string>();

function rememberSchedule(schedule: string): void {
  // What `~` means is a matter of the job.
  if (schedule.length > KNOWN_SCHEDULE_UNITS_MAX || schedule.includes('~')) return;
  if (knownSchedules.size === KNOWN_SCHEDULES_MAX) knownSchedules.clear();
  knownSchedules.add(schedule);
}

const scheduleRule: Rule = ({ name, schedule, parentJob }) => {
  if (schedule === '' && parentJob !== '') return undefined;
  if (knownSchedules.has(schedule)) return undefined;
  try {
    parseSchedule(schedule, { jobName: name });
    rememberSchedule(schedule);
    return undefined;
  } catch (error) {
    if (!(error instanceof ScheduleParseError)) throw error;
    return problem('invalid_schedule', 'schedule', {
      value: schedule,
      allowed: error.expected,
      column: error.column,
      message: `can't parse job schedule: ${error.message}`,
    });
  }
};

const concurrencyRule: Rule = ({ concurrency }) =>
  concurrency === 'allow' || concurrency === 'forbid' || concurrency === ''
    ? undefined
    : problem('invalid_value', 'concurrency', {
        value: concurrency,
        allowed: 'allow, forbid',
        message: 'invalid concurrency policy value, use "allow" or "forbid"',
      });

const timezoneRule: Rule = ({ timezone }) => {
  const message = checkTimezone(timezone);
  if (message === undefined) return undefined;
  return problem('unknown_zone', 'timezone', { value: timezone, allowed: 'an IANA zone, e.g. Europe/Berlin', message });
};

const shellTimeoutRule: Rule = ({ executor, executorConfig }) => {
  const value = executorConfig?.['timeout'] ?? '';
  if (executor !== 'shell' || value === '' || durationOf(value) !== undefined) return undefined;
  return problem('invalid_value', 'executor_config.timeout', {
    value,
    allowed: 'Go duration, e.g. 30s',
    message: 'Error parsing job timeout value',
  });
};

const shellMemoryRule: Rule = ({ executor, executorConfig }) => {
  const value = executorConfig?.['mem_limit'] ?? '';
  if (executor !== 'shell' || value === '') return undefined;
  try {
    parseMemorySize(value);
    return undefined;
  } catch (error) {
    if (!(error instanceof MemorySizeError)) throw error;
    return problem('invalid_value', 'executor_config.mem_limit', {
      value,
      allowed: 'a positive size, e.g. 1073741824, 512MB, 1.5GB',
      message: `Error parsing job memory limit value: ${error.message}`,
    });
  }
};

const retriesRule: Rule = ({ retries }) =>
  Number.isInteger(retries) && retries >= 0 && retries <= RETRIES_MAX
    ? undefined
    : problem('invalid_value', 'retries', {
        value: String(retries),
        allowed: `0 to ${RETRIES_MAX}`,
        message: `retries must be a whole number from 0 to ${RETRIES_MAX}, not ${retries}`,
      });

const dstGapRule: Rule = ({ dstGap }) => oneOf('dst_gap', dstGap, DST_GAPS);
const dstOverlapRule: Rule = ({ dstOverlap }) => oneOf('dst_overlap', dstOverlap, DST_OVERLAPS);
const catchupRule: Rule = ({ catchup }) => oneOf('catchup', catchup, CATCHUPS);

const catchupWindowRule: Rule = ({ catchupWindow }) => {
  if (catchupWindow === ADDITIVE_DEFAULTS.catchupWindow) return undefined;
  const nanos = durationOf(catchupWindow);
  if (nanos !== undefined && nanos >= NANOS_PER_SECOND && nanos <= CATCHUP_WINDOW_MAX_NANOS) return undefined;
  const allowed = 'Go duration from 1s to 8760h';
  const message = `catchup_window must be a ${allowed}, not "${catchupWindow}"`;
  return problem('invalid_value', 'catchup_window', { value: catchupWindow, allowed, message });
};

const timeoutRule: Rule = ({ timeout }) => {
  if (timeout === '') return undefined;
  const nanos = durationOf(timeout);
  if (nanos !== undefined && nanos > 0n) return undefined;
  const allowed = 'a positive Go duration, e.g. 30s, or nothing';
  const message = `timeout must be ${allowed}, not "${timeout}"`;
  return problem('invalid_value', 'timeout', { value: timeout, allowed, message });
};

function oneOf(field: string, value: string, values: readonly string[]): Problem | undefined {
  if (values.includes(value)) return undefined;
  const allowed = values.join(', ');
  return problem('invalid_value', field, {
    value,
    allowed,
    message: `${field} must be one of ${allowed}, not "${value}"`,
  });
}

function durationOf(text: string): bigint | undefined {
  try {
    return parseGoDuration(text);
  } catch {
    return undefined;
  }
}

/** The original's rules in its order, then ours. */
const RULES: readonly Rule[] = [
  nameRule,
  parentRule,
  scheduleRule,
  concurrencyRule,
  timezoneRule,
  shellTimeoutRule,
  shellMemoryRule,
  retriesRule,
  dstGapRule,
  dstOverlapRule,
  catchupRule,
  catchupWindowRule,
  timeoutRule,
];

/**
 * Everything that is wrong with a definition, judged by itself: whether a parent exists or closes a cycle is for the
 * caller, who knows the other jobs. The first one is what the original would report.
 */
export function validateJob(definition: JobDefinition): Problem[] {
  const problems: Problem[] = [];
  for (const rule of RULES) {
    const found = rule(definition);
    if (found !== undefined) problems.push(found);
  }
  return problems;
}
