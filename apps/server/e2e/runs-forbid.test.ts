import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shell, until } from './support/api.ts';
import { cleanUp, tempDir, TestNode } from './support/test-node.ts';

let node: TestNode;
let dir: string;
beforeAll(async () => {
  dir = await tempDir();
  node = await TestNode.start({ killGrace: 500 });
});
afterAll(cleanUp);

/** Runs until the file is there. */
const waitsFor = (file: string) => shell(`until [ -e ${dir}/${file} ]; do sleep 0.05; done`);
const open = (file: string) => writeFile(`${dir}/${file}`, '');
const running = (name: string) =>
  until(`${name} runs`, async () => (await node.list('/v1/busy')).some((item) => item.job_name === name));

describe('runs that overlap', () => {
  it('G-X4, G-S16: forbid skips scheduled runs and says so; a run by hand passes', async () => {
    await node.put('single', { ...waitsFor('single'), schedule: '@every 1s', concurrency: 'forbid' });
    await running('single');
    await until('skipped', async () => (await node.ticks('single', '&decision=skipped')).length >= 1);
    const refused = await node.call('POST', '/v1/jobs/single/run?respect_concurrency=true', {
      headers: { accept: 'application/json' },
    });
    expect([refused.status, refused.json.code]).toEqual([409, 'forbidden_overlap']);
    const id = await node.launch('single');
    await until('second copy', async () => (await node.list('/v1/busy')).length === 2);
    expect((await node.get(`/v1/executions/${id}`)).json.state).toBe('running');
    await open('single');
    await until('over', async () => (await node.list('/v1/busy')).length === 0);
    await node.call('POST', '/v1/jobs/single/toggle');
    const ticks = await node.ticks('single');
    expect(ticks.filter((tick) => tick.decision === 'skipped' && tick.trigger === 'schedule')).toSatisfy(
      (skipped: { reason: string }[]) => skipped.length > 0 && skipped.every((tick) => tick.reason === 'forbid'),
    );
    expect(ticks.find((tick) => tick.trigger === 'manual' && tick.decision === 'skipped')).toMatchObject({
      reason: 'forbid',
    });
    expect((await node.executions('single')).every((item) => item.success)).toBe(true);
  });

  it('allow starts the next copy while the first runs', async () => {
    await node.put('many', { ...waitsFor('many'), schedule: '@every 1s' });
    await until('two at once', async () => (await node.list('/v1/busy')).length >= 2);
    await node.call('POST', '/v1/jobs/many/toggle');
    await open('many');
    await until('over', async () => (await node.list('/v1/busy')).length === 0);
    expect((await node.ticks('many', '&reason=forbid')).length).toBe(0);
  });
});

describe('a job deleted while it runs', () => {
  it('stays busy until it ends, then is gone; a new job of the name has no old results', async () => {
    await node.put('deleted', waitsFor('deleted'));
    const id = await node.launch('deleted');
    await running('deleted');
    expect((await node.call('DELETE', '/v1/jobs/deleted')).status).toBe(200);
    expect((await node.get('/v1/jobs/deleted')).status).toBe(404);
    expect((await node.list('/v1/busy')).map((item) => item.id)).toEqual([id]);
    await node.put('deleted', shell('echo new'));
    expect(await node.executions('deleted')).toEqual([]);
    await open('deleted');
    await until('gone', async () => (await node.list('/v1/busy')).length === 0);
    expect((await node.get(`/v1/executions/${id}`)).status).toBe(404);
    expect(await node.executions('deleted')).toEqual([]);
    expect((await node.get('/v1/jobs/deleted')).json).toMatchObject({ success_count: 0, error_count: 0, status: '' });
    await node.call('POST', '/v1/jobs/deleted/run');
    expect(await node.executions('deleted')).toMatchObject([{ output: 'new\n' }]);
  });

  it('a run that waits for it is answered', async () => {
    await node.put('waited', waitsFor('waited'));
    const answer = node.call('POST', '/v1/jobs/waited/run');
    await running('waited');
    await node.call('DELETE', '/v1/jobs/waited');
    await open('waited');
    expect((await answer).status).toBe(200);
  });
});

describe('shell', () => {
  it('G-E2: a payload of 600 kB reaches stdin', async () => {
    const payload = Buffer.alloc(600_000, 'x').toString('base64');
    await node.put('fed', { executor: 'shell', executor_config: { shell: 'true', command: 'wc -c', payload } });
    await node.call('POST', '/v1/jobs/fed/run');
    expect((await node.executions('fed'))[0]).toMatchObject({
      success: true,
      output: expect.stringMatching(/^\s*600000\n$/),
    });
  });

  it('G-E3: mem_limit kills the whole group without a timeout', async () => {
    const command = `head -c 80000000 /dev/zero | tail -c 70000000 | (sleep 60; cat > ${dir}/leak)`;
    await node.put('fat', { executor: 'shell', executor_config: { shell: 'true', command, mem_limit: '20MB' } });
    await node.call('POST', '/v1/jobs/fat/run');
    const [execution] = await node.executions('fat');
    expect(execution).toMatchObject({ success: false, state: 'failed' });
    expect(execution.output).toContain('exceeding defined limit');
    expect(existsSync(`${dir}/leak`)).toBe(false);
  });

  it('keeps the last 256,000 bytes and the first 16 KiB of a long output', async () => {
    await node.put('wordy', shell('echo first; seq 1 100000; echo last'));
    await node.call('POST', '/v1/jobs/wordy/run');
    const [execution] = await node.executions('wordy');
    expect(execution.output).toHaveLength(256_000);
    expect(execution.output.endsWith('last\n')).toBe(true);
    const kept = (await node.get(`/v1/executions/${execution.id}/output`)).text;
    expect(kept.startsWith('first\n1\n2\n')).toBe(true);
    expect(kept).toMatch(/\[… \d+ bytes left out …\]/);
    expect((await node.list('/v1/jobs/wordy/executions?output_size_limit=5'))[0]).toMatchObject({
      output: 'last\n',
      output_truncated: true,
    });
  });
});
