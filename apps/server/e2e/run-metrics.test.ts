import { afterAll, beforeAll, expect, it } from 'vitest';
import { shell } from './support/api.ts';
import { cleanUp, tempDir, TestNode } from './support/test-node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await TestNode.start({ enablePrometheus: true });
});
afterAll(cleanUp);

async function samples(metric: string, job: string): Promise<string[]> {
  const { text } = await node.get('/metrics');
  const lines = text.split('\n').filter((line) => line.startsWith(`${metric}{`) && line.includes(`job_name="${job}"`));
  return lines.map((line) => line.slice(metric.length)).toSorted();
}

it('G-X17: runs are counted as a whole, beside the attempts', async () => {
  const dir = await tempDir();
  // Fails, then succeeds: one failed attempt, one good one, one good run.
  await node.put('second-try', { ...shell(`test -e ${dir}/once || { touch ${dir}/once; exit 1; }`), retries: 1 });
  await node.put('never', { ...shell('exit 1'), retries: 1 });
  await node.call('POST', '/v1/jobs/second-try/run');
  await node.call('POST', '/v1/jobs/never/run');
  const { success_count: good, error_count: bad } = (await node.get('/v1/jobs/second-try')).json;
  expect([good, bad]).toEqual([1, 1]);
  expect(await samples('dkron_job_runs_total', 'second-try')).toEqual(['{job_name="second-try",status="success"} 1']);
  expect((await node.get('/v1/jobs/never')).json.error_count).toBe(2);
  expect(await samples('dkron_job_runs_total', 'never')).toEqual(['{job_name="never",status="failed"} 1']);
  await node.call('POST', '/v1/jobs/second-try/run');
  expect(await samples('dkron_job_runs_total', 'second-try')).toEqual(['{job_name="second-try",status="success"} 2']);
});
