import { describe, expect, it } from 'vitest';
import { LoneSerf } from '../../testing/lone-serf.ts';
import { aliveOf } from '../../testing/lone-swim.ts';
import type { Member } from '../types.ts';
import { MemberCoalescer, UserEventCoalescer } from './coalescer.ts';
import type { MemberChange, UserEvent } from './effects.ts';

const member = (name: string): Member => ({ name }) as Member;
const lines = (events: readonly { change: MemberChange; members: readonly Member[] }[]): string[] =>
  events.map(({ change, members }) => `${change} ${members.map(({ name }) => name).join(',')}`);

describe('coalescing of member events', () => {
  it('MemberEventCoalesce_passThrough: without a window each is told at once', () => {
    const coalescer = new MemberCoalescer(0, 0);
    expect(lines(coalescer.take('join', member('a'), 5))).toEqual(['join a']);
    expect(coalescer.nextMs).toBe(Infinity);
  });

  it('MemberEventCoalesce_Basic: of each member the last counts; one event of each kind', () => {
    const coalescer = new MemberCoalescer(3000, 1000);
    for (const [change, name] of [
      ['join', 'a'],
      ['leave', 'a'],
      ['leave', 'b'],
      ['failed', 'c'],
      ['join', 'd'],
      ['join', 'e'],
    ] as const) {
      expect(coalescer.take(change, member(name), 0)).toEqual([]);
    }
    expect(lines(coalescer.flush())).toEqual(['join d,e', 'leave a,b', 'failed c']);
    expect(coalescer.flush()).toEqual([]);
  });

  it('Coalescer: a window ends after silence, at the latest after its time', () => {
    const coalescer = new MemberCoalescer(3000, 1000);
    for (const nowMs of [100, 900, 1700, 2500]) {
      coalescer.take('join', member('a'), nowMs);
      expect(coalescer.nextMs).toBe(Math.min(3100, nowMs + 1000));
    }
    coalescer.flush();
    expect(coalescer.nextMs).toBe(Infinity);
  });

  it('MemberEventCoalesce_TagUpdate: what was told last is not told again, except updates, which are told once each', () => {
    const coalescer = new MemberCoalescer(10, 5);
    const tell = (...changes: [MemberChange, string][]): string[] => {
      for (const [change, name] of changes) coalescer.take(change, member(name), 0);
      return lines(coalescer.flush());
    };
    expect(tell(['join', 'a'])).toEqual(['join a']);
    expect(tell(['failed', 'a'], ['join', 'a'])).toEqual([]);
    expect(tell(['update', 'a'])).toEqual(['update a']);
    expect(tell(['update', 'a'])).toEqual(['update a']);
    // The original sends the update of before with every later window.
    expect(tell(['join', 'b'])).toEqual(['join b']);
    expect(tell(['reap', 'a'])).toEqual(['reap a']);
    expect(tell(['join', 'a'])).toEqual(['join a']);
  });

  it('in a pool: a join and update of one window is an update only, while the change itself is told at once', () => {
    const lone = new LoneSerf({ serf: { coalesceMs: 3000, quiescentMs: 1000 } });
    lone.run(3000);
    lone.take();
    const meta = (value: string): Uint8Array => Uint8Array.of(0xff, 0x81, 0xa1, 0x78, 0xa1, value.charCodeAt(0));
    lone.hearPacket(aliveOf('a', 2, 1, { meta: meta('1') }), aliveOf('b', 3));
    lone.hearPacket(aliveOf('a', 2, 2, { meta: meta('2') }));
    expect(lone.takeChanges()).toEqual(['join a', 'join b', 'update a']);
    lone.run(999);
    expect(lone.takeOnly('members')).toEqual([]);
    lone.run(1);
    expect(lines(lone.takeOnly('members'))).toEqual(['join b', 'update a']);
    lone.hearPacket(aliveOf('c', 4));
    lone.do((serf, nowMs) => serf.finish(nowMs));
    expect(lines(lone.takeOnly('members'))).toEqual(['join c']);
  });
});

describe('coalescing of user events', () => {
  const event = (name: string, lamportTime: number, text = '', coalesce = true): UserEvent => ({
    type: 'userEvent',
    name,
    payload: new TextEncoder().encode(text),
    lamportTime,
    coalesce,
  });

  it('UserEventCoalesce_Basic: of each name those of the latest Lamport time', () => {
    const coalescer = new UserEventCoalescer(100, 50);
    for (const one of [event('x', 1), event('x', 3, 'a'), event('y', 2), event('x', 3, 'b'), event('x', 2)]) {
      expect(coalescer.take(one, 0)).toEqual([]);
    }
    expect(coalescer.nextMs).toBe(50);
    expect(coalescer.flush()).toEqual([event('x', 3, 'a'), event('x', 3, 'b'), event('y', 2)]);
  });

  it('in a pool: told when the window ends', () => {
    const lone = new LoneSerf({ serf: { userCoalesceMs: 3000, userQuiescentMs: 1000 } });
    for (const name of ['x', 'y']) {
      lone.do((serf, nowMs) => serf.userEvent(name, new Uint8Array(0), true, nowMs));
      lone.do((serf, nowMs) => serf.userEvent(name, new Uint8Array(1), true, nowMs));
    }
    lone.run(999);
    expect(lone.takeOnly('userEvent')).toEqual([]);
    lone.run(1);
    expect(lone.takeOnly('userEvent').map(({ name, payload }) => `${name} ${payload.length}`)).toEqual(['x 1', 'y 1']);
  });

  it('UserEventCoalesce_passThrough: who does not allow it is told at once, and all without a window', () => {
    expect(new UserEventCoalescer(100, 50).take(event('x', 1, '', false), 0)).toHaveLength(1);
    expect(new UserEventCoalescer(0, 0).take(event('x', 1), 0)).toHaveLength(1);
  });
});
