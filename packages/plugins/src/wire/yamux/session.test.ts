import { describe, expect, it } from 'vitest';
import type { YamuxEvent } from './events.ts';
import { encodeYamuxFrame, YAMUX_WINDOW_BYTES, type YamuxFrame } from './frame.ts';
import { YamuxSession } from './session.ts';

/** Two sessions that hear each other at once; what either heard since the last look. */
function pair(options: { maxPeerStreams?: number; maxUnconfirmed?: number; maxQueuedBytes?: number } = {}) {
  const host = new YamuxSession({ role: 'client', ...options });
  const plugin = new YamuxSession({ role: 'server', ...options });
  const settle = (): { host: YamuxEvent[]; plugin: YamuxEvent[] } => {
    const heard = { host: [] as YamuxEvent[], plugin: [] as YamuxEvent[] };
    for (let round = 0; round < 10; round++) {
      for (const bytes of host.takeOutput()) plugin.receive(bytes);
      for (const bytes of plugin.takeOutput()) host.receive(bytes);
      heard.host.push(...host.takeEvents());
      heard.plugin.push(...plugin.takeEvents());
    }
    return heard;
  };
  return { host, plugin, settle };
}

const frame = (type: YamuxFrame['type'], flags: number, streamId: number, value = 0): Uint8Array => {
  const payload = type === 'data' ? { payload: new Uint8Array(value) } : {};
  return encodeYamuxFrame({ type, flags, streamId, value, ...payload });
};

/** Events of a server that hears these frames. */
function heardBy(frames: readonly Uint8Array[]): { events: YamuxEvent[]; output: string[] } {
  const session = new YamuxSession({ role: 'server' });
  for (const bytes of frames) session.receive(bytes);
  return {
    events: session.takeEvents(),
    output: session.takeOutput().map((bytes) => Buffer.from(bytes).toString('hex')),
  };
}

const GO_AWAY = '000300000000000000000001';

describe('streams', () => {
  it('carry data both ways and end', () => {
    const { host, plugin, settle } = pair();
    const id = host.open();
    host.write(id, Uint8Array.of(1, 2));
    expect(settle()).toMatchObject({
      host: [{ type: 'opened', streamId: 1 }],
      plugin: [
        { type: 'stream', streamId: 1 },
        { type: 'data', bytes: Uint8Array.of(1, 2) },
      ],
    });
    plugin.write(id, Uint8Array.of(3));
    plugin.end(id);
    expect(settle().host.map(({ type }) => type)).toEqual(['data', 'end']);
    host.end(id);
    expect(settle().plugin).toEqual([{ type: 'end', streamId: 1 }]);
    expect(() => host.write(id, Uint8Array.of(1))).toThrow(/stream 1 is not open/);
    expect([host.open(), plugin.open()]).toEqual([3, 2]);
  });

  it('send no more than the other side takes, and end after what waits', () => {
    const { host, plugin, settle } = pair();
    const id = host.open();
    host.write(id, new Uint8Array(YAMUX_WINDOW_BYTES + 1000));
    host.end(id);
    const first = settle().plugin.filter((event) => event.type === 'data');
    expect(first.map(({ bytes }) => bytes.length)).toEqual([YAMUX_WINDOW_BYTES]);
    expect(host.queuedBytes(id)).toBe(1000);
    plugin.consume(id, YAMUX_WINDOW_BYTES / 2 - 1);
    expect(settle().plugin).toEqual([]);
    plugin.consume(id, 1);
    expect(settle().plugin.map(({ type }) => type)).toEqual(['data', 'end']);
    expect(() => plugin.consume(id, YAMUX_WINDOW_BYTES)).toThrow(RangeError);
  });

  it('are reset by either side', () => {
    const { host, plugin, settle } = pair();
    const id = host.open();
    settle();
    plugin.reset(id);
    expect(settle().host).toEqual([{ type: 'reset', streamId: 1 }]);
    expect(() => host.end(id)).toThrow(/not open/);
  });

  it('are limited: unconfirmed, of the other side, and what waits', () => {
    const many = pair({ maxUnconfirmed: 2, maxPeerStreams: 2, maxQueuedBytes: 10 });
    many.host.open();
    const second = many.host.open();
    expect(() => many.host.open()).toThrow(expect.objectContaining({ code: 'PLUGIN_LIMIT' }));
    many.settle();
    many.host.open();
    expect(many.settle().host).toContainEqual({ type: 'reset', streamId: 5 });
    many.host.reset(second);
    many.settle();
    many.host.open();
    expect(many.settle().plugin).toEqual([{ type: 'stream', streamId: 7 }]);
    expect(() => many.host.write(1, new Uint8Array(11))).toThrow(/at most 10/);
  });
});

