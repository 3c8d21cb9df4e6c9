import { describe, expect, it } from 'vitest';
import { aliveOf, LoneSwim } from '../../testing/lone-swim.ts';
import type { SendPacket, SwimEffect } from './effects.ts';
import type { PacketMessage, Ping } from '../wire/messages.ts';
import { resolveTuning, SWIM_PROFILES } from './options.ts';

const quiet = { probeIntervalMs: 1e9, pushPullIntervalMs: 0, stallThresholdMs: 1e12 };
const PEER = { ip: '10.0.0.50', port: 5050 };

const packets = (effects: SwimEffect[]): SendPacket[] => effects.filter((effect) => effect.type === 'packet');
const typesOf = ({ messages }: SendPacket): string[] => messages.map(({ message }) => message.type);

describe('answers', () => {
  it('HandlePing: to where the ping says, or else to where it came from', () => {
    const lone = new LoneSwim(quiet, { delegate: { ackPayload: () => Uint8Array.of(3) } });
    const source = { sourceAddr: Uint8Array.of(10, 0, 0, 9), sourcePort: 99 };
    lone.hearFrom(PEER, { type: 'ping', node: 'me', seqNo: 5, ...source }, { type: 'ping', node: 'me', seqNo: 6 });
    lone.hearFrom(PEER, { type: 'ping', node: 'me', seqNo: 7, sourceAddr: source.sourceAddr });
    const sent = packets(lone.take());
    expect(sent.map(({ to }) => to)).toEqual([{ ip: '10.0.0.9', port: 99 }, PEER, PEER]);
    expect(sent.map(({ messages }) => messages[0]!.message)).toEqual(
      [5, 6, 7].map((seqNo) => ({ type: 'ack', seqNo, payload: Uint8Array.of(3) })),
    );
    expect(sent.every(({ checksum }) => !checksum)).toBe(true);
  });

  it('HandleCompoundPing: each ping of one packet is answered, with an ack of its own', () => {
    const lone = new LoneSwim(quiet);
    lone.take();
    const seqNos = [5, 6, 7];
    lone.hearFrom(PEER, ...seqNos.map((seqNo): PacketMessage => ({ type: 'ping', node: 'me', seqNo })));
    const sent = packets(lone.take());
    expect(sent.map(({ messages }) => messages[0]!.message)).toMatchObject(
      seqNos.map((seqNo) => ({ type: 'ack', seqNo })),
    );
  });

  it('HandlePing_WrongNode: no answer', () => {
    const lone = new LoneSwim(quiet);
    lone.take();
    lone.hear({ type: 'ping', node: 'other', seqNo: 5 });
    expect(lone.takeEvents()).toEqual(['misdirectedPing']);
  });

  const request: PacketMessage = {
    type: 'indirectPing',
    node: 'a',
    nack: true,
    seqNo: 77,
    target: Uint8Array.of(10, 0, 0, 2),
    port: 7946,
  };

  it('HandleIndirectPing: pings with our own number, passes the ack on under theirs', () => {
    const lone = new LoneSwim(quiet);
    lone.hearFrom(PEER, request);
    const { to, messages } = lone.runToSent('ping');
    const ping = messages[0]!.message as Ping;
    expect([to.ip, ping.node, ping.sourceNode]).toEqual(['10.0.0.2', 'a', 'me']);
    lone.nowMs += 100;
    lone.hear({ type: 'ack', seqNo: ping.seqNo, payload: Uint8Array.of(1) });
    const answer = lone.runToSent('ack');
    expect(answer.to).toEqual(PEER);
    expect(answer.messages[0]!.message).toEqual({ type: 'ack', seqNo: 77, payload: null });
    lone.run(5000);
    expect(packets(lone.take()).flatMap(typesOf)).not.toContain('nack');
  });

  it.each([
    { nack: true, sent: ['nack'] },
    { nack: false, sent: [] },
  ])(
    'HandleIndirectPing without answer, nack $nack: sends $sent after the timeout, and a late ack is dropped',
    ({ nack, sent }) => {
      const lone = new LoneSwim(quiet);
      lone.run(1000);
      lone.hearFrom(PEER, { ...request, nack } as PacketMessage);
      const { seqNo } = lone.runToSent('ping').messages[0]!.message as Ping;
      lone.run(499);
      expect(packets(lone.take())).toEqual([]);
      lone.run(1);
      lone.hear({ type: 'ack', seqNo, payload: null });
      const found = packets(lone.take()).flatMap(typesOf);
      expect(found.filter((type) => type !== 'alive')).toEqual(sent);
    },
  );
});

