import { describe, expect, it } from 'vitest';
import { LoneSerf } from '../../testing/lone-serf.ts';
import { aliveOf } from '../../testing/lone-swim.ts';
import { SerfNetwork } from '../../testing/serf-network.ts';
import { decodeSerfMessage } from '../wire/serf-codec.ts';

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
    lone.run(4000);
    expect(lone.takeOnly('conflictVote')).toEqual([{ type: 'conflictVote', won: false, answers: 0, matching: 0 }]);
    lone.hearPacket(aliveOf('me', 77, 5));
    lone.run(4000);
    expect(lone.takeOnly('conflictVote')).toHaveLength(1);
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
