import type { ExecutionOutput } from '@dkron/jobs';

/** What is kept of an output, in reading order: the head, a line about what was left out between, the tail. */
export function keptOutput(output: ExecutionOutput | undefined): readonly Uint8Array[] {
  if (!output) return [];
  const tailStart = output.totalBytes - output.tail.length;
  if (tailStart <= 0) return [output.tail];
  const leftOut = tailStart - output.head.length;
  if (leftOut <= 0) return [output.head.subarray(0, tailStart), output.tail];
  return [output.head, new TextEncoder().encode(`\n[… ${leftOut} bytes left out …]\n`), output.tail];
}
