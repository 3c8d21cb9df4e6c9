import { describe, expect, it } from 'vitest';
import { systemClock } from './clock.ts';
import { systemRandom } from './random.ts';
import { systemTimers } from './timers.ts';

describe('systemClock', () => {
  it('tells the same wall time in milliseconds and nanoseconds', () => {
    const before = systemClock.wallMs();
    const nanos = systemClock.wallNanos();
    const after = systemClock.wallMs();
    expect(Number(nanos / 1_000_000n)).toBeGreaterThanOrEqual(before - 1);
    expect(Number(nanos / 1_000_000n)).toBeLessThanOrEqual(after + 1);
  });

  it('never steps back in monotonic time', () => {
    const readings = Array.from({ length: 1000 }, () => systemClock.monotonicMs());
    expect(readings).toEqual(readings.toSorted((a, b) => a - b));
  });
});

describe('systemTimers', () => {
  it('fires once, and not when cancelled', async () => {
    const fired: string[] = [];
    systemTimers.after(0, () => void fired.push('cancelled'))();
    systemTimers.nextTurn(() => void fired.push('cancelled'))();
    await new Promise<void>((resolve) => {
      systemTimers.after(5, () => {
        fired.push('kept');
        resolve();
      });
    });
    await systemTimers.sleep(5);
    expect(fired).toEqual(['kept']);
  });

  it('refuses a delay that the platform would shorten', () => {
    expect(() => systemTimers.after(2 ** 31, () => {})).toThrow('out of range');
    expect(() => systemTimers.after(-1, () => {})).toThrow('out of range');
    expect(() => systemTimers.after(Number.NaN, () => {})).toThrow('out of range');
  });

  it('ends a sleep when its signal aborts, before or during it', async () => {
    const controller = new AbortController();
    const slept = systemTimers.sleep(60_000, controller.signal);
    controller.abort(new Error('stopped'));
    await expect(slept).rejects.toThrow('stopped');
    await expect(systemTimers.sleep(60_000, controller.signal)).rejects.toThrow('stopped');
  });

  it('rejects a sleep that is out of range', async () => {
    await expect(systemTimers.sleep(-1)).rejects.toThrow('out of range');
  });
});

describe('systemRandom', () => {
  it('stays in range and up to the largest bound', () => {
    for (const bound of [1, 2, 10, 2 ** 32]) {
      const value = systemRandom.nextInt(bound);
      expect(value >= 0 && value < bound).toBe(true);
    }
    expect(systemRandom.bytes(16)).toHaveLength(16);
  });
});
