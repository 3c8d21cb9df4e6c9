/**
 * ns/op of `nextSeconds` for five typical schedules beside cron-parser, in one run, in processor time:
 * `npm run -s node -- packages/cron/bench/next.ts`.
 */
import { CronExpressionParser } from 'cron-parser';
import { parseSchedule } from '@dkron/cron';

const FROM = Date.UTC(2026, 10, 1) / 1000;
const RUN_MS = 500;
const BATCH_MAX = 4_096;
const SCHEDULES = [
  ['every 5 minutes, UTC', '0 */5 * * * *', 'UTC'],
  ['every 5 minutes', '0 */5 * * * *', 'Europe/Berlin'],
  ['daily 02:30', '0 30 2 * * *', 'America/New_York'],
  ['weekdays 9-17, quarter hours', '0 */15 9-17 * * MON-FRI', 'Europe/Berlin'],
  ['29 February', '0 0 0 29 2 *', 'America/New_York'],
] as const;

/** Nanoseconds of processor time per call of `step`: other work on the machine counts little. */
function measure(step: () => void): number {
  for (let i = 0; i < 5; i += 1) step();
  let calls = 0;
  let batch = 1;
  let passed = 0;
  const start = process.cpuUsage();
  while (passed < RUN_MS * 1_000) {
    for (let i = 0; i < batch; i += 1) step();
    calls += batch;
    // Looking at the clock costs microseconds, so that it is done seldom.
    batch = Math.min(batch * 2, BATCH_MAX);
    const { user, system } = process.cpuUsage(start);
    passed = user + system;
  }
  return (passed * 1_000) / calls;
}

const rows = SCHEDULES.map(([what, text, zone]) => {
  const schedule = parseSchedule(text, { timezone: zone });
  const end = FROM + 50 * 365 * 86_400;
  let at = FROM;
  const ours = measure(() => {
    at = schedule.nextSeconds(at);
    if (at > end) at = FROM;
  });
  const open = (): ReturnType<typeof CronExpressionParser.parse> =>
    CronExpressionParser.parse(text, { tz: zone, currentDate: new Date(FROM * 1000) });
  let other = open();
  const theirs = measure(() => {
    if (other.next().getTime() / 1000 > end) other = open();
  });
  return {
    schedule: what,
    'ours ns': Math.round(ours),
    'cron-parser ns': Math.round(theirs),
    ratio: Math.round(theirs / ours),
  };
});
console.table(rows);
