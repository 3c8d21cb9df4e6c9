import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { job } from './support/api.ts';
import { sendRaw } from './support/raw-request.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await TestNode.start();
});
afterAll(cleanUp);

interface Offer {
  readonly name: string;
  readonly config_schema: object | null;
}

describe('what nodes have for jobs', () => {
  it.each([
    ['executors', ['http', 'shell']],
    ['processors', ['files', 'log', 'syslog']],
  ])('%s are listed with the schema of their configuration', async (kind, some) => {
    const answer = await node.get(`/v1/${kind}`);
    const offers = answer.json as Offer[];
    const names = offers.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(some));
    expect(names).toEqual(names.toSorted());
    expect(answer.headers.get('x-total-count')).toBe(String(names.length));
    for (const offer of offers) {
      expect(offer).toMatchObject({ source: 'built_in', nodes: ['test'], unavailable: [] });
      expect(() => new Ajv2020({ strict: false }).compile(offer.config_schema!)).not.toThrow();
    }
  });

  it('a schema takes what the executor takes, and nothing else', async () => {
    const offers = (await node.get('/v1/executors')).json as Offer[];
    const judge = new Ajv2020({ strict: false }).compile(offers.find(({ name }) => name === 'http')!.config_schema!);
    expect(judge({ method: 'GET', url: 'http://localhost' })).toBe(true);
    expect([judge({ method: 'GET' }), judge({ method: 'GET', url: 'x', uri: 'y' })]).toEqual([false, false]);
  });
});

describe('a job with keys that its executor does not know', () => {
  const body = (name: string): object =>
    job(name, {
      executor: 'shell',
      executor_config: { command: 'true', mem_limit_kb: '1', 'ключ\n': '2' },
      processors: { log: { forwards: 'true' } },
    });

  it('is stored as in the original; the answer warns of it, whichever way it is answered', async () => {
    const headersOf = async (path: string): Promise<string> => {
      const text = JSON.stringify(body('lenient'));
      const headers = { 'content-length': Buffer.byteLength(text) };
      const answer = await sendRaw(`${node.url}${path}`, { method: 'POST', headers, body: text });
      expect(answer.status).toBe(201);
      return String(answer.headers[answer.headers.findIndex((one) => one.toLowerCase() === 'warning') + 1]);
    };
    const direct = await headersOf('/v1/jobs');
    expect(direct).toContain('199 dkron "executor_config.mem_limit_kb: executor shell knows no such key');
    expect(direct).toContain('"processors.log.forwards: processor log knows no such key');
    expect(direct).toMatch(/^[\u0020-\u007e]*$/);
    expect(await headersOf('/v1/jobs?unread')).toBe(direct);
  });

  it('a dry run says so too', async () => {
    const { json } = await node.call('POST', '/v1/jobs?dry_run=true', { body: body('dry') });
    expect(json.warnings).toEqual([
      expect.stringContaining('executor_config.mem_limit_kb'),
      expect.stringContaining('executor_config.ключ'),
      expect.stringContaining('processors.log.forwards'),
    ]);
  });

  it('one that is right has no warning', async () => {
    const right = job('right', { executor: 'shell', executor_config: { command: 'true' }, processors: { log: {} } });
    const answer = await node.call('POST', '/v1/jobs', { body: right });
    expect([answer.status, answer.headers.get('warning')]).toEqual([201, null]);
  });
});

describe('a job of an executor that the original does not have', () => {
  const docker = (config: object): object => job('strict', { executor: 'docker', executor_config: config });

  it.each([
    ['an unknown key', { image: 'a', imgae: 'b' }, 'executor_config.imgae', 'knows no such key, it has image, command'],
    ['no image', { command: 'x' }, 'executor_config.image', 'needs this key: image to run'],
    ['a bad value', { image: 'a', cpus: 'all' }, 'executor_config.cpus', 'does not take this value'],
  ])('with %s is refused, and told why', async (_title, config, field, text) => {
    const answer = await node.call('POST', '/v1/jobs', {
      body: docker(config),
      headers: { accept: 'application/json' },
    });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ code: 'invalid_value', field });
    expect(answer.json.error).toContain(`${field}: executor docker ${text}`);
    expect((await node.get('/v1/jobs/strict')).status).toBe(404);
  });

  it('shows no secret that is wrong', async () => {
    const body = docker({ image: 'a', payload: 'no base64!', registryPassword: 'hunter2' });
    const answer = await node.call('PUT', '/v1/jobs/strict', { body, headers: { accept: 'application/json' } });
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain('hunter2');
  });
});
