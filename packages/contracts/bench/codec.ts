// Codec of a command of 1,000 decisions and of a job: ours beside the generated one (without the mapping it would need).
import { storeCodec } from '@dkron/contracts';
import type { DecideTicks, StoredJob } from '@dkron/jobs';
import { Command } from '../dist/gen/dkron/store/v1/command.js';
import { JobDefinition as GeneratedDefinition } from '../dist/gen/dkron/model/v1/model.js';

const at = 1_700_000_000_000_000_000n;
const decide: DecideTicks = {
  type: 'decideTicks',
  stamp: at,
  decisions: Array.from({ length: 1000 }, (_, index) => ({
    jobName: `job-${index}`,
    version: 3,
    tick: at,
    lastTick: at,
    count: 1,
    decision: 'run',
    reason: '',
    trigger: 'schedule',
    group: at + BigInt(index),
    targets: [{ executionId: `${at + BigInt(index)}-node1`, stamp: at, nodeName: 'node1' }],
    nextTick: at + 1_000_000_000n,
    next: at + 1_000_000_000n,
  })),
};
const job: StoredJob = {
  definition: {
    name: 'nightly-report-000123',
    displayName: 'Nightly report',
    timezone: 'Europe/Berlin',
    schedule: '0 30 2 * * *',
    owner: 'Reporting team',
    ownerEmail: 'reporting@example.com',
    disabled: false,
    tags: { role: 'worker:2' },
    metadata: null,
    retries: 2,
    parentJob: '',
    processors: { log: { forward: 'true' } },
    concurrency: 'forbid',
    executor: 'shell',
    executorConfig: { command: '/usr/local/bin/report --day yesterday', shell: 'true' },
    ephemeral: false,
    startsAt: null,
    expiresAt: null,
    dstGap: 'skip',
    dstOverlap: 'both',
    catchup: 'skip',
    catchupWindow: '1m',
    timeout: '',
  },
  state: {
    version: 3,
    revision: 45,
    successCount: 20,
    errorCount: 1,
    lastSuccess: at,
    lastError: at - 1n,
    status: 'success',
    next: at,
    nextTick: at,
    decidedUpTo: at,
    anchor: at,
    dependentJobs: [],
    problem: '',
  },
};

function microsPerCall(call: () => unknown, calls: number): number {
  for (let i = 0; i < calls / 4; i++) call();
  let best = Infinity;
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    for (let i = 0; i < calls; i++) call();
    best = Math.min(best, ((performance.now() - start) * 1000) / calls);
  }
  return Math.round(best * 10) / 10;
}

const commandBytes = storeCodec.command.encode(decide);
const jobBytes = storeCodec.definition.encode(job.definition);
const generatedCommand = Command.decode(commandBytes);
const generatedDefinition = GeneratedDefinition.decode(jobBytes);
console.table({
  '1,000 decisions, encode': {
    bytes: commandBytes.length,
    'ours µs': microsPerCall(() => storeCodec.command.encode(decide), 40),
    'generated µs': microsPerCall(() => Command.encode(generatedCommand).finish(), 40),
  },
  '1,000 decisions, decode': {
    bytes: commandBytes.length,
    'ours µs': microsPerCall(() => storeCodec.command.decode(commandBytes), 40),
    'generated µs': microsPerCall(() => Command.decode(commandBytes), 40),
  },
  'job definition, encode': {
    bytes: jobBytes.length,
    'ours µs': microsPerCall(() => storeCodec.definition.encode(job.definition), 4000),
    'generated µs': microsPerCall(() => GeneratedDefinition.encode(generatedDefinition).finish(), 4000),
  },
  'job definition, decode': {
    bytes: jobBytes.length,
    'ours µs': microsPerCall(() => storeCodec.definition.decode(jobBytes), 4000),
    'generated µs': microsPerCall(() => GeneratedDefinition.decode(jobBytes), 4000),
  },
});
