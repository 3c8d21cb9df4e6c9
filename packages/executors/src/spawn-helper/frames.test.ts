import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeFrame, FrameReader } from './frames.ts';

const frames = fc.array(
  fc.record({
    kind: fc.integer({ min: 0, max: 255 }),
    run: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    body: fc.uint8Array(),
  }),
);

it('reads frames back however the stream is cut', () => {
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (list, sizes) => {
      const bytes = Buffer.concat(list.map((frame) => encodeFrame(frame.kind, frame.run, frame.body)));
      const seen: object[] = [];
      const reader = new FrameReader((frame) => seen.push({ ...frame, body: [...frame.body] }));
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = sizes[i % sizes.length] as number;
        reader.push(bytes.subarray(at, at + size));
        at += size;
      }
      expect(seen).toEqual(list.map((frame) => ({ ...frame, body: [...frame.body] })));
    }),
  );
});

it('refuses an impossible length', () => {
  const reader = new FrameReader(() => {});
  expect(() => reader.push(new Uint8Array(9))).toThrow('frame of 0 bytes');
  expect(() => new FrameReader(() => {}).push(new Uint8Array(9).fill(255))).toThrow(RangeError);
});
