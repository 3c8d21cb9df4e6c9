import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
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

const run = (name: string, query = '') => node.call('POST', `/v1/jobs/${name}/run${query}`);
const state = async (id: string): Promise<string> => (await node.get(`/v1/executions/${id}`)).json.state;
const becomes = (id: string, wanted: string) => until(`${id} ${wanted}`, async () => (await state(id)) === wanted);

describe('runs by hand', () => {
  it('answer when the result is stored, on both paths, with an empty JSON body', async () => {
    await node.put('hello', shell('sleep 0.2; echo hello world'));
    for (const path of ['/v1/jobs/hello', '/v1/jobs/hello/run'])
      expect((await node.call('POST', path)).status).toBe(200);
    const executions = await node.executions('hello');
    expect(executions).toHaveLength(2);
    expect(executions[0]).toMatchObject({
      success: true,
      output: 'hello world\n',
      node_name: 'test',
      state: 'success',
      trigger: 'manual',
      exit_code: 0,
    });
    expect(BigInt(executions[0].id.split('-')[0])).toBeGreaterThan(BigInt(executions[1].id.split('-')[0]));
    expect((await node.get('/v1/jobs/hello')).json).toMatchObject({
      success_count: 2,
      error_count: 0,
      status: 'success',
    });
    expect((await run('nobody')).status).toBe(404);
  });

  it('record a program that does not exist as failed', async () => {
    await node.put('exit', { executor_config: { command: 'exit 1' } });
    await run('exit');
    expect(await node.executions('exit')).toMatchObject([{ success: false, state: 'failed' }]);
    await node.call('DELETE', '/v1/jobs/exit/executions');
    expect(await node.executions('exit')).toEqual([]);
    expect((await node.get('/v1/jobs/exit')).json).toMatchObject({ error_count: 0 });
  });

  it('G-X11: ?wait=false answers 202 at once; a running execution is cancelled with its process group', async () => {
    await node.put('long', {
      ...shell(`sleep 60 & echo $! > ${dir}/long.tmp; mv ${dir}/long.tmp ${dir}/long.pid; wait`),
      retries: 3,
    });
    const id = await node.launch('long');
    const pid = Number(await until('pid', () => readFile(`${dir}/long.pid`, 'utf8').catch(() => undefined)));
    await becomes(id, 'running');
    expect((await node.list('/v1/busy')).map((item) => item.job_name)).toEqual(['long']);
    expect((await node.call('POST', `/v1/executions/${id}/cancel`)).status).toBe(202);
    await becomes(id, 'cancelled');
    await until('process gone', async () => !alive(pid));
    expect(await node.list('/v1/busy')).toEqual([]);
    const answer = await node.call('POST', `/v1/executions/${id}/cancel`);
    expect([answer.status, answer.json.code]).toEqual([409, 'already_finished']);
    expect(await node.executions('long')).toMatchObject([{ state: 'cancelled', reason: 'cancelled', success: false }]);
  });

  it('G-X11: a pending retry is cancelled at once', async () => {
    await node.put('backoff', { ...shell('exit 7'), retries: 3 });
    await node.launch('backoff');
    const pending = await until('retry', async () => (await node.list('/v1/executions?job=backoff&state=pending'))[0]);
    const answer = await node.call('POST', `/v1/executions/${pending.id}/cancel`);
    expect([answer.status, answer.json.state]).toEqual([200, 'cancelled']);
    expect(await node.list('/v1/executions?job=backoff&state=pending')).toEqual([]);
  });

  it('give up after the timeout of the job', async () => {
    await node.put('slow', { ...shell('echo begun; sleep 60'), timeout: '300ms' });
    await run('slow');
    expect(await node.executions('slow')).toMatchObject([{ state: 'failed', reason: 'timeout' }]);
  });

  it('repeated with one Idempotency-Key are one run', async () => {
    await node.put('once', shell('true'));
    const headers = { 'idempotency-key': 'k1' };
    const groups = [];
    for (let i = 0; i < 2; i++)
      groups.push((await node.call('POST', '/v1/jobs/once/run?wait=false', { headers })).text);
    expect(groups[0]).toBe(groups[1]);
    expect(await node.list('/v1/executions?job=once')).toHaveLength(1);
  });
});

