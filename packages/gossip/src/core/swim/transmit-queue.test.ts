import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TransmitQueue } from './transmit-queue.ts';

function filled(...lengths: number[]): TransmitQueue<string> {
  const queue = new TransmitQueue<string>();
  for (const [i, lengthBytes] of lengths.entries()) queue.add({ value: `${i}:${lengthBytes}`, lengthBytes });
  return queue;
}

describe('TransmitQueue', () => {
  it('LimitedBroadcastLess, TransmitLimited_ordering: the least sent first, then the longest, then the newest', () => {
    const queue = filled(5, 10, 10, 7);
    expect(queue.take(0, 10, 10)).toEqual(['2:10']);
    expect(queue.take(0, 100, 10)).toEqual(['1:10', '3:7', '0:5', '2:10']);
  });

  it('TransmitLimited_GetBroadcasts: what fits, with the overhead of each', () => {
    const queue = filled(10, 10, 10, 10);
    expect(queue.take(3, 26, 10)).toHaveLength(2);
    expect(queue.take(3, 25, 10)).toHaveLength(1);
    expect(queue.take(3, 12, 10)).toEqual([]);
    expect(queue.take(3, 1000, 10, 3)).toHaveLength(3);
  });

  it('TransmitLimited_GetBroadcasts: a short one fills what a long one leaves', () => {
    expect(filled(90, 50, 9).take(1, 101, 10)).toEqual(['0:90', '2:9']);
  });

  it('TransmitLimited_GetBroadcasts_Limit: each leaves after as many packets as the limit says', () => {
    let done = 0;
    const queue = new TransmitQueue<string>();
    queue.add({ value: 'x', lengthBytes: 1, onDone: () => done++ });
    const turns = [1, 2, 3, 4, 5].map(() => [queue.take(2, 100, 4).length, done, queue.size]);
    expect(turns).toEqual([
      [1, 0, 1],
      [1, 0, 1],
      [1, 0, 1],
      [1, 1, 0],
      [0, 1, 0],
    ]);
  });

  it('TransmitLimited_Queue, MemberlistBroadcast_Invalidates, MemberlistBroadcast_Message: news of the same subject replace each other, others stay', () => {
    const done: string[] = [];
    const queue = new TransmitQueue<string>();
    for (const [value, subject] of [
      ['a1', 'a'],
      ['b1', 'b'],
      ['a2', 'a'],
      ['x', undefined],
      ['y', undefined],
    ] as const) {
      queue.add({ value, lengthBytes: 2, subject, onDone: () => done.push(value) });
    }
    expect(done).toEqual(['a1']);
    expect(queue.take(0, 100, 10)).toEqual(['y', 'x', 'a2', 'b1']);
    queue.add({ value: 'a3', lengthBytes: 2, subject: 'a' });
    expect(done).toEqual(['a1', 'a2']);
  });

  it('TransmitLimited_Prune: drops those sent most often, then the shortest, then the oldest', () => {
    const queue = filled(5, 6);
    queue.take(0, 100, 10);
    queue.add({ value: 'fresh', lengthBytes: 1 });
    queue.prune(2);
    expect(queue.take(0, 100, 10)).toEqual(['fresh', '1:6']);
    queue.prune(0);
    expect(queue.size).toBe(0);
  });
});

interface ModelItem {
  readonly value: number;
  readonly lengthBytes: number;
  readonly subject: string | undefined;
  sent: number;
}

/** The rule as it is told: search the best of all, again and again. */
class Model {
  items: ModelItem[] = [];

  add(item: ModelItem): void {
    this.items = this.items.filter(({ subject }) => subject === undefined || subject !== item.subject);
    this.items.push(item);
  }

  take(overheadBytes: number, limitBytes: number, limit: number): number[] {
    const taken: ModelItem[] = [];
    let roomBytes = limitBytes;
    for (let sent = 0; sent <= limit; sent++) {
      for (;;) {
        const fitting = this.items
          .filter((item) => item.sent === sent && !taken.includes(item))
          .filter(({ lengthBytes }) => lengthBytes + overheadBytes <= roomBytes)
          .toSorted((a, b) => b.lengthBytes - a.lengthBytes || b.value - a.value);
        if (fitting.length === 0) break;
        taken.push(fitting[0]!);
        roomBytes -= fitting[0]!.lengthBytes + overheadBytes;
      }
    }
    for (const item of taken) item.sent++;
    this.items = this.items.filter(({ sent }) => sent < limit);
    return taken.map(({ value }) => value);
  }
}

it('takes what a naive search takes', () => {
  const step = fc.oneof(
    fc.record({
      lengthBytes: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constantFrom(20, 21)),
      subject: fc.constantFrom(undefined, 'a', 'b', 'c'),
    }),
    fc.record({ overheadBytes: fc.integer({ min: 0, max: 3 }), limitBytes: fc.integer({ min: 0, max: 150 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), fc.integer({ min: 1, max: 4 }), (steps, limit) => {
      const queue = new TransmitQueue<number>();
      const model = new Model();
      for (const [value, action] of steps.entries()) {
        if ('subject' in action) {
          queue.add({ value, ...action });
          model.add({ value, ...action, sent: 0 });
        } else {
          const { overheadBytes, limitBytes } = action;
          expect(queue.take(overheadBytes, limitBytes, limit)).toEqual(model.take(overheadBytes, limitBytes, limit));
        }
        expect(queue.size).toBe(model.items.length);
      }
    }),
  );
});
