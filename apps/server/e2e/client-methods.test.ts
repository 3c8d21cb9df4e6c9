import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Execution } from '@dkron/client';
import { DkronApiError, DkronClient, etagOf } from '@dkron/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENDPOINTS } from '../src/http/openapi/endpoints.ts';
import { job, shell, until } from './support/api.ts';
import { assertDocumented } from './support/documented.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

const GENERATOR = fileURLToPath(new URL('../../../packages/client/scripts/generate-types.ts', import.meta.url));

/** Routes that need no method of their own; `request` reaches them. */
const BY_REQUEST = [
  'PATCH /v1/jobs', // as POST
  'POST /v1/jobs/{job}', // as …/run
  'GET /', // for people
  'GET /ui/{file}',
  'GET /docs',
];

const routes = ENDPOINTS.map(({ method, path }) => ({
  name: `${method.toUpperCase()} ${path}`,
  pattern: new RegExp(
    `^${method.toUpperCase()} ${path.replaceAll('.', String.raw`\.`).replaceAll(/\{\w+\}/g, '[^/]+')}$`,
  ),
}));
const asked = new Set<string>();
const called = new Set<string>();

let node: TestNode;
let client: DkronClient;
beforeAll(async () => {
  node = await TestNode.start({ enablePrometheus: true });
  client = recorded(new DkronClient({ baseUrl: node.url, fetch: recordingFetch }));
});
afterAll(cleanUp);

