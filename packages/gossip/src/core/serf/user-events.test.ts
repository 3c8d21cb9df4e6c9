import { describe, expect, it } from 'vitest';
import { LoneSerf } from '../../testing/lone-serf.ts';
import type { UserEventMessage } from '../wire/serf-messages.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const message = (name: string, lamportTime: number, payload = 'x', coalesce = false): UserEventMessage => ({
  type: 'userEvent',
  name,
  lamportTime,
  payload: bytes(payload),
  coalesce,
});

/** `name payload` of the user events that no test has taken; takes all. */
function told(lone: LoneSerf): string[] {
  return lone.takeOnly('userEvent').map(({ name, payload }) => `${name} ${new TextDecoder().decode(payload)}`);
}

function pool(): LoneSerf {
  const lone = new LoneSerf();
  lone.meet('a', 'b');
  lone.run(3000);
  lone.take();
  return lone;
}

describe('user events', () => {
  it('eventsUser: ours is told to us at once and sent to others, with growing times', () => {
    const lone = pool();
    lone.do((serf, nowMs) => serf.userEvent('deploy', bytes('1'), false, nowMs));
    lone.do((serf, nowMs) => serf.userEvent('deploy', bytes('2'), true, nowMs));
    expect(told(lone)).toEqual(['deploy 1', 'deploy 2']);
    const sent = lone.takeSpread();
    expect(sent).toHaveLength(2);
    expect(sent).toEqual(expect.arrayContaining([message('deploy', 1, '1'), message('deploy', 2, '2', true)]));
    expect(lone.serf.clocks.event).toBe(3);
  });

  it('eventsUser_sizeLimit: 512 bytes, encoded', () => {
    const lone = pool();
    const send = (size: number) => () => {
      lone.do((serf, nowMs) => serf.userEvent('x', new Uint8Array(size), false, nowMs));
    };
    expect(send(512)).toThrow(/allowed are 512/);
    expect(send(482)).toThrow(/513 bytes encoded/);
    expect(lone.serf.clocks.event).toBe(1);
    expect(send(481)).not.toThrow();
  });

  it('userEvent_sameClock: two events of one time are both told, each once', () => {
    const lone = pool();
    lone.hear(message('a', 5), message('b', 5), message('a', 5), message('a', 5, 'y'), message('b', 5));
    expect(told(lone)).toEqual(['a x', 'b x', 'a y']);
    expect(lone.takeSpread()).toHaveLength(3);
  });

  it('userEvent_sameClock: names and payloads that only look alike together are different', () => {
    const lone = pool();
    lone.hear(message('ab', 5, 'c'), message('a', 5, 'bc'), { ...message('', 5), payload: bytes('abc') });
    expect(told(lone)).toHaveLength(3);
    lone.hear(
      { ...message('p', 6), payload: Uint8Array.of(0x80) },
      { ...message('p', 6), payload: Uint8Array.of(0x81) },
    );
    expect(told(lone)).toHaveLength(2);
  });

  it('userEvent_oldMessage: 512 times back is the end of our memory', () => {
    const lone = pool();
    lone.hear(message('now', 1000));
    lone.take();
    lone.hear(message('just so', 1001 - 512));
    expect(told(lone)).toEqual(['just so x']);
    lone.hear(message('too old', 1001 - 513));
    expect(lone.take().filter(({ type }) => type === 'userEvent')).toEqual([]);
    lone.hear(message('too old', 1001 - 513));
    expect(lone.takeOnly('serfNotice')).toMatchObject([{ what: 'outdated', subject: 'too old' }]);
    expect(lone.serf.clocks.event).toBe(1001);
  });

  it('an event is told once, however its copies are ordered among others', () => {
    const lone = pool();
    for (const time of [3, 1, 2, 3, 600, 599, 2, 600, 100, 89, 88]) lone.hear(message(`e${time}`, time));
    expect(told(lone)).toEqual(['e3 x', 'e1 x', 'e2 x', 'e600 x', 'e599 x', 'e100 x', 'e89 x']);
  });

  it('one Lamport time takes 256 events, and one event 9216 bytes', () => {
    const lone = pool();
    for (let i = 0; i < 300; i++) lone.hear(message(`e${i}`, 5));
    expect(told(lone)).toHaveLength(256);
    lone.hear(message('large', 6, 'x'.repeat(9212)));
    expect(lone.takeOnly('serfNotice')).toMatchObject([{ what: 'overflow', subject: 'large' }]);
  });

  it('memory is bounded: when all events together are too large the oldest go, and never come again', () => {
    const lone = new LoneSerf({ serf: { queueDepthMax: 1 } });
    const large = (time: number, i: number): UserEventMessage => message(`${i}`, time, 'x'.repeat(9000));
    let seen = 0;
    for (let time = 1; time <= 500; time++) {
      lone.hear(...Array.from({ length: 7 }, (_, i) => large(time, i)));
      seen += told(lone).length;
    }
    expect(seen).toBe(3500);
    const kept = lone.state().events!.reduce((sum, slot) => sum + (slot?.events?.length ?? 0), 0);
    expect(kept * 9000).toBeLessThan(17 * 1_048_576);
    expect(kept * 9000).toBeGreaterThan(15 * 1_048_576);
    lone.hear(large(1, 0), large(500, 0));
    expect(told(lone)).toEqual([]);
  });

  it('what was forgotten to make room for newer times takes no memory', () => {
    const lone = new LoneSerf({ serf: { queueDepthMax: 1 } });
    for (let time = 1; time <= 3000; time++) lone.hear(message('e', time, 'x'.repeat(9000)));
    expect(lone.state().events!.filter((slot) => slot !== null)).toHaveLength(512);
  });

  it('an event that no packet can hold is told and kept, but not queued for ever', () => {
    const lone = pool();
    lone.hear(message('large', 5, 'x'.repeat(2000)));
    expect(lone.take().map((effect) => (effect.type === 'serfNotice' ? effect.what : effect.type))).toEqual([
      'userEvent',
      'overflow',
    ]);
    expect(lone.serf.queued.events).toBe(0);
  });

  it('queues are bounded: 4096 messages wait at most', () => {
    const lone = new LoneSerf();
    for (let i = 0; i < 5000; i++) lone.hear(message(`e${i}`, 1 + (i % 400)));
    expect(lone.serf.queued.events).toBe(4096);
  });

  it('getQueueMax: a long queue is told twice a minute', () => {
    const lone = new LoneSerf();
    for (let i = 0; i < 127; i++) lone.hear(message(`e${i}`, 1 + i));
    lone.run(31_000);
    expect(lone.takeOnly('serfNotice')).toEqual([]);
    lone.hear(message('e127', 128));
    lone.run(60_000);
    expect(lone.takeOnly('serfNotice')).toMatchObject([
      { what: 'queueDepth', subject: 'events' },
      { what: 'queueDepth', subject: 'events' },
    ]);
  });
});
