import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { job } from './support/api.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await TestNode.start({ maxBodySize: 4_096 });
});
afterAll(cleanUp);

const post = (body: unknown, headers = {}) => node.call('POST', '/v1/jobs', { body, headers });
describe('names', () => {
  it('of any length that fits into a request are found', async () => {
    const name = 'n'.repeat(3_000);
    await node.put(name);
    expect((await node.get(`/v1/jobs/${name}`)).json.name).toBe(name);
    expect((await node.call('DELETE', `/v1/jobs/${name}`)).status).toBe(200);
    expect((await node.get(`/v1/jobs/${name}`)).status).toBe(404);
  });
});

describe('jobs: create, read, change, delete', () => {
  it('lists nothing as an empty array', async () => {
    const answer = await node.get('/v1/jobs');
    expect([answer.status, answer.text, answer.headers.get('x-total-count')]).toEqual([200, '[]', '0']);
  });

  it('echoes what was submitted, with id and defaults', async () => {
    const body = { ...job('echo'), disabled: true, retries: 3, concurrency: 'forbid', timezone: 'America/New_York' };
    const answer = await post(body);
    expect(answer.status).toBe(201);
    expect(answer.json).toMatchObject({ ...body, id: 'echo' });
    expect(answer.headers.get('location')).toBe('/v1/jobs/echo');
    expect(answer.headers.get('x-whom')).toBe('test');
    const stored = (await node.get('/v1/jobs/echo')).json;
    expect(stored).toMatchObject(body);
    expect((await post({ ...body, name: 'zoned', schedule: '0 0 0 * * *' })).status).toBe(201);
  });

  it('replaces by PUT and PATCH, both ways answered 201', async () => {
    await node.put('change');
    for (const [method, path] of [
      ['PUT', '/v1/jobs/change'],
      ['PATCH', '/v1/jobs'],
    ] as const) {
      const schedule = method === 'PUT' ? '@every 2h' : '@every 3h';
      const answer = await node.call(method, path, { body: job('change', { schedule }) });
      expect([answer.status, answer.json.schedule]).toEqual([201, schedule]);
      expect((await node.get('/v1/jobs/change')).json.schedule).toBe(schedule);
    }
  });

  it('toggles with an empty JSON body, in both directions', async () => {
    await node.put('toggled');
    const states = [];
    for (let i = 0; i < 2; i++) {
      const answer = await node.call('POST', '/v1/jobs/toggled/toggle');
      states.push([answer.status, answer.json.disabled]);
    }
    expect(states).toEqual([
      [200, true],
      [200, false],
    ]);
    expect((await node.call('POST', '/v1/jobs/nobody/toggle')).status).toBe(404);
  });

  it('deletes once', async () => {
    await node.put('gone');
    const answers = [];
    for (const method of ['DELETE', 'GET', 'DELETE']) answers.push((await node.call(method, '/v1/jobs/gone')).status);
    expect(answers).toEqual([200, 404, 404]);
  });

  it('G-R1: deleting foo leaves the executions of foobar and foo-2', async () => {
    for (const name of ['foo', 'foobar', 'foo-2']) {
      await node.put(name);
      await node.call('POST', `/v1/jobs/${name}/run`);
    }
    expect((await node.call('DELETE', '/v1/jobs/foo/executions')).status).toBe(200);
    expect(await node.executions('foo')).toEqual([]);
    await node.call('DELETE', '/v1/jobs/foo');
    for (const name of ['foobar', 'foo-2']) expect(await node.executions(name)).toHaveLength(1);
  });
});

describe('jobs: lists', () => {
  it('pages and filters, with the total of what matched', async () => {
    const names = ['page-1', 'page-2', 'page-3', 'page-4', 'page-5'];
    for (const name of names)
      await node.put(name, { disabled: name === 'page-3', metadata: { odd: String(names.indexOf(name) % 2) } });
    const list = async (query: string) => {
      const answer = await node.get(`/v1/jobs?q=page-&${query}`);
      return [answer.json.map((item: { name: string }) => item.name), answer.headers.get('x-total-count')];
    };
    expect(await list('_start=1&_end=3')).toEqual([['page-2', 'page-3'], '5']);
    expect(await list('_order=DESC&_end=1')).toEqual([['page-5'], '5']);
    expect(await list('disabled=true')).toEqual([['page-3'], '1']);
    expect(await list('metadata[odd]=1')).toEqual([['page-2', 'page-4'], '2']);
    expect(await list('status=success')).toEqual([[], '0']);
    expect(await list('_start=99')).toEqual([[], '5']);
    expect((await node.get('/v1/jobs?_sort=colour')).status).toBe(400);
  });
});

describe('jobs: versions', () => {
  it('refuses a change of a version that is no longer there with 412', async () => {
    const created = await node.put('tagged');
    const tag = created.headers.get('etag') ?? '';
    expect(tag).toMatch(/^"\d+-\d+"$/);
    expect((await post(job('tagged', { owner: 'a' }), { 'if-match': tag })).status).toBe(201);
    expect((await post(job('tagged', { owner: 'b' }), { 'if-match': tag })).status).toBe(412);
    expect((await node.call('DELETE', '/v1/jobs/tagged', { headers: { 'if-match': tag } })).status).toBe(412);
    expect((await post(job('tagged'), { 'if-none-match': '*' })).status).toBe(412);
    expect((await node.get('/v1/jobs/tagged')).json.owner).toBe('a');
  });

  it('knows a job created anew from the one that was deleted: its old tag fits no more', async () => {
    const tag = (await node.put('anew')).headers.get('etag') ?? '';
    await node.call('DELETE', '/v1/jobs/anew');
    const again = (await node.put('anew')).headers.get('etag');
    expect(again).not.toBe(tag);
    const headers = { 'if-match': tag };
    const answers = [
      await post(job('anew', { owner: 'late' }), headers),
      await node.call('POST', '/v1/jobs/anew/toggle', { headers }),
      await node.call('DELETE', '/v1/jobs/anew', { headers }),
    ];
    expect(answers.map((answer) => answer.status)).toEqual([412, 412, 412]);
    expect((await node.get('/v1/jobs/anew')).headers.get('etag')).toBe(again);
  });

  it('answers 412 for a version of a job that does not exist', async () => {
    const headers = { 'if-match': '"0-0"' };
    const answers = await Promise.all([
      node.call('DELETE', '/v1/jobs/nobody', { headers }),
      node.call('POST', '/v1/jobs/nobody/toggle', { headers }),
      post(job('nobody'), headers),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual([412, 412, 412]);
  });

  it('G-S5: a run between read and write does not take the version away, and the edit stays', async () => {
    const tag = (await node.put('edited')).headers.get('etag') ?? '';
    await node.call('POST', '/v1/jobs/edited/run');
    expect((await post(job('edited', { owner: 'me' }), { 'if-match': tag })).status).toBe(201);
    expect((await node.get('/v1/jobs/edited')).json).toMatchObject({ owner: 'me', success_count: 1 });
  });

  it('answers 304 to a reader who has the newest', async () => {
    await node.put('cached');
    const tag = (await node.get('/v1/jobs/cached')).headers.get('etag') ?? '';
    expect((await node.get('/v1/jobs/cached', { 'if-none-match': tag })).status).toBe(304);
    expect((await node.get('/v1/jobs/cached', { 'if-none-match': '"0-0"' })).status).toBe(200);
  });
});
