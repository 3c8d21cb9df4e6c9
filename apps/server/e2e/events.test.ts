import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { shell, until } from './support/api.ts';
import type { ServerSentEvent } from './support/event-reader.ts';
import { EventReader } from './support/event-reader.ts';
import { cleanUp, tempDir, TestNode } from './support/test-node.ts';

const STREAMS = 20;
const STATES = ['pending', 'running', 'success'];

let node: TestNode;
const opened: EventReader[] = [];

/** Closed after the test, however it ends. Until the server has seen that earlier readers left, it may refuse. */
function open(path: string, headers: Readonly<Record<string, string>> = {}): Promise<EventReader> {
  return until(
    `GET ${path}`,
    async () => {
      const reader = await EventReader.open(node, path, headers);
      if (reader !== undefined) opened.push(reader);
      return reader;
    },
    60_000,
  );
}

beforeAll(async () => {
  node = await TestNode.start({ httpMaxStreams: STREAMS });
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((reader) => reader.close()));
});
afterAll(cleanUp);

describe('events', () => {
  it('tell jobs, ticks and executions in the order in which they changed', async () => {
    const reader = await open('/v1/events');
    await node.put('told', shell('echo hello'));
    const id = await node.launch('told');
    const ended = await reader.until(({ event, data }) => event === 'execution' && data.state === 'success');
    expect(ended.data).toMatchObject({ id, job_name: 'told', trigger: 'manual' });
    expect(ended.data).not.toHaveProperty('output');
    const kinds = reader.events.map(({ event, data }) => `${event} ${data.change ?? data.decision ?? data.state}`);
    expect(kinds[0]).toBe('job put');
    expect(kinds.indexOf('tick run')).toBeGreaterThan(0);
    expect(kinds.indexOf('execution pending')).toBeGreaterThan(0);
    // Pending first, success last; a run may end before anybody is told that it started.
    const states = reader.events.flatMap(({ event, data }) => (event === 'execution' ? [String(data.state)] : []));
    const seen = new Set(states);
    expect(states.slice(0, states.lastIndexOf('success') + 1)).toEqual(STATES.filter((state) => seen.has(state)));
    expect(reader.events.map(positionOf)).toEqual(reader.events.map(positionOf).toSorted(byPosition));
    expect(new Set(reader.events.map((one) => one.id)).size).toBe(reader.events.length);
  });

  it('tell that an execution runs, while it runs', async () => {
    const release = `${await tempDir()}/release`;
    const reader = await open('/v1/events?types=execution&job=held');
    await node.put('held', shell(`while [ ! -e ${release} ]; do sleep 0.05; done`));
    await node.launch('held');
    await reader.until(({ data }) => data.state === 'running');
    await writeFile(release, '');
    await reader.until(({ data }) => data.state === 'success');
    expect(reader.events.map(({ data }) => data.state)).toEqual(STATES);
  });

  it('go on after Last-Event-ID without loss, or begin with reset', async () => {
    const first = await open('/v1/events?types=job');
    await node.put('ev-a');
    const { id } = await first.until(({ data }) => data.name === 'ev-a');
    await first.close();
    await node.put('ev-b');
    await node.call('DELETE', '/v1/jobs/ev-b');
    const again = await open('/v1/events?types=job', { 'last-event-id': id! });
    await again.until(({ data }) => data.change === 'delete');
    expect(again.events.map(({ data }) => [data.name, data.change])).toEqual([
      ['ev-b', 'put'],
      ['ev-b', 'delete'],
    ]);
    const lost = await open('/v1/events', { 'last-event-id': '0.0' });
    expect((await lost.until(() => true)).event).toBe('reset');
  });

  it('are filtered by job and type', async () => {
    const reader = await open('/v1/events?job=ev-c&types=job,tick');
    await node.put('ev-d');
    await node.put('ev-c');
    await node.launch('ev-c');
    await reader.until(({ event }) => event === 'tick');
    expect(new Set(reader.events.map(({ data }) => data.name ?? data.job_name))).toEqual(new Set(['ev-c']));
    expect(reader.events.some(({ event }) => event === 'execution')).toBe(false);
    const refused = await node.get('/v1/events?types=job,odd');
    expect([refused.status, refused.json.field, refused.json.value]).toEqual([400, 'types', 'job,odd']);
  });

  it('a reader that never reads delays nobody', async () => {
    const { hostname, port } = new URL(node.url);
    const silent = connect(Number(port), hostname, () => silent.write('GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n'));
    silent.on('error', () => undefined);
    const gone = new Promise<void>((resolve) => silent.on('close', () => resolve()));
    silent.pause();
    await node.put('noise', { metadata: { k: 'v' } });
    const metadata = { text: 'x'.repeat(100) };
    const started = performance.now();
    for (let i = 0; i < 20; i++) {
      await Promise.all(Array.from({ length: 50 }, (_, j) => node.put(`noise-${j}`, { metadata, owner: `${i}` })));
    }
    const id = await node.launch('noise');
    await until('the run ends', async () => (await node.get(`/v1/executions/${id}`)).json.state === 'success');
    expect(performance.now() - started).toBeLessThan(60_000);
    silent.destroy();
    await gone;
  }, 120_000);

  it('are a bounded number of streams', async () => {
    const readers = await Promise.all(Array.from({ length: STREAMS }, () => open('/v1/events')));
    const refused = await node.get('/v1/events');
    expect([refused.status, refused.json.code]).toEqual([503, 'not_supported']);
    await readers[0]!.close();
    await open('/v1/events');
  });
});

