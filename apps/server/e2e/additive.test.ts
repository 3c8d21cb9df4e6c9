import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_ERROR_CODES } from '../src/http/error-codes.ts';
import { openApiDocument } from '../src/http/openapi/document.ts';
import { ENDPOINTS } from '../src/http/openapi/endpoints.ts';
import { job, shell, until } from './support/api.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

let node: TestNode;
let ended: string;
beforeAll(async () => {
  node = await TestNode.start({ maxBodySize: 5_000 });
  await node.put('done', shell('echo out; exit 3'));
  ended = await node.launch('done');
  await until('it ends', async () => (await node.get(`/v1/executions/${ended}`)).json.state === 'failed');
});
afterAll(cleanUp);

const asJson = { accept: 'application/json' };
const additive = ENDPOINTS.filter((one) => one.additive === true);
const pathOf = (template: string): string => template.replace('{job}', 'done').replace('{id}', ended);
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

describe('every added path', () => {
  it.each(additive.map(({ path }) => path))('%s: other methods are 405 with Allow', async (path) => {
    const allowed = additive.filter((one) => one.path === path).map(({ method }) => method.toUpperCase());
    for (const method of METHODS.filter((one) => !allowed.includes(one))) {
      const answer = await node.call(method, pathOf(path));
      expect([method, answer.status, answer.headers.get('allow')]).toEqual([method, 405, allowed.join(', ')]);
      expect(answer.json.code).toBe('method_not_allowed');
    }
  });

  // A state is no JSON, and is read as it comes: see backup.test.ts.
  it.each(additive.filter(({ method, path }) => method !== 'get' && path !== '/v1/snapshot').map(({ path }) => path))(
    '%s: a body that is no JSON is 415, a large one 413, each in the error form',
    async (path) => {
      const csv = await node.call('POST', pathOf(path), { body: 'a,b', headers: { 'content-type': 'text/csv' } });
      expect([csv.status, csv.json.code]).toEqual([415, 'unsupported_media_type']);
      const large = await node.call('POST', pathOf(path), { body: { x: 'x'.repeat(6_000) }, headers: asJson });
      expect([large.status, large.json.code, large.json.allowed]).toEqual([
        413,
        'too_large',
        'at most 5000 bytes (max-body-size)',
      ]);
    },
  );
});

