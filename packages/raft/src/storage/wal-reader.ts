import { assert } from '@dkron/runtime';
import type { Entry } from '../core/types.ts';
import { visitEntries } from './entry-batch.ts';
import { corruptLog } from './errors.ts';
import { readChange } from './log-record.ts';
import { openRecord } from './record.ts';
import type { Segment } from './segment.ts';
import type { Span, SpanIndex } from './span-index.ts';

/** Neighbouring records are fetched with one read up to this size; a larger record is a read of its own. */
const READ_BYTES = 1 << 20;
/** Planned beyond `maxBytes`, for the frames around the data. */
const PLAN_SLACK_BYTES = 1 << 16;

/** What one read will fetch: neighbouring records of one segment each. */
export interface ReadPlan {
  readonly lo: number;
  readonly hi: number;
  readonly maxBytes: number;
  readonly runs: readonly { readonly segment: Segment; readonly spans: Span[] }[];
}

/**
 * Places of the entries of `[lo, hi)`, all of which are in the index. What is appended, truncated or compacted later
 * does not change what the plan reads: records are never overwritten, and the files stay open until `readEntries` ends.
 */
export function planRead(
  spans: SpanIndex,
  segmentOf: (sequence: number) => Segment,
  range: { readonly lo: number; readonly hi: number; readonly maxBytes: number },
): ReadPlan {
  const runs: { segment: Segment; spans: Span[] }[] = [];
  let position = spans.find(range.lo);
  let bytes = 0;
  for (let next = range.lo; next < range.hi;) {
    assert(position !== undefined && position < spans.length, `entry ${next} is in no segment`);
    const span = spans.at(position);
    const run = runs.at(-1);
    if (run?.segment.sequence === span.segment && span.offset + span.bytes - run.spans[0]!.offset <= READ_BYTES) {
      run.spans.push(span);
    } else {
      const segment = segmentOf(span.segment);
      segment.acquire();
      runs.push({ segment, spans: [span] });
    }
    // The first record may be read from its middle, so its bytes say nothing.
    if (next > range.lo) bytes += span.bytes;
    if (bytes > range.maxBytes + PLAN_SLACK_BYTES) break;
    next = span.firstIndex + span.count;
    position += 1;
  }
  return { ...range, runs };
}

/**
 * Reads entries back, checking every record again: at least one entry, then as many as `maxBytes` of data allow. May
 * stop earlier, when frames took a good part of the budget.
 * @throws StorageError `log_corrupt`
 */
export async function readEntries({ lo, hi, maxBytes, runs }: ReadPlan): Promise<Entry[]> {
  const entries: Entry[] = [];
  let left = maxBytes;
  let more = true;
  const take = (entry: Entry, until: number): boolean => {
    if (entry.index < lo) return true;
    if (entry.index >= until) return false;
    more = entries.length === 0 || entry.data.byteLength <= left;
    if (!more) return false;
    entries.push(entry);
    left -= entry.data.byteLength;
    return true;
  };
  try {
    for (const { segment, spans } of runs) {
      const base = spans[0]!.offset;
      const last = spans.at(-1)!;
      const bytes = await segment.file.read(base, last.offset + last.bytes - base);
      for (const span of spans) {
        const until = Math.min(hi, span.firstIndex + span.count);
        visitEntries(entriesOf(segment, span, bytes, base), (entry) => take(entry, until));
        if (!more) return entries;
      }
    }
    return entries;
  } finally {
    await Promise.all(runs.map(({ segment }) => segment.release()));
  }
}

/** The encoded entries of a record, verified again after the way through the disk. */
function entriesOf(segment: Segment, span: Span, bytes: Uint8Array, base: number): Uint8Array {
  const frame = openRecord(bytes, span.offset - base, base, segment.salt);
  if (frame === undefined) throw corruptLog(segment.path, span.offset, 'a record read back fails its checksum');
  const start = frame.payloadOffset - base;
  const payload = bytes.subarray(start, start + frame.payloadBytes);
  const { entriesOffset } = readChange(frame.type, payload);
  assert(entriesOffset !== undefined, 'record without entries in the index');
  return payload.subarray(entriesOffset);
}
