import { END_SECOND, SECONDS_PER_DAY } from './calendar.ts';
import type { LocalTimes } from './local-times.ts';
import type { ZoneOffsets } from './zone-offsets.ts';

/** Beyond this distance no two instants of a zone have the same reading. */
const REACH = 2 * SECONDS_PER_DAY;

/**
 * Whether the reading at `at` was shown before: an overlap's later pass.
 *
 * @returns the end of the stretch of repeated readings that `at` stands in; NaN when `at` is no repetition
 */
export function earlierPass(zone: ZoneOffsets, at: number): number {
  const span = zone.spanAt(at);
  let other = span;
  while (other.start > at - REACH) {
    other = zone.spanAt(other.start - 1);
    const twin = at + span.offset - other.offset;
    if (other.offset !== span.offset && twin >= other.start && twin < other.end) {
      return Math.min(span.end, other.end + other.offset - span.offset);
    }
  }
  return NaN;
}

/**
 * Whether the reading at `at` will be shown again: an overlap's earlier pass.
 *
 * @returns the end of the stretch of readings that come again and that `at` stands in; NaN when `at` is not repeated
 */
export function laterPass(zone: ZoneOffsets, at: number): number {
  const span = zone.spanAt(at);
  let other = span;
  while (other.end <= at + REACH) {
    other = zone.spanAt(other.end);
    const twin = at + span.offset - other.offset;
    if (other.offset !== span.offset && twin >= other.start && twin < other.end) {
      return Math.min(span.end, other.end + other.offset - span.offset);
    }
  }
  return NaN;
}

/**
 * The first instant in [from, to] that follows a gap in which a reading matches; NaN when there is none.
 */
export function firstGap(zone: ZoneOffsets, times: LocalTimes, from: number, to: number): number {
  let span = zone.spanAt(from - 1);
  while (span.end <= to && span.end < END_SECOND) {
    const change = span.end;
    const next = zone.spanAt(change);
    if (next.offset > span.offset && times.next(change + span.offset) < change + next.offset) return change;
    span = next;
  }
  return NaN;
}
