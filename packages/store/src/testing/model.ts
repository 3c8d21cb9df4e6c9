import { decideStart, jobStatusOf, wantsRetry } from '@dkron/jobs';
import type { Command, Due, RunTarget, SkipReason, Target, Trigger } from '@dkron/jobs';
import type { Retention } from '../options.ts';
import { definitionText } from './model-records.ts';
import { ModelNotices } from './model-notices.ts';
import type { ModelExecution, ModelJob, ModelRun } from './model-records.ts';

type Keep = Pick<Retention, 'executionsPerJob' | 'ledgerEntriesPerJob'>;
type Updates = Extract<Command, { type: 'executionUpdates' }>['updates'][number];
type Put = Extract<Command, { type: 'putJob' }>;

/** The state machine once more, as plainly as it can be written: maps of objects, full scans, no storage. */
export class Model {
  readonly #keep: Keep;
  readonly #jobs = new Map<string, ModelJob>();
  readonly #executions = new Map<string, ModelExecution>();
  readonly #runs: ModelRun[] = [];
  /** Dues by id, as the store numbered them; which of them exist is decided here. */
  #dues: Due[] = [];
  #paused = false;
  readonly #notices = new ModelNotices();
  readonly #stats = [0, 0];
  /** Ended, and perhaps still running: by execution id. */
  readonly #held = new Map<string, ModelJob>();

  constructor(keep: Keep) {
    this.#keep = keep;
  }

  /**
   * @param index of the entry: a new job's version
   * @param dues the store's after the command: children's and retries' numbers are taken from there
   * @param noticeOf a notice of the store, before the command, as the model knows it
   */
  apply(command: Command, index: bigint, dues: readonly Due[], noticeOf: (id: bigint) => string): void {
    switch (command.type) {
      case 'putJob':
        this.#put(command, Number(index));
        break;
      case 'deleteJob':
        this.#delete(command.name);
        break;
      case 'toggleJob': {
        const job = this.#jobs.get(command.name);
        if (job !== undefined) {
          job.version += job.definition.disabled === command.disabled ? 0 : 1;
          job.definition = { ...job.definition, disabled: command.disabled };
          job.decidedUpTo = max(job.decidedUpTo, command.plan.decidedUpTo);
        }
        break;
      }
      case 'decideTicks':
        for (const { jobName, version, tick, targets } of command.decisions) {
          const job = this.#jobs.get(jobName);
          if (job !== undefined && job.version === version && tick > job.decidedUpTo) {
            job.decidedUpTo = tick;
            this.#start(job, 'schedule', tick, targets, true);
          }
        }
        break;
      case 'startRuns':
        for (const start of command.starts) {
          this.#startRun(start, command.stamp);
        }
        break;
      case 'executionUpdates':
        this.#notices.notify = command.notify ?? [];
        for (const update of command.updates) {
          this.#update(update, command.stamp);
        }
        break;
      case 'deleteExecutions':
        this.#forget(command.name);
        break;
      case 'setPause':
        this.#paused = command.paused;
        break;
      case 'settleNotices':
        for (const { kind, id } of command.outcomes) if (kind !== 'deferred') this.#notices.settled(noticeOf(id));
        break;
      case 'putSetting':
        break;
    }
    this.#dues = [...dues];
  }

