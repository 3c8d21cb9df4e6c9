import { describe, expect, it } from 'vitest';
import { OutgoingQueues } from './outgoing-queues.ts';

describe('messages to pass on', () => {
  it('intents go first, then queries, then events, as far as they fit and as often as said', () => {
    const queues = new OutgoingQueues(10);
    const body = (length: number): Uint8Array => new Uint8Array(length);
    queues.add('events', body(30));
    queues.add('queries', body(20));
    queues.add('intents', body(10));
    const lengths = (limitBytes: number, maxItems = 9): number[] =>
      queues.take(2, limitBytes, 3, maxItems).map(({ length }) => length);
    expect(lengths(66, 2)).toEqual([10, 20]);
    expect(lengths(65)).toEqual([10, 20]);
    expect(lengths(66)).toEqual([10, 20, 30]);
    expect(lengths(66)).toEqual([30]);
    expect(queues.isEmpty).toBe(false);
    expect(lengths(66)).toEqual([30]);
    expect(queues.isEmpty).toBe(true);
  });

  it('who waits for a message hears of it also when it was dropped because too many wait', () => {
    const queues = new OutgoingQueues(1);
    let done = 0;
    queues.add('intents', new Uint8Array(1), () => done++);
    queues.add('intents', new Uint8Array(2), () => done++);
    expect([queues.depth('intents'), done]).toEqual([1, 1]);
    queues.take(0, 100, 1, 9);
    expect(done).toBe(2);
  });
});