describe('what follows a run', () => {
  it('G-X3, G-X5, G-X6: a retry that succeeds makes the run a success and starts the children', async () => {
    await node.put('flaky', {
      ...shell(`if [ -e ${dir}/tried ]; then echo ok; else touch ${dir}/tried; exit 3; fi`),
      retries: 1,
    });
    await node.put('after-flaky', { ...shell('echo child'), schedule: '', parent_job: 'flaky' });
    await run('flaky');
    const attempts = await node.executions('flaky');
    expect(attempts).toMatchObject([
      { attempt: 2, success: true },
      { attempt: 1, success: false, exit_code: 3, reason: 'exit' },
    ]);
    expect(attempts[0].finished_at > attempts[1].finished_at).toBe(true);
    expect((await node.get('/v1/jobs/flaky')).json.status).toBe('success');
    expect(await node.executions('after-flaky')).toMatchObject([{ trigger: 'parent', success: true }]);
  });

  it('children start after their parent, and not after a failure', async () => {
    await node.put('mother', shell('echo mother'));
    await node.put('daughter', { ...shell('echo daughter'), schedule: '', parent_job: 'mother' });
    await node.put('grandson', { ...shell('echo grandson'), schedule: '', parent_job: 'daughter' });
    await run('mother');
    const [mother] = await node.executions('mother');
    const [daughter] = await node.executions('daughter');
    const [grandson] = await node.executions('grandson');
    expect(daughter.started_at > mother.finished_at && grandson.started_at > daughter.finished_at).toBe(true);
    await node.put('mother', shell('exit 1'));
    await run('mother');
    expect(await node.executions('daughter')).toHaveLength(1);
  });

  it('an ephemeral job is deleted after its success only', async () => {
    await node.put('fleeting', { ...shell('exit 1'), ephemeral: true });
    await run('fleeting');
    expect((await node.get('/v1/jobs/fleeting')).status).toBe(200);
    await node.put('fleeting', { ...shell('true'), ephemeral: true });
    await run('fleeting');
    expect((await node.get('/v1/jobs/fleeting')).status).toBe(404);
  });

  it('processors: log and files', async () => {
    await node.put('kept', { ...shell('echo kept'), processors: { files: { log_dir: dir, forward: 'false' } } });
    await run('kept');
    const [execution] = await node.executions('kept');
    expect(execution.output).toBe(`${dir}/${execution.id}.log`);
    expect(await readFile(execution.output, 'utf8')).toBe('kept\n');
    await node.put('logged', { ...shell('echo logged'), processors: { log: { forward: 'true' } } });
    await run('logged');
    expect((await node.executions('logged'))[0].output).toBe('logged\n');
  });
});

describe('http executor', () => {
  it('G-E1: calls a server; a header without a colon fails nothing else', async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(`${request.method} ${String(request.headers['x-link'])}`);
      response.end('pong');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
    const config = { url, method: 'GET', expectCode: '200', expectBody: '^po.g$' };
    await node.put('bad-header', { executor: 'http', executor_config: { ...config, headers: '["nocolon"]' } });
    await node.put('call', { executor: 'http', executor_config: { ...config, headers: '["X-Link: http://x:1/"]' } });
    await node.put('mismatch', { executor: 'http', executor_config: { ...config, expectCode: '500' } });
    for (const name of ['bad-header', 'call', 'mismatch']) await run(name);
    server.close();
    expect(await node.executions('call')).toMatchObject([{ success: true, output: 'pong' }]);
    expect(seen).toContain('GET http://x:1/');
    expect((await node.executions('mismatch'))[0]).toMatchObject({ success: false });
  });
});

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
