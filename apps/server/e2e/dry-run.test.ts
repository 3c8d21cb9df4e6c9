import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { job, shell } from './support/api.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await TestNode.start();
});
afterAll(cleanUp);

const dry = (body: unknown, query = 'dry_run=true', headers = {}) =>
  node.call('POST', `/v1/jobs?${query}`, { body, headers });
const asJson = { accept: 'application/json' };

describe('a dry run of create', () => {
  it('stores and starts nothing; shows the job as GET would, and when it would run', async () => {
    const body = job('try', { schedule: '0 0 9 * * *', timezone: 'Asia/Tokyo', ...shell('echo ran') });
    const answer = await dry(body, 'dry_run=true&runoncreate');
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ valid: true, warnings: [] });
    expect((await node.get('/v1/jobs/try')).status).toBe(404);
    expect(await node.list('/v1/executions?job=try')).toEqual([]);
    await node.put('try', body);
    const stored = (await node.get('/v1/jobs/try')).json;
    expect(answer.json.job).toEqual(stored);
    expect(answer.json.next).toHaveLength(5);
    expect(answer.json.next[0]).toBe(stored.next);
    const steps = answer.json.next.map((time: string, i: number, all: string[]) =>
      i === 0 ? 86_400_000 : Date.parse(time) - Date.parse(all[i - 1]!),
    );
    expect(new Set(steps)).toEqual(new Set([86_400_000]));
  });

  it('on each of the three ways, over a stored job too, which stays as it is', async () => {
    await node.put('kept', { owner: 'before' });
    const stored = (await node.get('/v1/jobs/kept')).text;
    const body = job('kept', { owner: 'after', schedule: '@every 1h' });
    for (const [method, path] of [
      ['POST', '/v1/jobs?dry_run'],
      ['PATCH', '/v1/jobs?dry_run=true'],
      ['PUT', '/v1/jobs/kept?dry_run=true'],
    ] as const) {
      const answer = await node.call(method, path, { body });
      expect([answer.status, answer.json.job.owner, answer.json.next.length]).toEqual([200, 'after', 5]);
    }
    expect((await node.get('/v1/jobs/kept')).text).toBe(stored);
  });

  it('answers the error of the real call', async () => {
    const broken = job('try', { schedule: '* *' });
    const [pretended, real] = [await dry(broken), await node.call('POST', '/v1/jobs', { body: broken })];
    expect([pretended.status, pretended.text]).toEqual([real.status, real.text]);
    expect([400, 'invalid_schedule']).toEqual([
      (await dry(broken, 'dry_run=true', asJson)).status,
      (await dry(broken, 'dry_run=true', asJson)).json.code,
    ]);
    const orphan = await dry(job('orphan', { parent_job: 'nobody' }));
    expect([orphan.status, orphan.text]).toEqual([404, 'specified parent job not found']);
    await node.put('up');
    await node.put('down', { parent_job: 'up' });
    expect((await dry(job('up', { parent_job: 'down' }), 'dry_run=true', asJson)).json.code).toBe('parent_cycle');
    expect((await dry(job('up'), 'dry_run=true', { 'if-none-match': '*' })).status).toBe(412);
  });

  it('a value that is neither true nor false is 400 and stores nothing', async () => {
    const answer = await dry(job('typo'), 'dry_run=yes', asJson);
    expect([answer.status, answer.json.field, answer.json.value]).toEqual([400, 'dry_run', 'yes']);
    expect((await node.get('/v1/jobs/typo')).status).toBe(404);
    expect((await dry(job('typo'), 'dry_run=false')).status).toBe(201);
  });

  it('warns of what is allowed and probably not meant', async () => {
    const warnings = async (fields: Readonly<Record<string, unknown>>): Promise<string[]> =>
      (await dry(job('warned', fields))).json.warnings;
    expect(await warnings({ schedule: '@at 2020-01-01T00:00:00Z' })).toEqual([
      'schedule: "@at 2020-01-01T00:00:00Z" has no coming tick',
    ]);
    expect((await warnings({ tags: { role: 'absent' } }))[0]).toMatch(/^tags: no node .*"absent"/);
    expect(await warnings({ shedule: '@daily', Owner: 'known in any case', problem: '' })).toEqual([
      '"shedule": a job has no such key, it is ignored',
    ]);
    expect((await warnings({ disabled: true }))[0]).toMatch(/^disabled: /);
    expect((await warnings({ expires_at: '2020-01-01T00:00:00Z' }))[0]).toMatch(/^expires_at: 2020-01-01T00:00:00Z is/);
    expect((await warnings({ parent_job: 'up' }))[0]).toMatch(/^schedule: .* not used/);
    expect(await warnings({ executor: 'shel', processors: { log: {}, lgo: {} } })).toEqual([
      expect.stringMatching(/^executor: this server has no executor "shel", it has .*http.*shell/),
      expect.stringMatching(/^processors: this server has no processor "lgo", it has .*files.*log/),
    ]);
  });
});

describe('a job that is never due', () => {
  const never = 'schedule: "0 0 0 30 2 *" has no coming tick';
  const warnings = () =>
    node.log.filter(({ level, message }) => level === 'warn' && message === 'api: the job never runs');

  it('is taken as the original takes it; a dry run and a line of the log say so', async () => {
    const body = job('never', { schedule: '0 0 0 30 2 *' });
    expect((await dry(body)).json).toMatchObject({ valid: true, next: [], warnings: [never] });
    expect(warnings()).toEqual([]);
    await node.put('never', body);
    expect(warnings().map(({ fields }) => fields)).toEqual([{ job: 'never', why: never }]);
  });

  it('is no news when that is meant', async () => {
    const before = warnings().length;
    await node.put('by-hand', { schedule: '@manually' });
    await node.put('off', { schedule: '0 0 0 30 2 *', disabled: true });
    await node.put('due', { schedule: '0 0 0 29 2 *' });
    expect(warnings()).toHaveLength(before);
  });
});
