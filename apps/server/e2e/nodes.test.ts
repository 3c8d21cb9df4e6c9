import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { shell, until } from './support/api.ts';
import { prepare } from './support/prepared-store.ts';
import { cleanUp, tempDir, TestNode } from './support/test-node.ts';

afterAll(cleanUp);

/**
 * One data folder that nodes of different names serve in turn: to the one that is up, the others are out of reach. An
 * operator's recovery file makes the folder over to the next name.
 */
async function nodeOn(dataDir: string, nodeName: string): Promise<TestNode> {
  const raft = join(dataDir, 'raft');
  if (existsSync(raft))
    await writeFile(join(raft, 'peers.json'), JSON.stringify([{ id: nodeName, address: 'here:1' }]));
  return TestNode.start({ dataDir, nodeName, tags: { zone: 'x' } });
}

const stateOf = async (node: TestNode, id: string): Promise<string> =>
  (await node.get(`/v1/executions/${id}`)).json.state;

describe('a target that is not there', () => {
  it('G-X1: is on record as lost(unreachable) and counted; with a cardinality another node takes the retry', async () => {
    const dataDir = await tempDir();
    const first = await nodeOn(dataDir, 'a');
    await first.put('anywhere', { ...shell('echo moved'), retries: 1, tags: { zone: 'x:1' } });
    await first.put('only-a', { retries: 0 });
    await first.stop();
    const [moved] = await decideFor(dataDir, 'anywhere', ['a']);
    const [stuck] = await decideFor(dataDir, 'only-a', ['a']);

    const second = await nodeOn(dataDir, 'b');
    for (const id of [moved!, stuck!]) {
      await until('verdict', async () => (await stateOf(second, id)) === 'lost');
    }
    expect(await second.executions('only-a')).toMatchObject([
      { id: stuck, node_name: 'a', success: false, reason: 'unreachable' },
    ]);
    expect((await second.executions('only-a'))[0].output).toMatch(/Execution lost: unreachable\s*$/);
    expect((await second.get('/v1/jobs/only-a')).json).toMatchObject({ error_count: 1, status: 'failed' });
    await until('retry', async () => (await second.get('/v1/jobs/anywhere')).json.status === 'success');
    expect(await second.executions('anywhere')).toMatchObject([
      { attempt: 2, node_name: 'b', state: 'success', output: 'moved\n' },
      { attempt: 1, node_name: 'a', state: 'lost', reason: 'unreachable' },
    ]);
    await second.stop();
  });

  it('G-X8: a node that ends early does not make the run a success; children start once, at the real end', async () => {
    const dataDir = await tempDir();
    const first = await nodeOn(dataDir, 'a');
    await first.put('both', shell('echo done'));
    await first.put('child', { ...shell('echo child'), schedule: '', parent_job: 'both' });
    await first.stop();
    const [onA, onB] = await decideFor(dataDir, 'both', ['a', 'b']);

    const again = await nodeOn(dataDir, 'a');
    await until('done on a', async () => (await stateOf(again, onA!)) === 'success');
    expect(await stateOf(again, onB!)).toBe('pending');
    expect((await again.get('/v1/jobs/both')).json.status).not.toBe('success');
    expect(await again.executions('child')).toEqual([]);
    await again.stop();

    const other = await nodeOn(dataDir, 'b');
    await until('done on b', async () => (await stateOf(other, onB!)) === 'success');
    await until('child', async () => (await other.executions('child'))[0]?.success === true);
    expect((await other.get('/v1/jobs/both')).json).toMatchObject({ status: 'success', success_count: 2 });
    expect(await other.ticks('child')).toHaveLength(1);
    expect(await other.executions('child')).toHaveLength(1);
    await other.stop();
  });
});

/** Commits a run for these nodes while no server is up, as a leader does that dies at once. */
async function decideFor(dataDir: string, jobName: string, nodes: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  await prepare(
    dataDir,
    async ({ stamp, apply }) => {
      const targets = nodes.map((nodeName) => {
        const at = stamp();
        return { executionId: `${at}-${nodeName}`, stamp: at, nodeName };
      });
      ids.push(...targets.map((target) => target.executionId));
      const start = { kind: 'manual', jobName, group: stamp(), targets, respectConcurrency: false, token: '' } as const;
      await apply({ type: 'startRuns', stamp: stamp(), starts: [start] });
    },
    'a',
  );
  return ids;
}
