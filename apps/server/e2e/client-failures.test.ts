import { DkronClient } from '@dkron/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { job, shell } from './support/api.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await TestNode.start();
});
afterAll(cleanUp);

const broken = (): Error => new TypeError('fetch failed', { cause: new Error('other side closed') });

/** Sends the request, but loses the answer of the first one. */
function losingFirst(): typeof fetch {
  let lost = false;
  return async (input, init) => {
    const response = await fetch(input, init);
    if (lost) return response;
    lost = true;
    await response.text();
    throw broken();
  };
}

/** Breaks each stream after so many bytes; the last number counts for ever. */
function breakingStreams(seen: (string | null)[], ...limits: readonly number[]): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true) return response;
    const limit = limits[Math.min(seen.length, limits.length - 1)]!;
    seen.push(new Headers(init?.headers).get('last-event-id'));
    let left = limit;
    const cut = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        controller.enqueue(chunk.subarray(0, left));
        left -= chunk.length;
        if (left <= 0) controller.error(broken());
      },
    });
    return new Response(response.body!.pipeThrough(cut), { headers: response.headers });
  };
}

describe('when answers get lost', () => {
  it('a run with a key is run once', async () => {
    await node.put('once');
    const client = new DkronClient({ baseUrl: node.url, fetch: losingFirst(), retryDelayMs: 1 });
    await client.runJob('once', { idempotencyKey: 'key' });
    expect(await node.executions('once')).toHaveLength(1);
  });

  it('a run without a key is not repeated, and the error says that it may have been done', async () => {
    await node.put('twice');
    const client = new DkronClient({ baseUrl: node.url, fetch: losingFirst(), retryDelayMs: 1 });
    await expect(client.runJob('twice')).rejects.toMatchObject({ code: 'unreachable', maybeDone: true });
    expect(await node.executions('twice')).toHaveLength(1);
  });

  it('a replacement with If-Match is done once, and a 412 of its repetition says that it may have been', async () => {
    const etag = (await node.put('held')).headers.get('etag')!;
    const client = new DkronClient({ baseUrl: node.url, fetch: losingFirst(), retryDelayMs: 1 });
    const replaced = client.replaceJob({ ...job('held', { owner: 'me' }), name: 'held' }, { ifMatch: etag });
    await expect(replaced).rejects.toMatchObject({ status: 412, maybeDone: true });
    expect((await node.get('/v1/jobs/held')).json.owner).toBe('me');
  });
});

describe('when a server is gone', () => {
  it('the next one is asked, for runs too', async () => {
    await node.put('elsewhere');
    const gone = await TestNode.start();
    await gone.stop();
    const client = new DkronClient({ baseUrl: [gone.url, node.url] });
    expect((await client.startJob('elsewhere')).job_name).toBe('elsewhere');
    expect((await client.getJob('elsewhere')).name).toBe('elsewhere');
  });

  it('the error says that nothing was done', async () => {
    const gone = await TestNode.start();
    await gone.stop();
    const client = new DkronClient({ baseUrl: gone.url, retryDelayMs: 1 });
    await expect(client.startJob('x')).rejects.toMatchObject({ status: 0, code: 'unreachable', maybeDone: false });
  });
});

describe('when streams break', () => {
  it('events go on after the last one: none is lost, none comes twice', async () => {
    const seen: (string | null)[] = [];
    const fetching = breakingStreams(seen, 200, 300, 100_000);
    const client = new DkronClient({ baseUrl: node.url, fetch: fetching, retryDelayMs: 1 });
    const { id } = await firstEvent(client);
    const names: string[] = [];
    const events = client.followEvents({ types: ['job'] }, { lastEventId: id });
    for (let n = 0; n < 12; n += 1) await node.put(`many-${n}`);
    for await (const event of events) {
      if (event.type === 'reset') throw new Error('reset');
      if (event.type === 'job' && event.data.name.startsWith('many-')) names.push(event.data.name);
      if (names.length === 12) break;
    }
    expect(names).toEqual(Array.from({ length: 12 }, (_, n) => `many-${n}`));
    expect(seen.length).toBeGreaterThanOrEqual(3);
    expect(seen.slice(1).every((one) => one !== null)).toBe(true);
  });

  it('live output begins anew, and ends with the execution', async () => {
    await node.put('spoken', shell('for i in 1 2 3 4 5; do echo line $i; sleep 0.1; done'));
    const id = await node.launch('spoken');
    const seen: (string | null)[] = [];
    const client = new DkronClient({ baseUrl: node.url, fetch: breakingStreams(seen, 70, 100_000), retryDelayMs: 1 });
    let text = '';
    let resets = 0;
    for await (const event of client.followOutput(id)) {
      if (event.type === 'output') text += event.data.text;
      if (event.type === 'reset') {
        text = '';
        resets += 1;
      }
    }
    expect([text, resets]).toEqual(['line 1\nline 2\nline 3\nline 4\nline 5\n', 1]);
  });
});

/** An event that is there to go on from. */
async function firstEvent(client: DkronClient): Promise<{ readonly id: string }> {
  for await (const event of client.followEvents({}, { lastEventId: '1.0' })) {
    if (event.type !== 'reset') return event;
    await node.put('first');
  }
  throw new Error('no event');
}
