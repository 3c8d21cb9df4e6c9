import type { ApplyEvent } from '@dkron/jobs';
import { ManualTime } from '@dkron/runtime/testing';
import type { AppliedListener } from '@dkron/store';
import { describe, expect, it } from 'vitest';
import type { Sink } from './connection.ts';
import { EventStream } from './event-stream.ts';
import type { EventFilter } from './event-stream.ts';
import { EventFeed } from './feed.ts';
import { Streams } from './streams.ts';

/** The writing end of a reader that takes what it is given, or nothing. */
class FakeSink implements Sink {
  readonly texts: string[] = [];
  reads = true;
  destroyed = false;
  writableLength = 0;
  writableNeedDrain = false;
  readonly #listeners = new Map<string, () => void>();

  write(text: string): boolean {
    this.texts.push(text);
    if (!this.reads) {
      this.writableLength += text.length;
      this.writableNeedDrain = this.writableLength > 16_384;
    }
    return !this.writableNeedDrain;
  }

  on(event: string, listener: () => void): void {
    this.#listeners.set(event, listener);
  }

  drain(): void {
    this.writableLength = 0;
    this.writableNeedDrain = false;
    this.#listeners.get('drain')?.();
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    this.destroyed = true;
    this.#listeners.get('close')?.();
  }

  /** Ids of the events received, `reset` for that event. */
  get ids(): string[] {
    return this.texts
      .join('')
      .split('\n\n')
      .map((block) => (block.startsWith('event: reset') ? 'reset' : /^id: (.*)$/m.exec(block)?.[1]))
      .filter((id) => id !== undefined);
  }
}

function setUp(options: { eventsMax?: number; streamsMax?: number } = {}) {
  const { eventsMax = 100, streamsMax = 10 } = options;
  const time = new ManualTime();
  let listener: AppliedListener = () => undefined;
  let restored = (): void => undefined;
  let applied = 10n;
  const store = {
    onApplied: (one: AppliedListener) => ((listener = one), () => undefined),
    onRestored: (one: () => void) => ((restored = one), () => undefined),
    appliedIndex: () => applied,
  };
  const feed = new EventFeed({ eventsMax }, { store, timers: time });
  const streams = new Streams({ streamsMax }, { timers: time });
  const apply = (...names: string[]): void => {
    applied += 1n;
    const events: ApplyEvent[] = names.map((name) => ({ type: 'job', name, change: 'put' }));
    listener(events, [{ index: applied, end: events.length }]);
  };
  const open = (filter: EventFilter = {}, lastEventId?: string): FakeSink => {
    const sink = new FakeSink();
    const connection = streams.add(sink);
    const stream = new EventStream(filter, lastEventId, { feed, connection, timers: time });
    connection.onClose(() => stream.close());
    return sink;
  };
  const replace = (index: bigint): void => {
    applied = index;
    restored();
  };
  return { time, feed, streams, apply, open, replace };
}

describe('the feed of changes', () => {
  it('tells every follower what comes, under the ids of the log, by its filter', async () => {
    const { time, apply, open } = setUp();
    const [all, one, ticks] = [open(), open({ job: 'a' }), open({ types: ['tick'] })];
    apply('a', 'b');
    apply('a');
    expect(all.ids).toEqual([]);
    await time.advance(0);
    expect(all.texts).toEqual([
      'event: job\nid: 11.0\ndata: {"name":"a","change":"put"}\n\n' +
        'event: job\nid: 11.1\ndata: {"name":"b","change":"put"}\n\n' +
        'event: job\nid: 12.0\ndata: {"name":"a","change":"put"}\n\n',
    ]);
    expect([one.ids, ticks.ids]).toEqual([['11.0', '12.0'], []]);
  });

  it('goes on after the last event seen, or says that it cannot', async () => {
    const { time, apply, open } = setUp({ eventsMax: 4 });
    apply('a', 'b');
    apply('a');
    const resumed = (id: string): string[] => open({}, id).ids;
    expect(resumed('11.0')).toEqual(['11.1', '12.0']);
    expect(resumed('12.0')).toEqual([]);
    // Seen before this server began: whether anything is missing cannot be known.
    expect([resumed('10.0'), resumed('9.3'), resumed('99.0'), resumed('odd')]).toEqual(Array(4).fill(['reset']));
    apply('c', 'd', 'e');
    expect([resumed('11.0'), resumed('11.1')]).toEqual([['reset'], ['12.0', '13.0', '13.1', '13.2']]);
    await time.advance(0);
  });

  it('every place to go on from gives exactly what followed it', () => {
    const { feed, apply, open } = setUp({ eventsMax: 1_000 });
    for (let i = 0; i < 60; i++) apply(...Array.from({ length: i % 4 }, () => 'a'));
    const ids = Array.from({ length: feed.next }, (_, i) => `${feed.at(i).index}.${feed.at(i).n}`);
    for (const [i, id] of ids.entries()) expect(open({}, id).ids).toEqual(ids.slice(i + 1));
  }, 10_000);

  it('begins anew when the whole state was replaced', async () => {
    const { time, apply, open, replace } = setUp();
    const sink = open();
    apply('a');
    await time.advance(0);
    replace(500n);
    apply('b');
    await time.advance(0);
    expect(sink.ids).toEqual(['11.0', 'reset', '501.0']);
    expect(open({}, '11.0').ids).toEqual(['reset']);
  });

  it('cuts a reader that was overtaken; the others and the writer do not notice', async () => {
    const { time, feed, apply, open, streams } = setUp({ eventsMax: 1_000 });
    const [slow, quick] = [open(), open()];
    slow.reads = false;
    for (let round = 0; round < 30; round++) {
      apply(...Array.from({ length: 100 }, () => 'a'));
      await time.advance(0);
    }
    expect(slow.texts.join('').length).toBeLessThan(100_000);
    expect(slow.destroyed).toBe(false);
    slow.drain();
    expect([slow.destroyed, streams.size]).toEqual([true, 1]);
    expect(quick.ids).toHaveLength(3_000);
    expect(feed.next - feed.first).toBe(1_000);
  });

  it('a reader that pauses goes on where it was', async () => {
    const { time, apply, open } = setUp({ eventsMax: 1_000 });
    const sink = open();
    sink.reads = false;
    for (let round = 0; round < 9; round++) {
      apply(...Array.from({ length: 100 }, () => 'a'));
      await time.advance(0);
    }
    expect(sink.ids.length).toBeLessThan(900);
    sink.reads = true;
    sink.drain();
    for (let turn = 0; turn < 5; turn++) await time.advance(0);
    expect(sink.ids).toHaveLength(900);
    expect(new Set(sink.ids).size).toBe(900);
  });
});

describe('streams', () => {
  it('get a comment every 15 s, and are cut when they took nothing for two of these', async () => {
    const { time, open, streams } = setUp();
    const [slow, quick] = [open(), open()];
    slow.writableNeedDrain = true;
    await time.advance(15_000);
    expect([quick.texts, slow.texts, slow.destroyed]).toEqual([[': still here\n\n'], [], false]);
    await time.advance(15_000);
    expect([slow.destroyed, quick.destroyed, streams.size]).toEqual([true, false, 1]);
    quick.destroy();
    await time.advance(15_000);
    expect(time.pendingCount).toBe(0);
  });

  it('are a bounded number', () => {
    const { open, streams } = setUp({ streamsMax: 2 });
    const first = open();
    expect(streams.isFull).toBe(false);
    open();
    expect(streams.isFull).toBe(true);
    first.destroy();
    expect([streams.isFull, streams.size]).toEqual([false, 1]);
  });
});
