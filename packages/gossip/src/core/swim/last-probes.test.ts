import { describe, expect, it } from 'vitest';
import { aliveOf, LoneSwim } from '../../testing/lone-swim.ts';
import type { PacketMessage } from '../wire/messages.ts';
import type { SwimEffect } from './effects.ts';
import type { SwimTuning } from './options.ts';
import { suspicionMinMs } from './scale.ts';

/** From the accusation of one that nobody else shares: in a pool of few, six times the least. */
const SUSPICION_MS = 24_000;
/** `probeIntervalMs` of the lan: a last probe begins so long before the end. */
const INTERVAL_MS = 1000;

/** `a` just became suspect. Probes in turn are answered unless a test says otherwise. */
function suspect(tuning: Partial<SwimTuning> = {}): { lone: LoneSwim } {
  const lone = new LoneSwim({ pushPullIntervalMs: 0, stallThresholdMs: 1e12, ...tuning });
  lone.hear(aliveOf('a', 2), ...[0, 1, 2, 3].map((i) => aliveOf(`h${i}`, 10 + i)));
  lone.hear({ type: 'suspect', node: 'a', from: 'x', incarnation: 1 });
  return { lone };
}

/** `a` is suspect, and of its time one probe interval is left. Probes in turn come once in ages, so that only last ones are seen. */
function lateSuspect(tuning: Partial<SwimTuning> = {}): { lone: LoneSwim; seqNo: number; sent: SwimEffect[] } {
  const { lone } = suspect(tuning);
  runAnswering(lone, SUSPICION_MS - INTERVAL_MS - 1);
  lone.take();
  expect(lone.member('a')?.state).toBe('suspect');
  lone.run(1);
  const sent = lone.take();
  const ping = messagesOf(sent).findLast((message) => message.type === 'ping' && message.node === 'a');
  return { lone, seqNo: ping?.type === 'ping' ? ping.seqNo : -1, sent };
}

/** Runs a time in which whoever is pinged answers, `a` too. */
function runAnswering(lone: LoneSwim, ms: number): void {
  const endMs = lone.nowMs + ms;
  while (lone.nowMs < endMs) {
    lone.run(Math.min(10, endMs - lone.nowMs));
    for (const message of messagesOf(lone.take())) {
      if (message.type === 'ping') lone.hear({ type: 'ack', seqNo: message.seqNo, payload: null });
    }
  }
}

/** The same, while `a` is silent for good; returns all that happened. */
function runWithoutA(lone: LoneSwim, ms: number): SwimEffect[] {
  const all: SwimEffect[] = [];
  const endMs = lone.nowMs + ms;
  while (lone.nowMs < endMs) {
    lone.run(1);
    const effects = lone.take();
    all.push(...effects);
    for (const message of messagesOf(effects)) {
      if (message.type === 'ping' && message.node !== 'a') {
        lone.hear({ type: 'ack', seqNo: message.seqNo, payload: null });
      }
    }
  }
  return all;
}

function messagesOf(effects: readonly SwimEffect[]): PacketMessage[] {
  return effects.flatMap((effect) => (effect.type === 'packet' ? effect.messages.map(({ message }) => message) : []));
}

