import { describe, expect, it } from 'vitest';
import { aliveOf, LoneSwim } from '../../testing/lone-swim.ts';
import type { Ping } from '../wire/messages.ts';
import type { SwimTuning } from './options.ts';

const OLD_VSN = Uint8Array.of(1, 2, 2, 2, 5, 4);
const NACK_LESS_VSN = Uint8Array.of(1, 3, 2, 2, 5, 4);

/** Knows `a` and up to three helpers; no news, no exchange. */
function prober(helpers = 0, tuning: Partial<SwimTuning> = {}, helperVsn?: Uint8Array): LoneSwim {
  const lone = new LoneSwim({ pushPullIntervalMs: 0, stallThresholdMs: 1e12, ...tuning });
  lone.hear(aliveOf('a', 2));
  const vsn = helperVsn ?? aliveOf('a', 2).vsn;
  for (let i = 0; i < helpers; i++) lone.hear(aliveOf(`h${i}`, 10 + i, 1, { vsn }));
  lone.run(5);
  return lone;
}

/** Runs to a ping of `a`; pings of others before are answered. */
function pingOfA(lone: LoneSwim): Ping {
  for (;;) {
    const { messages } = lone.runToSent('ping');
    const ping = messages[0]!.message as Ping;
    if (ping.node === 'a') return ping;
    lone.hear({ type: 'ack', seqNo: ping.seqNo, payload: null });
  }
}

/** Types of first messages of the packets sent, in order; takes all. */
function sentTypes(lone: LoneSwim): string[] {
  return lone.take().flatMap((effect) => (effect.type === 'packet' ? [effect.messages[0]!.message.type] : []));
}

