import { describe, expect, it } from 'vitest';
import { type DirectMessage, LoneSerf } from '../../testing/lone-serf.ts';
import { aliveOf } from '../../testing/lone-swim.ts';
import { encodeSerfMessage } from '../wire/serf-codec.ts';
import type { JoinIntent, LeaveIntent, SerfMessage } from '../wire/serf-messages.ts';
import { resolveTuning } from '../swim/options.ts';
import { LAMPORT_MAX, LamportClock } from './lamport-clock.ts';

const joins = (node: string, lamportTime: number): JoinIntent => ({ type: 'join', node, lamportTime });
const leaves = (node: string, lamportTime: number, prune = false): LeaveIntent => ({
  type: 'leave',
  node,
  lamportTime,
  prune,
});

/** A pool of us and the given, all news told. */
function pool(...names: string[]): LoneSerf {
  const lone = new LoneSerf();
  lone.meet(...names);
  lone.run(3000);
  lone.take();
  return lone;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const nameAt = (ip: string): string => 'abcde'[Number(ip.split('.')[3]) - 2]!;

function takeQueries(lone: LoneSerf): DirectMessage[] {
  return lone.takeDirect().filter(({ message }) => message.type === 'query');
}

/** How `from` sees the member that `asked` is about. */
function viewOf(asked: SerfMessage, from: string, status: number): SerfMessage {
  if (asked.type !== 'query') throw new TypeError(`a ${asked.type} message`);
  const versions = { protocolMin: 1, protocolMax: 5, protocolCurrent: 2, delegateMin: 2, delegateMax: 5 };
  const member = { name: 'a', addr: Uint8Array.of(10, 0, 0, 2), port: 7946, status, tags: new Map<string, string>() };
  const payload = encodeSerfMessage({
    type: 'conflictResponse',
    member: { ...versions, delegateCurrent: 4, ...member },
  });
  return { type: 'queryResponse', lamportTime: asked.lamportTime, id: asked.id, from, flags: 0, payload };
}

/** Makes SWIM find a member dead. */
function bury(lone: LoneSerf, node: string, incarnation = 1): void {
  lone.hearPacket({ type: 'dead', node, from: 'somebody', incarnation });
}

describe('Lamport clocks', () => {
  it('LamportClock: counts up, and goes beyond what it witnesses, an equal time too', () => {
    const clock = new LamportClock();
    expect([clock.time, clock.tick(), clock.time]).toEqual([1, 1, 2]);
    clock.witness(41);
    expect(clock.time).toBe(42);
    clock.witness(42);
    expect(clock.time).toBe(43);
    clock.witness(30);
    expect(clock.time).toBe(43);
  });

  it('LamportClock: a time that leaves no room for our own is not believed', () => {
    const clock = new LamportClock();
    clock.witness(LAMPORT_MAX + 1);
    clock.witness(Number.MAX_SAFE_INTEGER);
    expect(clock.time).toBe(1);
    clock.witness(LAMPORT_MAX);
    expect(clock.time).toBe(LAMPORT_MAX + 1);
  });

  it('a message of such a time is refused, and seen', () => {
    const lone = pool('a');
    lone.hear(joins('a', Number.MAX_SAFE_INTEGER));
    expect(lone.takeOnly('serfNotice')).toMatchObject([{ what: 'refused', subject: '10.0.0.99:7946' }]);
    expect(lone.serf.clocks.member).toBeLessThan(10);
  });
});

describe('intents', () => {
  it('a present member that joins again is told as joined anew, once; a first intent and an old one are not', () => {
    const lone = pool('a');
    const told = (): string[] => lone.takeOnly('joinedAnew').map(({ member }) => member.name);
    lone.hear(joins('a', 3));
    expect(told()).toEqual([]);
    lone.hear(joins('a', 7));
    expect(told()).toEqual(['a']);
    lone.hear(joins('a', 7));
    lone.hear(joins('a', 5));
    expect(told()).toEqual([]);
    bury(lone, 'a');
    lone.take();
    lone.hear(joins('a', 9));
    lone.hear(joins('stranger', 9));
    expect(told()).toEqual([]);
  });

  it('join_pendingIntent: the join of a member nobody knows yet waits for it', () => {
    const lone = pool();
    lone.hear(joins('a', 5));
    lone.meet('a');
    expect(lone.state().statusLamportTimes.get('a')).toBe(5);
    expect(lone.serf.member('a')?.status).toBe('alive');
  });

  it('join_pendingIntents, leaveIntent_bufferEarly: of several the newest counts', () => {
    const lone = pool();
    lone.hear(joins('a', 5), leaves('a', 6), joins('a', 4));
    lone.meet('a');
    expect(lone.serf.member('a')?.status).toBe('leaving');
    expect(lone.state().statusLamportTimes.get('a')).toBe(6);
  });

  it('leaveIntent_bufferEarly, joinIntent_bufferEarly: early ones are passed on while they are news', () => {
    const lone = pool('peer');
    lone.hear(joins('a', 5), joins('a', 5), joins('a', 3));
    expect(lone.takeSpread()).toEqual([joins('a', 5)]);
    lone.hear(leaves('a', 5), leaves('a', 7));
    expect(lone.takeSpread()).toEqual([leaves('a', 7)]);
  });

  it('leaveIntent_oldMessage, joinIntent_oldMessage: what is not newer than the status is dropped', () => {
    const lone = pool('a');
    lone.hear(joins('a', 10));
    lone.takeSpread();
    lone.hear(leaves('a', 10), leaves('a', 9), joins('a', 10), joins('a', 8));
    expect(lone.serf.member('a')?.status).toBe('alive');
    expect(lone.takeSpread()).toEqual([]);
  });

  it('leaveIntent_newer: the member is leaving, and the intent goes on', () => {
    const lone = pool('a');
    lone.hear(joins('a', 10), leaves('a', 14));
    expect(lone.serf.member('a')?.status).toBe('leaving');
    expect(lone.serf.clocks.member).toBe(15);
    expect(lone.takeSpread()).toContainEqual(leaves('a', 14));
  });

  it('joinIntent_newer, joinIntent_resetLeaving: a newer join takes the leave back', () => {
    const lone = pool('a');
    lone.hear(leaves('a', 4), joins('a', 5));
    expect(lone.serf.member('a')?.status).toBe('alive');
    expect(lone.state().statusLamportTimes.get('a')).toBe(5);
    expect(lone.serf.clocks.member).toBe(6);
  });

  it('eventsLeave_avoidInfiniteLeaveRebroadcast: the same intent goes on once, whatever the status', () => {
    const lone = pool('a', 'peer');
    lone.hear(leaves('a', 4));
    lone.takeSpread();
    lone.hear(leaves('a', 4));
    expect(lone.takeSpread()).toEqual([]);
    bury(lone, 'a');
    lone.run(3000);
    lone.take();
    lone.hear(leaves('a', 4), leaves('a', 5));
    expect(lone.takeSpread()).toEqual([leaves('a', 5)]);
    lone.hear(leaves('a', 5));
    expect(lone.takeSpread()).toEqual([]);
  });

  it('dead after a leave intent is left, without one it is failed', () => {
    const lone = pool('a', 'b');
    lone.hear(leaves('a', 4));
    bury(lone, 'a');
    bury(lone, 'b');
    expect(lone.takeChanges()).toEqual(['leave a', 'failed b']);
    expect(lone.state().leftMembers).toEqual(['a']);
  });

  it('a goodbye of SWIM without an intent is a failure', () => {
    const lone = pool('a');
    lone.hearPacket({ type: 'dead', node: 'a', from: 'a', incarnation: 1 });
    expect(lone.takeChanges()).toEqual(['failed a']);
  });

  it('RemoveFailed_eventsLeave, forceLeaveFailed: an intent makes a failed member left', () => {
    const lone = pool('a', 'b');
    bury(lone, 'a');
    lone.take();
    lone.do((serf, nowMs) => serf.removeFailed('a', false, nowMs));
    expect(lone.takeChanges()).toEqual(['leave a']);
    expect(lone.takeSpread()).toContainEqual(leaves('a', 1));
    expect(lone.serf.clocks.member).toBe(2);
  });

  it('forceLeaveLeaving, forceLeaveLeft: no event, but the intent goes on', () => {
    const lone = pool('a', 'b');
    lone.hear(leaves('a', 4));
    lone.takeSpread();
    lone.do((serf, nowMs) => serf.removeFailed('a', false, nowMs));
    expect(lone.takeSpread()).toEqual([leaves('a', 5)]);
    bury(lone, 'a');
    expect(lone.takeChanges()).toEqual(['leave a']);
    lone.do((serf, nowMs) => serf.removeFailed('a', false, nowMs));
    expect(lone.takeChanges()).toEqual([]);
    expect(lone.serf.member('a')?.status).toBe('left');
  });

  it('Reap: who was made to leave after it failed has been gone since it failed', () => {
    const lone = pool('a');
    const hourMs = 3_600_000;
    bury(lone, 'a');
    lone.run(14 * hourMs);
    lone.do((serf, nowMs) => serf.removeFailed('a', false, nowMs));
    lone.run(9.9 * hourMs);
    expect(lone.serf.member('a')?.status).toBe('left');
    lone.run(0.2 * hourMs);
    expect(lone.serf.member('a')).toBeUndefined();
  });

  it('RemoveFailedNode_prune: forgets a failed member at once', () => {
    const lone = pool('a', 'b');
    bury(lone, 'a');
    lone.take();
    lone.do((serf, nowMs) => serf.removeFailed('a', true, nowMs));
    expect(lone.takeChanges()).toEqual(['leave a', 'reap a']);
    expect(lone.serf.member('a')).toBeUndefined();
    expect(lone.takeSpread()).toContainEqual(leaves('a', 1, true));
  });

  it('RemoveFailedNode_prune: one that was alive has 6 s, and stays if it comes back in them', () => {
    const lone = pool('a', 'b');
    lone.hear(leaves('a', 2, true), leaves('b', 3, true));
    bury(lone, 'a');
    lone.hear(joins('b', 4));
    lone.run(5900);
    expect(lone.takeChanges()).toEqual(['leave a']);
    lone.run(200);
    expect(lone.takeChanges()).toEqual(['reap a']);
    expect(lone.serf.member('b')?.status).toBe('alive');
  });

  it('RemoveFailedNode_ourself: we contradict who says that we leave', () => {
    const lone = pool('a');
    lone.hear(leaves('me', 7));
    expect(lone.takeOnly('serfNotice')).toMatchObject([{ what: 'refutedLeave' }]);
    expect(lone.takeSpread()).toEqual([joins('me', 8)]);
    expect(lone.serf.member('me')?.status).toBe('alive');
  });

  it('who is alive and leaving for longer than that takes is doubted: three others are asked how they see it', () => {
    const lone = pool('a', 'b', 'c', 'd', 'e');
    lone.hear(leaves('a', 4));
    lone.run(14_000);
    expect(takeQueries(lone)).toEqual([]);
    lone.run(16_500);
    const asked = takeQueries(lone);
    expect(new Set(asked.map(({ to }) => to.ip)).size).toBe(3);
    for (const { message } of asked) {
      expect(message).toMatchObject({ type: 'query', name: '_serf_conflict', flags: 2, payload: bytes('a') });
    }
    // Most say so: it leaves.
    lone.hear(...asked.map(({ to, message }, i) => viewOf(message, nameAt(to.ip), i === 0 ? 1 : 2)));
    lone.run(15_000);
    expect(lone.serf.member('a')?.status).toBe('leaving');
    // Most say that it is there; who was not asked has no say.
    const again = takeQueries(lone);
    lone.hear(...again.map(({ to, message }, i) => viewOf(message, nameAt(to.ip), i === 0 ? 2 : 1)));
    for (let i = 0; i < 9; i++) lone.hear(viewOf(again[0]!.message, `stranger ${i}`, 2));
    lone.run(5100);
    expect(lone.serf.member('a')?.status).toBe('alive');
    expect(lone.state().statusLamportTimes.get('a')).toBe(4);
  });

  it('a doubt ends when the member says more, or is forgotten', () => {
    for (const news of [leaves('a', 5), leaves('a', 5, true)]) {
      const lone = pool('a', 'b');
      lone.hear(leaves('a', 4));
      lone.run(31_000);
      const [asked] = takeQueries(lone);
      lone.hear(viewOf(asked!.message, 'b', 1), news);
      bury(lone, 'a');
      lone.run(14_000);
      expect(lone.serf.member('a')?.status).toBe(news.prune ? undefined : 'left');
    }
  });

  it('whom all see leaving for a minute is asked itself, and of two at once, until it contradicts', () => {
    const lone = pool('a', 'b');
    lone.hear(leaves('a', 4));
    const intents = (forMs: number): unknown[] => lone.takeSpread(forMs).filter(({ type }) => type !== 'query');
    expect(intents(59_000)).toEqual([leaves('a', 4)]);
    expect(intents(31_000)).toEqual([leaves('a', 5), leaves('a', 6)]);
    lone.hear(joins('a', 7));
    expect(lone.takeSpread(120_000)).toEqual([joins('a', 7)]);
    expect(lone.serf.member('a')?.status).toBe('alive');
    lone.hear(leaves('a', 8));
    bury(lone, 'a');
    expect(lone.takeSpread(120_000)).toEqual([leaves('a', 8)]);
    const two = pool('a');
    two.hear(leaves('a', 4));
    two.run(14_000);
    two.take();
    two.run(17_000);
    expect(two.takeDirect()).toEqual([{ to: { ip: '10.0.0.2', port: 7946 }, message: leaves('a', 5) }]);
  });

  it('a leave of the time of its join is the guess of another: the join counts, in either order, known or not', () => {
    for (const order of [
      [joins('a', 5), leaves('a', 5)],
      [leaves('a', 5), joins('a', 5)],
    ]) {
      for (const isKnown of [true, false]) {
        const lone = pool(...(isKnown ? ['a'] : []));
        lone.hear(...order);
        lone.meet('a');
        expect(lone.serf.member('a')?.status).toBe('alive');
      }
    }
  });

  it('RecentIntent: early intents are forgotten after five minutes', () => {
    const lone = pool('peer');
    lone.hear(leaves('a', 5));
    lone.run(320_000);
    lone.hearPacket(aliveOf('a', 7));
    expect(lone.serf.member('a')?.status).toBe('alive');
  });

  it('RecentIntent: strangers cannot fill our memory', () => {
    const lone = new LoneSerf({ serf: { queueDepthMax: 64 } });
    for (let i = 0; i < 70_000; i++) lone.hear(joins(`stranger ${i}`, 5));
    lone.hearPacket(aliveOf('stranger 0', 7), aliveOf('stranger 69999', 8));
    expect(lone.state().statusLamportTimes.get('stranger 0')).toBe(0);
    expect(lone.state().statusLamportTimes.get('stranger 69999')).toBe(5);
  });
});

describe('members', () => {
  it('NumNodes: the bound holds for the gone too, of which the oldest is forgotten first', () => {
    const lone = new LoneSerf({ swim: resolveTuning('lan', { maxMembers: 3, gossipToTheDeadMs: 0 }) });
    lone.meet('a', 'b');
    bury(lone, 'a');
    lone.run(2500);
    lone.take();
    lone.hearPacket(aliveOf('c', 4));
    expect(lone.takeChanges()).toEqual(['reap a', 'join c']);
    expect(lone.serf.members()).toHaveLength(3);
  });

  it('update: other tags are told, and so is who came back', () => {
    const lone = pool('a');
    lone.hearPacket(aliveOf('a', 2, 2, { meta: Uint8Array.of(0xff, 0x81, 0xa1, 0x78, 0xa1, 0x31) }));
    expect(lone.takeChanges()).toEqual(['update a']);
    expect(lone.serf.member('a')?.tags).toEqual({ x: '1' });
    bury(lone, 'a', 2);
    lone.hearPacket(aliveOf('a', 2, 3));
    expect(lone.take().flatMap((effect) => (effect.type === 'serfNotice' ? [effect.what] : []))).toEqual(['flap']);
    expect(lone.serf.member('a')?.status).toBe('alive');
  });

  it('role, NodeMeta_Old: metadata of old agents is their role; damaged tags are none', () => {
    const lone = pool();
    const meta = (text: string): Uint8Array => new TextEncoder().encode(text);
    lone.hearPacket(aliveOf('a', 2, 1, { meta: meta('web') }), aliveOf('b', 3, 1, { meta: Uint8Array.of(0xff, 0xc1) }));
    expect(lone.serf.member('a')?.tags).toEqual({ role: 'web' });
    expect(lone.serf.member('b')?.tags).toEqual({});
  });

  it('SetTags, NodeMeta_New: are published, and more than 512 bytes of them refused', () => {
    const lone = pool('a');
    lone.do((serf, nowMs) => serf.setTags({ role: 'db' }, nowMs));
    expect(lone.takeChanges()).toEqual(['update me']);
    expect(lone.serf.member('me')?.tags).toEqual({ role: 'db' });
    lone.run(4000);
    expect(lone.takeOnly('tagsTold')).toEqual([{ type: 'tagsTold', timedOut: false }]);
    expect(() => lone.do((serf, nowMs) => serf.setTags({ x: 'x'.repeat(510) }, nowMs))).toThrow(/512/);
    expect(lone.serf.member('me')?.tags).toEqual({ role: 'db' });
  });

  it('SetTags: nobody waits longer than 5 s for the pool to hear of it', () => {
    const lone = new LoneSerf({ swim: resolveTuning('lan', { gossipIntervalMs: 60_000, probeIntervalMs: 60_000 }) });
    lone.meet('a');
    lone.take();
    lone.do((serf, nowMs) => serf.setTags({ role: 'db' }, nowMs));
    lone.run(4999);
    expect(lone.takeOnly('tagsTold')).toEqual([]);
    lone.run(1);
    expect(lone.takeOnly('tagsTold')).toEqual([{ type: 'tagsTold', timedOut: true }]);
  });

  it('ValidateNodeName: 1 to 255 bytes', () => {
    expect(() => new LoneSerf({ name: '' })).toThrow(/0 bytes/);
    expect(() => new LoneSerf({ name: 'é'.repeat(128) })).toThrow(/256 bytes/);
    expect(new LoneSerf({ name: 'é'.repeat(127) }).serf.members()).toHaveLength(1);
  });

  it('versions that we could not speak ourselves are refused', () => {
    const versions = {
      protocolMin: 1,
      protocolMax: 5,
      protocolCurrent: 6,
      delegateMin: 2,
      delegateMax: 5,
      delegateCurrent: 4,
    };
    expect(() => new LoneSerf({ versions })).toThrow(/protocol 6 of 1 to 5/);
  });

  it('Leave: the intent first, then the goodbye, then a second; nothing to hear it: at once', () => {
    const lone = pool('a');
    lone.do((serf, nowMs) => serf.leave(nowMs));
    lone.do((serf, nowMs) => serf.leave(nowMs));
    const order: string[] = [];
    const startMs = lone.nowMs;
    let lastGoodbyeMs = 0;
    while (lone.serf.state !== 'left' && lone.nowMs < startMs + 20_000) {
      lone.run(100);
      for (const effect of lone.take()) {
        if (effect.type === 'leftPool') order.push('left');
        if (effect.type !== 'packet') continue;
        for (const { message } of effect.messages) {
          if (message.type === 'dead' && message.node === 'me') {
            order.push('goodbye');
            lastGoodbyeMs = lone.nowMs;
          }
          if (message.type === 'user') order.push('intent');
        }
      }
    }
    expect(order.filter((one, i) => one !== order[i - 1])).toEqual(['intent', 'goodbye', 'left']);
    expect(order.filter((one) => one === 'intent')).toHaveLength(4);
    expect(order.filter((one) => one === 'goodbye')).toHaveLength(4);
    expect(lone.nowMs - lastGoodbyeMs).toBe(1000);
    const alone = new LoneSerf();
    alone.do((serf, nowMs) => serf.leave(nowMs));
    alone.run(1100);
    expect(alone.takeOnly('leftPool')).toHaveLength(1);
    expect(() => alone.do((serf, nowMs) => serf.setTags({}, nowMs))).toThrow(/left/);
    expect(() => alone.do((serf, nowMs) => serf.join([], nowMs))).toThrow(/left/);
  });

  it('Leave: who is on the way out does not try those that failed', () => {
    for (const leaves of [false, true]) {
      const lone = pool('a');
      bury(lone, 'a');
      if (leaves) lone.do((serf, nowMs) => serf.leave(nowMs));
      lone.run(120_000);
      expect(lone.takeOnly('pushPull').length > 0).toBe(!leaves);
    }
  });

  it('Leave: a join that ends afterwards does not take it back', () => {
    const lone = pool('a');
    const spreadJoin = (): boolean => lone.takeSpread(0).some(({ type }) => type === 'join');
    lone.do((serf, nowMs) => serf.join([{ ip: '10.0.0.2', port: 7946 }], nowMs));
    const [exchange] = lone.takeOnly('pushPull');
    lone.do((serf, nowMs) => serf.leave(nowMs));
    lone.do((serf, nowMs) => serf.exchangeEnded(exchange!.exchange, nowMs));
    expect(lone.serf.member('me')?.status).toBe('leaving');
    expect(lone.takeOnly('joined')).toMatchObject([{ contacted: 1 }]);
    lone.run(2000);
    expect(spreadJoin()).toBe(false);
  });

  it('accepts: members that the user does not want are not taken, nor a join with one of them', () => {
    const lone = new LoneSerf({}, { accepts: (members) => members.every(({ tags }) => tags['dc'] === 'x') });
    const meta = (dc: string): Uint8Array => Uint8Array.of(0xff, 0x81, 0xa2, 0x64, 0x63, 0xa1, dc.charCodeAt(0));
    lone.hearPacket(aliveOf('a', 2, 1, { meta: meta('x') }), aliveOf('b', 3, 1, { meta: meta('y') }));
    expect(lone.serf.members().map(({ name }) => name)).toEqual(['me', 'a']);
    const { addr, port, vsn } = aliveOf('c', 4);
    const node = { name: 'c', addr, port, vsn, meta: meta('y'), incarnation: 1, state: 0 };
    expect(
      lone.serf.mergeRefusal({ type: 'pushPull', join: true, nodes: [node], userState: new Uint8Array() }),
    ).toMatch(/not accepted/);
  });
});
