import { describe, expect, it } from 'vitest';
import { withVerdict } from './verdict.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const output = (tail: string): { head: Uint8Array; tail: Uint8Array; totalBytes: number } => ({
  head: bytes(tail),
  tail: bytes(tail),
  totalBytes: tail.length,
});

describe('the last line of an attempt that did not end by itself', () => {
  it('names why it is lost', () => {
    const kept = withVerdict(output('half a line'), 'lost', 'lease');
    expect(Buffer.from(kept!.tail).toString()).toBe('half a line\nExecution lost: lease');
    expect(kept!.totalBytes).toBe(kept!.tail.length);
  });

  it('stands alone where nothing was written, and begins a line of its own', () => {
    expect(Buffer.from(withVerdict(null, 'cancelled', 'cancelled')!.tail).toString()).toBe('Execution cancelled');
    expect(Buffer.from(withVerdict(output('a\n'), 'lost', 'restart')!.tail).toString()).toBe(
      'a\nExecution lost: restart',
    );
  });

  it('keeps within the limit of the tail', () => {
    const kept = withVerdict(output('x'.repeat(256_000)), 'cancelled', 'cancelled');
    expect(kept!.tail.length).toBe(256_000);
    expect(Buffer.from(kept!.tail).toString().endsWith('x\nExecution cancelled')).toBe(true);
  });

  it('leaves every other output as it came', () => {
    const failed = output('exit status 1\n');
    expect(withVerdict(failed, 'failed', 'exit')).toBe(failed);
    expect(withVerdict(null, 'success', null)).toBeNull();
  });
});