describe('Probe', () => {
  it('ProbeNode, ProbeNode_Awareness_Improved, invokeAckHandler_Channel_Ack: an ack ends it, tells the round trip and betters our health', () => {
    const lone = prober();
    lone.hear({ type: 'suspect', node: 'me', from: 'x', incarnation: 1 });
    expect(lone.swim.healthScore).toBe(1);
    const ping = pingOfA(lone);
    expect(ping).toMatchObject({ sourceAddr: Uint8Array.of(10, 0, 0, 1), sourcePort: 7946, sourceNode: 'me' });
    lone.nowMs += 42;
    lone.hear({ type: 'ack', seqNo: ping.seqNo, payload: Uint8Array.of(7) });
    const pinged = lone.runTo('pinged');
    expect(pinged).toMatchObject({ rttMs: 42, payload: Uint8Array.of(7), node: { name: 'a' } });
    expect(lone.swim.healthScore).toBe(0);
  });

  it('setProbeChannels, setAckHandler, invokeAckHandler: an ack of another number is nobody’s', () => {
    const lone = prober();
    const ping = pingOfA(lone);
    lone.hear({ type: 'ack', seqNo: ping.seqNo + 1, payload: null });
    lone.run(1000);
    expect(lone.member('a')?.state).toBe('suspect');
  });

  it('one at a time, each once per round, in an order that changes', () => {
    const lone = prober(3);
    const rounds = Array.from({ length: 6 }, () =>
      Array.from({ length: 4 }, () => {
        const ping = lone.runToSent('ping').messages[0]!.message as Ping;
        lone.hear({ type: 'ack', seqNo: ping.seqNo, payload: null });
        return ping.node;
      }),
    );
    // The round that runs when members come is a mix.
    for (const round of rounds.slice(1)) expect(round.toSorted()).toEqual(['a', 'h0', 'h1', 'h2']);
    expect(new Set(rounds.map(String)).size).toBeGreaterThan(1);
  });

  it('the dead and the left are not probed, and forgotten after gossipToTheDeadMs', () => {
    const lone = prober(1);
    lone.hear(
      { type: 'dead', node: 'a', from: 'x', incarnation: 1 },
      { type: 'dead', node: 'h0', from: 'h0', incarnation: 1 },
    );
    lone.take();
    lone.run(29_000);
    expect(sentTypes(lone)).not.toContain('ping');
    expect(lone.swim.size).toBe(3);
    lone.run(2000);
    expect(lone.swim.members().map(({ name }) => name)).toEqual(['me']);
  });

  it('ProbeNode_Buddy: a suspect is told so with its ping, without other news', () => {
    const lone = prober(1);
    lone.hear({ type: 'suspect', node: 'a', from: 'x', incarnation: 1 });
    for (;;) {
      const { to, checksum, messages } = lone.runToSent('ping');
      const [first, ...rest] = messages.map(({ message }) => message);
      lone.hear({ type: 'ack', seqNo: (first as Ping).seqNo, payload: null });
      if ((first as Ping).node !== 'a') continue;
      expect(to.ip).toBe('10.0.0.2');
      expect(rest).toEqual([{ type: 'suspect', node: 'a', from: 'me', incarnation: 1 }]);
      expect(checksum).toBe(true);
      break;
    }
  });

  it('ProbeNode_Suspect: without answer others are asked with the same number after the timeout, suspicion at the deadline', () => {
    const lone = prober(3);
    const ping = pingOfA(lone);
    const sentMs = lone.nowMs;
    lone.take();
    lone.run(499);
    expect(sentTypes(lone)).not.toContain('indirectPing');
    lone.run(1);
    const effects = lone.take();
    const asked = effects.flatMap((effect) => {
      const message = effect.type === 'packet' ? effect.messages[0]!.message : undefined;
      return message?.type === 'indirectPing' ? [message] : [];
    });
    expect(asked).toHaveLength(3);
    for (const request of asked) {
      expect(request).toMatchObject({
        node: 'a',
        seqNo: ping.seqNo,
        nack: true,
        target: Uint8Array.of(10, 0, 0, 2),
        port: 7946,
      });
    }
    expect(effects.find(({ type }) => type === 'streamPing')).toMatchObject({
      node: 'a',
      seqNo: ping.seqNo,
      deadlineMs: sentMs + 1000,
    });
    lone.run(499);
    expect(lone.member('a')?.state).toBe('alive');
    lone.run(1);
    expect(lone.member('a')?.state).toBe('suspect');
  });

  it('an ack through others ends it, without a round trip', () => {
    const lone = prober(3);
    const ping = pingOfA(lone);
    lone.run(700);
    lone.take();
    lone.hear({ type: 'ack', seqNo: ping.seqNo, payload: null });
    expect(lone.takeEvents()).toEqual([]);
    lone.run(290);
    expect(lone.member('a')?.state).toBe('alive');
  });

  it('ProbeNode_FallbackTCP: an answer over a stream saves the target and says what is wrong', () => {
    const lone = prober(3);
    const ping = pingOfA(lone);
    lone.runTo('streamPing');
    lone.do((swim) => swim.streamPingAnswered(ping.seqNo, lone.nowMs));
    lone.run(500);
    expect(lone.takeEvents()).toContain('packetsBlocked');
    expect(lone.member('a')?.state).toBe('alive');
  });

  it.each([
    { title: 'ProbeNode_FallbackTCP_Disabled', tuning: { streamPings: false }, vsn: undefined },
    { title: 'ProbeNode_FallbackTCP_OldProtocol', tuning: {}, vsn: OLD_VSN },
  ])('$title: no stream is tried', ({ tuning, vsn }) => {
    const lone = new LoneSwim({ pushPullIntervalMs: 0, ...tuning });
    lone.hear(aliveOf('a', 2, 1, vsn && { vsn }));
    pingOfA(lone);
    lone.run(1000);
    expect(lone.take().map(({ type }) => type)).not.toContain('streamPing');
    expect(lone.member('a')?.state).toBe('suspect');
  });

  it.each([
    { title: 'Awareness_Degraded: no helpers', helpers: 0, nacks: 0, score: 1, vsn: undefined },
    { title: 'Awareness_MissedNack: all nacks missing', helpers: 3, nacks: 0, score: 3, vsn: undefined },
    { title: 'Awareness_MissedNack: one missing', helpers: 3, nacks: 2, score: 1, vsn: undefined },
    {
      title: 'invokeAckHandler_Channel_Nack: all nacks came, so it is not us',
      helpers: 3,
      nacks: 3,
      score: 0,
      vsn: undefined,
    },
    { title: 'more nacks than asked for', helpers: 3, nacks: 9, score: 0, vsn: undefined },
    { title: 'Awareness_OldProtocol: helpers without nacks', helpers: 3, nacks: 0, score: 1, vsn: NACK_LESS_VSN },
  ])('ProbeNode_$title gives a score of $score', ({ helpers, nacks, score, vsn }) => {
    const lone = prober(helpers, {}, vsn);
    const { seqNo } = pingOfA(lone);
    lone.run(600);
    for (let i = 0; i < nacks; i++) lone.hear({ type: 'nack', seqNo });
    lone.run(400);
    expect(lone.member('a')?.state).toBe('suspect');
    expect(lone.swim.healthScore).toBe(score);
  });

  it('an unhealthy member waits longer before it accuses, and its slow probe swallows ticks', () => {
    const lone = prober();
    lone.hear({ type: 'suspect', node: 'me', from: 'x', incarnation: 1 });
    pingOfA(lone);
    lone.take();
    lone.run(1999);
    expect(lone.member('a')?.state).toBe('alive');
    expect(sentTypes(lone)).not.toContain('ping');
    lone.run(1);
    expect(lone.member('a')?.state).toBe('suspect');
  });

  it.each([{ lastProbe: false }, { lastProbe: true }])(
    'Suspicion fires: a suspect that nobody hears of dies after 4 s, by our word (last probe: $lastProbe)',
    ({ lastProbe }) => {
      const lone = prober(0, { lastProbe });
      const suspected = lone.runTo('suspect');
      const startMs = lone.nowMs;
      const { node } = lone.runTo('failed');
      expect(suspected.node.name).toBe('a');
      expect(node).toMatchObject({ name: 'a', state: 'dead', incarnation: 1 });
      expect(lone.nowMs - startMs).toBe(4000);
    },
  );

  it('an accusation of a later life confirms nothing: the time starts again, and its confirmations count', () => {
    const silent = new LoneSwim({ pushPullIntervalMs: 0, stallThresholdMs: 1e12, lastProbe: false });
    silent.hear(aliveOf('a', 2), ...[0, 1, 2, 3].map((i) => aliveOf(`h${i}`, 10 + i)));
    const accuse = (incarnation: number, ...accusers: string[]): void => {
      for (const from of accusers) silent.hear({ type: 'suspect', node: 'a', from, incarnation });
    };
    accuse(1, 'x');
    const startMs = silent.nowMs;
    runAnswered(silent, () => silent.nowMs - startMs >= 3000);
    accuse(2, 'y', 'z');
    const againMs = silent.nowMs;
    runAnswered(silent, () => silent.member('a')?.state !== 'suspect');
    expect(silent.member('a')).toMatchObject({ state: 'dead', incarnation: 2 });
    expect(silent.nowMs - againMs).toBe(11_381);
  });

  it.each([
    { accusers: [], afterMs: 24_000 },
    { accusers: ['x'], afterMs: 11_381 },
    { accusers: ['x', 'x', 'me'], afterMs: 4000 },
    { accusers: ['x', 'y', 'z'], afterMs: 4000 },
  ])('ProbeNode_Suspect_Dogpile: accusers $accusers bring death after $afterMs ms', ({ accusers, afterMs }) => {
    // Nobody is asked, so that we ourselves confirm nothing.
    const silent = new LoneSwim({ pushPullIntervalMs: 0, stallThresholdMs: 1e12, lastProbe: false });
    silent.hear(aliveOf('a', 2), ...[0, 1, 2, 3].map((i) => aliveOf(`h${i}`, 10 + i)));
    silent.hear({ type: 'suspect', node: 'a', from: 'first', incarnation: 1 });
    const startMs = silent.nowMs;
    for (const from of accusers) silent.hear({ type: 'suspect', node: 'a', from, incarnation: 1 });
    runAnswered(silent, () => silent.member('a')?.state !== 'suspect');
    expect(silent.nowMs - startMs).toBe(afterMs);
  });

  it('Suspicion_Immediate: a confirmation that comes after the time it leaves brings death at once', () => {
    const silent = new LoneSwim({ pushPullIntervalMs: 0, stallThresholdMs: 1e12, lastProbe: false });
    silent.hear(aliveOf('a', 2), ...[0, 1, 2, 3].map((i) => aliveOf(`h${i}`, 10 + i)));
    silent.hear({ type: 'suspect', node: 'a', from: 'first', incarnation: 1 });
    const startMs = silent.nowMs;
    runAnswered(silent, () => silent.nowMs - startMs >= 15_000);
    expect(silent.member('a')?.state).toBe('suspect');
    const confirmedMs = silent.nowMs;
    silent.hear({ type: 'suspect', node: 'a', from: 'x', incarnation: 1 });
    runAnswered(silent, () => silent.member('a')?.state !== 'suspect');
    expect(silent.nowMs).toBe(confirmedMs);
  });
});

