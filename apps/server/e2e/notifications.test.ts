import type { IncomingHttpHeaders, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { NO_NOTIFICATIONS } from '@dkron/notifier';
import type { ServerOptions } from '../src/options.ts';
import { job, until } from './support/api.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

interface Call {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers what it is told to; 0 = never. */
class Receiver {
  readonly calls: Call[] = [];
  status = 200;
  readonly #server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      this.calls.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(parts).toString() });
      if (this.status !== 0) response.writeHead(this.status).end('ok');
    });
  });

  async listen(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

const open: Receiver[] = [];
const receiver = async (): Promise<Receiver> => {
  const made = await new Receiver().listen();
  open.push(made);
  return made;
};

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});
afterAll(cleanUp);

const PAYLOAD = '{"job": {{json .JobName}}, "ok": {{.Success}}, "out": {{json .Output}}, "by": "{{.ReportingNode}}"}';

function telling(changes: Partial<typeof NO_NOTIFICATIONS>): Partial<ServerOptions> {
  return { notifications: { ...NO_NOTIFICATIONS, ...changes }, enablePrometheus: true };
}

describe('notifications', () => {
  it('start and end are told with the payload, the headers and one key each; Cronitor hears both', async () => {
    const [hook, cronitor] = [await receiver(), await receiver()];
    const endpoint = (path: string): string => `http://127.0.0.1:${hook.port}${path}`;
    const headers = ['Content-Type:application/json', 'X-At: http://a:1/b', 'Host: hooks.example.org'];
    const node = await TestNode.start(
      telling({
        webhook: { endpoint: endpoint('/end'), payload: PAYLOAD, headers },
        preWebhook: { endpoint: endpoint('/start'), payload: '{{.Event}} {{.JobName}}', headers: [] },
        cronitorEndpoint: `http://127.0.0.1:${cronitor.port}/p`,
      }),
    );
    const body = job('told', { executor_config: { command: 'printf "a\\"b"' } });
    expect((await node.call('POST', '/v1/jobs', { body })).status).toBe(201);
    await node.call('POST', '/v1/jobs/told/run');
    await until('all calls', async () => hook.calls.length === 2 && cronitor.calls.length === 2);
    const [start, end] = ['/start', '/end'].map((path) => hook.calls.find(({ url }) => url === path)!);
    expect(start!.body).toBe('start told');
    expect(JSON.parse(end!.body)).toEqual({ job: 'told', ok: true, out: 'a"b', by: 'test' });
    // G-N4: a value may hold colons.
    expect(end!.headers).toMatchObject({
      'x-at': 'http://a:1/b',
      host: 'hooks.example.org',
      'content-type': 'application/json',
    });
    expect(start!.headers['idempotency-key']).not.toBe(end!.headers['idempotency-key']);
    const [execution] = await node.list('/v1/jobs/told/executions');
    const series = `series=${String(execution!['id'])}`;
    expect(cronitor.calls.map(({ url }) => url)).toEqual([
      `/p/told?host=test&message=Job+run+by+Dkron&${series}&state=run`,
      `/p/told?host=test&message=Job+complete+by+Dkron&${series}&state=complete`,
    ]);
    await until('the count', async () =>
      (await node.call('GET', '/metrics')).text.includes('dkron_notifications_sent_total{receiver="cronitor"} 2'),
    );
    await node.stop();
  });

  it('G-N2, G-N6: a receiver that is away or hangs delays neither children nor others; a restart later it is told, with the same key', async () => {
    const [hook, cronitor] = [await receiver(), await receiver()];
    hook.status = 503;
    const settings = telling({
      webhook: {
        endpoint: `http://127.0.0.1:${hook.port}/`,
        payload: '{{.JobName}} {{.Success}} {{.Output}}',
        headers: [],
      },
      cronitorEndpoint: `http://127.0.0.1:${cronitor.port}`,
    });
    const node = await TestNode.start(settings);
    await node.call('POST', '/v1/jobs', {
      body: job('parent', { ephemeral: true, executor_config: { command: 'printf last' } }),
    });
    await node.call('POST', '/v1/jobs', { body: job('child', { schedule: '@manually', parent_job: 'parent' }) });
    await node.call('POST', '/v1/jobs/parent/run');
    await until('the child', async () => cronitor.calls.some(({ url }) => /^\/child\?.*state=complete/.test(url)));
    await until('a try', async () => hook.calls.length > 0);
    const key = hook.calls[0]!.headers['idempotency-key'];
    await node.call('DELETE', '/v1/jobs/child');
    await node.stop();
    hook.status = 200;
    hook.calls.length = 0;
    const again = await TestNode.start({ ...settings, dataDir: node.dataDir });
    await until('both', async () => hook.calls.length >= 2);
    const bodies = hook.calls.map(({ body }) => body).toSorted();
    expect(bodies).toEqual([expect.stringMatching(/^child true/), 'parent true last']);
    expect(hook.calls.find(({ body }) => body.startsWith('parent'))!.headers['idempotency-key']).toBe(key);
    await until('nothing waits', async () =>
      (await again.call('GET', '/metrics')).text.includes('dkron_notifications_waiting{receiver="webhook"} 0'),
    );
    await again.stop();
  });

  it('nobody is told, and nothing is kept for it, unless there is a receiver', async () => {
    const node = await TestNode.start({ enablePrometheus: true });
    await node.call('POST', '/v1/jobs', { body: job('quiet', { owner_email: 'o@example.org' }) });
    await node.call('POST', '/v1/jobs/quiet/run');
    const { text } = await node.call('GET', '/metrics');
    expect(text).not.toContain('dkron_notifications_sent_total{');
    await node.stop();
  });
});
