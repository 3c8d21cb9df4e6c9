import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shell, until } from './support/api.ts';
import { cleanUp, tempDir, TestNode } from './support/test-node.ts';

let node: TestNode;
let dir: string;
beforeAll(async () => {
  node = await TestNode.start({ enablePrometheus: true });
  dir = await tempDir();
});
afterAll(cleanUp);

const execution = async (id: string) => (await node.get(`/v1/executions/${id}`)).json;
const files = { log_dir: '', forward: 'false' };

describe('G-E9: processors', () => {
  it('come after the result is stored: a slow one delays no result, no child, no other job', async () => {
    const go = `while [ ! -e ${dir}/go ]; do sleep 0.02; done`;
    await node.put('slow', { ...shell(`${go}; echo result`), processors: { files: { ...files, log_dir: dir } } });
    await node.put('child', { ...shell('echo child'), schedule: '', parent_job: 'slow' });
    const id = await node.launch('slow');
    // Who writes into a pipe without a reader waits.
    execFileSync('mkfifo', [`${dir}/${id}.log`]);
    execFileSync('touch', [`${dir}/go`]);
    await until('result', async () => (await execution(id)).state === 'success');
    expect(await execution(id)).toMatchObject({ output: 'result\n', success: true });
    expect((await node.get('/v1/jobs/slow')).json).toMatchObject({ status: 'success', success_count: 1 });
    await until('child', async () => (await node.executions('child'))[0]?.state === 'success');
    await node.put('quick', { ...shell('echo quick'), processors: { files: { ...files, log_dir: dir } } });
    const quick = await node.launch('quick');
    await until('processed', async () => (await execution(quick)).output === `${dir}/${quick}.log`);
    expect(await readFile(`${dir}/${quick}.log`, 'utf8')).toBe('quick\n');
    expect((await execution(id)).output).toBe('result\n');
    expect(await readFile(`${dir}/${id}.log`, 'utf8')).toBe('result\n');
    await until('slow processed', async () => (await execution(id)).output === `${dir}/${id}.log`);
  });

  it('have one order, whatever the order in which they were sent', async () => {
    const log = { forward: 'false' };
    const orders = [
      { log, files: { ...files, log_dir: dir } },
      { files: { ...files, log_dir: dir }, log },
    ];
    for (const [i, processors] of orders.entries()) {
      await node.put(`order-${i}`, { ...shell(`echo order ${i}`), processors });
      const id = await node.launch(`order-${i}`);
      await until('processed', async () => (await execution(id)).output === 'Output in dkron log');
      expect(await readFile(`${dir}/${id}.log`, 'utf8')).toBe(`order ${i}\n`);
    }
  });

  it('one that is missing or fails leaves the output, and is in the log of the server', async () => {
    await node.put('missing', { ...shell('echo kept'), processors: { nothing: { a: 'b' } } });
    const id = await node.launch('missing');
    await until('logged', async () => node.log.some((line) => line.message.includes('processor failed')));
    expect(await execution(id)).toMatchObject({ state: 'success', output: 'kept\n' });
    expect(JSON.stringify(node.log.find((line) => line.message.includes('processor failed'))?.fields)).toContain(
      'nothing',
    );
  });

  it('G-E9: a receiver that is dead or silent delays neither the result nor what depends on it', async () => {
    const received: string[] = [];
    const receiver = createServer((request, response) => {
      request.resume().on('end', () => {
        received.push(String(request.headers['idempotency-key']));
        // A silent receiver is never answered.
        if (request.url === '/taken') response.end();
      });
    });
    receiver.listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    const to = (address: string) => ({ webhook: { url: address, forward: 'true' } });
    const missing = { fluent: {}, email: { to: 'ops@example.org' } };
    await node.put('silent', { ...shell('echo silent'), processors: { ...to(`${url}/silent`), ...missing } });
    await node.put('told', {
      ...shell('echo told'),
      schedule: '',
      parent_job: 'silent',
      processors: to(`${url}/taken`),
    });
    const id = await node.launch('silent');
    await until('child told', async () => received.length >= 2);
    expect(await execution(id)).toMatchObject({ state: 'success', output: 'silent\n' });
    expect(received[0]).toMatch(/^[0-9]+-/);
    const counted = (await node.get('/metrics')).text;
    expect(counted).toMatch(/dkron_processor_calls_total{processor="email",result="failed"} [1-9]/);
    expect(counted).toMatch(/dkron_processor_calls_total{processor="fluent",result="failed"} [1-9]/);
    const failed = node.log.filter((line) => line.message.includes('processor failed'));
    const causes = failed.flatMap(({ fields }) => Object.values(fields ?? {}).map(String)).join('\n');
    expect(causes).toContain('FLUENTBIT_HOST');
    expect(causes).toContain('mail-host');
    receiver.closeAllConnections();
    receiver.close();
  });
});