describe('stalls', () => {
  it('a probe whose answer we could not hear accuses nobody', () => {
    const lone = prober(0, { stallThresholdMs: 500 });
    pingOfA(lone);
    lone.take();
    lone.nowMs += 3000;
    lone.do((swim) => swim.advance(lone.nowMs));
    expect(lone.takeEvents()).toEqual(['stalled']);
    expect(lone.member('a')?.state).toBe('alive');
    expect(lone.swim.healthScore).toBe(1);
  });

  it('a short delay lets waiting packets in before anybody is judged', () => {
    const lone = prober(0, { stallThresholdMs: 500 });
    const { seqNo } = pingOfA(lone);
    lone.run(600);
    lone.nowMs += 450;
    lone.do((swim) => swim.advance(lone.nowMs));
    expect(lone.swim.nextDeadlineMs).toBe(lone.nowMs + 5);
    lone.hear({ type: 'ack', seqNo, payload: null });
    lone.run(100);
    expect(lone.member('a')?.state).toBe('alive');
    expect(lone.takeEvents()).not.toContain('stalled');
  });

  it('suspicions do not grow old meanwhile', () => {
    const lone = prober(0, { stallThresholdMs: 500 });
    lone.runTo('suspect');
    lone.run(1000);
    lone.nowMs += 60_000;
    lone.do((swim) => swim.advance(lone.nowMs));
    lone.run(500);
    expect(lone.member('a')?.state).toBe('suspect');
    lone.hear(aliveOf('a', 2, 2));
    expect(lone.member('a')?.state).toBe('alive');
  });

  it.each([50, 700])('timers that are always %i ms late do not keep us from working', (lateMs) => {
    const lone = prober(0, { stallThresholdMs: 500 });
    lone.hear({ type: 'suspect', node: 'a', from: 'x', incarnation: 1 });
    lone.take();
    for (let i = 0; i < 200; i++) {
      lone.nowMs = Math.max(lone.nowMs, lone.swim.nextDeadlineMs) + lateMs;
      lone.do((swim) => swim.advance(lone.nowMs));
    }
    expect(new Set(sentTypes(lone))).toContain('ping');
    expect(lone.swim.queuedNews).toBe(0);
  });

  it('a clock that jumps back changes nothing', () => {
    const lone = prober();
    lone.run(5000);
    const { nowMs } = lone;
    lone.take();
    lone.do((swim) => swim.advance(nowMs - 4000));
    expect(lone.take()).toEqual([]);
    expect(lone.swim.nextDeadlineMs).toBeGreaterThanOrEqual(nowMs);
  });

  it('news after long silence are no stall', () => {
    let has = false;
    const delegate = { hasBroadcasts: () => has, takeBroadcasts: () => (has ? [Uint8Array.of(1)] : []) };
    const lone = new LoneSwim({ probeIntervalMs: 1e9, pushPullIntervalMs: 0 }, { delegate });
    lone.hear(aliveOf('a', 2));
    lone.run(3000);
    lone.nowMs += 60_000;
    has = true;
    lone.do((swim) => swim.advance(lone.nowMs));
    lone.run(200);
    expect(lone.takeEvents()).toEqual(['join', 'join']);
  });
});

/** Goes from deadline to deadline; whoever is pinged answers. */
function runAnswered(lone: LoneSwim, isDone: () => boolean): void {
  while (!isDone()) {
    lone.nowMs = Math.max(lone.nowMs, lone.swim.nextDeadlineMs);
    lone.do((swim) => swim.advance(lone.nowMs));
    for (const effect of lone.take()) {
      if (effect.type !== 'packet') continue;
      const { message } = effect.messages[0]!;
      if (message.type === 'ping') lone.hear({ type: 'ack', seqNo: message.seqNo, payload: null });
    }
  }
}
