import { readdir } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { inspectBackup } from '@dkron/store';
import { job, shell, until } from './support/api.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

afterAll(cleanUp);

const BYTES = { 'content-type': 'application/octet-stream' };

interface Refused {
  readonly status: number;
  readonly json: { readonly error: string; readonly code: string };
}

interface Restored {
  readonly json: { readonly index: number };
}

async function save(node: TestNode, query = ''): Promise<Buffer> {
  const answer = await fetch(`${node.url}/v1/snapshot${query}`);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/octet-stream']);
  expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="dkron-\d{8}T\d{6}-\d+\.snapshot"$/);
  return Buffer.from(await answer.arrayBuffer());
}

async function restore(node: TestNode, bytes: Uint8Array): Promise<Refused & Restored> {
  const answer = await fetch(`${node.url}/v1/snapshot`, { method: 'PUT', body: bytes, headers: BYTES });
  return { status: answer.status, json: await answer.json() } as Refused & Restored;
}

async function namesOf(node: TestNode): Promise<string[]> {
  const names = (await node.list('/v1/jobs')).map(({ name }) => String(name));
  return names.toSorted();
}

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

describe('backup of the state', () => {
  it('save, change, restore: what was saved is back, and the server schedules on from now', async () => {
    const node = await TestNode.start({ nodeName: 'one' });
    await node.put('kept', { ...shell('echo kept'), schedule: '@every 1s', catchup: 'all' });
    await node.put('waits', { ...shell('sleep 60'), retries: 5, schedule: '@manually' });
    await until('a result', async () => (await node.executions('kept')).some(({ state }) => state === 'success'));
    const id = await node.launch('waits');
    await until('its start', async () => (await node.get(`/v1/executions/${id}`)).json.state === 'running');
    const bytes = await save(node);
    const summary = await inspectBackup(whole(bytes));
    expect(summary).toMatchObject({
      node: 'one',
      region: 'global',
      counts: { jobs: 2 },
      members: [{ id: 'one', voter: true }],
    });

    await node.put('later');
    await node.call('DELETE', '/v1/jobs/kept');
    const events = fetch(`${node.url}/v1/events?types=job`);
    const restoredAt = Date.now();
    const answer = await restore(node, bytes);
    expect(answer).toMatchObject({
      status: 200,
      json: { restored: true, jobs: 2, backup: { node: 'one', index: summary.index } },
    });
    expect(answer.json.index).toBeGreaterThan(summary.index);
    await (await events).body?.cancel();
    expect(await namesOf(node)).toEqual(['kept', 'waits']);
    // Its worker still runs it, and says so: it goes on.
    await until('it runs on', async () => (await node.get(`/v1/executions/${id}`)).json.state === 'running');
    expect((await node.call('POST', `/v1/executions/${id}/cancel`)).status).toBe(202);
    await until('a tick after the restore', async () =>
      (await node.ticks('kept')).some(({ tick }) => Date.parse(tick) > restoredAt),
    );
    // The ticks in between are nobody's, although the job would catch up on all.
    const ticks = (await node.ticks('kept')).map(({ tick }) => Date.parse(tick)).toSorted((a, b) => a - b);
    const savedAt = Date.parse(summary.created_at);
    expect(ticks.filter((tick) => tick > savedAt && tick < restoredAt)).toEqual([]);
    expect((await node.call('POST', '/v1/jobs', { body: job('new') })).status).toBe(201);
    await node.stop();
    const again = await TestNode.start({ nodeName: 'one', dataDir: node.dataDir });
    expect(await namesOf(again)).toEqual(['kept', 'new', 'waits']);
    expect(await readdir(again.dataDir)).not.toContain('restore');
    await again.stop();
  });

  it('cut, damaged, foreign or of another format: refused with what is wrong, and nothing is changed', async () => {
    const node = await TestNode.start({ nodeName: 'one' });
    for (let i = 0; i < 20; i++) await node.put(`job-${i}`);
    const bytes = await save(node);
    await node.put('stays');
    const later = Buffer.from(bytes);
    later.write('02', 6);
    const flipped = Buffer.from(bytes);
    flipped[bytes.length - 400] = flipped[bytes.length - 400]! ^ 1;
    const jobs = Buffer.from((await node.get('/v1/jobs')).text);
    const cases: readonly [Buffer, RegExp][] = [
      [bytes.subarray(0, bytes.length / 2), /is cut after \d+ bytes.*fetch or copy it again/],
      [bytes.subarray(0, bytes.length - 1), /is cut after/],
      [flipped, /is damaged|checksum/],
      [later, /format "02", this version reads 01/],
      [jobs, /it is no backup/],
      [Buffer.alloc(0), /is cut after 0 bytes/],
    ];
    for (const [body, why] of cases) {
      const { status, json } = await restore(node, body);
      expect([status, json.code]).toEqual([400, 'invalid_value']);
      expect(json.error).toMatch(why);
      expect(json.error).toMatch(/Nothing was changed\.$/);
      expect(await node.list('/v1/jobs')).toHaveLength(21);
    }
    const wrongType = await fetch(`${node.url}/v1/snapshot`, {
      method: 'PUT',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(wrongType.status).toBe(415);
    expect((await node.get('/v1/snapshot?stale=perhaps')).status).toBe(400);
    expect((await node.call('POST', '/v1/snapshot')).status).toBe(405);
    await node.stop();
  });

  it('into another cluster of three, through a follower: all have it; saved by any of them it is the same', async () => {
    const source = await TestNode.start({ nodeName: 'old' });
    for (let i = 0; i < 30; i++) await source.put(`job-${i}`);
    const bytes = await save(source);
    await source.stop();

    const nodes: TestNode[] = [];
    for (const nodeName of ['a', 'b', 'c']) {
      const retryJoin = nodes.map(({ gossipAddress }) => gossipAddress);
      nodes.push(await TestNode.start({ nodeName, bootstrapExpect: 3, retryJoin, profile: 'local' }));
    }
    const leader = await until('a leader', async () => {
      for (const node of nodes) if ((await node.get('/v1/isleader')).status === 200) return node;
      return undefined;
    });
    const [follower, other] = nodes.filter((node) => node !== leader);
    await follower!.put('gone');
    expect(await restore(follower!, bytes)).toMatchObject({
      status: 200,
      json: { restored: true, jobs: 30, backup: { node: 'old' } },
    });
    for (const node of nodes) {
      await until('the restored state', async () => (await node.list('/v1/jobs?consistent')).length === 30);
    }
    expect((await other!.call('POST', '/v1/jobs', { body: job('after') })).status).toBe(201);
    await until('the same state everywhere', async () => {
      const summaries = [];
      for (const node of nodes) summaries.push(await inspectBackup(whole(await save(node))));
      expect(summaries.map(({ members }) => members.map(({ id }) => id).toSorted())).toEqual(
        Array.from(nodes, () => ['a', 'b', 'c']),
      );
      const seen = new Set(summaries.map((one) => one.last_command));
      if (seen.size > 1) return false;
      expect(new Set(summaries.map((one) => one.state_hash)).size).toBe(1);
      return true;
    });
    await leader.stop();
    expect((await follower!.call('POST', '/v1/jobs', { body: job('later') })).status).toBe(201);
    await other!.stop();
    await until('nobody leads', async () => (await follower!.get('/v1/leader')).status === 500);
    expect((await follower!.get('/v1/snapshot')).status).toBe(503);
    expect((await inspectBackup(whole(await save(follower!, '?stale')))).counts.jobs).toBe(32);
    await follower!.stop();
  });
});
