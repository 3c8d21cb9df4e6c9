/** Prints what a schedule means and its next five ticks. Usage: next-ticks.ts [SCHEDULE] [ZONE] */
import { describe, formatRfc3339, nextN, parseSchedule } from '@dkron/cron';
import { systemClock } from '@dkron/runtime/system';

const [text = '0 30 2 * * *', timezone = 'Europe/Berlin'] = process.argv.slice(2);
const schedule = parseSchedule(text, { timezone });
console.log(`${text} in ${timezone}: ${describe(schedule)}`);
for (const { tick, local, notes } of nextN(schedule, systemClock.wallNanos(), 5)) {
  console.log(`${formatRfc3339(tick)}  ${local}  ${notes.join(', ')}`);
}