  view(names: readonly string[]): unknown {
    const state = (id: string): string => `${id} ${this.#executions.get(id)?.state}`;
    const open = [...this.#executions.keys()].filter((id) => this.#isOpen(id));
    return {
      jobs: names.flatMap((name) => {
        const job = this.#jobs.get(name);
        if (job === undefined) {
          return [];
        }
        const { version, successCount, errorCount, status, decidedUpTo, definition } = job;
        return [
          {
            name,
            disabled: definition.disabled,
            version,
            successCount,
            errorCount,
            status,
            decidedUpTo,
            children: this.#children(name),
          },
        ];
      }),
      open: open.sort((a, b) => Number(BigInt(a.split('-')[0] ?? 0) - BigInt(b.split('-')[0] ?? 0))).map(state),
      executions: names.map((name) => (this.#jobs.get(name)?.history ?? []).toReversed().map(state)),
      ledgers: names.map((name) => (this.#jobs.get(name)?.ledger ?? []).toReversed()),
      slots: names.map((name) => this.#openRuns(this.#jobs.get(name)).map(({ group }) => group)),
      notices: this.#notices.lines,
      stats: [this.#stats],
      held: names.map((name) => this.#heldOf(this.#jobs.get(name)).sort()),
      retries: names.map((name) => this.#retriesOf(this.#jobs.get(name)).sort()),
    };
  }

  #put({ definition, plan }: Put, index: number): void {
    const stored = this.#jobs.get(definition.name);
    for (let up = definition.parentJob; up !== ''; up = this.#jobs.get(up)?.definition.parentJob ?? '') {
      if (up === definition.name || !this.#jobs.has(up)) {
        return;
      }
    }
    if (stored === undefined) {
      const fresh = {
        version: index,
        successCount: 0,
        errorCount: 0,
        status: '' as const,
        decidedUpTo: plan.decidedUpTo,
        history: [],
        ledger: [],
        newestGroup: 0n,
      };
      this.#jobs.set(definition.name, { definition, ...fresh });
      return;
    }
    stored.version += definitionText(stored.definition) === definitionText(definition) ? 0 : 1;
    stored.definition = definition;
    stored.decidedUpTo = max(stored.decidedUpTo, plan.decidedUpTo);
  }

  #delete(name: string): void {
    const job = this.#jobs.get(name);
    if (job !== undefined && this.#children(name).length === 0) {
      this.#remove(job);
      this.#maybeRemove(job.definition.parentJob);
    }
  }

  #remove(job: ModelJob): void {
    this.#jobs.delete(job.definition.name);
    this.#dues = this.#dues.filter(({ jobName }) => jobName !== job.definition.name);
    for (const id of this.#heldOf(job)) {
      this.#held.delete(id);
    }
    for (const run of this.#runs.filter((other) => other.job === job)) {
      for (const target of run.targets) {
        target.state = target.state === 'waiting' ? 'failed' : target.state;
      }
    }
  }

  #maybeRemove(name: string): void {
    const job = this.#jobs.get(name);
    if (job === undefined || !job.definition.ephemeral || job.status !== 'success' || this.#children(name).length > 0) {
      return;
    }
    if (
      this.#openRuns(job).length === 0 &&
      this.#dues.every(({ jobName, kind }) => jobName !== name || kind === 'hold')
    ) {
      this.#remove(job);
      this.#maybeRemove(job.definition.parentJob);
    }
  }

  #forget(name: string): void {
    const job = this.#jobs.get(name);
    if (job !== undefined) {
      job.history = [];
      job.successCount = 0;
      job.errorCount = 0;
    }
  }

  #startRun(start: Extract<Command, { type: 'startRuns' }>['starts'][number], stamp: bigint): void {
    const job = this.#jobs.get(start.jobName);
    if (!('dueId' in start)) {
      if (job !== undefined) {
        this.#start(job, start.kind, stamp, start.targets, start.respectConcurrency);
      }
      return;
    }
    const due = this.#dues.find(({ id }) => id === start.dueId);
    this.#dues = this.#dues.filter(({ id }) => id !== start.dueId);
    if (due === undefined || job === undefined) {
      return;
    }
    if (start.kind === 'child') {
      this.#start(job, 'parent', stamp, start.targets, true);
      return;
    }
    const run = this.#runs.find((other) => other.job === job && other.group === start.group);
    const target = run?.targets.find(({ executionId }) => executionId === due.executionId);
    if (run !== undefined && target !== undefined) {
      Object.assign(target, { executionId: start.target.executionId, state: 'pending' });
      this.#add(run, start.target, start.attempt);
    }
  }

  #start(job: ModelJob, trigger: Trigger, at: bigint, targets: readonly Target[], respectConcurrency: boolean): void {
    const { definition } = job;
    const verdict = decideStart({
      definition,
      trigger,
      at,
      openRuns: this.#openRuns(job).length + this.#heldOf(job).length,
      paused: this.#paused,
      targets: targets.length,
      respectConcurrency,
    });
    const reason: '' | SkipReason = verdict === 'run' ? '' : verdict.skipped;
    if (reason === '') {
      const run: ModelRun = {
        job,
        group: at,
        targets: targets.map(({ executionId }) => ({ executionId, state: 'pending' })),
      };
      this.#runs.push(run);
      job.newestGroup = at;
      for (const target of targets) {
        this.#add(run, target, 1);
      }
    }
    job.ledger = [...job.ledger, `${at} ${reason === '' ? 'run' : 'skipped'} ${reason}`].slice(
      -this.#keep.ledgerEntriesPerJob,
    );
  }

  #add(run: ModelRun, { executionId, nodeName }: Target, attempt: number): void {
    this.#executions.set(executionId, { run, nodeName, attempt, state: 'pending' });
    run.job.history = [...run.job.history, executionId].slice(-this.#keep.executionsPerJob);
  }

  #update(update: Updates, stamp: bigint): void {
    const execution = this.#executions.get(update.id);
    if (update.kind === 'processed') {
      const due = this.#dues.find(({ id }) => id === update.dueId);
      this.#dues = this.#dues.filter(({ id }) => id !== update.dueId);
      this.#maybeRemove(due?.jobName ?? '');
    } else if (update.kind === 'released') {
      this.#release(update, stamp);
    } else if (execution === undefined) {
      return;
    } else if (update.kind === 'started') {
      this.#startOrRevive(update.id, execution);
    } else if (update.kind === 'cancelRequested') {
      if (execution.state === 'pending') {
        this.#end(update.id, execution, { state: 'cancelled', slotHoldMs: update.slotHoldMs }, true);
      } else {
        this.#cancelled.add(update.id);
      }
    } else {
      if (this.#isOpen(update.id)) {
        if (execution.state === 'pending' && update.startedAt > 0n) this.#notices.started(update.id);
        this.#end(update.id, execution, update, this.#cancelled.has(update.id));
      } else if (execution.state === 'lost' && update.state !== 'lost' && this.#revive(update.id, execution)) {
        this.#end(update.id, execution, update, this.#cancelled.has(update.id));
      }
      if (update.slotHoldMs === null) {
        this.#held.delete(update.id);
      }
    }
  }

  #release({ id, dueId, confirmed }: Extract<Updates, { kind: 'released' }>, stamp: bigint): void {
    const job = this.#held.get(id);
    if (job === undefined || !this.#dues.some((due) => due.id === dueId && due.executionId === id)) {
      return;
    }
    this.#held.delete(id);
    if (!confirmed) {
      job.ledger = [...job.ledger, `${stamp} released forbid_hold`].slice(-this.#keep.ledgerEntriesPerJob);
    }
  }

  readonly #cancelled = new Set<string>();

  #startOrRevive(id: string, execution: ModelExecution): void {
    if (execution.state === 'lost') {
      this.#revive(id, execution);
    } else if (execution.state === 'pending') {
      execution.state = 'running';
      this.#notices.started(id);
      this.#setTarget(id, execution, 'running');
    }
  }