describe('a last probe', () => {
  it('tells the suspect what it is accused of, then asks others and over a stream; the suspect is dead as soon as without', () => {
    const { lone, seqNo, sent } = lateSuspect();
    expect(messagesOf(sent)).toContainEqual({ type: 'suspect', node: 'a', from: 'me', incarnation: 1 });
    expect(lone.member('a')?.state).toBe('suspect');
    const later = runWithoutA(lone, INTERVAL_MS - 1);
    const relayed = messagesOf(later).filter((message) => message.type === 'indirectPing' && message.seqNo === seqNo);
    expect(relayed).toHaveLength(3);
    expect(later).toContainEqual(expect.objectContaining({ type: 'streamPing', node: 'a', seqNo }));
    expect(lone.member('a')?.state).toBe('suspect');
    expect(runWithoutA(lone, 1).map(({ type }) => type)).toContain('failed');
    expect(lone.nowMs).toBe(SUSPICION_MS);
  });

  it.each([
    { way: 'itself', afterMs: 10, answer: 'ack' },
    { way: 'others', afterMs: 700, answer: 'ack' },
    { way: 'a stream', afterMs: 700, answer: 'stream' },
  ])('an answer by $way spares it, and its time starts again', ({ afterMs, answer }) => {
    const { lone, seqNo } = lateSuspect();
    runWithoutA(lone, afterMs);
    if (answer === 'ack') lone.hear({ type: 'ack', seqNo, payload: null });
    else lone.do((swim) => swim.streamPingAnswered(seqNo, lone.nowMs));
    // Our own probes of it in turn may fail from here on, and confirm: not before the least time, and one interval.
    const quiet = runWithoutA(lone, 4000).map(({ type }) => type);
    expect(quiet).not.toContain('failed');
    expect(lone.member('a')).toMatchObject({ state: 'suspect', incarnation: 1 });
  });

  it('one that falls silent after it was spared is found: suspicions are not for ever', () => {
    const { lone, seqNo } = lateSuspect();
    lone.hear({ type: 'ack', seqNo, payload: null });
    const failed = runWithoutA(lone, SUSPICION_MS).filter(({ type }) => type === 'failed');
    expect(failed).toHaveLength(1);
    expect(lone.member('a')?.state).toBe('dead');
  });

  it('an ack that comes after the end, or of another number, changes nothing', () => {
    const { lone, seqNo } = lateSuspect();
    lone.hear({ type: 'ack', seqNo: seqNo + 1000, payload: null });
    runWithoutA(lone, 1000);
    expect(lone.member('a')?.state).toBe('dead');
    lone.hear({ type: 'ack', seqNo, payload: null });
    expect(lone.member('a')?.state).toBe('dead');
  });

  it('a refutation ends it, and the word of another that it is dead counts at once', () => {
    const refuted = lateSuspect().lone;
    refuted.hear(aliveOf('a', 2, 2));
    expect(refuted.member('a')).toMatchObject({ state: 'alive', incarnation: 2 });
    runWithoutA(refuted, 1000);
    expect(refuted.member('a')?.state).not.toBe('dead');

    const { lone, seqNo } = lateSuspect();
    lone.hear({ type: 'dead', node: 'a', from: 'x', incarnation: 1 });
    expect(lone.member('a')?.state).toBe('dead');
    lone.hear({ type: 'ack', seqNo, payload: null });
    expect(lone.member('a')?.state).toBe('dead');
  });

  it('an accusation of a later life makes it void: that life has all of its time', () => {
    const { lone } = lateSuspect();
    lone.hear({ type: 'suspect', node: 'a', from: 'y', incarnation: 2 });
    runWithoutA(lone, 3000);
    expect(lone.member('a')).toMatchObject({ state: 'suspect', incarnation: 2 });
  });

  it('a stall of ours while it runs accuses nobody', () => {
    const { lone, seqNo } = lateSuspect({ stallThresholdMs: 500 });
    lone.nowMs += 5000;
    lone.do((swim) => swim.advance(lone.nowMs));
    expect(lone.take().map(({ type }) => type)).toContain('stalled');
    lone.hear({ type: 'ack', seqNo, payload: null });
    runWithoutA(lone, 1000);
    expect(lone.member('a')?.state).toBe('suspect');
  });

  it('a confirmation that cuts the time short leaves one probe interval at most', () => {
    const { lone } = suspect();
    runAnswering(lone, 10_000);
    // Two confirmations are all that count: with them the time would have ended after 4 s.
    for (const from of ['y', 'z']) lone.hear({ type: 'suspect', node: 'a', from, incarnation: 1 });
    expect(lone.member('a')?.state).toBe('suspect');
    runWithoutA(lone, INTERVAL_MS - 1);
    expect(lone.member('a')?.state).toBe('suspect');
    runWithoutA(lone, 1);
    expect(lone.member('a')?.state).toBe('dead');
  });

  it('confirmations while it runs change nothing', () => {
    const { lone } = lateSuspect();
    for (const from of ['y', 'z']) lone.hear({ type: 'suspect', node: 'a', from, incarnation: 1 });
    runWithoutA(lone, INTERVAL_MS - 1);
    expect(lone.member('a')?.state).toBe('suspect');
    runWithoutA(lone, 1);
    expect(lone.member('a')?.state).toBe('dead');
  });

  it('off, nobody asks, and the suspect is dead when its time has run out', () => {
    const { lone, seqNo } = lateSuspect({ lastProbe: false });
    expect(seqNo).toBe(-1);
    runAnswering(lone, INTERVAL_MS - 1);
    expect(lone.member('a')?.state).toBe('suspect');
    lone.run(1);
    expect(lone.member('a')?.state).toBe('dead');
  });

  it('at most 32 run at once; the others die when their time has run out as well, unasked', () => {
    const lone = new LoneSwim({ pushPullIntervalMs: 0, stallThresholdMs: 1e12, suspicionMaxTimeoutMult: 1 });
    const names = Array.from({ length: 40 }, (_, i) => `s${i}`);
    lone.hear(...names.map((name, i) => aliveOf(name, 10 + i)));
    lone.hear(...names.map((node) => ({ type: 'suspect', node, from: 'x', incarnation: 1 }) as const));
    const dead = (): number => names.filter((name) => lone.member(name)?.state === 'dead').length;
    const dieAfterMs = suspicionMinMs(4, names.length + 1, INTERVAL_MS);
    lone.run(dieAfterMs - INTERVAL_MS - 1);
    lone.take();
    lone.run(1);
    const asked = messagesOf(lone.take()).filter(({ type }) => type === 'ping');
    expect(asked).toHaveLength(32);
    lone.run(INTERVAL_MS - 1);
    expect(dead()).toBe(0);
    lone.run(1);
    expect(dead()).toBe(40);
  });
});
