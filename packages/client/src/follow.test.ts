import { describe, expect, it } from 'vitest';
import { DkronClient, type DkronClientOptions, type DkronEvent } from './index.ts';
import { broken, fakeFetch, json, type FakeFetch } from './testing/fake-fetch.ts';

const STREAM = { headers: { 'content-type': 'text/event-stream; charset=utf-8' } };

const job = (id: string, name: string): string => `event: job\nid: ${id}\ndata: {"name":"${name}","change":"put"}\n\n`;

/** A stream that says these pieces; it ends after them, or stays open. */
function stream(pieces: readonly string[], stays = false): () => Response {
  return () => {
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(encoder.encode(piece));
        if (!stays) controller.close();
      },
    });
    return new Response(body, STREAM);
  };
}

function clientOf({ fetch }: FakeFetch, options: Partial<DkronClientOptions> = {}): DkronClient {
  return new DkronClient({ baseUrl: 'http://a.test', fetch, retryDelayMs: 0, retries: 0, ...options });
}

async function take(events: AsyncIterable<DkronEvent>, count: number): Promise<string[]> {
  const found: string[] = [];
  for await (const event of events) {
    found.push(event.type === 'job' ? `${event.id} ${event.data.name}` : event.type);
    if (found.length === count) break;
  }
  return found;
}

describe('events', () => {
  it('go on after the last one when the stream breaks', async () => {
    const fake = fakeFetch(stream([job('1.0', 'a'), job('2.0', 'b').slice(0, 9)]), broken(), stream([job('2.0', 'b')]));
    const events = clientOf(fake).followEvents({ job: 'a', types: ['job', 'tick'] });
    expect(await take(events, 2)).toEqual(['1.0 a', '2.0 b']);
    expect(fake.seen.map(({ headers }) => headers.get('last-event-id'))).toEqual([null, '1.0', '1.0']);
    expect(fake.seen[0]?.url).toBe('http://a.test/v1/events?job=a&types=job%2Ctick');
    expect(fake.seen[0]?.headers.get('accept')).toBe('text/event-stream');
  });

  it('tell a reset of the server, and one that follows from having nothing to go on from', async () => {
    const fake = fakeFetch(stream([': hello\n\n']), stream(['event: reset\ndata: {}\n\n', job('3.0', 'c')]));
    expect(await take(clientOf(fake).followEvents(), 3)).toEqual(['reset', 'reset', '3.0 c']);
    const resumed = fakeFetch(stream([': hello\n\n']), stream([job('3.0', 'c')]));
    expect(await take(clientOf(resumed).followEvents({}, { lastEventId: '2.0' }), 1)).toEqual(['3.0 c']);
    expect(resumed.seen[1]?.headers.get('last-event-id')).toBe('2.0');
  });

  it('of a later server are passed over', async () => {
    const fake = fakeFetch(stream(['event: news\ndata: {}\n\n', job('1.0', 'a')]));
    expect(await take(clientOf(fake).followEvents(), 1)).toEqual(['1.0 a']);
  });

  it('end with a refusal, and after ten connections that say nothing', async () => {
    const refusing = fakeFetch(json('{"error":"no","code":"invalid_value","field":"types"}', { status: 400 }));
    await expect(take(clientOf(refusing).followEvents(), 1)).rejects.toMatchObject({ status: 400, field: 'types' });
    expect(refusing.seen).toHaveLength(1);
    const silent = fakeFetch(stream([]));
    await expect(take(clientOf(silent).followEvents(), 100)).rejects.toMatchObject({ code: 'unreachable' });
    expect(silent.seen).toHaveLength(10);
    const old = fakeFetch(new Response('text', { headers: { 'content-type': 'text/plain' } }));
    await expect(take(clientOf(old).followEvents(), 1)).rejects.toThrow(/too old/);
  });

  it('are asked for anew when the stream is silent', async () => {
    const fake = fakeFetch(stream([job('1.0', 'a')], true), stream([job('2.0', 'b')]));
    expect(await take(clientOf(fake, { idleTimeoutMs: 5 }).followEvents(), 2)).toEqual(['1.0 a', '2.0 b']);
  });

  it('end with the reason of the signal, and the connection with the loop', async () => {
    const stop = new AbortController();
    const fake = fakeFetch(stream([job('1.0', 'a')], true));
    const events = clientOf(fake).followEvents({}, { signal: stop.signal });
    expect((await events.next()).done).toBe(false);
    const next = events.next();
    stop.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
  });
});

describe('live output', () => {
  const output = (seq: number, text: string): string => `event: output\ndata: ${JSON.stringify({ seq, text })}\n\n`;
  const end = 'event: end\ndata: {"id":"7-n","group":1700000000123456789,"state":"success"}\n\n';

  it('ends with the execution, and begins anew after a break', async () => {
    const fake = fakeFetch(stream([output(0, 'a\n')]), stream([output(0, 'a\nb\n'), end], true));
    const found: unknown[] = [];
    for await (const event of clientOf(fake).followOutput('7-n')) found.push(event);
    expect(found).toEqual([
      { type: 'output', data: { seq: 0, text: 'a\n' } },
      { type: 'reset' },
      { type: 'output', data: { seq: 0, text: 'a\nb\n' } },
      { type: 'end', data: { id: '7-n', group: 1_700_000_000_123_456_789n, state: 'success' } },
    ]);
    expect(fake.seen[0]?.url).toBe('http://a.test/v1/executions/7-n/output');
  });
});
