import { ManualTime } from '@dkron/runtime/testing';
import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

function make() {
  const time = new ManualTime();
  let count = 0;
  return { turns: new Turns(time, () => void (count += 1)), time, count: () => count };
}

it('looks once at the end of a turn of the event loop, however often asked', async () => {
  const { turns, time, count } = make();
  turns.schedule();
  turns.schedule();
  await Promise.resolve();
  expect(count()).toBe(0);
  await time.advance(0);
  expect(count()).toBe(1);
});

it('looks behind the present stretch of code when hastened, and not again at the end of the turn', async () => {
  const { turns, time, count } = make();
  turns.schedule();
  turns.hasten();
  expect(count()).toBe(0);
  await Promise.resolve();
  expect(count()).toBe(1);
  await time.advance(0);
  expect(count()).toBe(1);
});

it('is hastened twice in a turn of the event loop, then waits for its end, and is hastened again in the next', async () => {
  const { turns, time, count } = make();
  for (const expected of [1, 2, 2]) {
    turns.hasten();
    await Promise.resolve();
    expect(count()).toBe(expected);
  }
  await time.advance(0);
  expect(count()).toBe(3);
  turns.hasten();
  await Promise.resolve();
  expect(count()).toBe(4);
});