describe('live output', () => {
  const follow = (id: string) => open(`/v1/executions/${id}/output`, { accept: 'text/event-stream' });
  const textOf = (reader: EventReader): string =>
    reader.events.flatMap(({ event, data }) => (event === 'output' ? [data.text as string] : [])).join('');

  it('comes first as kept, then as written, and ends with the execution', async () => {
    await node.put('live', shell('for i in 1 2 3 4 5; do echo "line $i ä"; sleep 0.2; done'));
    const id = await node.launch('live');
    await until('it runs', async () => (await node.get(`/v1/executions/${id}`)).json.state === 'running');
    const reader = await follow(id);
    await reader.until(({ data }) => String(data.text).includes('line 2'));
    const late = await follow(id);
    const end = await reader.until(({ event }) => event === 'end');
    await late.until(({ event }) => event === 'end');
    expect(end.data).toMatchObject({ id, state: 'success' });
    const whole = [1, 2, 3, 4, 5].map((i) => `line ${i} ä\n`).join('');
    expect([textOf(reader), textOf(late)]).toEqual([whole, whole]);
    expect(reader.events.filter(({ event }) => event === 'output').map(({ data }) => data.seq)).toEqual(
      Array.from({ length: reader.events.length - 1 }, (_, i) => i),
    );
    await Promise.all([reader.ended, late.ended]);
  });

  it('of an ended execution is what is kept, with a mark where bytes are left out', async () => {
    await node.put('long', shell('i=0; while [ $i -lt 50000 ]; do echo "number $i"; i=$((i+1)); done'));
    const id = await node.launch('long');
    await until('it ends', async () => (await node.get(`/v1/executions/${id}`)).json.state === 'success', 60_000);
    const reader = await follow(id);
    await reader.until(({ event }) => event === 'end');
    const kept = await node.get(`/v1/executions/${id}/output`);
    expect(kept.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(kept.text).toMatch(/^number 0\n[\s\S]*\[… \d+ bytes left out …\][\s\S]*number 49999\n$/);
    expect(textOf(reader)).toBe(kept.text);
    const missing = await node.get('/v1/executions/1-no/output', { accept: 'text/event-stream' });
    expect([missing.status, missing.json.code]).toEqual([404, 'not_found']);
  });
});

/** `<log index>.<n>` */
function positionOf({ id }: ServerSentEvent): readonly [number, number] {
  expect(id).toMatch(/^\d+\.\d+$/);
  const [index, n] = id!.split('.').map(Number);
  return [index!, n!];
}

function byPosition(a: readonly [number, number], b: readonly [number, number]): number {
  return a[0] - b[0] || a[1] - b[1];
}