describe('the session', () => {
  it('answers pings, and hears answers to its own', () => {
    const { host, settle } = pair();
    const value = host.ping();
    expect(settle().host).toEqual([{ type: 'pong', value }]);
    expect(heardBy([frame('ping', 1, 0, 77)]).output).toEqual(['00020002000000000000004d']);
    expect(heardBy([frame('ping', 2, 0, 77)])).toEqual({ events: [], output: [] });
    for (let i = 0; i < 16; i++) host.ping();
    expect(() => host.ping()).toThrow(/16 pings/);
  });

  it('opens no streams after a go-away, and goes on with those that are', () => {
    const { host, plugin, settle } = pair();
    const id = host.open();
    settle();
    plugin.goAway();
    expect(settle().host).toEqual([{ type: 'goAway', code: 0 }]);
    expect(() => host.open()).toThrow(/no more streams/);
    host.write(id, Uint8Array.of(1));
    expect(settle().plugin.map(({ type }) => type)).toEqual(['data']);
  });

  it('after a go-away of its own resets what is opened, after that of the other side takes it', () => {
    const { host, plugin, settle } = pair();
    host.goAway();
    expect(() => host.open()).toThrow(/no more streams/);
    host.receive(frame('windowUpdate', 1, 2));
    expect(host.takeEvents()).toEqual([]);
    expect(host.takeOutput()).toEqual([frame('goAway', 0, 0), frame('windowUpdate', 8, 2)]);
    plugin.receive(frame('goAway', 0, 0));
    host.reset(2);
    plugin.receive(frame('windowUpdate', 1, 1));
    expect(settle().plugin).toEqual([
      { type: 'goAway', code: 0 },
      { type: 'stream', streamId: 1 },
    ]);
  });

  it('takes streams that were opened in another order, once', () => {
    const ids = [3, 1, 7, 5];
    const { events } = heardBy(ids.map((id) => frame('windowUpdate', 1, id)));
    expect(events).toEqual(ids.map((streamId) => ({ type: 'stream', streamId })));
  });

  it('ignores frames of streams that are over', () => {
    const { events, output } = heardBy([
      frame('data', 0, 9, 5),
      frame('windowUpdate', 4, 9),
      frame('windowUpdate', 2, 9),
    ]);
    expect([events, output]).toEqual([[], []]);
  });
});

const OPEN = frame('windowUpdate', 1, 1);

describe('what breaks the rules ends the session', () => {
  it.each([
    ['another version', [Uint8Array.of(1, ...frame('ping', 1, 0).subarray(1))], /version 1/],
    ['an unknown type', [Uint8Array.of(0, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0)], /unknown type 4/],
    ['unknown flags', [Uint8Array.of(0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0)], /unknown flags 16/],
    ['data on the session', [frame('data', 0, 0, 1)], /data on stream 0/],
    ['a payload longer than any window', [Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1, 255, 0, 0, 0)], /at most 262144/],
    [
      'data beyond the window',
      [OPEN, frame('data', 0, 1, YAMUX_WINDOW_BYTES), frame('data', 0, 1, 1)],
      /0 were allowed/,
    ],
    ['data after the end', [OPEN, frame('windowUpdate', 4, 1), frame('data', 0, 1, 1)], /after the end/],
    ['two ends', [OPEN, frame('windowUpdate', 4, 1), frame('windowUpdate', 4, 1)], /ended twice/],
    ['an id twice', [OPEN, OPEN], /cannot be opened/],
    ['an id of ours', [frame('windowUpdate', 1, 2)], /cannot be opened/],
    ['an id far away', [frame('windowUpdate', 1, 100_001)], /cannot be opened/],
    ['a window that overflows', [OPEN, frame('windowUpdate', 0, 1, 2 ** 32 - 1)], /window beyond/],
  ])('%s', (_name, frames, message) => {
    const { events, output } = heardBy([...frames, frame('ping', 1, 0, 1)]);
    expect(events.at(-1)).toMatchObject({ type: 'failed', error: { message: expect.stringMatching(message) } });
    expect(output.at(-1)).toBe(GO_AWAY);
  });

  it('afterwards every call says why', () => {
    const session = new YamuxSession({ role: 'server' });
    session.receive(frame('data', 0, 0, 1));
    expect(() => session.open()).toThrow(/stream 0/);
    expect(() => session.write(1, Uint8Array.of(1))).toThrow(/stream 0/);
  });
});
