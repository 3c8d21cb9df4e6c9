import { crc32 } from 'node:zlib';
import { seededRandom } from '@dkron/runtime/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TransportError } from '../errors.ts';
import { anyFrameMessages } from '../../test/arbitrary-messages.ts';
import { decodeFrame, encodeFrame } from './frame.ts';

const ends = { from: 'a', to: 'b' };
/** A million with `pnpm run test:compute`. */
const INPUTS =
  process.env['RAFT_GRPC_FUZZ_INPUTS'] === undefined ? 100_000 : Number(process.env['RAFT_GRPC_FUZZ_INPUTS']);

/** Makes length and checksum right, so that what is inside gets read. */
function seal(frame: Buffer): Buffer {
  if (frame.length < 8) return frame;
  frame.writeUInt32LE(frame.length - 8, 0);
  frame.writeUInt32LE(crc32(frame.subarray(8)), 4);
  return frame;
}

describe('the decoder of frames', () => {
  const traceLimit = Error.stackTraceLimit;
  // A million stack traces would be most of the work.
  beforeAll(() => {
    Error.stackTraceLimit = 0;
  });
  afterAll(() => {
    Error.stackTraceLimit = traceLimit;
  });

  it(
    `takes or refuses ${INPUTS} random, damaged and cut inputs, and nothing else happens`,
    { timeout: 600_000 },
    () => {
      const random = seededRandom(20);
      const samples = fc
        .sample(anyFrameMessages, { numRuns: 500, seed: 7 })
        .map((messages) => encodeFrame(messages, ends));
      const counts = { taken: 0, refused: 0 };
      const reasons = new Set<string>();
      for (let i = 0; i < INPUTS; i++) {
        const frame = i % 8 === 0 ? noise() : damage(samples[random.nextInt(samples.length)]!);
        try {
          const { messages } = decodeFrame(frame, ends);
          counts.taken += 1;
          if (messages.length === 0 || messages.length * 3 > frame.length) throw new Error('more than was there');
        } catch (error) {
          if (!(error instanceof TransportError) || error.code !== 'malformed_frame') throw error;
          counts.refused += 1;
          if (reasons.size < 10_000) reasons.add(error.message.replaceAll(/\d+/g, '#'));
        }
      }
      expect(counts.taken + counts.refused).toBe(INPUTS);
      // Both ends are reached: most inputs are refused, for many reasons, and some damage hits only what entries carry.
      expect(counts.refused).toBeGreaterThan(INPUTS / 2);
      expect(counts.taken).toBeGreaterThan(INPUTS / 1000);
      expect(reasons.size).toBeGreaterThan(20);

      function noise(): Buffer {
        const frame = Buffer.from(random.bytes(random.nextInt(96)));
        return random.nextInt(2) === 0 ? frame : seal(frame);
      }

      function damage(sample: Uint8Array): Buffer {
        let frame = Buffer.from(sample);
        for (let turns = 1 + random.nextInt(3); turns > 0; turns--) {
          const at = random.nextInt(frame.length);
          const way = random.nextInt(4);
          if (way === 0) frame[at] = random.nextInt(256);
          else if (way === 1) frame[at]! ^= 1 << random.nextInt(8);
          else if (way === 2) frame = frame.subarray(0, Math.max(at, 1));
          else frame.fill(0xff, at, Math.min(frame.length, at + 1 + random.nextInt(4)));
        }
        return random.nextInt(16) === 0 ? frame : seal(frame);
      }
    },
  );
});
