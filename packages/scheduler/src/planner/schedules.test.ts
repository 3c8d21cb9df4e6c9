import type { JobDefinition } from '@dkron/jobs';
import { describe, expect, it } from 'vitest';
import { Schedules } from './schedules.ts';

const job = (name: string, schedule: string, timezone = ''): JobDefinition =>
  ({ name, schedule, timezone, dstGap: 'skip', dstOverlap: 'both' }) as JobDefinition;

describe('Schedules', () => {
  it('gives jobs of one text and zone one compiled schedule, whichever were asked for in between', () => {
    const schedules = new Schedules('UTC');
    const daily = schedules.of(job('a', '0 0 4 * * *'), 1n);
    expect(schedules.of(job('b', '0 0 4 * * *'), 2n)).toBe(daily);
    const berlin = schedules.of(job('a', '0 0 4 * * *', 'Europe/Berlin'), 1n);
    expect(berlin).not.toBe(daily);
    expect(schedules.of(job('c', '0 0 4 * * *', 'Europe/Berlin'), 1n)).toBe(berlin);
    expect(schedules.of(job('c', '0 0 4 * * *'), 1n)).toBe(daily);
  });

  it('keeps apart what depends on the anchor or the name', () => {
    const schedules = new Schedules('UTC');
    const ticks = (anchor: bigint) => schedules.of(job('a', '@every 10s'), anchor).nextAfter(0n);
    expect([ticks(1_000_000_000n), ticks(3_000_000_000n)]).toEqual([11_000_000_000n, 13_000_000_000n]);
    expect(schedules.of(job('a', '0 ~ 4 * * *'), 1n)).not.toBe(schedules.of(job('b', '0 ~ 4 * * *'), 1n));
  });
});
