import { writeFile } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { job, shell, until } from './support/api.ts';
import { EventReader } from './support/event-reader.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

afterAll(cleanUp);

/** Servers that found a cluster together. */
async function clusterOf(names: readonly string[]): Promise<TestNode[]> {
  const nodes: TestNode[] = [];
  for (const nodeName of names) {
    const retryJoin = nodes.map((node) => node.gossipAddress);
    nodes.push(await TestNode.start({ nodeName, bootstrapExpect: names.length, retryJoin, profile: 'local' }));
  }
  return nodes;
}

async function leaderOf(nodes: readonly TestNode[]): Promise<TestNode> {
  return await until('a leader', async () => {
    for (const node of nodes) if ((await node.get('/v1/isleader')).status === 200) return node;
    return undefined;
  });
}

describe('three servers', () => {
  it('found one cluster; writes to any of them reach the leader; they go on without it', async () => {
    const nodes = await clusterOf(['a', 'b', 'c']);
    const leader = await leaderOf(nodes);
    const [first, second] = nodes.filter((node) => node !== leader);
    const created = await first!.call('POST', '/v1/jobs', { body: job('everywhere', shell('echo hello')) });
    expect([created.status, created.json.name]).toEqual([201, 'everywhere']);
    for (const node of nodes) {
      await until('the job', async () => (await node.get('/v1/jobs/everywhere')).status === 200);
    }
    const refused = await second!.call('POST', '/v1/jobs', { body: job('wrong', { schedule: 'never ever' }) });
    expect(refused.status).toBe(400);
    await second!.launch('everywhere');
    const ran = await until('three results', async () => {
      const executions = await first!.executions('everywhere');
      return executions.filter((one) => one.state === 'success').length === 3 && executions;
    });
    expect(new Set(ran.map((one) => one.node_name))).toEqual(new Set(['a', 'b', 'c']));
    const consistent = await first!.get('/v1/jobs/everywhere?consistent=true');
    expect(consistent.json).toMatchObject({ success_count: 3 });
    const leaderName = (await second!.get('/v1/leader')).json.Name;
    expect((await first!.get('/v1/leader')).json.Name).toBe(leaderName);

    const origin = second!.url;
    const page = await second!.call('POST', '/v1/jobs', { body: job('from-its-page'), headers: { origin } });
    expect(page.status).toBe(201);
    const stranger = { origin: 'https://elsewhere.example.org' };
    expect((await second!.call('POST', '/v1/jobs', { body: job('foreign'), headers: stranger })).status).toBe(403);

    await leader.stop();
    // Waits for the next leader, wherever it is asked.
    expect((await first!.call('POST', '/v1/jobs', { body: job('later', shell('echo again')) })).status).toBe(201);
    await second!.launch('later');
    await until('results of the rest', async () => {
      const executions = await first!.executions('later');
      return executions.filter((one) => one.state === 'success').length === 2;
    });
    await second!.stop();
    await until('it knows that it is alone', async () => (await first!.get('/v1/leader')).status === 500);
    const asJson = { accept: 'application/json' };
    const write = (method: string, path: string, options: object = {}) => first!.call(method, path, options);
    expect((await write('POST', '/v1/jobs', { body: job('Wrong') })).status).toBe(400);
    const stored = await write('POST', '/v1/jobs', { body: job('right'), headers: asJson });
    expect([stored.status, stored.json.code]).toEqual([500, 'no_leader']);
    expect((await write('POST', '/v1/jobs/later/toggle')).status).toBe(422);
    expect((await write('POST', '/v1/jobs/nobody/toggle')).status).toBe(404);
    expect((await write('DELETE', '/v1/jobs/later')).status).toBe(404);
    const paused = await write('POST', '/v1/scheduler/pause');
    expect([paused.status, paused.json.code]).toEqual([503, 'no_leader']);
    expect((await first!.get('/v1/jobs/later?consistent')).status).toBe(503);
    expect((await first!.get('/v1/jobs/later')).status).toBe(200);
    await first!.stop();
  });

  it('a follower shows what runs: its output as it comes, in the list of the busy ones too; it cancels', async () => {
    const nodes = await clusterOf(['a', 'b', 'c']);
    const leader = await leaderOf(nodes);
    const [follower] = nodes.filter((node) => node !== leader);
    await follower!.put('talks', {
      ...shell(
        'echo one; while [ ! -e more ]; do sleep 0.1; done'.replace('more', `${leader.dataDir}/more`) +
          '; echo two; sleep 60',
      ),
      tags: { dc: 'dc1:1' },
    });
    const id = await follower!.launch('talks');
    await until('it runs', async () => (await follower!.list('/v1/busy')).some(({ output }) => output === 'one\n'));
    const reader = await EventReader.open(follower!, `/v1/executions/${id}/output`, { accept: 'text/event-stream' });
    await reader!.until(({ data }) => data.text === 'one\n');
    await writeFile(`${leader.dataDir}/more`, '');
    await reader!.until(({ data }) => data.text === 'two\n');
    expect((await follower!.call('POST', `/v1/executions/${id}/cancel`)).status).toBe(202);
    const end = await reader!.until(({ event }) => event === 'end');
    expect(end.data).toMatchObject({ id, state: 'cancelled' });
    await reader!.ended;
    for (const node of nodes) await node.stop();
  });
});
