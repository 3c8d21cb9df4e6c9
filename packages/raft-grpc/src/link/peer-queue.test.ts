import { createMessage } from '@dkron/raft/core';
import type { Message } from '@dkron/raft/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrame, FrameKind } from '../codec/frame.ts';
import { planMessage } from '../codec/message.ts';
import { PeerQueue } from './peer-queue.ts';

const ends = { from: 'a', to: 'b' };
const MAX_BYTES = 5000;
const MAX_FRAME_BYTES = 1200;

function message(kind: 'App' | 'Vote', index: number, bytes: number): Message {
  return createMessage({ type: kind, from: 'a', to: 'b', index, context: new Uint8Array(bytes) });
}

const command = fc.oneof(
  fc.record({ do: fc.constant('push' as const), kind: fc.constantFrom('App', 'Vote'), bytes: fc.integer({ min: 1, max: 1300 }) }),
  fc.record({ do: fc.constant('take' as const), kind: fc.constantFrom('App', 'Vote'), target: fc.integer({ min: 1, max: 3000 }) }),
  fc.record({ do: fc.constant('clear' as const) }),
); // prettier-ignore

describe('PeerQueue', () => {
  it('does what two lists do', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 120 }), (commands) => {
        const queue = new PeerQueue({ ends, maxBytes: MAX_BYTES, maxFrameBytes: MAX_FRAME_BYTES });
        const model = { App: [] as Message[], Vote: [] as Message[] };
        const bytes = (): number => sum(model.App) + sum(model.Vote);
        let dropped = 0;
        let index = 0;
        for (const step of commands) {
          if (step.do === 'push') {
            index += 1;
            const one = message(step.kind, index, step.bytes);
            const before = dropped;
            if (planMessage(one, ends).bytes + 16 > MAX_FRAME_BYTES) dropped += 1;
            else model[step.kind].push(one);
            for (; bytes() > MAX_BYTES; dropped += 1) (model.App.length > 0 ? model.App : model.Vote).shift();
            expect(queue.push(one)).toBe(dropped - before);
          } else if (step.do === 'take') {
            const frame = queue.take(step.kind === 'App' ? FrameKind.bulk : FrameKind.control, step.target, 5);
            const lane = model[step.kind];
            expect(frame === undefined).toBe(lane.length === 0);
            if (frame === undefined) continue;
            const taken = decodeFrame(frame.subarray(5), ends).messages;
            const expected = lane.splice(0, taken.length);
            expect(taken.map((one) => one.index)).toEqual(expected.map((one) => one.index));
            expect(taken.length === 1 || frame.byteLength - 5 <= step.target).toBe(true);
            const [next] = lane;
            if (next !== undefined) {
              expect(frame.byteLength - 5 + planMessage(next, ends).bytes).toBeGreaterThan(step.target);
            }
          } else {
            dropped += model.App.length + model.Vote.length;
            queue.clear();
            model.App = [];
            model.Vote = [];
          }
          expect(queue.messages).toBe(model.App.length + model.Vote.length);
          expect(queue.bytes).toBe(bytes());
          expect(queue.dropped).toBe(dropped);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('keeps a first message back that is above the limit', () => {
    const queue = new PeerQueue({ ends, maxBytes: MAX_BYTES, maxFrameBytes: MAX_FRAME_BYTES });
    queue.push(message('Vote', 1, 500));
    expect(queue.take(FrameKind.control, 100, 5, 400)).toBeUndefined();
    expect(queue.take(FrameKind.control, 100, 5, 600)).toBeDefined();
  });

  it('stays linear when long', () => {
    const queue = new PeerQueue({ ends, maxBytes: 1 << 30, maxFrameBytes: MAX_FRAME_BYTES });
    for (let i = 1; i <= 5000; i++) queue.push(message('App', i, 1));
    let index = 0;
    for (
      let frame = queue.take(FrameKind.bulk, 700, 0);
      frame !== undefined;
      frame = queue.take(FrameKind.bulk, 700, 0)
    ) {
      for (const one of decodeFrame(frame, ends).messages) expect(one.index).toBe(++index);
    }
    expect(index).toBe(5000);
  });
});

function sum(messages: readonly Message[]): number {
  return messages.reduce((bytes, one) => bytes + planMessage(one, ends).bytes, 0);
}
