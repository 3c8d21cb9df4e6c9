import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualTime } from './manual-time.ts';

describe('ManualTime', () => {
  it('stands still until told', () => {
    const time = new ManualTime(1000.5);
    expect([time.wallMs(), time.wallNanos(), time.monotonicMs()]).toEqual([1000.5, 1_000_500_000n, 0]);
  });

  it('moves both clocks with advance, the wall alone with stepWall', async () => {
    const time = new ManualTime(1000);
    await time.advance(50);
    time.stepWall(-30);
    expect([time.wallMs(), time.monotonicMs()]).toEqual([1020, 50]);
  });

  it('fires timers at their instant, in order of time and then of creation', async () => {
    const time = new ManualTime(0);
    const fired: string[] = [];
    const note = (name: string) => (): void => void fired.push(`${name}@${time.monotonicMs()}`);
    time.after(20, note('late'));
    time.after(10, note('first'));
    time.after(10, note('second'));
    time.after(30, note('beyond'));
    await time.advance(25);
    expect(fired).toEqual(['first@10', 'second@10', 'late@20']);
    expect([time.monotonicMs(), time.pendingCount]).toEqual([25, 1]);
  });

  it('fires what a timer adds within the same advance', async () => {
    const time = new ManualTime(0);
    let count = 0;
    const again = (): void => {
      if (++count < 5) time.after(10, again);
    };
    time.after(10, again);
    await time.advance(100);
    expect(count).toBe(5);
  });

  it('does not fire what was cancelled', async () => {
    const time = new ManualTime(0);
    let fired = false;
    time.after(10, () => (fired = true))();
    await time.advance(20);
    expect(fired).toBe(false);
  });

  it('lets promises settle between timers', async () => {
    const time = new ManualTime(0);
    const order: string[] = [];
    void time.sleep(10).then(() => order.push('slept'));
    time.after(20, () => void order.push('timer'));
    await time.advance(20);
    expect(order).toEqual(['slept', 'timer']);
  });

  it('rejects a sleep with the reason of its signal, and forgets its timer', async () => {
    const time = new ManualTime(0);
    const controller = new AbortController();
    const slept = time.sleep(10, controller.signal);
    controller.abort(new Error('stopped'));
    await expect(slept).rejects.toThrow('stopped');
    expect(time.pendingCount).toBe(0);
    await expect(time.sleep(10, controller.signal)).rejects.toThrow('stopped');
    expect(time.pendingCount).toBe(0);
  });

  it('refuses a negative delay', () => {
    expect(() => new ManualTime().after(-1, () => {})).toThrow('out of range');
  });

  it('fires every due timer exactly once, however time is cut into steps', async () => {
    const delays = fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 12 });
    const steps = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 6 });
    const property = fc.asyncProperty(delays, steps, async (delayList, stepList) => {
      const time = new ManualTime(0);
      const fired: number[] = [];
      delayList.forEach((delay) => time.after(delay, () => void fired.push(delay)));
      let total = 0;
      for (const step of stepList) {
        await time.advance(step);
        total += step;
      }
      const due = delayList.filter((delay) => stepList.length > 0 && delay <= total).sort((a, b) => a - b);
      expect(fired).toEqual(due);
    });
    await fc.assert(property, { numRuns: 50 });
  });
});
