import { ManualTime } from '@dkron/runtime/testing';
import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

function make() {
  const time = new ManualTime();
  let count = 0;
  let ends = 0;
  const turns: Turns = new Turns(time, {
    turn: () => void (count += 1),
    end: () => {
      ends += 1;
      if (made.wishes) turns.schedule();
    },
  });
  const made = { turns, time, count: () => count, ends: () => ends, wishes: false };
  return made;
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

it('is told of the end of a turn once, and looks behind it if that asks for a look', async () => {
  const made = make();
  const { turns, time, count, ends } = made;
  turns.hasten();
  await Promise.resolve();
  expect([count(), ends()]).toEqual([1, 0]);
  made.wishes = true;
  await time.advance(0);
  expect([count(), ends()]).toEqual([2, 1]);
  await time.advance(0);
  expect([count(), ends()]).toEqual([2, 1]);
});
