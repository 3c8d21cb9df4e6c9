import type { ProcessorInput } from '../src/index.ts';

/** A run that succeeded at its second attempt. */
export const INPUT: ProcessorInput = {
  executionId: '1-node',
  jobName: 'job',
  nodeName: 'worker',
  reportingNode: 'leader',
  success: true,
  startedAt: '2026-01-01T00:00:00Z',
  finishedAt: '2026-01-01T00:00:01Z',
  group: 1_767_225_600_000_000_000n,
  attempt: 2,
  output: Buffer.from('content'),
};
