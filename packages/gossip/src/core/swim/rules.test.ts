import { describe, expect, it } from 'vitest';
import { aliveOf, LoneSwim, VSN } from '../../testing/lone-swim.ts';
import type { SwimTuning } from './options.ts';
import type { NodeState } from '../types.ts';
import type { PacketMessage } from '../wire/messages.ts';

const meta = Uint8Array.of(1, 2, 3);
const suspect = (incarnation: number, node = 'a', from = 'b'): PacketMessage => ({
  type: 'suspect',
  node,
  from,
  incarnation,
});
const dead = (incarnation: number, node = 'a', from = 'b'): PacketMessage => ({
  type: 'dead',
  node,
  from,
  incarnation,
});
const alive = (incarnation: number, more = {}): PacketMessage => aliveOf('a', 2, incarnation, more);
const moved = { addr: Uint8Array.of(10, 0, 0, 77) };

interface Rule {
  readonly title: string;
  /** What was heard before, and what is heard now. */
  readonly before?: readonly PacketMessage[];
  readonly waitMs?: number;
  readonly now: PacketMessage;
  readonly tuning?: Partial<SwimTuning>;
  readonly state: NodeState | undefined;
  readonly incarnation?: number;
  readonly events: readonly string[];
  /** Whether the news are passed on. */
  readonly spreads: boolean;
}

// No probes, no exchange: only what is heard.
const quiet: Partial<SwimTuning> = {
  probeIntervalMs: 1e9,
  pushPullIntervalMs: 0,
  suspicionMult: 4,
  stallThresholdMs: 1e12,
};

