import { describe, expect, it } from 'vitest';
import { aliveOf, LoneSwim, VSN } from '../../testing/lone-swim.ts';
import type { PushNodeState, PushPull } from '../wire/messages.ts';

const quiet = { probeIntervalMs: 1e9, pushPullIntervalMs: 0, stallThresholdMs: 1e12 };

function entry(name: string, state: number, more: Partial<PushNodeState> = {}): PushNodeState {
  return { name, addr: Uint8Array.of(10, 0, 0, 2), port: 7946, meta: null, incarnation: 1, state, vsn: VSN, ...more };
}

function pushPull(nodes: PushNodeState[], more: Partial<PushPull> = {}): PushPull {
  return { type: 'pushPull', join: false, nodes, userState: new Uint8Array(0), ...more };
}

describe('PushPull', () => {
  it('MergeState: alive and left are taken, suspect and dead become a suspicion of ours', () => {
    const lone = new LoneSwim(quiet);
    for (const name of ['a', 'b', 'c', 'd']) lone.hear(aliveOf(name, 2));
    lone.take();
    const remote = pushPull([
      entry('a', 3),
      entry('b', 2),
      entry('c', 1),
      entry('d', 0, { incarnation: 4 }),
      entry('e', 2),
    ]);
    lone.do((swim) => expect(swim.mergeState(remote, 0)).toBeUndefined());
    expect(['a', 'b', 'c', 'd', 'e'].map((name) => lone.member(name)?.state)).toEqual([
      'left',
      'suspect',
      'suspect',
      'alive',
      undefined,
    ]);
    expect(lone.member('d')?.incarnation).toBe(4);
    expect(lone.takeEvents()).toEqual(['left', 'suspect', 'suspect']);
  });

  it('MergeState: who hears of its own death or goodbye of an earlier life contradicts', () => {
    for (const state of [1, 2, 3]) {
      const lone = new LoneSwim(quiet);
      const us = entry('me', state, { addr: Uint8Array.of(10, 0, 0, 1), incarnation: 6 });
      lone.do((swim) => swim.mergeState(pushPull([us]), 0));
      expect(lone.member('me')).toMatchObject({ state: 'alive', incarnation: 7 });
    }
  });

  it('odd entries spoil nothing', () => {
    const lone = new LoneSwim(quiet);
    const remote = pushPull([
      entry('a', 0, { addr: null }),
      entry('b', 17),
      entry('c', 0, { addr: Uint8Array.of(1) }),
      entry('d', 0),
    ]);
    lone.do((swim) => swim.mergeState(remote, 0));
    expect(lone.takeEvents()).toEqual(['join', 'refused', 'refused', 'refused', 'join']);
  });

  it('our half has all with full versions, the gone too, and what the layer above says', () => {
    const lone = new LoneSwim(quiet, { delegate: { userState: (join) => Uint8Array.of(join ? 1 : 0) } });
    lone.hear(aliveOf('a', 2), aliveOf('b', 3), aliveOf('old', 4, 1, { vsn: Uint8Array.of(1, 5, 2) }));
    lone.hear({ type: 'dead', node: 'b', from: 'a', incarnation: 1 });
    const { nodes, userState, join } = lone.swim.localState(true);
    expect(Object.fromEntries(nodes.map(({ name, state }) => [name, state]))).toEqual({ me: 0, a: 0, b: 2 });
    expect([join, userState]).toEqual([true, Uint8Array.of(1)]);
  });

  it('UserData: goes to the layer above', () => {
    const lone = new LoneSwim(quiet);
    lone.do((swim) => swim.mergeState(pushPull([], { join: true, userState: Uint8Array.of(5) }), 0));
    expect(lone.runTo('userState')).toEqual({ type: 'userState', state: Uint8Array.of(5), join: true });
  });

  it('Join_Cancel, Join_Cancel_Passive: the layer above may refuse those who join, on either side, and is not asked about others', () => {
    const lone = new LoneSwim(quiet, { delegate: { acceptsMerge: () => false } });
    expect(lone.swim.mergeRefusal(pushPull([entry('a', 0)], { join: true }))).toMatch(/layer above/);
    expect(lone.swim.mergeRefusal(pushPull([entry('a', 0)]))).toBeUndefined();
  });

  it('VerifyProtocol: a table of other versions is refused whole', () => {
    const lone = new LoneSwim(quiet);
    const remote = pushPull([entry('a', 0), entry('b', 0, { vsn: Uint8Array.of(3, 5, 3, 2, 5, 4) })]);
    lone.do((swim) => expect(swim.mergeState(remote, 0)).toMatch(/speaks protocol 2, understood are 3 to 5/));
    expect(lone.swim.size).toBe(1);
  });

  it('is due with one that is alive, now and then', () => {
    const lone = new LoneSwim({ ...quiet, pushPullIntervalMs: 30_000 });
    lone.hear(aliveOf('a', 2), aliveOf('b', 3));
    lone.hear({ type: 'dead', node: 'b', from: 'x', incarnation: 1 });
    lone.run(120_000);
    const due = lone.take().filter(({ type }) => type === 'pushPull');
    expect(due).toHaveLength(4);
    expect(due[0]).toEqual({ type: 'pushPull', to: { ip: '10.0.0.2', port: 7946 }, node: 'a', join: false });
  });
});

describe('VerifyProtocol', () => {
  it.each([
    { title: 'same versions', vsn: VSN, alive: true, fits: true },
    { title: 'another current one that all understand', vsn: Uint8Array.of(1, 5, 2, 2, 5, 5), alive: true, fits: true },
    { title: 'protocol above what we understand', vsn: Uint8Array.of(1, 9, 6, 2, 5, 4), alive: true, fits: false },
    { title: 'does not understand ours', vsn: Uint8Array.of(3, 5, 3, 2, 5, 4), alive: true, fits: false },
    { title: 'understands too little, but is gone', vsn: Uint8Array.of(3, 5, 3, 2, 5, 4), alive: false, fits: true },
    { title: 'delegate below what we understand', vsn: Uint8Array.of(1, 5, 2, 0, 5, 1), alive: true, fits: false },
    {
      title: 'gone and speaks what nobody understands',
      vsn: Uint8Array.of(1, 9, 9, 2, 5, 4),
      alive: false,
      fits: false,
    },
    { title: 'no versions', vsn: null, alive: true, fits: false },
    { title: 'five versions', vsn: Uint8Array.of(1, 5, 2, 2, 5), alive: true, fits: false },
  ])('$title', ({ vsn, alive, fits }) => {
    const other = { name: 'other', addr: Uint8Array.of(10, 0, 0, 9), port: 1, meta: null, incarnation: 1, vsn };
    const remote: PushPull = {
      type: 'pushPull',
      join: false,
      nodes: [{ ...other, state: alive ? 0 : 2 }],
      userState: new Uint8Array(0),
    };
    expect(new LoneSwim().swim.mergeRefusal(remote) === undefined).toBe(fits);
  });
});
