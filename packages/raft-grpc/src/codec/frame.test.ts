import { createMessage } from '@dkron/raft/core';
import type { Message } from '@dkron/raft/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TransportError } from '../errors.ts';
import { anyFrameMessages } from '../../test/arbitrary-messages.ts';
import { decodeFrame, encodeFrame, FrameKind } from './frame.ts';

const ends = { from: 'a', to: 'b' };

/** Views of one class, so that a comparison sees contents only. */
function plain(messages: readonly Message[]): unknown {
  return messages.map((message) =>
    Object.assign({}, message, {
      context: [...message.context],
      entries: message.entries.map((entry) => ({ ...entry, data: [...entry.data] })),
    }),
  );
}

describe('frames', () => {
  it('give back any messages of one kind', () => {
    fc.assert(
      fc.property(anyFrameMessages, (messages) => {
        const frame = decodeFrame(encodeFrame(messages, ends), ends);
        expect(plain(frame.messages)).toEqual(plain(messages));
        expect(frame.kind).toBe(
          ['App', 'Prop', 'Snap'].includes(messages[0]!.type) ? FrameKind.bulk : FrameKind.control,
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('have one encoding for each message', () => {
    fc.assert(
      fc.property(anyFrameMessages, (messages) => {
        const bytes = encodeFrame(messages, ends);
        expect(Buffer.compare(encodeFrame(decodeFrame(bytes, ends).messages, ends), bytes)).toBe(0);
      }),
    );
  });

  it('stay as they are: bytes of a heartbeat and of an append', () => {
    const heartbeat = createMessage({ type: 'Heartbeat', from: 'a', to: 'b', term: 3, commit: 7 });
    expect(Buffer.from(encodeFrame([heartbeat], ends)).toString('hex')).toBe(
      '1b00000052f73039010000000100000003240003000000000000000700000000000000',
    );
    const append = createMessage({ type: 'App', from: 'a', to: 'b', term: 3, logTerm: 2, index: 8, commit: 7 });
    append.entries = [{ term: 3, index: 9, type: 0, data: Uint8Array.of(0xab) }];
    expect(Buffer.from(encodeFrame([append], ends)).toString('hex')).toContain(
      '220000000900000000000000010000000100000001000000030000000000000000' + '01000000ab',
    );
  });

  it('hold the data of entries as views, not copies', () => {
    const entries = [{ term: 1, index: 1, type: 0 as const, data: new Uint8Array(100).fill(7) }];
    const bytes = encodeFrame([createMessage({ type: 'App', from: 'a', to: 'b', entries })], ends);
    expect(decodeFrame(bytes, ends).messages[0]!.entries[0]!.data.buffer).toBe(bytes.buffer);
  });

  it('refuse what cannot travel', () => {
    expect(() => encodeFrame([], ends)).toThrow(TypeError);
    expect(() => encodeFrame([createMessage({ type: 'Hup' })], ends)).toThrow('never leaves');
    expect(() => encodeFrame([createMessage({ type: 'App' }), createMessage({ type: 'Vote' })], ends)).toThrow(
      'both kinds',
    );
    for (const term of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => encodeFrame([createMessage({ type: 'Vote', term })], ends)).toThrow(TypeError);
    }
  });

  it('are refused cut at any byte, longer by one, or with any bit turned', () => {
    const entries = [{ term: 1, index: 1, type: 0 as const, data: new Uint8Array(20) }];
    const bytes = encodeFrame([createMessage({ type: 'App', from: 'x', to: 'b', term: 2, entries })], ends);
    const refused = expect.objectContaining({ code: 'malformed_frame' });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeFrame(bytes.subarray(0, length), ends)).toThrow(refused);
    }
    expect(() => decodeFrame(Buffer.concat([bytes, Buffer.of(0)]), ends)).toThrow(refused);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Uint8Array.from(bytes);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => decodeFrame(damaged, ends), `bit ${bit}`).toThrow(TransportError);
    }
  });
});
