import { OUTPUT_TAIL_BYTES_MAX } from '@dkron/jobs';
import type { EndReason, ExecutionOutput } from '@dkron/jobs';

const NOTHING: ExecutionOutput = { head: new Uint8Array(), tail: new Uint8Array(), totalBytes: 0 };
const LINE_FEED = 10;

/**
 * An attempt that did not end by itself says so in its last line of output, where clients of the original look.
 * Other ends keep their output as it came.
 */
export function withVerdict(
  output: ExecutionOutput | null,
  state: 'success' | 'failed' | 'lost' | 'cancelled',
  reason: EndReason | null,
): ExecutionOutput | null {
  if (state !== 'lost' && state !== 'cancelled') return output;
  const { head, tail, totalBytes } = output ?? NOTHING;
  const text = state === 'lost' ? `Execution lost: ${reason ?? 'unknown'}` : 'Execution cancelled';
  const open = tail.length > 0 && tail.at(-1) !== LINE_FEED;
  const line = asciiBytes(open ? `\n${text}` : text);
  const joined = new Uint8Array(tail.length + line.length);
  joined.set(tail);
  joined.set(line, tail.length);
  const kept = joined.length > OUTPUT_TAIL_BYTES_MAX ? joined.subarray(joined.length - OUTPUT_TAIL_BYTES_MAX) : joined;
  return { head, tail: kept, totalBytes: totalBytes + line.length };
}

function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