const RULES: readonly Rule[] = [
  { title: 'AliveNode_NewNode', now: alive(1), state: 'alive', incarnation: 1, events: ['join'], spreads: true },
  { title: 'alive: incarnation 0 is of nobody', now: alive(0), state: undefined, events: [], spreads: false },
  {
    title: 'ProbeNode_Wrong_VSN: protocol range 0 is never taken, so never probed',
    now: alive(1, { vsn: Uint8Array.of(0, 5, 2, 2, 5, 4) }),
    state: undefined,
    events: ['refused'],
    spreads: false,
  },
  {
    title: 'alive: protocol maximum 0',
    now: alive(1, { vsn: Uint8Array.of(1, 0, 2) }),
    state: undefined,
    events: ['refused'],
    spreads: false,
  },
  {
    title: 'alive: protocol minimum above maximum',
    now: alive(1, { vsn: Uint8Array.of(3, 2, 2, 2, 5, 4) }),
    state: undefined,
    events: ['refused'],
    spreads: false,
  },
  {
    title: 'alive: speaks what it does not understand itself',
    now: alive(1, { vsn: Uint8Array.of(1, 5, 6, 2, 5, 4) }),
    state: undefined,
    events: ['refused'],
    spreads: false,
  },
  {
    title: 'alive: delegate speaks what it does not understand itself',
    now: alive(1, { vsn: Uint8Array.of(1, 5, 2, 2, 5, 6) }),
    state: undefined,
    events: ['refused'],
    spreads: false,
  },
  {
    title: 'alive: versions of fewer than six bytes, on which others crash',
    now: alive(1, { vsn: Uint8Array.of(1, 5, 2, 2, 5) }),
    state: undefined,
    events: ['refused'],
    spreads: false,
  },
  {
    title: 'alive: no versions are taken',
    now: alive(1, { vsn: null }),
    state: 'alive',
    incarnation: 1,
    events: ['join'],
    spreads: true,
  },
  {
    title: 'alive: meta beyond 512 bytes',
    now: alive(1, { meta: new Uint8Array(513) }),
    state: undefined,
    events: ['refused'],
    spreads: false,
  },
  {
    title: 'alive: name beyond 255 bytes',
    now: { ...aliveOf('ä'.repeat(128), 2) },
    state: undefined,
    events: ['refused'],
    spreads: false,
  },
  {
    title: 'AliveNode_Idempotent: the same again',
    before: [alive(1)],
    now: alive(1),
    state: 'alive',
    incarnation: 1,
    events: [],
    spreads: false,
  },
  {
    title: 'alive: older incarnation',
    before: [alive(3)],
    now: alive(2),
    state: 'alive',
    incarnation: 3,
    events: [],
    spreads: false,
  },
  {
    title: 'alive: newer incarnation raises no event',
    before: [alive(1)],
    now: alive(2),
    state: 'alive',
    incarnation: 2,
    events: [],
    spreads: true,
  },
  {
    title: 'AliveNode_ChangeMeta',
    before: [alive(1)],
    now: alive(2, { meta }),
    state: 'alive',
    incarnation: 2,
    events: ['update'],
    spreads: true,
  },
  {
    title: 'alive: other versions raise no event',
    before: [alive(1)],
    now: alive(2, { vsn: Uint8Array.of(1, 5, 2, 2, 5, 5) }),
    state: 'alive',
    incarnation: 2,
    events: [],
    spreads: true,
  },
  {
    title: 'AliveNode_SuspectNode: the same incarnation does not clear',
    before: [alive(1), suspect(1)],
    now: alive(1),
    state: 'suspect',
    incarnation: 1,
    events: [],
    spreads: false,
  },
  {
    title: 'AliveNode_SuspectNode: a newer incarnation clears',
    before: [alive(1), suspect(1)],
    now: alive(2),
    state: 'alive',
    incarnation: 2,
    events: [],
    spreads: true,
  },
  {
    title: 'DeadNode_AliveReplay',
    before: [alive(1), dead(1)],
    now: alive(1),
    state: 'dead',
    incarnation: 1,
    events: [],
    spreads: false,
  },
  {
    title: 'alive: back from death',
    before: [alive(1), dead(1)],
    now: alive(2),
    state: 'alive',
    incarnation: 2,
    events: ['join'],
    spreads: true,
  },
  {
    title: 'AliveNode_Conflict, conflictDelegate: another address while alive',
    before: [alive(1)],
    now: alive(9, moved),
    state: 'alive',
    incarnation: 1,
    events: ['conflict'],
    spreads: false,
  },
  {
    title: 'AliveNode_Conflict: another port',
    before: [alive(1)],
    now: alive(9, { port: 1 }),
    state: 'alive',
    incarnation: 1,
    events: ['conflict'],
    spreads: false,
  },
  {
    title: 'AliveNode_Conflict: dead, and no reclaim',
    before: [alive(1), dead(1)],
    waitMs: 10_000,
    now: alive(9, moved),
    state: 'dead',
    incarnation: 1,
    events: ['conflict'],
    spreads: false,
  },
  {
    title: 'AliveNode_Conflict: dead for too short',
    before: [alive(1), dead(1)],
    waitMs: 900,
    tuning: { deadNodeReclaimMs: 1000 },
    now: alive(9, moved),
    state: 'dead',
    incarnation: 1,
    events: ['conflict'],
    spreads: false,
  },
  {
    title: 'AliveNode_Conflict: reclaimed after long enough, whatever the incarnation',
    before: [alive(5), dead(5)],
    waitMs: 1001,
    tuning: { deadNodeReclaimMs: 1000 },
    now: alive(1, moved),
    state: 'alive',
    incarnation: 1,
    events: ['join'],
    spreads: true,
  },
  {
    title: 'DeadNodeLeft: may come back from another address at once',
    before: [alive(5), dead(5, 'a', 'a')],
    now: alive(1, moved),
    state: 'alive',
    incarnation: 1,
    events: ['join'],
    spreads: true,
  },
  { title: 'SuspectNode_NoNode', now: suspect(1), state: undefined, events: [], spreads: false },
  {
    title: 'SuspectNode',
    before: [alive(1)],
    now: suspect(1),
    state: 'suspect',
    incarnation: 1,
    events: ['suspect'],
    spreads: true,
  },
  {
    title: 'suspect: takes over a newer incarnation',
    before: [alive(1)],
    now: suspect(4),
    state: 'suspect',
    incarnation: 4,
    events: ['suspect'],
    spreads: true,
  },
  {
    title: 'SuspectNode_OldSuspect',
    before: [alive(3)],
    now: suspect(2),
    state: 'alive',
    incarnation: 3,
    events: [],
    spreads: false,
  },
  {
    title: 'SuspectNode_DoubleSuspect: the same accuser',
    before: [alive(1), suspect(1)],
    now: suspect(1),
    state: 'suspect',
    incarnation: 1,
    events: [],
    spreads: false,
  },
  {
    title: 'suspect: another accuser confirms and is passed on',
    before: [alive(1), aliveOf('b', 3), aliveOf('c', 4), aliveOf('d', 5), suspect(1)],
    now: suspect(1, 'a', 'c'),
    state: 'suspect',
    incarnation: 1,
    events: [],
    spreads: true,
  },
  {
    title: 'suspect: an accusation of a later life takes the place of the earlier one',
    before: [alive(1), aliveOf('b', 3), aliveOf('c', 4), aliveOf('d', 5), suspect(1)],
    now: suspect(2),
    state: 'suspect',
    incarnation: 2,
    events: [],
    spreads: true,
  },
  {
    title: 'suspect: who is dead stays dead',
    before: [alive(1), dead(1)],
    now: suspect(2),
    state: 'dead',
    incarnation: 1,
    events: [],
    spreads: false,
  },
  { title: 'DeadNode_NoNode', now: dead(1), state: undefined, events: [], spreads: false },
  {
    title: 'DeadNode',
    before: [alive(1)],
    now: dead(1),
    state: 'dead',
    incarnation: 1,
    events: ['failed'],
    spreads: true,
  },
  {
    title: 'DeadNode: of a suspect',
    before: [alive(1), suspect(1)],
    now: dead(1),
    state: 'dead',
    incarnation: 1,
    events: ['failed'],
    spreads: true,
  },
  {
    title: 'DeadNode_Double',
    before: [alive(1), dead(1)],
    now: dead(2),
    state: 'dead',
    incarnation: 1,
    events: [],
    spreads: false,
  },
  {
    title: 'DeadNode_OldDead',
    before: [alive(3)],
    now: dead(2),
    state: 'alive',
    incarnation: 3,
    events: [],
    spreads: false,
  },
  {
    title: 'DeadNodeLeft: says so itself',
    before: [alive(1)],
    now: dead(1, 'a', 'a'),
    state: 'left',
    incarnation: 1,
    events: ['left'],
    spreads: true,
  },
  {
    title: 'dead: who left has not failed',
    before: [alive(1), dead(1, 'a', 'a')],
    now: dead(2),
    state: 'left',
    incarnation: 1,
    events: [],
    spreads: false,
  },
];

