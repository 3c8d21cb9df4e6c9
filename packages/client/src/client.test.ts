import { describe, expect, it } from 'vitest';
import { DkronClient, etagOf, type JobInput } from './index.ts';
import { fakeFetch, json } from './testing/fake-fetch.ts';

const client = (fetch: typeof globalThis.fetch): DkronClient => new DkronClient({ baseUrl: 'http://a.test', fetch });

describe('DkronClient', () => {
  it('asks for what it says, names and queries escaped', async () => {
    const fake = fakeFetch(({ url }) => json(url.includes('?q') ? '[]' : '{}', { headers: { 'x-total-count': '7' } }));
    const dkron = client(fake.fetch);
    expect(await dkron.listJobs({ q: 'a b', 'metadata[k]': 'v', status: undefined })).toEqual({ items: [], total: 7 });
    await dkron.getJob('é/');
    await dkron.createJob({ name: 'x', retries: 3n }, { runOnCreate: true });
    expect(fake.seen.map(({ method, url, body }) => [method, url.slice('http://a.test'.length), body])).toEqual([
      ['GET', '/v1/jobs?q=a+b&metadata%5Bk%5D=v&x', undefined].map((part) => part?.replace('&x', '')),
      ['GET', '/v1/jobs/%C3%A9%2F', undefined],
      ['POST', '/v1/jobs?runoncreate=true', '{"name":"x","retries":3}'],
    ]);
  });

  it('refuses names that would make another path', async () => {
    const fake = fakeFetch(json('{}'));
    for (const name of ['', '.', '..']) await expect(client(fake.fetch).deleteJob(name)).rejects.toThrow(TypeError);
    expect(fake.seen).toEqual([]);
  });

  it('keeps the ETag of a job beside it', async () => {
    const fake = fakeFetch(json('{"name":"a"}', { headers: { etag: '"1-2"' } }));
    const job = await client(fake.fetch).getJob('a');
    expect(etagOf(job)).toBe('"1-2"');
    expect(etagOf({ ...job })).toBeUndefined();
    expect(Object.keys(job)).toEqual(['name']);
  });

  it('asks for all that was committed where that matters', async () => {
    const fake = fakeFetch(() => json('{"name":"a"}'));
    const dkron = client(fake.fetch);
    await dkron.getJob('a', { consistent: true });
    await dkron.getJob('a');
    await dkron.getExecution('1-n', { consistent: true });
    await dkron.updateJob('a', (job) => job as never);
    expect(fake.seen.map(({ url }) => url.endsWith('?consistent=true'))).toEqual([
      true,
      false,
      true,
      true,
      false,
      true,
    ]);
  });

  it('updates a job again when somebody else was faster, and no more than 5 times', async () => {
    let version = 0;
    const answers = (winsAt: number) =>
      fakeFetch(({ method, headers }) => {
        if (method === 'GET')
          return json(`{"name":"a","retries":${(version += 1)}}`, { headers: { etag: `"${version}-1"` } });
        return version >= winsAt && headers.get('if-match') === `"${version}-1"`
          ? json('{"name":"a"}', { status: 201 })
          : json('{"error":"changed","code":"precondition_failed"}', { status: 412 });
      });
    const add = (job: JobInput): JobInput => ({ ...job, retries: Number(job.retries) + 100 });
    const fake = answers(3);
    await client(fake.fetch).updateJob('a', add);
    expect(fake.seen.filter(({ method }) => method === 'PUT').map(({ body }) => body)).toEqual([
      '{"name":"a","retries":101}',
      '{"name":"a","retries":102}',
      '{"name":"a","retries":103}',
    ]);
    const never = answers(Infinity);
    await expect(client(never.fetch).updateJob('a', add)).rejects.toMatchObject({ status: 412 });
    expect(never.seen.filter(({ method }) => method === 'PUT')).toHaveLength(5);
    const none = answers(0);
    await client(none.fetch).updateJob('a', () => undefined);
    expect(none.seen).toHaveLength(1);
  });

  it('knows answers that are no refusals', async () => {
    const dkron = (body: string, status: number): DkronClient => client(fakeFetch(json(body, { status })).fetch);
    expect(await dkron('null', 500).leader()).toBeUndefined();
    expect(await dkron('"I am a follower"', 404).isLeader()).toBe(false);
    expect(await dkron('{"leader":false,"status":"unhealthy","issues":["x"]}', 503).health()).toMatchObject({
      issues: ['x'],
    });
    await expect(dkron('{"error":"e","code":"internal"}', 500).leader()).rejects.toMatchObject({ code: 'internal' });
    const same = client(fakeFetch(new Response(null, { status: 304 })).fetch);
    expect(await same.getJobIfChanged('a', '"1-1"')).toBeUndefined();
  });

  it('reads what became of a backup', async () => {
    const fake = fakeFetch(json(JSON.stringify(JSON.stringify(['success create a', 'fail create b']))));
    expect(await client(fake.fetch).restoreJobs('[]')).toEqual([
      { name: 'a', stored: true },
      { name: 'b', stored: false },
    ]);
    expect(fake.seen[0]?.body).toBeInstanceOf(FormData);
  });
});
