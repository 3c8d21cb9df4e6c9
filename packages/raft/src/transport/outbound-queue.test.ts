import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { createMessage, type Message, type MessageType } from '../core/message.ts';
import { messageSize, OutboundQueue } from './outbound-queue.ts';

function message(type: MessageType, bytes: number, index = 0): Message {
  const data = new Uint8Array(bytes);
  return createMessage({ type, index, entries: bytes === 0 ? [] : [{ index: 1, term: 1, type: 0, data }] });
}

describe('OutboundQueue', () => {
  it('control messages overtake appends', () => {
    const queue = new OutboundQueue({ maxBytes: 1 << 20 });
    queue.push([message('App', 10, 1), message('App', 10, 2), message('Heartbeat', 0, 3)]);
    expect(queue.take(1 << 20).map(({ index }) => index)).toEqual([3, 1, 2]);
    expect([queue.size, queue.bytes]).toEqual([0, 0]);
  });

  it('drops the oldest appends first, then says so', () => {
    const queue = new OutboundQueue({ maxBytes: 1000 });
    expect(queue.push([message('App', 400, 1), message('Vote', 0, 2)])).toBe(true);
    expect(queue.push([message('App', 600, 3)])).toBe(false);
    expect([queue.take(5000).map(({ index }) => index), queue.dropped]).toEqual([[2, 3], 1]);
  });

  it('takes one append at least, and no more than asked for', () => {
    const queue = new OutboundQueue({ maxBytes: 1 << 20 });
    queue.push([1, 2, 3].map((index) => message('App', 500, index)));
    expect(queue.take(1).map(({ index }) => index)).toEqual([1]);
    expect(queue.take(2 * messageSize(message('App', 500))).map(({ index }) => index)).toEqual([2, 3]);
  });

  it('keeps to its bound and counts what it drops, whatever comes', () => {
    const items = fc.array(fc.record({ bulk: fc.boolean(), bytes: fc.nat(300), take: fc.boolean() }), {
      maxLength: 60,
    });
    const property = fc.property(items, (list) => {
      const queue = new OutboundQueue({ maxBytes: 1000 });
      let taken = 0;
      list.forEach(({ bulk, bytes, take }, i) => {
        queue.push([message(bulk ? 'App' : 'HeartbeatResp', bytes, i)]);
        expect(queue.bytes <= 1000 || queue.size === 1).toBe(true);
        if (take) taken += queue.take(500).length;
      });
      expect(taken + queue.size + queue.dropped).toBe(list.length);
    });
    fc.assert(property, { numRuns: 200 });
  });
});
