/* Whatever the order, and however often they are doubled: the same messages lead to the same pool. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LoneSerf } from '../../testing/lone-serf.ts';
import { aliveOf } from '../../testing/lone-swim.ts';
import type { PacketMessage } from '../wire/messages.ts';
import { encodeSerfMessage } from '../wire/serf-codec.ts';
import type { JoinIntent, LeaveIntent, SerfMessage, UserEventMessage } from '../wire/serf-messages.ts';
import { LamportClock } from './lamport-clock.ts';

const NAMES = ['a', 'b', 'c'];
const name = fc.constantFrom(...NAMES);
/** Intents of one member never have the same time: each gives a greater one. */
const intents = fc.uniqueArray(
  fc.record({
    kind: fc.constantFrom('join' as const, 'leave' as const),
    node: name,
    lamportTime: fc.integer({ min: 1, max: 12 }),
  }),
  { selector: ({ node, lamportTime }) => `${node} ${lamportTime}`, maxLength: 15 },
);
const intentOf = ({
  kind,
  node,
  lamportTime,
}: {
  kind: 'join' | 'leave';
  node: string;
  lamportTime: number;
}): JoinIntent | LeaveIntent =>
  kind === 'join' ? { type: 'join', node, lamportTime } : { type: 'leave', node, lamportTime, prune: false };

const packetOf = (message: SerfMessage): PacketMessage => ({ type: 'user', body: encodeSerfMessage(message) });

/** The members come to life before the `at`th message. */
function hear(messages: readonly SerfMessage[], at: number): LoneSerf {
  const lone = new LoneSerf({ serf: { queueDepthMax: 16 } });
  const packets = messages.map(packetOf);
  const alive = NAMES.map((one, i) => aliveOf(one, i + 2));
  lone.hearPacket(...packets.slice(0, at), ...alive, ...packets.slice(at));
  return lone;
}

/** What a naive reader makes of the intents: the latest of each member counts. */
function expected(
  list: readonly (JoinIntent | LeaveIntent)[],
): Record<string, { status: string; lamportTime: number }> {
  return Object.fromEntries(
    NAMES.map((node) => {
      const latest = list.filter((one) => one.node === node).toSorted((a, b) => b.lamportTime - a.lamportTime)[0];
      return [node, { status: latest?.type === 'leave' ? 'leaving' : 'alive', lamportTime: latest?.lamportTime ?? 0 }];
    }),
  );
}

describe('properties', () => {
  it('intents in any order, doubled, before or after the members themselves, end in the same statuses', () => {
    fc.assert(
      fc.property(
        intents.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2 })),
        ),
        fc.nat(30),
        ([list, order], at) => {
          const lone = hear(order.map(intentOf), at % (order.length + 1));
          const times = lone.state().statusLamportTimes;
          const found = Object.fromEntries(
            NAMES.map((node) => [node, { status: lone.serf.member(node)!.status, lamportTime: times.get(node)! }]),
          );
          expect(found).toEqual(expected(list.map(intentOf)));
          const greatest = Math.max(0, ...list.map(({ lamportTime }) => lamportTime));
          expect(lone.serf.clocks.member).toBe(greatest + 1);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('two members that heard different halves agree after they exchanged their states', () => {
    fc.assert(
      fc.property(intents, fc.nat(15), (list, cut) => {
        const all = list.map(intentOf);
        const one = hear(all.slice(0, cut), 0);
        const other = hear(all.slice(cut), 0);
        for (let round = 0; round < 2; round++) {
          const [a, b] = [one.state(), other.state()];
          one.merge(b);
          other.merge(a);
        }
        for (const lone of [one, other]) {
          // Leaving members are not told of until they are gone: of these the times agree, not yet the status.
          const times = lone.state().statusLamportTimes;
          for (const [node, { lamportTime }] of Object.entries(expected(all)))
            expect(times.get(node)).toBe(lamportTime);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('Lamport clocks never go back, and are beyond all that was taken', () => {
    const message: fc.Arbitrary<SerfMessage> = fc.oneof(
      fc.record({ type: fc.constant('join' as const), node: name, lamportTime: fc.maxSafeNat() }),
      fc.record({ type: fc.constant('leave' as const), node: name, lamportTime: fc.maxSafeNat(), prune: fc.boolean() }),
      fc.record({
        type: fc.constant('userEvent' as const),
        name,
        payload: fc.constant(null),
        lamportTime: fc.maxSafeNat(),
        coalesce: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 30 }), (messages) => {
        const lone = new LoneSerf();
        let before = lone.serf.clocks;
        for (const one of messages) {
          lone.hear(one);
          const after = lone.serf.clocks;
          for (const clock of ['member', 'event', 'query'] as const) {
            expect(after[clock]).toBeGreaterThanOrEqual(before[clock]);
            expect(Number.isSafeInteger(after[clock])).toBe(true);
          }
          before = after;
        }
      }),
      { numRuns: 100 },
    );
    const clock = new LamportClock();
    fc.assert(
      fc.property(fc.maxSafeNat(), (time) => {
        const before = clock.time;
        clock.witness(time);
        expect(clock.time).toBeGreaterThanOrEqual(before);
      }),
    );
  });

  it('user events within the window are told exactly once, against a naive model', () => {
    const event = fc.record({ name, lamportTime: fc.integer({ min: 1, max: 12 }), payload: fc.constantFrom('x', 'y') });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (list) => {
        const lone = new LoneSerf({ serf: { eventBufferSize: 4, queueDepthMax: 4 } });
        const seen = new Set<string>();
        const model: string[] = [];
        let clock = 1;
        for (const { name: one, lamportTime, payload } of list) {
          const message: UserEventMessage = {
            type: 'userEvent',
            name: one,
            lamportTime,
            payload: new TextEncoder().encode(payload),
            coalesce: false,
          };
          lone.hear(message);
          clock = Math.max(clock, lamportTime + 1);
          const key = `${lamportTime} ${one} ${payload}`;
          if (lamportTime < clock - 4 || seen.has(key)) continue;
          seen.add(key);
          model.push(key);
        }
        const told = lone
          .takeOnly('userEvent')
          .map((one) => `${one.lamportTime} ${one.name} ${new TextDecoder().decode(one.payload)}`);
        expect(told).toEqual(model);
      }),
      { numRuns: 200 },
    );
  });
});
