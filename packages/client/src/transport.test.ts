import { describe, expect, it } from 'vitest';
import { DkronApiError, DkronClient, type DkronClientOptions } from './index.ts';
import { broken, fakeFetch, json, refused, type FakeFetch } from './testing/fake-fetch.ts';

const BASE = 'http://a.test';
const OK = () => json('{}');
const UNAVAILABLE = () => new Response('', { status: 503 });

function clientOf({ fetch }: FakeFetch, options: Partial<DkronClientOptions> = {}): DkronClient {
  return new DkronClient({ baseUrl: BASE, fetch, retryDelayMs: 0, ...options });
}

async function failure(promise: Promise<unknown>): Promise<DkronApiError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DkronApiError) return error;
  throw new Error(`no DkronApiError but ${String(error)}`);
}

describe('what is repeated', () => {
  const job = { name: 'a' };
  type Call = (client: DkronClient) => Promise<unknown>;
  const repeated: Readonly<Record<string, Call>> = {
    'a read': (client) => client.getJob('a'),
    'a run with a key': (client) => client.startJob('a', { idempotencyKey: 'k' }),
    'a run with a key that is waited for': (client) => client.runJob('a', { idempotencyKey: 'k' }),
    'a replacement with If-Match': (client) => client.replaceJob(job, { ifMatch: '"1-1"' }),
    'a creation with If-None-Match': (client) => client.createJob(job, { ifNoneMatch: '*' }),
    'a deletion with If-Match': (client) => client.deleteJob('a', { ifMatch: '"1-1"' }),
    'a dry run': (client) => client.dryRunJob(job),
    'a switch': (client) => client.pauseScheduler(),
  };
  const once: Readonly<Record<string, Call>> = {
    'a run': (client) => client.startJob('a'),
    'a run that is waited for': (client) => client.runJob('a'),
    'a creation': (client) => client.createJob(job),
    'a replacement': (client) => client.replaceJob(job),
    'a deletion': (client) => client.deleteJob('a'),
    'a toggle': (client) => client.toggleJob('a'),
    'a toggle of whatever is there': (client) => client.toggleJob('a', { ifMatch: '*' }),
    'a replacement that also runs': (client) => client.createJob(job, { ifMatch: '"1-1"', runOnCreate: true }),
    'a deletion of executions': (client) => client.deleteJobExecutions('a'),
    'a restore': (client) => client.restoreJobs('[]'),
    'a leave': (client) => client.leave(),
    'a POST by its route': (client) => client.request('POST /v1/jobs/{job}/run', { path: { job: 'a' } }),
  };

  it.each(Object.entries(repeated))('%s is, as often as allowed', async (_, call) => {
    for (const step of [broken, UNAVAILABLE]) {
      const fake = fakeFetch(step());
      await failure(call(clientOf(fake, { retries: 2 })));
      expect(fake.seen).toHaveLength(3);
    }
  });

  it.each(Object.entries(once))('%s is not', async (_, call) => {
    for (const step of [broken, refused, UNAVAILABLE]) {
      const fake = fakeFetch(step());
      await failure(call(clientOf(fake, { retries: 5 })));
      expect(fake.seen).toHaveLength(1);
    }
  });

  it('is answered by a later try', async () => {
    const fake = fakeFetch(broken(), UNAVAILABLE(), json('{"name":"a"}'));
    expect(await clientOf(fake).getJob('a')).toEqual({ name: 'a' });
  });

  it('may be one that wants a leader, whatever its status', async () => {
    const leaderless = (status: number) => json('{"error":"no server leads","code":"no_leader"}', { status });
    const fake = fakeFetch(leaderless(404), leaderless(422), json('{"name":"a"}'));
    expect(await clientOf(fake).deleteJob('a', { ifMatch: '"1-1"' })).toEqual({ name: 'a' });
    expect(fake.seen).toHaveLength(3);
    const once = fakeFetch(leaderless(404));
    await failure(clientOf(once).startJob('a'));
    expect(once.seen).toHaveLength(1);
  });

  it('is no refusal, and nothing while jobs are paused', async () => {
    for (const answer of [
      json('{"error":"no","code":"invalid_value"}', { status: 400 }),
      json('{"error":"paused","code":"paused"}', { status: 503 }),
    ]) {
      const fake = fakeFetch(answer);
      await failure(clientOf(fake).replaceJob(job, { ifMatch: '"1-1"' }));
      expect(fake.seen).toHaveLength(1);
    }
  });
});

describe('several servers', () => {
  const baseUrl = ['http://a.test', 'http://b.test/prefix/'];

  it('are asked in turn, and the one that answered first from then on', async () => {
    const fake = fakeFetch(({ url }) => (url.startsWith('http://a.test') ? refused() : OK()));
    const client = clientOf(fake, { baseUrl });
    await client.getJob('x');
    await client.getJob('y');
    expect(fake.seen.map(({ url }) => url)).toEqual([
      'http://a.test/v1/jobs/x',
      'http://b.test/prefix/v1/jobs/x',
      'http://b.test/prefix/v1/jobs/y',
    ]);
  });

  it('get a run that may not be repeated only when it certainly did not reach the one before', async () => {
    const unsent = fakeFetch(refused(), OK());
    await clientOf(unsent, { baseUrl }).startJob('x');
    expect(unsent.seen).toHaveLength(2);
    const sent = fakeFetch(broken(), OK());
    expect((await failure(clientOf(sent, { baseUrl }).startJob('x'))).maybeDone).toBe(true);
    expect(sent.seen).toHaveLength(1);
  });
});

