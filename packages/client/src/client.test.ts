import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { decodeAnswer, DkronApiError, DkronClient } from './index.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const servers: Server[] = [];

async function serve(handler: Handler): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => handler(request, response, body));
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function failure(promise: Promise<unknown>): Promise<DkronApiError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DkronApiError) return error;
  throw new Error(`no DkronApiError but ${String(error)}`);
}

describe('DkronClient', () => {
  it('keeps 64-bit integers exact', async () => {
    const baseUrl = await serve((_, response) =>
      response.end('{"job_name":"a","group":1700000000123456789,"executions":["1-n"]}'),
    );
    expect(await new DkronClient({ baseUrl }).startJob('a')).toEqual({
      job_name: 'a',
      group: 1_700_000_000_123_456_789n,
      executions: ['1-n'],
    });
    expect(decodeAnswer('{"group":5,"n":5,"big":9007199254740993,"f":1.5}')).toEqual({
      group: 5n,
      n: 5,
      big: 9_007_199_254_740_993n,
      f: 1.5,
    });
  });

  it('asks for what it says, names and queries escaped', async () => {
    const seen: string[] = [];
    const baseUrl = await serve((request, response, body) => {
      seen.push(`${request.method} ${request.url} ${body}`);
      response.setHeader('x-total-count', '7').end(request.url?.includes('?') ? '[]' : '{}');
    });
    const client = new DkronClient({ baseUrl: `${baseUrl}/` });
    expect(await client.listJobs({ q: 'a b', 'metadata[k]': 'v', absent: undefined })).toEqual({ items: [], total: 7 });
    await client.getJob('é/');
    await client.createJob({ name: 'x' });
    await client.toggleJob('x');
    await client.cancelExecution('1-n');
    expect(seen).toEqual([
      'GET /v1/jobs?q=a+b&metadata%5Bk%5D=v ',
      'GET /v1/jobs/%C3%A9%2F ',
      'POST /v1/jobs {"name":"x"}',
      'POST /v1/jobs/x/toggle ',
      'POST /v1/executions/1-n/cancel ',
    ]);
  });

  it('turns a refusal into an error with field, value and what is allowed', async () => {
    const baseUrl = await serve((_, response) => {
      response.statusCode = 400;
      response.end(
        '{"error":"Job validation failed: x.","code":"invalid_value","field":"timeout","value":"5x","allowed":"30s"}',
      );
    });
    const error = await failure(new DkronClient({ baseUrl }).createJob({ name: 'x' }));
    expect(error).toMatchObject({ status: 400, code: 'invalid_value', field: 'timeout', value: '5x', allowed: '30s' });
    expect(error.message).toBe('Job validation failed: x.');
  });

  it('shows the text of an answer that is no JSON, and the request for an empty one', async () => {
    let text = 'plain';
    const baseUrl = await serve((_, response) => {
      response.statusCode = 404;
      response.end(text);
    });
    const client = new DkronClient({ baseUrl });
    expect((await failure(client.getJob('a'))).message).toBe('plain');
    text = '';
    expect((await failure(client.getJob('a'))).message).toBe('GET /v1/jobs/a was answered 404');
  });

  it('gives an output as it stands, and a preview with what was asked', async () => {
    const seen: string[] = [];
    const baseUrl = await serve((request, response) => {
      seen.push(request.url ?? '');
      response.end(request.url?.endsWith('/output') === true ? '{"a":\n' : '{"next":[]}');
    });
    const client = new DkronClient({ baseUrl });
    expect(await client.getOutput('1-a b')).toBe('{"a":\n');
    expect(await client.previewSchedule({ schedule: '0 0 3 * * *', count: 2 })).toEqual({ next: [] });
    expect(seen).toEqual(['/v1/executions/1-a%20b/output', '/v1/schedules/preview?schedule=0+0+3+*+*+*&count=2']);
  });

  it('repeats reads, as often as allowed', async () => {
    let calls = 0;
    const baseUrl = await serve((_, response) => {
      calls += 1;
      response.statusCode = 503;
      response.end();
    });
    const client = new DkronClient({ baseUrl, retries: 2, retryDelayMs: 1 });
    expect((await failure(client.getJob('a'))).status).toBe(503);
    expect(calls).toBe(3);
  });

  it('never repeats a write', async () => {
    let calls = 0;
    const baseUrl = await serve((request) => {
      calls += 1;
      request.socket.destroy();
    });
    const client = new DkronClient({ baseUrl, retries: 5, retryDelayMs: 1 });
    expect(await failure(client.deleteJob('a'))).toMatchObject({ status: 0, code: 'unreachable' });
    expect(calls).toBe(1);
  });

  it('refuses a list that is none, and a base that is no URL', async () => {
    const baseUrl = await serve((_, response) => response.end('{}'));
    expect((await failure(new DkronClient({ baseUrl }).listJobs())).code).toBe('invalid_answer');
    expect(() => new DkronClient({ baseUrl: 'here' })).toThrow(/"here"/);
  });
});
