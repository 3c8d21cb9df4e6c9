import type { ExecutionOutput } from '@dkron/jobs';

const EMPTY = new Uint8Array();

/**
 * The last `limitText` bytes of what is kept of an output. A limit that is no integer ≥ 0 is no limit, as the original
 * reads it; the cut may split a character.
 */
export function limitedOutput(
  output: ExecutionOutput | undefined,
  limitText: string | undefined,
): { readonly output: Uint8Array; readonly truncated: boolean } {
  const tail = output?.tail ?? EMPTY;
  const limit = limitText !== undefined && /^\+?\d+$/.test(limitText) ? Number(limitText) : Number.POSITIVE_INFINITY;
  if (tail.length <= limit) return { output: tail, truncated: false };
  return { output: limit === 0 ? EMPTY : tail.subarray(tail.length - limit), truncated: true };
}
