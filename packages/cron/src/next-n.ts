import type { EpochNanos } from '@dkron/runtime';
import { FieldSchedule } from './field-schedule.ts';
import { earlierPass, firstGap, laterPass } from './passes.ts';
import { formatRfc3339 } from './rfc3339.ts';
import { floorSeconds } from './seconds-schedule.ts';
import type { Schedule } from './schedule.ts';
import { zoneOf } from './zone-of.ts';

/** What a change of the zone's offset did to a tick. */
export type TickNote =
  /** Between the tick before (or `from`) and this one, a matching reading fell into a gap and was dropped. */
  | 'gap'
  /** The local reading occurs twice; this is the first time. */
  | 'overlap_first'
  /** The local reading occurs twice; this is the second time. */
  | 'overlap_last'
  /** Due because of readings inside the gap that ends here (`dstGap: 'after'`). */
  | 'moved';

/** A tick, as an instant and as a clock in its zone shows it. */
export interface UpcomingTick {
  readonly tick: EpochNanos;
  /** RFC 3339 in the schedule's zone, with offset. */
  readonly local: string;
  readonly notes: TickNote[];
}

/** The next `count` ticks after `from`, fewer when there are no more, with what zone changes do to them. */
export function nextN(schedule: Schedule, from: EpochNanos, count: number): UpcomingTick[] {
  const ticks: UpcomingTick[] = [];
  const zone = zoneOf(schedule);
  let before = from;
  while (ticks.length < count) {
    const tick = schedule.next(before);
    if (tick === undefined) break;
    const notes = schedule instanceof FieldSchedule ? notesOf(schedule, floorSeconds(before), floorSeconds(tick)) : [];
    ticks.push({ tick, local: formatRfc3339(tick, zone), notes });
    before = tick;
  }
  return ticks;
}

function notesOf(schedule: FieldSchedule, before: number, tick: number): TickNote[] {
  const { offsets, times } = schedule;
  const notes: TickNote[] = [];
  if (schedule.dstGap === 'after' && !times.matches(tick + offsets.offsetAt(tick))) notes.push('moved');
  else if (schedule.dstGap === 'skip' && !Number.isNaN(firstGap(offsets, times, before + 1, tick))) notes.push('gap');
  if (!Number.isNaN(earlierPass(offsets, tick))) notes.push('overlap_last');
  else if (!Number.isNaN(laterPass(offsets, tick))) notes.push('overlap_first');
  return notes;
}
