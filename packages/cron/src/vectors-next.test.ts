import { expect, it } from 'vitest';
import { oracleNext, readOracle } from '../test/oracle.ts';
import type { NextRecord } from '../test/vectors.ts';
import { Causes, readVectors } from '../test/vectors.ts';
import { END_SECOND } from './calendar.ts';
import { ScheduleParseError } from './errors.ts';
import { parseSchedule } from './parse-schedule.ts';
import { formatRfc3339, parseRfc3339 } from './rfc3339.ts';
import { floorSeconds } from './seconds-schedule.ts';
import type { Schedule } from './schedule.ts';

const RECORDED_TZDATA = '2025c';
const RECORDED_LIMIT = 5;
const GIVE_UP_SECONDS = 5 * 365 * 86_400;

function open(record: NextRecord): Schedule {
  return parseSchedule(record.text, {
    jobName: record.name ?? 'test_job',
    timezone: record.tz ?? '',
    defaultTimezone: record.local ?? 'UTC',
    anchor: parseRfc3339(record.from),
  });
}

/** A blank before `@` with a job's zone: refused at creation, accepted by the original's scheduler. */
function isRefusedAtCreation(record: NextRecord): boolean {
  if (!/^\s+@/.test(record.text) || record.tz === undefined) return false;
  try {
    open(record);
    return false;
  } catch (error) {
    return error instanceof ScheduleParseError && error.message.startsWith('expected exactly 6 fields, found 1');
  }
}

function chain(schedule: Schedule, from: bigint): string[] {
  const ticks: string[] = [];
  for (
    let tick = schedule.next(from);
    tick !== undefined && ticks.length < RECORDED_LIMIT;
    tick = schedule.next(tick)
  ) {
    ticks.push(formatRfc3339(tick));
  }
  return ticks;
}

/** The same chain by reading the clock second by second. */
function oracleChain(record: NextRecord, schedule: Schedule): string[] {
  const oracle = readOracle(schedule.resolved, schedule.timezone ?? '');
  const ticks: string[] = [];
  let at: number | undefined = floorSeconds(parseRfc3339(record.from));
  while (ticks.length < RECORDED_LIMIT) {
    at = oracleNext(oracle, at, END_SECOND);
    if (at === undefined) break;
    ticks.push(formatRfc3339(BigInt(at) * 1_000_000_000n));
  }
  return ticks;
}

/** One tick, at the date; for a reference inside the grace the original answers "now", ours "D, late by at most the grace". */
function agreesAfter(record: NextRecord, schedule: Schedule, ours: readonly string[]): boolean {
  const from = parseRfc3339(record.from);
  const due = schedule.next(-(2n ** 80n)) ?? 0n;
  if (from < due) return ours.length === 1 && ours[0] === record.next[0];
  const runsLate = from <= due + schedule.graceNanos;
  return ours.length === 0 && runsLate === record.next.length > 0;
}

function causeOf(record: NextRecord, schedule: Schedule, ours: readonly string[]): string | undefined {
  if (record.text.startsWith('@after ')) return agreesAfter(record, schedule, ours) ? 'G-S7' : undefined;
  if (schedule.kind !== 'fields') return undefined;
  if (oracleChain(record, schedule).join() !== ours.join()) return undefined;
  if (record.tzdata !== undefined && process.versions.tz !== RECORDED_TZDATA) return 'zone data';
  if (record.tz !== undefined && record.text.startsWith('@')) return 'G-S2';
  const before = record.next.at(-1) ?? record.from;
  const following = ours[record.next.length];
  const gaveUp =
    ours.slice(0, record.next.length).join() === record.next.join() && following !== undefined && record.hangs !== true;
  if (gaveUp && parseRfc3339(following) - parseRfc3339(before) > BigInt(GIVE_UP_SECONDS) * 1_000_000_000n)
    return 'give-up';
  return 'zone rule';
}

it(
  'next.jsonl: equals the recording or differs for a known cause, confirmed by the second-by-second oracle',
  { timeout: 300_000 },
  () => {
    const causes = new Causes();
    const unexplained: unknown[] = [];
    for (const record of readVectors<NextRecord>('next')) {
      if (isRefusedAtCreation(record)) {
        causes.add('two checks');
        continue;
      }
      const schedule = open(record);
      const ours = chain(schedule, parseRfc3339(record.from));
      if (ours.join() === record.next.join() && record.hangs !== true) {
        causes.add('equal');
        continue;
      }
      const cause = causeOf(record, schedule, ours);
      if (cause === undefined) unexplained.push({ ...record, ours });
      else causes.add(cause);
    }
    console.log(`next.jsonl: ${causes.toString()}`);
    expect(unexplained).toEqual([]);
    expect(causes.total()).toBe(7716);
    expect(causes.get('equal')).toBeGreaterThan(7250);
  },
);