  #revive(id: string, execution: ModelExecution): boolean {
    const { job, group, targets } = execution.run;
    const latest = targets.some(({ executionId }) => executionId === id);
    if (!this.#isStored(job) || !latest || job.newestGroup > group || !job.history.includes(id)) {
      return false;
    }
    this.#dues = this.#dues.filter(({ executionId }) => executionId !== id);
    this.#held.delete(id);
    this.#notices.revived(id);
    job.errorCount = Math.max(0, job.errorCount - 1);
    this.#stats[1] = (this.#stats[1] ?? 0) - 1;
    execution.state = 'running';
    this.#setTarget(id, execution, 'running');
    return true;
  }

  #end(
    id: string,
    execution: ModelExecution,
    { state, slotHoldMs }: Pick<Extract<Updates, { kind: 'finished' }>, 'state' | 'slotHoldMs'>,
    cancelled: boolean,
  ): void {
    const { run, attempt } = execution;
    const { job } = run;
    execution.state = state;
    if (!this.#isStored(job)) {
      this.#setTarget(id, execution, state);
      return;
    }
    if (!job.history.includes(id) && job.history.length < this.#keep.executionsPerJob) {
      job.history.push(id);
    }
    const success = state === 'success';
    job.successCount += success ? 1 : 0;
    job.errorCount += success ? 0 : 1;
    this.#stats[success ? 0 : 1] = (this.#stats[success ? 0 : 1] ?? 0) + 1;
    if (job.history.includes(id) && Object.keys(job.definition.processors).length > 0) {
      // Stands for the due of kind `process` until the store's number is known.
      this.#dues.push({ id: -1n, jobName: job.definition.name } as Due);
    }
    const retry = wantsRetry(job.definition, state, attempt) && !cancelled;
    if (!retry) this.#notices.ended(id, job.definition.ownerEmail);
    if (slotHoldMs !== null && job.definition.concurrency === 'forbid') {
      this.#held.set(id, job);
    }
    this.#setTarget(id, execution, retry ? 'waiting' : state);
    const status = jobStatusOf({ targets: run.targets.map((target) => ({ nodeName: '', attempt: 1, ...target })) });
    if (status !== '') {
      job.status = status;
      if (status === 'success') {
        this.#maybeRemove(job.definition.name);
      }
    }
  }

  #setTarget(id: string, { run }: ModelExecution, state: RunTarget['state']): void {
    const target = run.targets.find(({ executionId }) => executionId === id);
    if (target !== undefined) {
      target.state = state;
    }
  }

  #openRuns(job: ModelJob | undefined): ModelRun[] {
    return this.#runs.filter(
      (run) => run.job === job && run.targets.some(({ state }) => ['pending', 'running', 'waiting'].includes(state)),
    );
  }

  #heldOf(job: ModelJob | undefined): string[] {
    return [...this.#held].flatMap(([id, other]) => (other === job ? [id] : []));
  }

  /** A retry that waits is due, unless the attempt before it may still run. */
  #retriesOf(job: ModelJob | undefined): string[] {
    return this.#openRuns(job)
      .flatMap(({ targets }) => targets)
      .flatMap(({ state, executionId }) => (state === 'waiting' && !this.#held.has(executionId) ? [executionId] : []));
  }

  #isStored(job: ModelJob): boolean {
    return this.#jobs.get(job.definition.name) === job;
  }

  #isOpen(id: string): boolean {
    const state = this.#executions.get(id)?.state;
    return state === 'pending' || state === 'running';
  }

  #children(name: string): string[] {
    return [...this.#jobs.values()]
      .filter(({ definition }) => definition.parentJob === name)
      .map(({ definition }) => definition.name)
      .sort();
  }
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
