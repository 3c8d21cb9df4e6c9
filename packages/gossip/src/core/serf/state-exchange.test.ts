import { describe, expect, it } from 'vitest';
import { LoneSerf } from '../../testing/lone-serf.ts';
import { aliveOf } from '../../testing/lone-swim.ts';
import type { PushNodeState } from '../wire/messages.ts';
import { encodeSerfMessage } from '../wire/serf-codec.ts';
import { LAMPORT_MAX } from './lamport-clock.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function pool(...names: string[]): LoneSerf {
  const lone = new LoneSerf();
  lone.meet(...names);
  lone.run(3000);
  lone.take();
  return lone;
}

describe('exchange of the Serf state', () => {
  it('Delegate_LocalState: clocks, times of all members, who left, and the whole ring of events', () => {
    const lone = pool('a', 'b', 'c');
    lone.hear(
      { type: 'join', node: 'a', lamportTime: 7 },
      { type: 'leave', node: 'b', lamportTime: 9, prune: false },
      { type: 'userEvent', name: 'e', payload: bytes('p'), lamportTime: 514, coalesce: true },
    );
    lone.hearPacket({ type: 'dead', node: 'b', from: 'a', incarnation: 1 });
    const state = lone.state();
    expect(state).toMatchObject({ lamportTime: 10, eventLamportTime: 515, queryLamportTime: 1, leftMembers: ['b'] });
    expect(Object.fromEntries(state.statusLamportTimes)).toEqual({ me: 0, a: 7, b: 9, c: 0 });
    expect(state.events).toHaveLength(512);
    expect(state.events![2]).toEqual({ lamportTime: 514, events: [{ name: 'e', payload: bytes('p') }] });
    expect(state.events!.filter((slot) => slot !== null)).toHaveLength(1);
  });

  it('Delegate_MergeRemoteState: clocks go to what the peer has used, not beyond', () => {
    const lone = pool();
    lone.merge({ lamportTime: 42, eventLamportTime: 50, queryLamportTime: 100 });
    expect(lone.serf.clocks).toEqual({ member: 42, event: 50, query: 100 });
    lone.merge({ lamportTime: 1, eventLamportTime: 0, queryLamportTime: 99 });
    expect(lone.serf.clocks).toEqual({ member: 42, event: 50, query: 100 });
  });

  it('MergeRemoteState: who left there and failed here left; whom SWIM finds alive, or others know to be newer, stays', () => {
    const lone = pool('a', 'b', 'c', 'd');
    lone.hear({ type: 'join', node: 'b', lamportTime: 30 });
    lone.hearPacket({ type: 'dead', node: 'd', from: 'a', incarnation: 1 });
    lone.takeSpread();
    const statusLamportTimes = new Map([
      ['a', 20],
      ['b', 15],
      ['c', 25],
      ['d', 22],
      ['stranger', 18],
      ['gone', 15],
    ]);
    lone.merge({ lamportTime: 26, leftMembers: ['a', 'b', 'd', 'gone'], statusLamportTimes });
    const status = (name: string): unknown => lone.serf.member(name)?.status;
    expect(['a', 'b', 'c', 'd'].map(status)).toEqual(['alive', 'alive', 'alive', 'left']);
    expect(Object.fromEntries(lone.state().statusLamportTimes)).toMatchObject({ a: 0, b: 30, c: 25, d: 23 });
    expect(lone.takeSpread()).toEqual([]);
    // Of strangers the intents are kept for when they come.
    lone.hearPacket(aliveOf('gone', 8), aliveOf('stranger', 9));
    expect(['gone', 'stranger'].map(status)).toEqual(['leaving', 'alive']);
    expect(Object.fromEntries(lone.state().statusLamportTimes)).toMatchObject({ gone: 15, stranger: 18 });
  });

  it('MergeRemoteState: a peer that takes us for gone is contradicted', () => {
    const lone = pool('a');
    lone.merge({ lamportTime: 26, leftMembers: ['me'], statusLamportTimes: new Map([['me', 20]]) });
    expect(lone.serf.member('me')?.status).toBe('alive');
    expect(lone.takeSpread()).toEqual([{ type: 'join', node: 'me', lamportTime: 26 }]);
  });

  it('a peer that holds a later intent of ours than we gave is given a later one: it may take us for leaving', () => {
    const lone = pool('a');
    lone.merge({ lamportTime: 60, statusLamportTimes: new Map([['me', 50]]) });
    expect(lone.takeSpread()).toEqual([{ type: 'join', node: 'me', lamportTime: 60 }]);
    lone.merge({ lamportTime: 61, statusLamportTimes: new Map([['me', 60]]) });
    expect(lone.takeSpread()).toEqual([]);
    lone.do((serf, nowMs) => serf.leave(nowMs));
    lone.merge({ lamportTime: 90, statusLamportTimes: new Map([['me', 80]]) });
    expect(lone.takeSpread().filter(({ type }) => type === 'join')).toEqual([]);
  });

  it('the time of a member that both hold as left stays as it is, however often they exchange their states', () => {
    const lone = pool('a');
    lone.hear({ type: 'leave', node: 'a', lamportTime: 10, prune: false });
    lone.hearPacket({ type: 'dead', node: 'a', from: 'a', incarnation: 1 });
    const time = (): unknown => lone.state().statusLamportTimes.get('a');
    for (const [theirs, ours] of [
      [10, 10],
      [9, 10],
      [12, 12],
      [12, 12],
    ]) {
      lone.merge({ leftMembers: ['a'], statusLamportTimes: new Map([['a', theirs!]]) });
      expect(time()).toBe(ours);
    }
    expect(lone.serf.member('a')?.status).toBe('left');
  });

  it('MergeRemoteState: events are told once, with their times, and never coalesced', () => {
    const lone = pool();
    const slot = (lamportTime: number, ...names: string[]) => ({
      lamportTime,
      events: names.map((name) => ({ name, payload: null })),
    });
    lone.merge({ eventLamportTime: 9, events: [null, slot(5, 'x', 'y'), slot(8, 'x'), null] });
    const told = lone.takeOnly('userEvent').map(({ name, lamportTime, coalesce }) => [name, lamportTime, coalesce]);
    expect(told).toEqual([
      ['x', 5, false],
      ['y', 5, false],
      ['x', 8, false],
    ]);
    lone.merge({ eventLamportTime: 9, events: [slot(5, 'x')] });
    expect(lone.takeOnly('userEvent')).toEqual([]);
    expect(lone.serf.clocks.event).toBe(9);
  });

  it('Join_IgnoreOld: holds for the exchanges of that join alone', () => {
    const lone = pool();
    const slot = { lamportTime: 5, events: [{ name: 'x', payload: null }] };
    lone.do((serf, nowMs) => serf.join([{ ip: '10.0.0.9', port: 1 }], nowMs, { ignoreOld: true }));
    const [exchange] = lone.takeOnly('pushPull');
    lone.merge({ eventLamportTime: 6, events: [slot] }, [], true, exchange!.exchange);
    expect(lone.takeOnly('userEvent')).toEqual([]);
    lone.do((serf, nowMs) => serf.exchangeEnded(exchange!.exchange, nowMs));
    expect(lone.takeOnly('joined')).toMatchObject([{ contacted: 1 }]);
    lone.merge({ eventLamportTime: 8, events: [{ ...slot, lamportTime: 7 }] }, [], true, exchange!.exchange);
    expect(lone.takeOnly('userEvent')).toHaveLength(1);
  });

  it('Join: after it the pool hears our intent, with a time above all it has; after none that succeeded it does not', () => {
    const lone = pool('a');
    const join = (): number => {
      lone.do((serf, nowMs) => serf.join([{ ip: '10.0.0.9', port: 1 }], nowMs));
      return lone.takeOnly('pushPull')[0]!.exchange;
    };
    lone.do((serf, nowMs) => serf.exchangeEnded(join(), nowMs, 'unreachable'));
    expect(lone.takeSpread()).toEqual([]);
    const exchange = join();
    lone.merge({ lamportTime: 20 }, [], true, exchange);
    lone.do((serf, nowMs) => serf.exchangeEnded(exchange, nowMs));
    expect(lone.takeSpread()).toEqual([{ type: 'join', node: 'me', lamportTime: 20 }]);
    expect(lone.state().statusLamportTimes.get('me')).toBe(20);
    expect(lone.serf.clocks.member).toBe(21);
  });

  it('BadData: state that is none is told and changes nothing, while members are taken', () => {
    const lone = pool();
    const node = { addr: Uint8Array.of(10, 0, 0, 7), port: 7946, meta: null, incarnation: 1, state: 0 };
    const nodes: PushNodeState[] = [{ ...node, name: 'a', vsn: Uint8Array.of(1, 5, 2, 2, 5, 4) }];
    for (const userState of [
      Uint8Array.of(99),
      Uint8Array.of(2, 0xc1),
      encodeSerfMessage({ type: 'join', node: 'x', lamportTime: 99 }),
    ]) {
      lone.do((serf) => serf.mergeState({ type: 'pushPull', join: false, nodes, userState }, lone.nowMs));
      expect(lone.takeOnly('serfNotice')).toMatchObject([{ what: 'undecodable' }]);
    }
    expect(lone.serf.member('a')?.status).toBe('alive');
    expect(lone.serf.clocks.member).toBe(1);
  });

  it('times that leave no room are not believed, in none of their places', () => {
    const lone = pool('a');
    const huge = Number.MAX_SAFE_INTEGER;
    const slot = { lamportTime: huge, events: [{ name: 'x', payload: null }] };
    lone.merge(
      {
        lamportTime: huge,
        eventLamportTime: huge,
        queryLamportTime: huge,
        leftMembers: ['me', 'a'],
        statusLamportTimes: new Map([
          ['a', huge],
          ['me', LAMPORT_MAX],
        ]),
        events: [slot],
      },
      [],
      true,
    );
    expect(lone.serf.clocks).toEqual({ member: 1, event: 1, query: 1 });
    expect(lone.serf.member('a')?.status).toBe('alive');
    const told = lone.take();
    expect(told.filter(({ type }) => type === 'userEvent')).toEqual([]);
    expect(told).toContainEqual({
      type: 'serfNotice',
      what: 'refused',
      subject: 'state of a peer',
      detail: `Lamport time ${huge}`,
    });
  });

  it('large tables may be merged in parts, with the state at the end', () => {
    const lone = pool();
    const peer = new LoneSerf({ name: 'peer', addr: Uint8Array.of(10, 0, 0, 2) });
    const remote = peer.serf.localState(true);
    expect(lone.serf.mergeRefusal(remote)).toBeUndefined();
    lone.do((serf, nowMs) => serf.mergeNodes(remote.nodes, nowMs));
    lone.do((serf, nowMs) => serf.mergeUserState(remote, nowMs));
    expect(lone.takeChanges()).toEqual(['join peer']);
  });
});