describe('queries of the added lists', () => {
  const document = openApiDocument('test');
  const parameters = ['/v1/executions', '/v1/jobs/{job}/ticks'].flatMap((path) =>
    document.paths[path]!['get']!.parameters.filter((one) => one.in === 'query').map((one) => ({ path, one })),
  );
  const words = parameters.flatMap(({ path, one }) =>
    Array.isArray(one.schema['enum']) ? [{ path, name: one.name, allowed: one.schema['enum'] as string[] }] : [],
  );

  it.each(words)('$path?$name= takes what is described, and names it otherwise', async ({ path, name, allowed }) => {
    for (const word of allowed) expect((await node.get(`${pathOf(path)}?${name}=${word}`)).status).toBe(200);
    const refused = await node.get(`${pathOf(path)}?${name}=odd`);
    expect([refused.status, refused.json.field, refused.json.value]).toEqual([400, name, 'odd']);
    expect(refused.json.allowed.split(', ').toSorted()).toEqual(allowed.toSorted());
  });

  const times = parameters.filter(({ one }) => one.schema['format'] === 'date-time');
  it.each(times)('$path?$one.name= takes a time', async ({ path, one: { name } }) => {
    expect((await node.get(`${pathOf(path)}?${name}=2026-01-01T00:00:00Z`)).status).toBe(200);
    expect((await node.get(`${pathOf(path)}?${name}=today`)).json).toMatchObject({ field: name, value: 'today' });
  });

  const borders = ['/v1/executions', '/v1/jobs/{job}/ticks'].flatMap((path) =>
    ['_start', '_end'].map((name) => ({ path, name })),
  );
  it.each(borders)('$path?$name= takes a whole number', async ({ path, name }) => {
    for (const value of ['0', '%2B3', '-1', '99999999999999999999', '']) {
      expect([value, (await node.get(`${pathOf(path)}?${name}=${value}`)).status]).toEqual([value, 200]);
    }
    for (const value of ['x', '1.5', '1e3', 'null', '0x1']) {
      const { status, json } = await node.get(`${pathOf(path)}?${name}=${value}`);
      expect([status, json.code, json.field, json.value]).toEqual([400, 'invalid_value', name, value]);
      expect(json.allowed).toBe('a whole number');
    }
    expect((await node.get(`${pathOf(path)}?_start=-1`)).text).toBe('[]');
    expect((await node.get(`${pathOf(path)}?_start=5&_end=2`)).text).toBe('[]');
  });

  it('/v1/executions?output_size_limit= and group= take a whole number ≥ 0', async () => {
    for (const name of ['output_size_limit', 'group']) {
      expect((await node.get(`/v1/executions?${name}=3`)).status).toBe(200);
      for (const value of ['x', '-1', '1.5']) {
        const { status, json } = await node.get(`/v1/executions?${name}=${value}`);
        expect([status, json.code, json.field, json.value]).toEqual([400, 'invalid_value', name, value]);
      }
    }
  });

  it('tell all that is wrong at once', async () => {
    const { json } = await node.get('/v1/executions?_start=x&_order=asc&from=today');
    const fields = json.problems.map((one: { field: string }) => one.field).toSorted();
    expect(fields).toEqual(['_order', '_start', 'from']);
  });

  it('executions: each filter leaves what fits', async () => {
    await node.put('other', shell('true'));
    const id = await node.launch('other');
    const other = await until('it ends', async () => {
      const found = (await node.get(`/v1/executions/${id}`)).json;
      return found.state === 'success' ? found : undefined;
    });
    const ids = async (query: string) => {
      const answer = await node.get(`/v1/executions?${query}`);
      const found = answer.json.map((one: { id: string }) => one.id) as string[];
      expect(answer.headers.get('x-total-count')).toBe(String(found.length));
      return found;
    };
    expect(await ids('')).toEqual([id, ended]);
    expect(await ids('_order=ASC')).toEqual([ended, id]);
    expect(await ids('job=other')).toEqual([id]);
    expect(await ids('state=failed')).toEqual([ended]);
    expect(await ids('state=failed&state=success')).toEqual([id, ended]);
    expect([await ids('node=test'), await ids('node=nobody')]).toEqual([[id, ended], []]);
    expect([await ids('trigger=manual'), await ids('trigger=schedule')]).toEqual([[id, ended], []]);
    expect(await ids(`group=${/"group":(\d+)/.exec((await node.get(`/v1/executions/${id}`)).text)![1]}`)).toEqual([id]);
    const at = encodeURIComponent(other.started_at);
    expect([await ids(`from=${at}`), await ids(`to=${at}`)]).toEqual([[id], [id, ended]]);
    expect(await ids('_sort=finished_at&_order=ASC')).toEqual([ended, id]);
    const page = await node.get('/v1/executions?_start=1&_end=2');
    expect([page.json.length, page.json[0].id, page.headers.get('x-total-count')]).toEqual([1, ended, '2']);
    expect(page.json[0]).not.toHaveProperty('output');
    expect((await node.get('/v1/executions?output_size_limit=2&job=done')).json[0]).toMatchObject({
      output: 't\n',
      output_truncated: true,
    });
    expect((await node.get('/v1/executions?_start=-1')).json).toEqual([]);
  });

  it('an execution and its output', async () => {
    expect((await node.get(`/v1/executions/${ended}`)).json).toMatchObject({
      id: ended,
      state: 'failed',
      trigger: 'manual',
      reason: 'exit',
      exit_code: 3,
      output: expect.stringContaining('out\n'),
    });
    expect((await node.get(`/v1/executions/${ended}/output`)).text).toContain('out\n');
    for (const path of ['1-no', '1-no/output']) {
      expect((await node.get(`/v1/executions/${path}`)).json).toMatchObject({ code: 'not_found' });
    }
    const late = await node.call('POST', `/v1/executions/${ended}/cancel`);
    expect([late.status, late.json.code]).toEqual([409, 'already_finished']);
  });
});