describe('errors', () => {
  it('have what the error form says, and the id of the request', async () => {
    const problem = { error: 'e', code: 'invalid_value', field: 'timeout', value: '5x', allowed: '30s', column: null };
    const body = JSON.stringify({ ...problem, problems: [problem, { ...problem, field: 'retries' }] });
    const fake = fakeFetch(json(body, { status: 400, headers: { 'x-request-id': 'r1' } }));
    const error = await failure(clientOf(fake).createJob({ name: 'x' }));
    expect(error).toMatchObject({
      name: 'DkronApiError',
      status: 400,
      code: 'invalid_value',
      message: 'e',
      field: 'timeout',
      value: '5x',
      allowed: '30s',
      requestId: 'r1',
      maybeDone: false,
    });
    expect(error.problems.map(({ field }) => field)).toEqual(['timeout', 'retries']);
  });

  it('show a plain text, or the request', async () => {
    expect((await failure(clientOf(fakeFetch(new Response('plain\n', { status: 404 }))).getJob('a'))).message).toBe(
      'plain',
    );
    const empty = await failure(clientOf(fakeFetch(new Response('', { status: 404 }))).getJob('a'));
    expect([empty.message, empty.code, empty.field]).toEqual(['GET /v1/jobs/a was answered 404', 'unknown', '']);
  });

  it('tell an answer that is none of this API', async () => {
    expect(await failure(clientOf(fakeFetch(new Response('<html>'))).getJob('a'))).toMatchObject({
      code: 'invalid_answer',
    });
    expect(await failure(clientOf(fakeFetch(OK())).listJobs())).toMatchObject({ code: 'invalid_answer' });
  });

  it('tell whether a write may have been done', async () => {
    const doubt = async (...steps: Parameters<typeof fakeFetch>): Promise<boolean> =>
      (await failure(clientOf(fakeFetch(...steps)).replaceJob({ name: 'a' }, { ifMatch: '"1-1"' }))).maybeDone;
    expect(await doubt(refused())).toBe(false);
    expect(await doubt(broken())).toBe(true);
    expect(await doubt(new Response('', { status: 412 }))).toBe(false);
    // The first try may be what the second one fails on.
    expect(await doubt(broken(), new Response('', { status: 412 }))).toBe(true);
    expect((await failure(clientOf(fakeFetch(broken())).getJob('a'))).maybeDone).toBe(false);
  });

  it('come in time, and say so', async () => {
    const fake = fakeFetch('hang');
    const error = await failure(clientOf(fake, { timeoutMs: 5, retries: 1 }).getJob('a'));
    expect([error.status, error.code, error.message]).toEqual([0, 'timeout', `no answer from ${BASE} within 5 ms`]);
    expect(fake.seen).toHaveLength(2);
    expect((await failure(clientOf(fakeFetch('hang')).runJob('a', { timeoutMs: 5 }))).maybeDone).toBe(true);
  });
});

describe('a signal', () => {
  it('ends a try with its reason, and nothing is repeated', async () => {
    const fake = fakeFetch('hang');
    const stop = new AbortController();
    const call = clientOf(fake).getJob('a', { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    expect(fake.seen).toHaveLength(0);
    const later = clientOf(fake).runJob('a', { signal: AbortSignal.timeout(5) });
    await expect(later).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(fake.seen).toHaveLength(1);
  });

  it('ends the wait between two tries', async () => {
    const fake = fakeFetch(UNAVAILABLE());
    const call = clientOf(fake, { retryDelayMs: 1_000_000 }).getJob('a', { signal: AbortSignal.timeout(10) });
    await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(fake.seen).toHaveLength(1);
  });
});

describe('headers', () => {
  it('are made anew for each try, and the call has the last word', async () => {
    const fake = fakeFetch(UNAVAILABLE(), OK());
    let tokens = 0;
    const headers = async () => ({ authorization: `Bearer ${(tokens += 1)}`, 'x-a': 'client' });
    await clientOf(fake, { headers }).getJob('a', { headers: { 'x-a': 'call' } });
    expect(fake.seen.map((one) => [one.headers.get('authorization'), one.headers.get('x-a')])).toEqual([
      ['Bearer 1', 'call'],
      ['Bearer 2', 'call'],
    ]);
    expect(fake.seen[0]?.headers.get('accept')).toBe('application/json');
  });
});

describe('options', () => {
  it.each([
    [{ baseUrl: 'here' }, /baseUrl.*"here"/],
    [{ baseUrl: 'ftp://x' }, /baseUrl.*"ftp/],
    [{ baseUrl: [] }, /at least one/],
    [{ baseUrl: BASE, retries: 11 }, /retries.*11/],
    [{ baseUrl: BASE, timeoutMs: -1 }, /timeoutMs.*-1/],
  ])('%j is refused', (options, message) => {
    expect(() => new DkronClient(options)).toThrow(message);
  });
});
