import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { PacketMessage } from '../core/wire/messages.ts';
import { encodeMessage } from '../core/wire/packet-message.ts';
import { messageLength } from './message-length.ts';

const name = fc.string({ unit: fc.constantFrom('a', 'Z', '0', '-'), minLength: 1, maxLength: 40 });
const u32 = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
const accusation = fc.record({
  type: fc.constantFrom('suspect' as const, 'dead' as const),
  from: name,
  node: name,
  incarnation: u32,
});
const alive = fc.record({
  type: fc.constant('alive' as const),
  node: name,
  incarnation: u32,
  addr: fc.constantFrom(new Uint8Array(4), new Uint8Array(16)),
  port: fc.integer({ min: 0, max: 65_535 }),
  meta: fc.oneof(fc.constant(null), fc.uint8Array({ maxLength: 300 })),
  vsn: fc.constantFrom(null, new Uint8Array(6)),
});
const ping = fc.record({ type: fc.constant('ping' as const), node: name, seqNo: u32 });

it('counts what encoding yields', () => {
  fc.assert(
    fc.property(fc.oneof(accusation, alive, ping), (message: PacketMessage) => {
      expect(messageLength(message)).toBe(encodeMessage(message).length);
    }),
  );
});