describe('one job, by its ETag', () => {
  const call = (method: string, headers: Readonly<Record<string, string>>, name = 'tagged') =>
    node.call(method, method === 'POST' || method === 'PATCH' ? '/v1/jobs' : `/v1/jobs/${name}`, {
      ...(method === 'DELETE' ? {} : { body: job(name) }),
      headers: { ...asJson, ...headers },
    });

  it('is on every answer about one job, and grows with definition and state', async () => {
    const created = await node.put('tagged');
    expect(created.headers.get('etag')).toMatch(/^"\d+-\d+"$/);
    const shown = (await node.get('/v1/jobs/tagged')).headers.get('etag')!;
    expect(shown).toBe(created.headers.get('etag'));
    await node.call('POST', '/v1/jobs/tagged/run');
    const ran = (await node.get('/v1/jobs/tagged')).headers.get('etag')!;
    expect(ran.split('-')[0]).toBe(shown.split('-')[0]);
    expect(ran).not.toBe(shown);
    const toggled = await node.call('POST', '/v1/jobs/tagged/toggle', { headers: { 'if-match': shown } });
    expect([toggled.status, toggled.headers.get('etag')!.split('-')[0]]).not.toEqual([200, shown.split('-')[0]]);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s with If-Match loses no update', async (method) => {
    await node.put('tagged');
    const old = (await node.get('/v1/jobs/tagged')).headers.get('etag')!;
    await node.put('tagged', { owner: 'someone else' });
    const refused = await call(method, { 'if-match': old });
    expect([refused.status, refused.json.code]).toEqual([412, 'precondition_failed']);
    expect((await node.get('/v1/jobs/tagged')).json.owner).toBe('someone else');
    const current = (await node.get('/v1/jobs/tagged')).headers.get('etag')!;
    expect((await call(method, { 'if-match': current })).status).toBe(method === 'DELETE' ? 200 : 201);
    expect((await call(method, { 'if-match': current }, 'nobody')).status).toBe(412);
    for (const odd of ['x', '"1"', ''])
      expect([odd, (await call(method, { 'if-match': odd }, 'nobody')).status]).toEqual([odd, 412]);
  });

  it('If-Match: * needs a job', async () => {
    await node.put('tagged');
    expect((await call('PUT', { 'if-match': '*' })).status).toBe(201);
    for (const method of ['PUT', 'POST', 'PATCH', 'DELETE']) {
      expect([method, (await call(method, { 'if-match': '*' }, 'nobody')).status]).toEqual([method, 412]);
    }
    expect((await node.get('/v1/jobs/nobody')).status).toBe(404);
  });

  it('toggle with If-Match', async () => {
    await node.put('tagged');
    const toggle = (tag: string, name = 'tagged') =>
      node.call('POST', `/v1/jobs/${name}/toggle`, { headers: { 'if-match': tag } });
    const tag = (await node.get('/v1/jobs/tagged')).headers.get('etag')!;
    expect((await toggle(tag)).status).toBe(200);
    expect((await toggle(tag)).status).toBe(412);
    expect((await toggle(tag, 'nobody')).status).toBe(412);
  });

  it('If-None-Match: * creates only; on GET a known tag is 304', async () => {
    expect((await call('POST', { 'if-none-match': '*' }, 'fresh')).status).toBe(201);
    expect((await call('POST', { 'if-none-match': '*' }, 'fresh')).status).toBe(412);
    const tag = (await node.get('/v1/jobs/fresh')).headers.get('etag')!;
    const known = (value: string) => node.get('/v1/jobs/fresh', { 'if-none-match': value });
    expect([(await known(tag)).status, (await known(tag)).text]).toEqual([304, '']);
    expect((await known(`"0-0", ${tag}`)).status).toBe(304);
    expect((await known(`W/${tag}`)).status).toBe(304);
    expect((await known('*')).status).toBe(304);
    await node.call('POST', '/v1/jobs/fresh/run');
    expect((await known(tag)).status).toBe(200);
  });
});

