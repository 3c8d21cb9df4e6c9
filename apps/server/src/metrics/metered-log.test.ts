import type { Command, CommandResults, Execution } from '@dkron/jobs';
import { ManualTime } from '@dkron/runtime/testing';
import type { ReplicatedLog } from '@dkron/scheduler';
import { expect, it } from 'vitest';
import { MeteredLog } from './metered-log.ts';
import { MetricsRegistry } from './registry.ts';

it('G-R11: counts commands by meaning, and results once, when they changed something', async () => {
  const time = new ManualTime();
  const registry = new MetricsRegistry();
  const answers: object[] = [{ job: {} }, { refused: 'stale' }, { results: ['applied', 'known', 'applied'] }];
  const log: ReplicatedLog = {
    propose: async <C extends Command>() => answers.shift() as CommandResults[C['type']],
    leadershipValid: () => true,
    term: () => 1n,
  };
  const store = { getExecution: (id: string) => ({ jobName: `job-${id}` }) as Execution };
  const metered = new MeteredLog({ log, store, clock: time, registry });
  const put = { type: 'putJob', definition: { name: 'a' } } as Command;
  await metered.propose(put);
  await metered.propose(put);
  const finished = (id: string, state: string): object => ({ kind: 'finished', id, state });
  const updates = [finished('1', 'success'), finished('1', 'success'), finished('2', 'lost')];
  await metered.propose({ type: 'executionUpdates', updates } as unknown as Command);
  const text = registry.render();
  expect(text).toContain('dkron_grpc_set_job_count 2\n');
  expect(text).toContain('dkron_scheduler_job_add{job="a"} 1\n');
  expect(text).toContain('dkron_job_executions_succeeded_total{job_name="job-1"} 1\n');
  expect(text).toContain('dkron_job_executions_failed_total{job_name="job-2"} 1\n');
  expect(text).toContain('dkron_grpc_execution_done_count 3\n');
});
