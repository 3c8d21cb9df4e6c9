import { describe, expect, it } from 'vitest';
import { LoneSerf } from '../../testing/lone-serf.ts';
import { aliveOf } from '../../testing/lone-swim.ts';
import { SerfNetwork } from '../../testing/serf-network.ts';
import type { Address } from '../types.ts';
import type { Ping } from '../wire/messages.ts';
import { decodeSerfMessage } from '../wire/serf-codec.ts';

interface SentPing {
  readonly to: Address;
  readonly message: Ping;
}

function takePings(lone: LoneSerf): SentPing[] {
  return lone.takeOnly('packet').flatMap(({ to, messages }) => {
    return messages.flatMap(({ message }) => (message.type === 'ping' ? [{ to, message }] : []));
  });
}

describe('name conflicts', () => {
  it('NameResolution: the second holder of a name loses the vote, the first keeps it', () => {
    const network = new SerfNetwork({ seed: 31 });
    const [first, ...others] = network.populate(5);
    const second = network.add('n0', { ip: '10.9.9.9' });
    network.join(second, others[0]!);
    expect(network.runUntil(() => second.events('conflictVote').length > 0, 20_000)).toBe(true);
    expect(second.events('conflictVote')[0]).toEqual({ type: 'conflictVote', won: false, answers: 4, matching: 0 });
    second.kill();
    network.run(20_000);
    for (const vote of first!.events('conflictVote'))
      expect(vote).toMatchObject({ won: true, answers: 4, matching: 4 });
    for (const member of others) {
      expect(member.serf.member('n0')).toMatchObject({ status: 'alive', address: first!.address });
      expect(member.events('conflictVote')).toEqual([]);
    }
  });

  it.each([1, 0])(
    'who was killed and starts at once on another address waits until it has its name: reclaim %i',
    (deadNodeReclaimMs) => {
      for (const seed of [1, 2, 3]) {
        const network = new SerfNetwork({ seed, tuning: { deadNodeReclaimMs } });
        const [killed, ...others] = network.populate(5);
        killed!.kill();
        const again = network.add('n0', { ip: '10.9.9.9' });
        network.join(again, others[0]!);
        const isThere = (): boolean =>
          others.every(({ serf }) => {
            const seen = serf.member('n0');
            return seen?.status === 'alive' && seen.address.ip === '10.9.9.9';
          });
        expect(network.runUntil(isThere, 90_000), `seed ${seed}`).toBe(true);
        network.run(60_000);
        expect(isThere()).toBe(true);
        expect(again.events('conflictVote').filter(({ won }) => !won)).toEqual([]);
        const doubts = again.events('serfNotice').filter(({ what }) => what === 'nameInDoubt');
        expect(doubts).toMatchObject([{ subject: 'n0', detail: 'others have it at 10.0.0.0:7946' }]);
        expect(others.flatMap((other) => other.events('conflictVote'))).toEqual([]);
      }
    },
  );

  it('the holder is pinged three times; the first answer decides', () => {
    const lone = new LoneSerf();
    lone.hearPacket(aliveOf('me', 77, 5));
    lone.run(3300);
    const pings = takePings(lone);
    expect(pings.map(({ to }) => to.ip)).toEqual(['10.0.0.77']);
    expect(pings[0]!.message).toMatchObject({ type: 'ping', node: 'me', sourceNode: 'me', sourcePort: 7946 });
    lone.run(1500);
    expect(takePings(lone)).toHaveLength(2);
    expect(lone.takeOnly('conflictVote')).toEqual([]);
    lone.run(3000);
    lone.hearPacket(aliveOf('me', 77, 5));
    lone.run(3300);
    const [asked] = takePings(lone);
    lone.hearPacket({ type: 'ack', seqNo: asked!.message.seqNo + 1000, payload: null });
    expect(lone.takeOnly('conflictVote')).toEqual([]);
    lone.hearPacket({ type: 'ack', seqNo: asked!.message.seqNo, payload: null });
    expect(lone.takeOnly('conflictVote')).toEqual([{ type: 'conflictVote', won: false, answers: 0, matching: 0 }]);
  });

  it('a ping that comes back to us is no sign of another holder', () => {
    const lone = new LoneSerf();
    lone.hearPacket(aliveOf('me', 77, 5));
    lone.run(3300);
    const [sent] = takePings(lone);
    lone.hearPacket(sent!.message);
    expect(
      lone.takeOnly('packet').flatMap(({ messages }) => messages.filter(({ message }) => message.type === 'ack')),
    ).toEqual([]);
    // One of the other holder, on its way to us, is answered as ever.
    lone.hearPacket({ ...sent!.message, sourceAddr: Uint8Array.of(10, 0, 0, 77) });
    expect(lone.takeOnly('packet').flatMap(({ messages }) => messages.map(({ message }) => message.type))).toContain(
      'ack',
    );
  });

  it('a pool that has the name for a silent holder for ever is given up after a bounded time', () => {
    const lone = new LoneSerf();
    lone.meet('a');
    const startMs = lone.nowMs;
    const votes = (): unknown[] => lone.effects.filter(({ type }) => type === 'conflictVote');
    while (votes().length === 0 && lone.nowMs < 200_000) {
      lone.hearPacket(aliveOf('me', 77, 5));
      lone.run(500);
    }
    expect(votes()).toEqual([{ type: 'conflictVote', won: false, answers: 0, matching: 0 }]);
    expect(lone.nowMs - startMs).toBeGreaterThan(90_000);
    expect(lone.nowMs - startMs).toBeLessThan(105_000);
    // And was asked again and again, somebody of the pool for its table too.
    expect(lone.takeOnly('pushPull').length).toBeGreaterThan(5);
  });

  it('a conflict about another member is told and left to it', () => {
    const lone = new LoneSerf();
    lone.meet('a');
    lone.take();
    lone.hearPacket(aliveOf('a', 77, 5));
    const effects = lone.take();
    expect(effects.map(({ type }) => type)).toContain('conflict');
    expect(lone.serf.queued.queries).toBe(0);
    expect(lone.serf.member('a')?.address.ip).toBe('10.0.0.2');
  });

  it('conflicts in a row are one vote; it may be turned off; who leaves asks nobody', () => {
    const lone = new LoneSerf();
    lone.meet('a');
    lone.hearPacket(aliveOf('me', 77, 5), aliveOf('me', 78, 6));
    expect(lone.serf.queued.queries).toBe(1);
    const off = new LoneSerf({ serf: { conflictResolution: false } });
    off.hearPacket(aliveOf('me', 77, 5));
    expect(off.serf.queued.queries).toBe(0);
    const leaving = new LoneSerf();
    leaving.do((serf, nowMs) => serf.leave(nowMs));
    leaving.hearPacket(aliveOf('me', 77, 5));
    expect(leaving.serf.queued.queries).toBe(0);
  });

  it('SerfQueries_Conflict_SameName: the named itself does not answer, others say what they know', () => {
    const lone = new LoneSerf();
    lone.meet('a');
    lone.take();
    const asked = (name: string, lamportTime: number): unknown => {
      lone.hear({
        type: 'query',
        addr: Uint8Array.of(10, 0, 0, 2),
        filters: null,
        flags: 0,
        id: 1,
        lamportTime,
        name: '_serf_conflict',
        payload: new TextEncoder().encode(name),
        port: 7946,
        relayFactor: 0,
        sourceNode: 'a',
        timeoutNanos: 1_000_000_000,
      });
      const [sent] = lone.takeDirect();
      return sent?.message.type === 'queryResponse' ? decodeSerfMessage(sent.message.payload!) : undefined;
    };
    expect(asked('me', 5)).toBeUndefined();
    expect(asked('a', 6)).toEqual({
      type: 'conflictResponse',
      member: {
        name: 'a',
        addr: Uint8Array.of(10, 0, 0, 2),
        port: 7946,
        status: 1,
        tags: new Map([['role', '']]),
        protocolMin: 1,
        protocolMax: 5,
        protocolCurrent: 2,
        delegateMin: 2,
        delegateMax: 5,
        delegateCurrent: 4,
      },
    });
    expect(asked('stranger', 7)).toEqual({ type: 'conflictResponse', member: null });
  });
});
