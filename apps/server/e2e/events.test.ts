import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shell, until } from './support/api.ts';
import { EventReader } from './support/event-reader.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await TestNode.start({ httpMaxStreams: 20 });
});
afterAll(cleanUp);

describe('events', () => {
  it('tell jobs, ticks and executions as they change', async () => {
    const reader = await EventReader.open(node, '/v1/events');
    await node.put('told', shell('echo hello'));
    const id = await node.launch('told');
    const ended = await reader.until(({ event, data }) => event === 'execution' && data.state === 'success');
    expect(ended.data).toMatchObject({ id, job_name: 'told', trigger: 'manual' });
    expect(ended.data).not.toHaveProperty('output');
    const kinds = reader.events.map(({ event, data }) => `${event} ${data.change ?? data.decision ?? data.state}`);
    expect(kinds).toEqual(
      expect.arrayContaining(['job put', 'tick run', 'execution pending', 'execution running', 'execution success']),
    );
    const ids = reader.events.map((one) => one.id!);
    expect(ids.every((one) => /^\d+\.\d+$/.test(one))).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
    await reader.close();
  });

  it('go on after Last-Event-ID without loss, or begin with reset', async () => {
    const first = await EventReader.open(node, '/v1/events?types=job');
    await node.put('ev-a');
    const { id } = await first.until(({ data }) => data.name === 'ev-a');
    await first.close();
    await node.put('ev-b');
    await node.call('DELETE', '/v1/jobs/ev-b');
    const again = await EventReader.open(node, '/v1/events?types=job', { 'last-event-id': id! });
    await again.until(({ data }) => data.change === 'delete');
    expect(again.events.map(({ data }) => [data.name, data.change])).toEqual([
      ['ev-b', 'put'],
      ['ev-b', 'delete'],
    ]);
    await again.close();
    const lost = await EventReader.open(node, '/v1/events', { 'last-event-id': '1.0' });
    expect((await lost.until(() => true)).event).toBe('reset');
    await lost.close();
  });

  it('are filtered by job and type', async () => {
    const reader = await EventReader.open(node, '/v1/events?job=ev-c&types=job,tick');
    await node.put('ev-d');
    await node.put('ev-c');
    await node.launch('ev-c');
    await reader.until(({ event }) => event === 'tick');
    expect(new Set(reader.events.map(({ data }) => data.name ?? data.job_name))).toEqual(new Set(['ev-c']));
    expect(reader.events.some(({ event }) => event === 'execution')).toBe(false);
    await reader.close();
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
    expect(performance.now() - started).toBeLessThan(25_000);
    silent.destroy();
    await gone;
  });

  it('are a bounded number of streams', async () => {
    const readers: EventReader[] = [];
    for (let i = 0; i < 20; i++) readers.push(await EventReader.open(node, '/v1/events'));
    const refused = await node.get('/v1/events');
    expect([refused.status, refused.json.code]).toEqual([503, 'not_supported']);
    await Promise.all(readers.map((reader) => reader.close()));
    await until('the streams are closed', async () => {
      const reader = await EventReader.open(node, '/v1/events').catch(() => undefined);
      await reader?.close();
      return reader !== undefined;
    });
  });
});

describe('live output', () => {
  const follow = (id: string) => EventReader.open(node, `/v1/executions/${id}/output`, { accept: 'text/event-stream' });
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
    await until('it ends', async () => (await node.get(`/v1/executions/${id}`)).json.state === 'success', 20_000);
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
