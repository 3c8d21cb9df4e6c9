import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { framed, MessageCutter } from './message-cutter.ts';

describe('MessageCutter', () => {
  it('gives back what was framed, however the bytes come', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
    const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(messages, sizes, (sent, steps) => {
        const bytes = Buffer.concat(sent.map(framed));
        const cutter = new MessageCutter(40);
        const got: Buffer[] = [];
        for (let at = 0, i = 0; at < bytes.byteLength; i++) {
          const size = steps[i % steps.length]!;
          got.push(...cutter.take(bytes.subarray(at, at + size)));
          at += size;
        }
        expect(got.map((message) => message.toString('hex'))).toEqual(
          sent.map((message) => Buffer.from(message).toString('hex')),
        );
      }),
    );
  });

  it('does not copy a message that comes alone', () => {
    const bytes = framed(Buffer.of(1, 2, 3));
    const [message] = new MessageCutter(3).take(bytes);
    expect(message).toEqual(Buffer.of(1, 2, 3));
    expect(message?.buffer).toBe(bytes.buffer);
  });

  it('refuses a message above its limit at its head, and a compressed one', () => {
    expect(() => new MessageCutter(9).take(Buffer.of(0, 0, 0, 0, 10))).toThrow('8 RESOURCE_EXHAUSTED: a message of 10');
    expect(() => new MessageCutter(9).take(Buffer.of(0, 255, 255, 255, 255))).toThrow('RESOURCE_EXHAUSTED');
    expect(() => new MessageCutter(9).take(Buffer.of(1, 0, 0, 0, 1, 7))).toThrow('13 INTERNAL');
  });
});
