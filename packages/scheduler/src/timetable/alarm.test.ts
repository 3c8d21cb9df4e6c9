import { ManualTime } from '@dkron/runtime/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { Alarm } from './alarm.ts';

describe('Alarm', () => {
  let time: ManualTime;
  let rung: number[];
  let jumps: number[];
  let alarm: Alarm;

  beforeEach(() => {
    time = new ManualTime(1_000_000);
    rung = [];
    jumps = [];
    alarm = new Alarm({
      clock: time,
      timers: time,
      ring: () => rung.push(time.wallMs()),
      jumped: (byMs) => jumps.push(byMs),
    });
  });

  it('rings once at the time, after hops', async () => {
    alarm.arm(1_010_000.25);
    await time.advance(10_000);
    expect(rung).toEqual([]);
    await time.advance(20);
    expect(rung).toEqual([1_010_000.25]);
    expect(time.pendingCount).toBe(0);
  });

  it('does not ring early when its timer fires early', async () => {
    const early = {
      after: (ms: number, fn: () => void) => time.after(Math.max(0, ms - 0.9), fn),
      nextTurn: (fn: () => void) => time.nextTurn(fn),
      sleep: (ms: number) => time.sleep(ms),
    };
    // A zero delay would never move manual time on; a real one takes a while.
    const timers = { ...early, after: (ms: number, fn: () => void) => early.after(Math.max(ms, 1), fn) };
    alarm = new Alarm({ clock: time, timers, ring: () => rung.push(time.wallMs()), jumped: () => {} });
    alarm.arm(1_000_500);
    await time.advance(1_000);
    expect(rung).toHaveLength(1);
    expect(rung[0]).toBeGreaterThanOrEqual(1_000_500);
    expect(rung[0]).toBeLessThan(1_000_502);
  });

  it('a wall clock stepped forward rings within a second and reports the step', async () => {
    alarm.arm(4_600_000);
    await time.advance(500);
    time.stepWall(3_600_000);
    await time.advance(1_000);
    expect(jumps).toEqual([3_600_000]);
    expect(rung).toHaveLength(1);
  });

  it('a wall clock stepped back waits for the time again', async () => {
    alarm.arm(1_002_000);
    await time.advance(1_500);
    time.stepWall(-60_000);
    await time.advance(30_000);
    expect(rung).toEqual([]);
    await time.advance(31_000);
    expect(rung).toHaveLength(1);
    expect(jumps).toEqual([-60_000]);
  });

  it('can be moved to later and disarmed', async () => {
    alarm.arm(1_000_200);
    alarm.arm(1_000_400);
    await time.advance(300);
    expect(rung).toEqual([]);
    alarm.arm(undefined);
    await time.advance(300);
    expect(rung).toEqual([]);
  });
});