describe('news', () => {
  it('SendMsg_Piggyback: what is queued rides on an ack', () => {
    const lone = new LoneSwim(quiet);
    lone.hear(aliveOf('a', 2), { type: 'ping', node: 'me', seqNo: 1 });
    expect(typesOf(lone.runToSent('ack'))).toEqual(['ack', 'alive', 'alive']);
  });

  it('Gossip: to gossipNodes members each round, with a checksum for those who read it, until told often enough', () => {
    const lone = new LoneSwim({ ...quiet, gossipNodes: 3 });
    const old = Uint8Array.of(1, 4, 2, 2, 5, 4);
    lone.hear(aliveOf('a', 2), aliveOf('b', 3), aliveOf('c', 4, 1, { vsn: old }), aliveOf('d', 5), aliveOf('e', 6));
    lone.take();
    lone.run(200);
    const round = packets(lone.take());
    expect(new Set(round.map(({ node }) => node)).size).toBe(3);
    lone.run(10_000);
    const later = packets(lone.take());
    for (const { node, checksum } of [...round, ...later]) expect(checksum).toBe(node !== 'c');
    expect(round.length + later.length).toBe(4);
    expect(lone.swim.queuedNews).toBe(0);
  });

  it('GossipToDead: who died lately hears too, who left or is long dead does not', () => {
    const lone = new LoneSwim(quiet);
    lone.hear(aliveOf('a', 2), aliveOf('b', 3));
    lone.hear(
      { type: 'dead', node: 'a', from: 'x', incarnation: 1 },
      { type: 'dead', node: 'b', from: 'b', incarnation: 1 },
    );
    lone.run(5000);
    expect(new Set(packets(lone.take()).map(({ node }) => node))).toEqual(new Set(['a']));
    lone.run(26_000);
    lone.hear(aliveOf('b', 3, 2), { type: 'dead', node: 'b', from: 'b', incarnation: 2 });
    lone.run(5000);
    expect(packets(lone.take())).toEqual([]);
  });

  it('no datagram is longer than udpBufferBytes, whatever waits', () => {
    const above = Array.from({ length: 300 }, () => new Uint8Array(20));
    const delegate = {
      hasBroadcasts: () => above.length > 0,
      takeBroadcasts: (overheadBytes: number, limitBytes: number, maxItems: number) =>
        above.splice(0, Math.min(maxItems, Math.floor(limitBytes / (20 + overheadBytes)))),
    };
    const lone = new LoneSwim(quiet, { delegate, overheadBytes: () => 100 });
    for (let i = 2; i < 60; i++) lone.hear(aliveOf(`n${i}`, i, 1, { meta: new Uint8Array(i * 3) }));
    lone.run(1000);
    lone.hear({ type: 'ping', node: 'me', seqNo: 1 });
    const sizes = packets(lone.take()).map(({ messages }) =>
      messages.reduce((sum, { bytes }) => sum + bytes.length + 2, 2),
    );
    expect(sizes.length).toBeGreaterThan(10);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1300);
    expect(Math.max(...sizes)).toBeGreaterThan(1270);
  });

  it('without news nobody has to wake up for them', () => {
    const lone = new LoneSwim(quiet);
    expect(lone.swim.nextDeadlineMs).toBeLessThanOrEqual(200);
    for (let seqNo = 1; seqNo <= 4; seqNo++) lone.hear({ type: 'ping', node: 'me', seqNo });
    expect(lone.swim.queuedNews).toBe(0);
    expect(lone.swim.nextDeadlineMs).toBeGreaterThan(1000);
  });

  it('UserData, SendTo: messages of the layer above come with their sender', () => {
    const lone = new LoneSwim(quiet);
    lone.hearFrom(PEER, { type: 'user', body: Uint8Array.of(1, 2) });
    expect(lone.runTo('user')).toEqual({ type: 'user', body: Uint8Array.of(1, 2), from: PEER });
  });
});

describe('what we tell of ourselves', () => {
  it('delegateMeta_Update: a higher incarnation, told when it went out often enough', () => {
    const lone = new LoneSwim(quiet);
    lone.hear(aliveOf('a', 2));
    lone.do((swim) => swim.updateMeta(Uint8Array.of(8), lone.nowMs));
    expect(lone.member('me')).toMatchObject({ incarnation: 2, meta: Uint8Array.of(8) });
    expect(lone.takeEvents()).toEqual(['join', 'join', 'update']);
    expect(lone.runTo('told').what).toBe('meta');
  });

  it('Leave: told when the goodbye went out often enough', () => {
    const lone = new LoneSwim(quiet);
    lone.hear(aliveOf('a', 2));
    lone.run(2000);
    lone.take();
    lone.do((swim) => {
      swim.leave(lone.nowMs);
      swim.leave(lone.nowMs);
    });
    expect(lone.swim.isLeaving).toBe(true);
    const packet = lone.runToSent('dead');
    expect(packet.messages[0]!.message).toEqual({ type: 'dead', node: 'me', from: 'me', incarnation: 1 });
    expect(lone.runTo('told').what).toBe('leave');
    lone.hear({ type: 'ping', node: 'me', seqNo: 3 });
    expect(lone.runToSent('ack')).toBeDefined();
  });

  it('alone there is nobody to tell', () => {
    const lone = new LoneSwim(quiet);
    lone.do((swim) => swim.updateMeta(Uint8Array.of(8), 0));
    lone.do((swim) => swim.leave(0));
    expect(lone.takeEvents()).toEqual(['join', 'update', 'told', 'left', 'told']);
  });

  it('meta beyond 512 bytes are refused before anything is said', () => {
    const lone = new LoneSwim(quiet);
    expect(() => lone.swim.updateMeta(new Uint8Array(513), 0)).toThrow('meta: 513 bytes, allowed are 512');
    expect(lone.member('me')?.incarnation).toBe(1);
  });
});

describe('tuning', () => {
  it('profiles are consistent', () => {
    for (const profile of ['lan', 'wan', 'local'] as const)
      expect(resolveTuning(profile)).toEqual(SWIM_PROFILES[profile]);
  });

  it.each([
    { changes: { probeIntervalMs: 0 }, message: 'probeIntervalMs: 0, allowed are numbers from above 0' },
    { changes: { gossipNodes: 1.5 }, message: 'gossipNodes: 1.5, allowed are whole numbers from 0' },
    { changes: { suspicionMult: Number.NaN }, message: 'suspicionMult: NaN, allowed are whole numbers from 1' },
    { changes: { probeTimeoutMs: 2000 }, message: 'probeTimeoutMs: 2000, allowed is at most probeIntervalMs (1000)' },
  ])('refuses $changes', ({ changes, message }) => {
    expect(() => resolveTuning('lan', changes)).toThrow(message);
  });
});
