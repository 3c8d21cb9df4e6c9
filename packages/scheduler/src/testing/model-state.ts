import type {
  ApplyEvent,
  Due,
  Execution,
  ExecutionId,
  ExecutionOutput,
  JobName,
  LedgerEntry,
  Run,
  RunTarget,
  StoredJob,
  Target,
  Trigger,
} from '@dkron/jobs';
import { ZERO_TIME } from '@dkron/runtime';
import type { EpochNanos } from '@dkron/runtime';
import type { StateView } from '../ports.ts';

/** State as plain maps: slow, obvious, only for tests. */
export class ModelState implements StateView {
  readonly jobs = new Map<JobName, StoredJob>();
  readonly executions = new Map<ExecutionId, Execution>();
  readonly outputs = new Map<ExecutionId, ExecutionOutput>();
  readonly runs: Run[] = [];
  readonly dueRecords = new Map<bigint, Due>();
  readonly ledger: LedgerEntry[] = [];
  readonly settings = new Map<string, string>();
  readonly pauses = { submissions: false, schedule: false };
  stamp: EpochNanos = 0n;
  #listeners = new Set<(events: readonly ApplyEvent[]) => void>();

  lastStamp(): EpochNanos {
    return this.stamp;
  }

  getJob(name: JobName): StoredJob | undefined {
    return this.jobs.get(name);
  }

  jobNames(): Iterable<JobName> {
    return this.jobs.keys();
  }

  *openExecutions(): Iterable<Execution> {
    for (const execution of this.executions.values()) if (isOpen(execution)) yield execution;
  }

  getExecution(id: ExecutionId): Execution | undefined {
    return this.executions.get(id);
  }

  openRuns(name: JobName): readonly Run[] {
    return this.runs.filter((run) => run.jobName === name && run.open);
  }

  dues(): Iterable<Due> {
    return [...this.dueRecords.values()];
  }

  getOutput(id: ExecutionId): ExecutionOutput | undefined {
    return this.outputs.get(id);
  }

  newestLedgerEntry(name: JobName): LedgerEntry | undefined {
    return this.ledger.findLast((entry) => entry.jobName === name);
  }

  paused(scope: 'submissions' | 'schedule'): boolean {
    return this.pauses[scope];
  }

  getSetting(key: string): string | undefined {
    return this.settings.get(key);
  }

  onApplied(listener: (events: readonly ApplyEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  emit(events: readonly ApplyEvent[]): void {
    for (const listener of this.#listeners) listener(events);
  }

  openRun(
    seed: Pick<Run, 'jobName' | 'group' | 'rootGroup' | 'trigger' | 'tick'>,
    targets: readonly Target[],
    events: ApplyEvent[],
  ): Run {
    const runTargets = targets.map((target): RunTarget => ({
      nodeName: target.nodeName,
      executionId: target.executionId,
      attempt: 1,
      state: 'pending',
    }));
    const run: Run = { ...seed, decidedAt: this.stamp, targets: runTargets, open: true };
    this.runs.push(run);
    events.push({ type: 'run', run });
    for (const target of targets) this.addExecution(run, target, 1, events);
    return run;
  }

  addExecution(run: Run, target: Target, attempt: number, events: ApplyEvent[]): void {
    const execution: Execution = {
      id: target.executionId,
      stamp: target.stamp,
      jobName: run.jobName,
      group: run.group,
      nodeName: target.nodeName,
      attempt,
      state: 'pending',
      trigger: run.trigger,
      tick: run.tick,
      reason: null,
      exitCode: null,
      startedAt: ZERO_TIME,
      finishedAt: ZERO_TIME,
      cancelRequested: false,
    };
    this.executions.set(execution.id, execution);
    events.push({ type: 'execution', execution });
  }

  setExecution(execution: Execution, events: ApplyEvent[]): void {
    this.executions.set(execution.id, execution);
    events.push({ type: 'execution', execution });
  }

  addDue(due: Omit<Due, 'id'>, events: ApplyEvent[]): void {
    const record: Due = { ...due, id: this.stamp * 1000n + BigInt(this.dueRecords.size) };
    this.dueRecords.set(record.id, record);
    events.push({ type: 'due', due: record, change: 'added' });
  }

  removeDue(id: bigint, events: ApplyEvent[]): Due | undefined {
    const due = this.dueRecords.get(id);
    if (due === undefined) return undefined;
    this.dueRecords.delete(id);
    events.push({ type: 'due', due, change: 'removed' });
    return due;
  }

  holdsOf(name: JobName): readonly Due[] {
    return [...this.dueRecords.values()].filter(({ kind, jobName }) => kind === 'hold' && jobName === name);
  }

  /** What was due because of an end that is taken back. */
  removeDuesOf(id: ExecutionId, events: ApplyEvent[]): void {
    for (const due of this.dueRecords.values()) if (due.executionId === id) this.removeDue(due.id, events);
  }

  replaceRun(before: Run, after: Run, events: ApplyEvent[]): void {
    this.runs[this.runs.indexOf(before)] = after;
    events.push({ type: 'run', run: after });
  }

  settleRoot(rootGroup: bigint, events: ApplyEvent[]): void {
    if (this.runs.some((run) => run.open && run.rootGroup === rootGroup)) return;
    if ([...this.dueRecords.values()].some((due) => due.rootGroup === rootGroup && due.kind !== 'hold')) return;
    events.push({ type: 'settled', rootGroup });
  }

  record(entry: Omit<LedgerEntry, 'decidedAt'>, nextTick: EpochNanos | null, events: ApplyEvent[]): void {
    const full = { ...entry, decidedAt: this.stamp };
    this.ledger.push(full);
    events.push({ type: 'tick', entry: full, nextTick });
  }
}

export function isOpen({ state }: Execution): boolean {
  return state === 'pending' || state === 'running';
}

export function isScheduled(trigger: Trigger): boolean {
  return trigger === 'schedule' || trigger === 'catchup';
}
