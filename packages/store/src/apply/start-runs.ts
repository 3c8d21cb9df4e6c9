import { decideStart } from '@dkron/jobs';
import type {
  CommandResults,
  Refusal,
  RefusalCode,
  Run,
  RunStart,
  SkipReason,
  StartRuns,
  StoredJob,
  Trigger,
} from '@dkron/jobs';
import type { Transaction } from '../transaction.ts';
import { appendExecution } from './history.ts';
import { notFound, refuse } from './refuse.ts';
import { newExecution } from '../new-execution.ts';
import { slotHolders } from './slot.ts';
import { startRun } from './start-run.ts';
import { knownRun, rememberRun } from './tokens.ts';

type Start<K extends RunStart['kind']> = Extract<RunStart, { readonly kind: K }>;

export function applyStartRuns(tx: Transaction, { starts }: StartRuns): CommandResults['startRuns'] {
  return { runs: starts.map((start) => applyStart(tx, start)) };
}

function applyStart(tx: Transaction, start: RunStart): Run | Refusal {
  switch (start.kind) {
    case 'manual':
    case 'create':
      return startAsked(tx, start);
    case 'child':
      return startChild(tx, start);
    case 'retry':
      return startRetry(tx, start);
  }
}

function startAsked(tx: Transaction, start: Start<'manual' | 'create'>): Run | Refusal {
  const { jobName, token, group } = start;
  const job = tx.job(jobName);
  if (job === undefined) {
    return notFound(jobName);
  }
  const known = knownRun(tx, jobName, token);
  if (known !== undefined) {
    return known;
  }
  const run = startIfAllowed(tx, job, { ...start, rootGroup: group, trigger: start.kind });
  if (!('refused' in run)) {
    rememberRun(tx, jobName, token, group);
  }
  return run;
}

function startChild(tx: Transaction, start: Start<'child'>): Run | Refusal {
  const due = tx.due(start.dueId);
  if (due === undefined || due.kind !== 'child' || due.jobName !== start.jobName) {
    return settledAlready(start.dueId, 'child');
  }
  tx.removeDue(due.id);
  const job = tx.job(start.jobName);
  return job === undefined
    ? notFound(start.jobName)
    : startIfAllowed(tx, job, { ...start, rootGroup: due.rootGroup, trigger: 'parent', respectConcurrency: true });
}

/** The slot stays held by the run, so nothing is checked but that somebody still waits for this attempt. */
function startRetry(tx: Transaction, start: Start<'retry'>): Run | Refusal {
  const due = tx.due(start.dueId);
  if (due === undefined || due.kind !== 'retry' || due.jobName !== start.jobName) {
    return settledAlready(start.dueId, 'retry');
  }
  tx.removeDue(due.id);
  const record = tx.run(due.jobName, due.group);
  const waits = record?.run.targets.find(
    ({ state, executionId }) => state === 'waiting' && executionId === due.executionId,
  );
  if (record === undefined || waits === undefined) {
    return settledAlready(start.dueId, 'retry');
  }
  const { nodeName, executionId } = start.target;
  const next = { nodeName, executionId, attempt: due.attempt, state: 'pending' as const };
  const run: Run = {
    ...record.run,
    targets: record.run.targets.map((target) => (target === waits ? next : target)),
    open: true,
  };
  tx.setRun({ ...record, run });
  appendExecution(tx, newExecution(run, start.target, due.attempt));
  return run;
}

interface Asked extends Pick<Start<'child'>, 'jobName' | 'group' | 'rootGroup' | 'targets'> {
  readonly trigger: Trigger;
  readonly respectConcurrency: boolean;
}

const CODES: Readonly<Record<SkipReason, RefusalCode>> = {
  forbid: 'forbidden_overlap',
  no_targets: 'no_targets',
  disabled: 'disabled',
  paused: 'disabled',
  expired: 'disabled',
  not_started: 'disabled',
};

function startIfAllowed(tx: Transaction, { definition, state }: StoredJob, asked: Asked): Run | Refusal {
  const { jobName, trigger, targets, group } = asked;
  const verdict = decideStart({
    definition,
    trigger,
    at: tx.stamp,
    openRuns: slotHolders(tx, definition),
    paused: tx.paused('schedule'),
    targets: targets.length,
    respectConcurrency: asked.respectConcurrency,
  });
  const runs = verdict === 'run';
  const run = runs ? startRun(tx, { ...asked, tick: null }) : undefined;
  const entry = { jobName, tick: tx.stamp, lastTick: tx.stamp, count: 1, trigger, decidedAt: tx.stamp };
  if (run !== undefined) {
    const executions = targets.map(({ executionId }) => executionId);
    tx.addLedger({ ...entry, decision: 'run', reason: '', group, executions }, state.nextTick);
    return run;
  }
  const reason = runs ? 'no_targets' : verdict.skipped;
  tx.addLedger({ ...entry, decision: 'skipped', reason, group: null, executions: [] }, state.nextTick);
  return refuse(CODES[reason], `job "${jobName}" was not started: ${reason}`);
}

function settledAlready(dueId: bigint, kind: string): Refusal {
  return refuse('stale', `due record ${dueId} (${kind}) was settled already`);
}
