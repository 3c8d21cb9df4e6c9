import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { job, shell } from './support/api.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await TestNode.start();
});
afterAll(cleanUp);

const asJson = { accept: 'application/json' };

describe('true or false in a query', () => {
  const run = (query: string) => node.call('POST', `/v1/jobs/gate/run?${query}`, { headers: asJson });
  const create = (query: string) => node.call('POST', `/v1/jobs?${query}`, { body: job('gate-2'), headers: asJson });
  const runs = async () => (await node.get('/v1/executions?job=gate&_end=0')).headers.get('x-total-count');

  it('wait, respect_concurrency, dry_run: anything else is 400 and does nothing', async () => {
    await node.put('gate', { ...shell('sleep 0.1'), concurrency: 'forbid' });
    for (const value of ['maybe', 'no', 'yes', 'TRUE', '2', '%20']) {
      const seen = decodeURIComponent(value);
      for (const [name, answer] of [
        ['wait', await run(`wait=${value}`)],
        ['respect_concurrency', await run(`wait=false&respect_concurrency=${value}`)],
        ['dry_run', await create(`dry_run=${value}`)],
      ] as const) {
        const { code, field, value: shown, allowed } = answer.json;
        const expected = [400, 'invalid_value', name, seen, 'true, 1, false, 0'];
        expect([answer.status, code, field, shown, allowed]).toEqual(expected);
      }
    }
    expect(await runs()).toBe('0');
    expect((await node.get('/v1/jobs/gate-2')).status).toBe(404);
  });

  it('wait: false, 0 answer at once; true, 1 and the key alone when all is done', async () => {
    for (const query of ['wait=false', 'wait=0']) expect([query, (await run(query)).status]).toEqual([query, 202]);
    for (const query of ['wait', 'wait=true', 'wait=1', '']) {
      expect([query, (await run(query)).status]).toEqual([query, 200]);
    }
  });

  it('respect_concurrency: true, 1 and the key alone refuse a second copy', async () => {
    await node.put('gate', { ...shell('sleep 30'), concurrency: 'forbid' });
    const id = await node.launch('gate');
    const before = await runs();
    for (const value of ['=1', '=true', '']) {
      const answer = await run(`wait=false&respect_concurrency${value}`);
      expect([value, answer.status, answer.json.code]).toEqual([value, 409, 'forbidden_overlap']);
    }
    expect(await runs()).toBe(before);
    for (const value of ['0', 'false']) {
      const answer = await run(`wait=false&respect_concurrency=${value}`);
      expect(answer.status).toBe(202);
      await node.call('POST', `/v1/executions/${answer.json.executions[0]}/cancel`);
    }
    await node.call('POST', `/v1/executions/${id}/cancel`);
  });

  it('dry_run: 1 and true store nothing, 0 and false store', async () => {
    for (const query of ['dry_run=1', 'dry_run=true', 'dry_run']) expect((await create(query)).status).toBe(200);
    expect((await node.get('/v1/jobs/gate-2')).status).toBe(404);
    for (const query of ['dry_run=0', 'dry_run=false']) expect((await create(query)).status).toBe(201);
  });
});
