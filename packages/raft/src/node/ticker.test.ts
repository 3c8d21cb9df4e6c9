import { ManualTime } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import { type Tick, Ticker } from './ticker.ts';

function ticking(): { time: ManualTime; ticks: (Tick & { atMs: number })[]; ticker: Ticker } {
  const time = new ManualTime();
  const ticks: (Tick & { atMs: number })[] = [];
  const modules = { clock: time, timers: time };
  const ticker = new Ticker({ tickMs: 100 }, modules, (tick) => ticks.push({ ...tick, atMs: time.monotonicMs() }));
  ticker.start();
  return { time, ticks, ticker };
}

describe('Ticker', () => {
  it('ticks at its interval without drift', async () => {
    const { time, ticks } = ticking();
    await time.advance(1000);
    expect(ticks.map(({ atMs }) => atMs)).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]);
    expect(ticks.some(({ stalled }) => stalled)).toBe(false);
  });

  it('after a stall: one tick, told as such; what was missed is dropped', async () => {
    const { time, ticks } = ticking();
    const real = time.monotonicMs.bind(time);
    time.monotonicMs = () => real() + 2000;
    await time.advance(100);
    expect(ticks).toMatchObject([{ gapMs: 2100, stalled: true }]);
    await time.advance(100);
    expect(ticks).toHaveLength(2);
    expect(ticks[1]).toMatchObject({ gapMs: 100, stalled: false });
  });

  it('takes the tick one turn after its timer: sockets are read first', async () => {
    const { time, ticks } = ticking();
    const order: string[] = [];
    time.after(100, () => order.push('other timer'));
    time.after(100, () => void time.nextTurn(() => order.push(`tick seen: ${ticks.length}`)));
    await time.advance(100);
    expect(order).toEqual(['other timer', 'tick seen: 1']);
  });

  it('takes another interval, and stops', async () => {
    const { time, ticks, ticker } = ticking();
    ticker.setTickMs(50);
    await time.advance(300);
    expect(ticks.map(({ atMs }) => atMs)).toEqual([100, 150, 200, 250, 300]);
    ticker.stop();
    await time.advance(300);
    expect([ticks.length, time.pendingCount]).toEqual([5, 0]);
  });
});
