import { readFileSync } from 'node:fs';

/** Of the clock in /proc. */
const TICK_US = 10_000;

/** Processor time that these processes have used so far, all threads, in microseconds. */
export function processorUs(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * TICK_US;
}
