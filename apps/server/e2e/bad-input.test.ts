import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { job } from './support/api.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await TestNode.start({ maxBodySize: 4_096 });
});
afterAll(cleanUp);

const post = (body: unknown, headers = {}) => node.call('POST', '/v1/jobs', { body, headers });
const asJson = { accept: 'application/json' };

describe('bad input', () => {
  it.each([
    ['a wrong JSON type', job('bad', { retries: 'three' }), { code: 'invalid_value', field: 'retries' }],
    ['no name', job(''), { code: 'invalid_value', field: 'name' }],
    [
      'an unknown zone',
      job('bad', { timezone: 'Mars/Base' }),
      { code: 'unknown_zone', field: 'timezone', value: 'Mars/Base' },
    ],
    [
      'an impossible schedule',
      job('bad', { schedule: '0 0 99 * * *' }),
      { code: 'invalid_schedule', field: 'schedule', value: '0 0 99 * * *', column: 5 },
    ],
    [
      'no schedule at all',
      job('bad', { schedule: 'invalid-schedule' }),
      { code: 'invalid_schedule', field: 'schedule' },
    ],
    ['broken JSON', '{"name": "bad",', { code: 'invalid_json' }],
    ['an empty body', '', { code: 'invalid_json' }],
  ])('%s is 400, naming field and value', async (_, body, expected) => {
    const plain = await post(body);
    expect(plain.status).toBe(400);
    expect(plain.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(plain.text).not.toBe('');
    const answer = await post(body, asJson);
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject(expected);
    expect((await node.get('/v1/jobs/bad')).status).toBe(404);
  });

  it('G-S9: a zone without a schedule is an error, not a crash', async () => {
    const answer = await post(job('bad', { schedule: 'TZ=UTC' }), asJson);
    expect([answer.status, answer.json.code]).toEqual([400, 'invalid_schedule']);
  });

  it('never shows what may be a secret', async () => {
    const config = { command: 'true', token: 53_237, headers: ['Authorization: s3cret'], password: true };
    for (const fields of [
      { executor_config: config },
      { executor_config: 's3cret' },
      { processors: { log: { token: 53_237 } } },
    ]) {
      const answer = await post(job('bad', fields), asJson);
      expect([answer.status, answer.json.problems.length > 0]).toEqual([400, true]);
      for (const problem of answer.json.problems) {
        expect(problem.field).toMatch(/^(executor_config|processors)/);
        expect(problem).not.toHaveProperty('value');
      }
    }
    const known = job('bad', { executor_config: { command: 'true', timeout: '5x' } });
    expect((await post(known, asJson)).json).toMatchObject({ field: 'executor_config.timeout', value: '5x' });
  });

  it('lists every problem at once', async () => {
    const body = { ...job('Not A Name'), timezone: 'Mars/Base', schedule: '* *', concurrency: 'sometimes' };
    const answer = await post(body, asJson);
    expect(answer.status).toBe(400);
    const fields = answer.json.problems.map((problem: { field: string }) => problem.field);
    expect(fields).toEqual(expect.arrayContaining(['name', 'timezone', 'schedule', 'concurrency']));
    expect(answer.json).toMatchObject({ code: answer.json.problems[0].code, field: answer.json.problems[0].field });
  });

  it('G-X10: a cycle of parents is refused and named', async () => {
    await node.put('a');
    await node.put('b', { parent_job: 'a' });
    const answer = await post(job('a', { parent_job: 'b' }));
    expect([answer.status, answer.text]).toEqual([
      400,
      'Job validation failed: parent_job would form a cycle: a -> b -> a.',
    ]);
    expect((await post(job('a', { parent_job: 'b' }), asJson)).json).toMatchObject({
      code: 'parent_cycle',
      field: 'parent_job',
      value: 'b',
      problems: [{ code: 'parent_cycle', field: 'parent_job', value: 'b' }],
    });
  });

  it('G-R3, G-R4: a missing parent is 404 and nothing is stored; a parent with children is not deleted', async () => {
    const answer = await post(job('orphan', { parent_job: 'nobody' }));
    expect([answer.status, answer.text]).toEqual([404, 'specified parent job not found']);
    const named = await post(job('orphan', { parent_job: 'nobody' }), asJson);
    expect(named.json).toMatchObject({ code: 'parent_not_found', field: 'parent_job', value: 'nobody' });
    expect((await node.get('/v1/jobs/orphan')).status).toBe(404);
    await node.put('parent');
    await node.put('child', { parent_job: 'parent' });
    expect((await node.get('/v1/jobs/parent')).json.dependent_jobs).toEqual(['child']);
    const refused = await node.call('DELETE', '/v1/jobs/parent', { headers: asJson });
    expect([refused.status, refused.json.code]).toEqual([404, 'has_children']);
    expect((await node.call('DELETE', '/v1/jobs/child')).status).toBe(200);
    expect((await node.call('DELETE', '/v1/jobs/parent')).status).toBe(200);
  });

  it('a body above max-body-size is 413, naming the limit', async () => {
    const body = job('big', { displayname: 'x'.repeat(5_000) });
    const plain = await post(body);
    expect([plain.status, plain.text.includes('max-body-size (4096 bytes)')]).toEqual([413, true]);
    const answer = await post(body, asJson);
    expect([answer.status, answer.json.code]).toEqual([413, 'too_large']);
    const stream = new Blob([JSON.stringify(body)]).stream();
    const chunked = await fetch(`${node.url}/v1/jobs`, { method: 'POST', body: stream, duplex: 'half' } as RequestInit);
    expect([chunked.status, await chunked.text()]).toEqual([413, 'body is larger than max-body-size (4096 bytes)']);
  });

  it('unknown paths are 404; wrong methods are 404 on the original paths, 405 on ours', async () => {
    expect((await node.get('/v1/nothing')).text).toBe('404 page not found');
    expect((await node.call('DELETE', '/v1/jobs')).status).toBe(404);
    const answer = await node.call('POST', '/v1/executions');
    expect([answer.status, answer.headers.get('allow'), answer.json.code]).toEqual([405, 'GET', 'method_not_allowed']);
    expect((await node.get('/v1/executions?state=odd')).json).toMatchObject({
      code: 'invalid_value',
      field: 'state',
      value: 'odd',
    });
  });
});