describe('merge rules', () => {
  it.each(RULES)('$title', ({ before = [], waitMs = 0, now, tuning, state, incarnation, events, spreads }) => {
    const lone = new LoneSwim({ ...quiet, gossipIntervalMs: 1e9, ...tuning });
    lone.hear(...before);
    lone.nowMs += waitMs;
    lone.do((swim) => swim.advance(lone.nowMs));
    lone.take();
    const queued = lone.swim.queuedNews;
    // News of the same member replace those queued before, so empty the queue by pings first.
    for (let i = 0; i < 40; i++) lone.hear({ type: 'ping', node: 'me', seqNo: i });
    expect(lone.swim.queuedNews, `${queued} were queued`).toBe(0);
    lone.take();
    lone.hear(now);
    expect(lone.takeEvents()).toEqual(events);
    const found = lone.member('a');
    expect(found?.state).toBe(state);
    expect(found?.incarnation).toBe(incarnation);
    expect(lone.swim.queuedNews).toBe(spreads ? 1 : 0);
  });

  it('alive: port 0 means our own, and a mapped address is the plain one', () => {
    const lone = new LoneSwim(quiet);
    lone.hear(alive(1, { port: 0, addr: Uint8Array.of(...Array<number>(10).fill(0), 255, 255, 10, 0, 0, 2) }));
    expect(lone.member('a')?.address).toEqual({ ip: '10.0.0.2', port: 7946 });
  });

  it('alive: the layer above may refuse', () => {
    const lone = new LoneSwim(quiet, { delegate: { acceptsAlive: ({ node }) => node !== 'a' } });
    lone.hear(alive(1), aliveOf('b', 3));
    expect(lone.takeEvents()).toEqual(['join', 'refused', 'join']);
    expect(lone.member('a')).toBeUndefined();
  });

  it('alive: a full table takes no more names', () => {
    const lone = new LoneSwim({ ...quiet, maxMembers: 2 });
    lone.hear(alive(1), aliveOf('b', 3), alive(2, { meta }));
    expect(lone.swim.size).toBe(2);
    expect(lone.takeEvents()).toEqual(['join', 'join', 'refused', 'update']);
  });

  it('what is kept of a member does not change with the packet it came in', () => {
    const lone = new LoneSwim(quiet);
    const message = aliveOf('a', 2, 1, { meta: meta.slice(), vsn: VSN.slice() });
    lone.hear(message);
    message.meta!.fill(9);
    message.addr.fill(9);
    expect(lone.member('a')).toMatchObject({ meta, address: { ip: '10.0.0.2' }, versions: { protocolMax: 5 } });
    expect(lone.swim.localState(false).nodes.find(({ name }) => name === 'a')!.addr).toEqual(
      Uint8Array.of(10, 0, 0, 2),
    );
  });
});
