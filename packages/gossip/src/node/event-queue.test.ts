import { describe, expect, it } from 'vitest';
import { EventQueue } from './event-queue.ts';

describe('EventQueue', () => {
  it('gives events in order, waits for more, and ends with what is left', async () => {
    const queue = new EventQueue<number>(10, () => {});
    const read: number[] = [];
    const reading = (async () => {
      for await (const item of queue) read.push(item);
    })();
    queue.push(1);
    queue.push(2);
    await Promise.resolve();
    queue.push(3);
    queue.end();
    queue.push(4);
    await reading;
    expect(read).toEqual([1, 2, 3]);
  });

  it('serves several who wait at the same time', async () => {
    const queue = new EventQueue<number>(10, () => {});
    const waiting = [queue.next(), queue.next(), queue.next()];
    queue.push(1);
    queue.push(2);
    queue.end();
    const results = await Promise.all(waiting);
    expect(results.map(({ value }) => value)).toEqual([1, 2, undefined]);
  });

  it('drops the oldest beyond its limit, and counts them', async () => {
    const queue = new EventQueue<number>(3, () => {});
    for (let i = 0; i < 10; i++) queue.push(i);
    expect((await queue.next()).value).toBe(7);
    expect(queue.dropped).toBe(7);
  });

  it('tells once when its reader left', async () => {
    let ends = 0;
    const queue = new EventQueue<number>(3, () => ends++);
    queue.push(1);
    for await (const item of queue) if (item === 1) break;
    queue.end();
    expect(ends).toBe(1);
    expect((await queue.next()).done).toBe(true);
  });
});
