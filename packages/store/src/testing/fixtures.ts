import type {
  ExecutionUpdate,
  JobDefinition,
  JobPlan,
  PutJob,
  StartRuns,
  StoredJob,
  SubmittedState,
  Target,
  TickDecision,
} from '@dkron/jobs';
import { newDefinition } from '@dkron/jobs';
import { ZERO_TIME } from '@dkron/runtime';

/** A plain shell job. */
export function jobDefinition(name: string, changes: Partial<JobDefinition> = {}): JobDefinition {
  const executor = { executor: 'shell', executorConfig: { command: 'true' } };
  return newDefinition({ name, schedule: '@every 1m', ...executor, ...changes });
}

export const NOTHING_SUBMITTED: SubmittedState = {
  successCount: 0,
  errorCount: 0,
  lastSuccess: null,
  lastError: null,
  status: '',
  next: ZERO_TIME,
  dependentJobs: null,
};

/** A put at `stamp`; the plan counts everything up to the stamp as decided. */
export function putJob(
  stamp: bigint,
  definition: JobDefinition,
  changes: Partial<Omit<PutJob, 'type' | 'plan'>> & { readonly plan?: Partial<JobPlan> } = {},
): PutJob {
  const { plan, ...rest } = changes;
  return {
    type: 'putJob',
    stamp,
    definition,
    submitted: NOTHING_SUBMITTED,
    precondition: null,
    plannedFrom: 0,
    plan: {
      next: stamp + 60n,
      nextTick: stamp + 60n,
      decidedUpTo: stamp,
      anchor: stamp,
      passed: null,
      problem: '',
      ...plan,
    },
    ...rest,
  };
}

/** As the leader reads it for its plan; 0 = not stored. */
export function versionOf(store: { getJob(name: string): StoredJob | undefined }, name: string): number {
  return store.getJob(name)?.state.version ?? 0;
}

/** One target per node, with stamps from `stamp` on. */
export function targetsOn(stamp: bigint, ...nodes: readonly string[]): Target[] {
  return nodes.map((nodeName, i) => ({
    nodeName,
    stamp: stamp + BigInt(i),
    executionId: `${stamp + BigInt(i)}-${nodeName}`,
  }));
}

/** A run by hand on the given nodes; the group is the stamp. */
export function manualRun(
  stamp: bigint,
  jobName: string,
  nodes: readonly string[] = ['n1'],
  changes: { readonly token?: string; readonly respectConcurrency?: boolean } = {},
): StartRuns {
  const targets = targetsOn(stamp, ...nodes);
  const start = {
    kind: 'manual' as const,
    jobName,
    group: stamp,
    targets,
    respectConcurrency: false,
    token: '',
    ...changes,
  };
  return { type: 'startRuns', stamp, starts: [start] };
}

/** A scheduled tick to run on n1. */
export function tickDecision(
  jobName: string,
  version: number,
  tick: bigint,
  changes: Partial<TickDecision> = {},
): TickDecision {
  return {
    jobName,
    version,
    tick,
    lastTick: tick,
    count: 1,
    decision: 'run',
    reason: '',
    trigger: 'schedule',
    group: tick,
    targets: targetsOn(tick, 'n1'),
    nextTick: tick + 60n,
    next: tick + 60n,
    ...changes,
  };
}

type Finished = Extract<ExecutionUpdate, { readonly kind: 'finished' }>;

export function finished(id: string, state: Finished['state'], changes: Partial<Finished> = {}): Finished {
  return {
    kind: 'finished',
    id,
    attempt: 1,
    state,
    reason: state === 'success' ? null : 'exit',
    exitCode: state === 'success' ? 0 : 1,
    startedAt: 1_700_000_000_000_000_000n,
    finishedAt: 1_700_000_001_000_000_000n,
    output: { head: new Uint8Array(), tail: new Uint8Array(), totalBytes: 0 },
    slotHoldMs: null,
    ...changes,
  };
}
