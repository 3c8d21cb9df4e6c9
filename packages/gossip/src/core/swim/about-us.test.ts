import { describe, expect, it } from 'vitest';
import { aliveOf, LoneSwim } from '../../testing/lone-swim.ts';
import type { PacketMessage } from '../wire/messages.ts';
import type { SwimTuning } from './options.ts';

const meta = Uint8Array.of(1, 2, 3);
const moved = { addr: Uint8Array.of(10, 0, 0, 77) };
const suspect = (incarnation: number, node: string, from = 'b'): PacketMessage => ({
  type: 'suspect',
  node,
  from,
  incarnation,
});
const dead = (incarnation: number, node: string, from = 'b'): PacketMessage => ({
  type: 'dead',
  node,
  from,
  incarnation,
});

// No probes, no exchange: only what is heard.
const quiet: Partial<SwimTuning> = { probeIntervalMs: 1e9, pushPullIntervalMs: 0, stallThresholdMs: 1e12 };

const us = (incarnation: number, more = {}): PacketMessage => aliveOf('me', 1, incarnation, more);

describe('about us', () => {
  it.each([
    { title: 'SuspectNode_Refute', now: suspect(1, 'me'), incarnation: 2 },
    { title: 'DeadNode_Refute', now: dead(1, 'me'), incarnation: 2 },
    { title: 'dead: a goodbye that we did not say', now: dead(1, 'me', 'me'), incarnation: 2 },
    { title: 'refute: jumps over what was claimed', now: suspect(7, 'me'), incarnation: 8 },
    { title: 'AliveNode_Refute: newer incarnation', now: us(5), incarnation: 6 },
    { title: 'AliveNode_Refute: same incarnation, other meta', now: us(1, { meta }), incarnation: 2 },
    { title: 'refute: the end of the numbers', now: suspect(2 ** 32 - 1, 'me'), incarnation: 2 ** 32 - 1 },
  ])('$title', ({ now, incarnation }) => {
    const lone = new LoneSwim(quiet);
    lone.hear(now);
    expect(lone.takeEvents()).toEqual(['join', 'refuted']);
    expect(lone.member('me')).toMatchObject({ state: 'alive', incarnation });
    expect(lone.swim.healthScore).toBe(1);
  });

  it.each([
    { title: 'alive: our own words come back', now: us(1) },
    { title: 'alive: older', now: us(0) },
    { title: 'suspect: older', now: suspect(0, 'me') },
  ])('$title', ({ now }) => {
    const lone = new LoneSwim(quiet);
    lone.hear(now);
    expect(lone.takeEvents()).toEqual(['join']);
    expect(lone.member('me')?.incarnation).toBe(1);
  });

  it('AliveNode_Conflict: another address claims our name', () => {
    const lone = new LoneSwim(quiet);
    lone.hear(us(5, moved));
    expect(lone.takeEvents()).toEqual(['join', 'conflict']);
    expect(lone.member('me')?.incarnation).toBe(1);
  });

  it('refute: many accusations of one moment count against our health once', () => {
    const lone = new LoneSwim(quiet);
    for (let i = 1; i <= 10; i++) lone.hear(suspect(i, 'me', `n${i}`));
    expect(lone.swim.healthScore).toBe(1);
    expect(lone.swim.queuedNews).toBe(1);
  });

  it('suspect: who missed our refutation is told again, alone', () => {
    const lone = new LoneSwim(quiet);
    lone.hear(suspect(1, 'me'));
    lone.take();
    const from = { ip: '10.0.0.50', port: 5050 };
    lone.hearFrom(from, suspect(1, 'me'));
    const { to, messages } = lone.runTo('packet');
    expect(to).toEqual(from);
    expect(messages.map(({ message }) => message)).toMatchObject([{ type: 'alive', node: 'me', incarnation: 2 }]);
    expect(lone.member('me')?.incarnation).toBe(2);
  });

  it('leave: nothing about us is refuted any more', () => {
    const lone = new LoneSwim(quiet);
    lone.hear(aliveOf('a', 2));
    lone.do((swim) => swim.leave(0));
    lone.take();
    lone.hear(us(9), suspect(9, 'me'), dead(9, 'me'));
    expect(lone.takeEvents()).toEqual([]);
    expect(lone.member('me')).toMatchObject({ state: 'left', incarnation: 1 });
  });
});