/** Notes which methods of the client were called. */
function recorded(target: DkronClient): DkronClient {
  return new Proxy(target, {
    get: (_, key) => {
      called.add(String(key));
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Notes which routes were asked, and holds each answer against the description. */
const recordingFetch: typeof fetch = async (input, init) => {
  const method = init?.method ?? 'GET';
  const url = new URL(input as string);
  const known = routes.find(({ pattern }) => pattern.test(`${method} ${url.pathname}`));
  asked.add(known?.name ?? `${method} ${url.pathname}`);
  const response = await fetch(input, init);
  const contentType = response.headers.get('content-type') ?? undefined;
  if (response.redirected || contentType?.startsWith('text/event-stream') === true) return response;
  const { status } = response;
  const text = await response.clone().text();
  assertDocumented({ method, path: url.pathname + url.search, status, contentType, text });
  return response;
};

async function refusalOf(promise: Promise<unknown>): Promise<DkronApiError> {
  const error: unknown = await promise.catch((reason: unknown) => reason);
  if (error instanceof DkronApiError) return error;
  throw new Error(`no refusal but ${String(error)}`);
}

const quiet = (name: string, fields = {}): { name: string } => ({ ...job(name, fields), name });

describe('the client on a real server', () => {
  it('stores, shows, changes and deletes jobs', async () => {
    expect(await client.createJob(quiet('crud', { retries: 2n }), { ifNoneMatch: '*' })).toMatchObject({ retries: 2 });
    expect(await refusalOf(client.createJob(quiet('crud'), { ifNoneMatch: '*' }))).toMatchObject({
      status: 412,
      code: 'precondition_failed',
      maybeDone: false,
    });
    const stored = await client.getJob('crud');
    const etag = etagOf(stored)!;
    expect(await client.getJobIfChanged('crud', etag)).toBeUndefined();
    await client.replaceJob({ ...stored, owner: 'me' }, { ifMatch: etag });
    expect(await client.getJobIfChanged('crud', etag)).toMatchObject({ owner: 'me' });
    expect((await refusalOf(client.replaceJob({ ...stored, owner: 'you' }, { ifMatch: etag }))).status).toBe(412);
    expect((await client.toggleJob('crud')).disabled).toBe(true);
    expect((await refusalOf(client.toggleJob('crud', { ifMatch: etag }))).status).toBe(412);
    const { items, total } = await client.listJobs({ q: 'cru', _end: 1 });
    expect([items.map(({ name }) => name), total]).toEqual([['crud'], 1]);
    expect((await refusalOf(client.deleteJob('crud', { ifMatch: etag }))).status).toBe(412);
    expect((await client.deleteJob('crud')).name).toBe('crud');
    expect(await refusalOf(client.getJob('crud'))).toMatchObject({ status: 404, code: 'not_found' });
  });

  it('loses no update of several writers', async () => {
    await client.createJob(quiet('counted', { metadata: { n: '0' } }));
    const add = () =>
      client.updateJob('counted', (one) => ({ ...one, metadata: { n: String(Number(one.metadata?.['n']) + 1) } }));
    await Promise.all([add(), add(), add(), add()]);
    expect((await client.getJob('counted')).metadata).toEqual({ n: '4' });
  });

  it('judges a job without storing it, and says what is wrong with it', async () => {
    expect((await client.dryRunJob(quiet('dry'))).next).toHaveLength(5);
    expect((await refusalOf(client.getJob('dry'))).status).toBe(404);
    const error = await refusalOf(client.dryRunJob(quiet('dry', { timeout: '5x', executor_config: {} })));
    expect(error).toMatchObject({ status: 400, code: 'invalid_value', field: 'timeout', value: '5x' });
    expect(error.allowed).toContain('duration');
    expect(error.requestId).toMatch(/./);
    expect(error.problems.length).toBeGreaterThan(0);
  });

  it('runs jobs, and shows executions, ticks and output', async () => {
    await client.createJob(quiet('runs', shell('echo hello')));
    expect((await client.runJob('runs')).name).toBe('runs');
    const { group, executions } = await client.startJob('runs', { respectConcurrency: true, idempotencyKey: 'k1' });
    expect((await client.startJob('runs', { idempotencyKey: 'k1' })).group).toBe(group);
    const [id = ''] = executions;
    // Every digit, beyond 2^53.
    expect((await node.get(`/v1/executions/${id}`)).text).toContain(`"group":${group},`);
    const ended = await until('end', async () => {
      const one = await client.getExecution(id);
      return one.state === 'success' && one;
    });
    expect([ended.group, ended.output]).toEqual([group, 'hello\n']);
    expect(await client.getOutput(id)).toBe('hello\n');
    expect((await client.getJobExecution('runs', id)).id).toBe(id);
    expect((await client.listJobExecutions('runs', { _sort: 'id' })).total).toBe(2);
    const ofGroup = await client.listExecutions({ job: 'runs', group, state: ['success', 'failed'], _end: 10 });
    expect(ofGroup.items.map((one) => one.id)).toEqual([id]);
    expect((await client.listTicks('runs', { decision: 'run' })).items[0]).toMatchObject({ group, executions: [id] });
    expect((await client.deleteJobExecutions('runs')).success_count).toBe(0);
  });

  it('cancels what runs', async () => {
    await client.createJob(quiet('long', shell('sleep 60')));
    const { executions } = await client.startJob('long');
    const running = await until('busy', async () =>
      (await client.busy()).items.find((one) => one.id === executions[0]),
    );
    expect((await client.cancelExecution(running.id)).state).toMatch(/^(running|cancelled)$/);
    const state = (): Promise<Execution['state']> => client.getExecution(running.id).then((one) => one.state);
    await until('cancelled', async () => (await state()) === 'cancelled');
    expect(await refusalOf(client.cancelExecution(running.id))).toMatchObject({
      status: 409,
      code: 'already_finished',
    });
  });

  it('stops and resumes submissions and the scheduler', async () => {
    expect(await client.pauseSubmissions()).toBe(true);
    expect(await client.submissionsPaused()).toBe(true);
    expect(await refusalOf(client.createJob(quiet('late')))).toMatchObject({ status: 503, code: 'paused' });
    expect(await client.resumeSubmissions()).toBe(false);
    expect([await client.pauseScheduler(), await client.schedulerPaused()]).toEqual([true, true]);
    expect(await client.resumeScheduler()).toBe(false);
  });

  it('takes a backup of one server to another', async () => {
    const stream = await client.exportJobs();
    const backup = await new Response(stream).blob();
    const other = await TestNode.start();
    const target = new DkronClient({ baseUrl: other.url });
    const names = (await client.listJobs()).items.map(({ name }) => ({ name, stored: true }));
    expect(await target.restoreJobs(backup)).toEqual(names);
    expect((await target.listJobs()).items.map(({ name }) => name)).toEqual(names.map(({ name }) => name));
    await other.stop();
    expect((await client.restoreJobs(await backup.text())).length).toBe(names.length);
    expect((await refusalOf(client.restoreJobs('[{"name":"X"}]'))).status).toBe(400);
  });

  it('asks about the cluster, the node and its API', async () => {
    expect((await client.info()).agent.name).toBe('test');
    expect((await client.listExecutors()).items.map(({ name }) => name)).toContain('shell');
    expect((await client.listProcessors()).items.map(({ name }) => name)).toContain('log');
    expect((await client.members()).items.map(({ Name }) => Name)).toEqual(['test']);
    expect((await client.leader())?.Name).toBe('test');
    expect(await client.isLeader()).toBe(true);
    expect(await client.health()).toEqual({ leader: true, status: 'healthy' });
    expect((await client.stats({ days: 3 })).length).toBe(3);
    expect((await client.debugVars()).node).toBe('test');
    expect(await client.metrics()).toContain('# TYPE');
    expect(Object.keys(await client.openApi())).toContain('paths');
    expect((await client.previewSchedule({ schedule: '@every 1h', count: 2 })).next).toHaveLength(2);
  });

  it('follows events and output', async () => {
    const events = client.followEvents({ job: 'told' });
    const first = events.next();
    await until('put', async () => {
      await client.createJob(quiet('told', shell('echo a; sleep 0.2; echo b')));
      return Promise.race([
        first.then(() => true),
        new Promise<false>((resolve) => void setTimeout(resolve, 50, false)),
      ]);
    });
    expect((await first).value).toMatchObject({ type: 'job', data: { name: 'told', change: 'put' } });
    await events.return();
    const { executions } = await client.startJob('told');
    let text = '';
    for await (const event of client.followOutput(executions[0]!)) {
      if (event.type === 'output') text += event.data.text;
      else expect(event).toMatchObject({ type: 'end', data: { id: executions[0], state: 'success' } });
    }
    expect(text).toBe('a\nb\n');
  });

  it('reaches the routes without a method by their names', async () => {
    const body = quiet('by-route');
    expect((await client.request('PATCH /v1/jobs', { body })).status).toBe(201);
    const query = { wait: 'false' } as const;
    expect((await client.request('POST /v1/jobs/{job}', { path: { job: 'by-route' }, query })).status).toBe(202);
    expect((await client.request('GET /docs', {})).text).toMatch(/^<!doctype html>/i);
    expect((await client.request('GET /v1/snapshot', {})).text).toMatch(/^DKBACK01/);
    // What is no backup is refused.
    await expect(client.request('PUT /v1/snapshot', { body: new Blob(['x']) })).rejects.toThrow(
      'it is cut after 1 bytes',
    );
    await client.request('GET /', { headers: { accept: 'text/html' } }).catch(() => undefined);
    await client.request('GET /ui/{file}', { path: { file: 'x' } }).catch(() => undefined);
  });

  it('makes a server leave', async () => {
    expect(await client.leave()).toEqual({});
  });
});

describe('the client and /openapi.json', () => {
  it('have the same routes: every one was asked above, and no other', () => {
    expect([...asked].toSorted()).toEqual(routes.map(({ name }) => name).toSorted());
    for (const name of BY_REQUEST) expect(asked).toContain(name);
  });

  it('were compared by every method of the client', () => {
    const methods = Object.getOwnPropertyNames(DkronClient.prototype).filter((name) => name !== 'constructor');
    expect([...called].toSorted()).toEqual(methods.toSorted());
  });

  it('have the same types: what is committed is what the document gives', async () => {
    const check = promisify(execFile)(process.execPath, ['--conditions=@dkron/source', GENERATOR, '--check']);
    await expect(check).resolves.toMatchObject({ stderr: '' });
  });
});