describe('runs', () => {
  it('wait=false is 202; the same Idempotency-Key answers the same run', async () => {
    await node.put('idem', shell('true'));
    const start = (key: string) =>
      node.call('POST', '/v1/jobs/idem?wait=false', { headers: { 'idempotency-key': key } });
    const [one, two, other] = [await start('k1'), await start('k1'), await start('k2')];
    expect([one.status, two.status]).toEqual([202, 202]);
    expect(two.text).toBe(one.text);
    expect(other.text).not.toBe(one.text);
    // Cut short, these two would be one.
    const long = await start(`${'k'.repeat(128)}1`);
    expect([long.status, long.text]).toEqual([400, expect.stringContaining('Idempotency-Key')]);
  });

  it('respect_concurrency=true is 409 while a run is open', async () => {
    await node.put('slot', { ...shell('sleep 5'), concurrency: 'forbid' });
    const id = await node.launch('slot');
    const refused = await node.call('POST', '/v1/jobs/slot/run?wait=false&respect_concurrency=true', {
      headers: asJson,
    });
    expect([refused.status, refused.json.code]).toEqual([409, 'forbidden_overlap']);
    const passed = await node.call('POST', '/v1/jobs/slot/run?wait=false');
    expect(passed.status).toBe(202);
    for (const one of [id, passed.json.executions[0]]) await node.call('POST', `/v1/executions/${one}/cancel`);
  });
});

describe('errors', () => {
  it('are the form for who names application/json, the original’s bytes for others, with one status', async () => {
    for (const [method, path, status, code] of [
      ['GET', '/v1/jobs/nobody', 404, 'not_found'],
      ['DELETE', '/v1/jobs/nobody', 404, 'not_found'],
      ['POST', '/v1/jobs/nobody/run', 404, 'not_found'],
      ['POST', '/v1/jobs/nobody/toggle', 404, 'not_found'],
      ['GET', '/v1/jobs/nobody/executions', 404, 'not_found'],
      ['DELETE', '/v1/jobs/nobody/executions', 404, 'not_found'],
      ['GET', '/v1/jobs/done/executions/1-no', 404, 'not_found'],
      ['GET', '/v1/jobs?_sort=odd', 400, 'invalid_value'],
    ] as const) {
      const form = await node.call(method, path, { headers: asJson });
      expect([path, form.status, form.json.code]).toEqual([path, status, code]);
      expect(API_ERROR_CODES).toContain(form.json.code);
      for (const accept of ['*/*', 'text/html']) {
        const plain = await node.call(method, path, { headers: { accept } });
        expect([path, plain.status, plain.text.startsWith('{')]).toEqual([path, status, false]);
      }
    }
  });

  it('paused submissions are 503 in both forms', async () => {
    await node.call('POST', '/v1/pause');
    const refused = await node.call('POST', '/v1/jobs', { body: job('late'), headers: asJson });
    expect([refused.status, refused.json.code]).toEqual([503, 'paused']);
    await node.call('POST', '/v1/unpause');
  });

  it('X-Request-Id is on all of them, and the switch of the scheduler answers its state', async () => {
    for (const path of ['/v1/jobs/nobody', '/v1/executions/1-no', '/nope', '/health', '/openapi.json']) {
      expect((await node.get(path, { 'x-request-id': 'mine' })).headers.get('x-request-id')).toBe('mine');
    }
    expect((await node.call('POST', '/v1/scheduler/pause')).json).toEqual({ paused: true });
    expect((await node.get('/v1/scheduler')).json).toEqual({ paused: true });
    expect((await node.call('POST', '/v1/scheduler/resume')).json).toEqual({ paused: false });
  });
});

describe('pretty', () => {
  it.each([
    ['GET', '/v1/scheduler'],
    ['POST', '/v1/scheduler/resume'],
    ['POST', '/v1/jobs/laid-out/run?wait=false'],
    ['GET', '/v1/executions'],
    ['GET', '/v1/jobs/laid-out/ticks'],
    ['GET', '/v1/schedules/preview?schedule=@daily'],
  ])('%s %s is indented by four blanks', async (method, path) => {
    await node.put('laid-out');
    await node.call('POST', '/v1/jobs/laid-out/run');
    const answer = await node.call(method, `${path}${path.includes('?') ? '&' : '?'}pretty`);
    expect(answer.text).toMatch(/^[[{]\n {4}(\{\n {8})?"/);
    expect(answer.text).toMatch(/\n[\]}]$/);
  });
});
