import { ManualTime } from '@dkron/runtime/testing';
import { expect, it } from 'vitest';
import { MemoryWatch } from './memory-watch.ts';

const POLL_MS = 1_000;

function setUp(): { time: ManualTime; watch: MemoryWatch; used: Map<number, number>; polls: number[][] } {
  const time = new ManualTime();
  const used = new Map<number, number>();
  const polls: number[][] = [];
  const residentBytes = (groups: readonly number[]): Promise<Map<number, number>> => {
    polls.push([...groups]);
    return Promise.resolve(used);
  };
  return {
    time,
    used,
    polls,
    watch: new MemoryWatch({ pollMs: POLL_MS }, { timers: time, processes: { residentBytes } }),
  };
}

it('G-E3: looks once a second, all groups in one pass, and tells once', async () => {
  const { time, watch, used, polls } = setUp();
  const exceeded: number[] = [];
  watch.watch(10, 100, (bytes) => exceeded.push(bytes));
  watch.watch(20, 100, (bytes) => exceeded.push(bytes));
  used.set(10, 100).set(20, 99);
  await time.advance(POLL_MS);
  expect([polls, exceeded]).toEqual([[[10, 20]], []]);
  used.set(10, 101);
  await time.advance(POLL_MS * 3);
  expect(exceeded).toEqual([101]);
  expect(polls).toHaveLength(4);
  expect(polls.at(-1)).toEqual([20]);
});

it('G-E3: stops when nothing is watched', async () => {
  const { time, watch, polls } = setUp();
  const stop = watch.watch(10, 100, () => {});
  await time.advance(POLL_MS);
  stop();
  stop();
  expect([watch.size, time.pendingCount]).toEqual([0, 0]);
  await time.advance(POLL_MS * 5);
  expect(polls).toHaveLength(1);
  watch.watch(30, 1, () => {});
  await time.advance(POLL_MS);
  expect(polls.at(-1)).toEqual([30]);
});
