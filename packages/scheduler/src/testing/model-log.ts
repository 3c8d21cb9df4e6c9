import { decideStart, retryDelayMs, wantsRetry } from '@dkron/jobs';
import type {
  ApplyEvent,
  Command,
  CommandResults,
  DecideTicks,
  Execution,
  ExecutionUpdate,
  ExecutionUpdates,
  JobDefinition,
  JobPlan,
  PassedTicks,
  Refusal,
  Run,
  RunStart,
  StartRuns,
  StoredJob,
  TickDecision,
} from '@dkron/jobs';
import { NANOS_PER_MILLISECOND } from '@dkron/runtime';
import type { ReplicatedLog } from '../ports.ts';
import { isOpen, isScheduled } from './model-state.ts';
import type { ModelState } from './model-state.ts';

/** Commits at once what it is given; a test may break it. */
export class ModelLog implements ReplicatedLog {
  readonly commands: Command[] = [];
  valid = true;
  currentTerm = 1n;
  /** What happens to the next proposals: lost before the commit, or committed while the proposer hears a failure. */
  readonly faults: ('none' | 'lost' | 'unheard')[] = [];
  readonly #state: ModelState;

  constructor(state: ModelState) {
    this.#state = state;
  }

  leadershipValid(): boolean {
    return this.valid;
  }

  term(): bigint {
    return this.currentTerm;
  }

  async propose<C extends Command>(command: C): Promise<CommandResults[C['type']]> {
    await Promise.resolve();
    const fault = this.faults.shift();
    if (fault === 'lost') throw new Error('outcome unknown');
    if (command.stamp <= this.#state.stamp) throw new Error(`stamp ${command.stamp} is not above ${this.#state.stamp}`);
    this.commands.push(command);
    this.#state.stamp = command.stamp;
    const events: ApplyEvent[] = [];
    const result = this.#apply(command, events);
    this.#state.emit(events);
    if (fault === 'unheard') throw new Error('outcome unknown');
    return result as CommandResults[C['type']];
  }

  #apply(command: Command, events: ApplyEvent[]): CommandResults[Command['type']] {
    const state = this.#state;
    switch (command.type) {
      case 'putJob':
        return { job: this.#put(command.definition, command.plan, events, 'put'), created: command.plannedFrom === 0 };
      case 'toggleJob': {
        const { definition } = state.jobs.get(command.name)!;
        return { job: this.#put({ ...definition, disabled: command.disabled }, command.plan, events, 'toggle') };
      }
      case 'deleteJob': {
        const job = state.jobs.get(command.name);
        if (job === undefined) return refuse('not_found');
        state.jobs.delete(command.name);
        events.push({ type: 'job', name: command.name, change: 'delete' });
        return { job };
      }
      case 'decideTicks':
        return this.#decideTicks(command, events);
      case 'startRuns':
        return { runs: (command as StartRuns).starts.map((start) => this.#start(start, events)) };
      case 'executionUpdates':
        return { results: (command as ExecutionUpdates).updates.map((update) => this.#update(update, events)) };
      case 'setPause':
        state.pauses[command.scope] = command.paused;
        events.push({ type: 'pause', scope: command.scope, paused: command.paused });
        return { paused: command.paused };
      case 'putSetting':
        state.settings.set(command.key, command.value);
        return { value: command.value };
      default:
        throw new Error(`the model does not know ${command.type}`);
    }
  }

  #put(definition: JobDefinition, plan: JobPlan, events: ApplyEvent[], change: 'put' | 'toggle'): StoredJob {
    const before = this.#state.jobs.get(definition.name)?.state;
    const { next, nextTick, decidedUpTo, anchor, problem } = plan;
    const kept = before ?? {
      successCount: 0,
      errorCount: 0,
      lastSuccess: null,
      lastError: null,
      status: '' as const,
      dependentJobs: [],
    };
    const counts = {
      version: before === undefined ? this.commands.length : before.version + 1,
      revision: (before?.revision ?? 0) + 1,
    };
    const job: StoredJob = { definition, state: { ...kept, ...counts, next, nextTick, decidedUpTo, anchor, problem } };
    this.#state.jobs.set(definition.name, job);
    if (plan.passed) this.#passed(definition.name, plan.passed, nextTick, events);
    events.push({ type: 'job', name: definition.name, change });
    return job;
  }

  #passed(jobName: string, passed: PassedTicks, nextTick: bigint | null, events: ApplyEvent[]): void {
    const entry = {
      jobName,
      ...passed,
      decision: 'skipped' as const,
      trigger: 'schedule' as const,
      group: null,
      executions: [],
    };
    this.#state.record(entry, nextTick, events);
  }

  #decideTicks({ decisions }: DecideTicks, events: ApplyEvent[]): CommandResults['decideTicks'] {
    const stale = new Set<string>();
    for (const decision of decisions) {
      const job = this.#state.jobs.get(decision.jobName);
      if (job === undefined) continue;
      if (job.state.version !== decision.version) stale.add(decision.jobName);
      else if (decision.tick > job.state.decidedUpTo) this.#decide(job, decision, events);
    }
    return { stale: [...stale] };
  }

  #decide(job: StoredJob, decision: TickDecision, events: ApplyEvent[]): void {
    const { jobName, tick, lastTick, count, trigger, nextTick, next, group, targets } = decision;
    let { decision: verdict, reason } = decision;
    if (verdict === 'run') {
      const start = this.#question(job, trigger, tick, targets.length);
      if (start !== 'run') [verdict, reason] = ['skipped', start.skipped];
    }
    this.#state.jobs.set(jobName, { ...job, state: { ...job.state, decidedUpTo: lastTick, nextTick, next } });
    const ran = verdict === 'run';
    const executions = ran ? targets.map((target) => target.executionId) : [];
    this.#state.record(
      { jobName, tick, lastTick, count, decision: verdict, reason, trigger, group: ran ? group : null, executions },
      nextTick,
      events,
    );
    if (ran) this.#state.openRun({ jobName, group, rootGroup: group, trigger, tick }, targets, events);
  }

  #question(
    { definition }: StoredJob,
    trigger: Run['trigger'],
    at: bigint,
    targets: number,
    respectConcurrency = false,
  ) {
    const openRuns = this.#state.openRuns(definition.name).length + this.#state.holdsOf(definition.name).length;
    const paused = this.#state.paused('schedule') && isScheduled(trigger);
    return decideStart({ definition, trigger, at, openRuns, paused, targets, respectConcurrency });
  }

  #start(start: RunStart, events: ApplyEvent[]): Run | Refusal {
    const due = 'dueId' in start ? this.#state.removeDue(start.dueId, events) : undefined;
    if ('dueId' in start && due === undefined) return refuse('not_found');
    const job = this.#state.jobs.get(start.jobName);
    if (start.kind === 'retry') return this.#retry(start, events);
    const result = job === undefined ? refuse('not_found') : this.#open(job, start, events);
    if (due !== undefined) this.#state.settleRoot(due.rootGroup, events);
    return result;
  }

  #open(job: StoredJob, start: Exclude<RunStart, { kind: 'retry' }>, events: ApplyEvent[]): Run | Refusal {
    const { jobName, group, targets } = start;
    const trigger = start.kind === 'child' ? 'parent' : start.kind;
    const respect = start.kind !== 'child' && start.respectConcurrency;
    const verdict = this.#question(job, trigger, this.#state.stamp, targets.length, respect);
    if (verdict !== 'run') return refuse(verdict.skipped === 'forbid' ? 'forbidden_overlap' : 'no_targets');
    const rootGroup = start.kind === 'child' ? start.rootGroup : group;
    return this.#state.openRun({ jobName, group, rootGroup, trigger, tick: null }, targets, events);
  }

  #retry(start: Extract<RunStart, { kind: 'retry' }>, events: ApplyEvent[]): Run | Refusal {
    const run = this.#state.runs.find(({ jobName, group }) => jobName === start.jobName && group === start.group);
    if (run === undefined) return refuse('not_found');
    const { executionId, nodeName } = start.target;
    const targets = run.targets.map((target) =>
      target.nodeName === start.fromNode
        ? { nodeName, executionId, attempt: start.attempt, state: 'pending' as const }
        : target,
    );
    const after = { ...run, targets };
    this.#state.replaceRun(run, after, events);
    this.#state.addExecution(after, start.target, start.attempt, events);
    return after;
  }

  #update(update: ExecutionUpdate, events: ApplyEvent[]): 'applied' | 'known' | 'dropped' {
    if (update.kind === 'processed') return this.#processed(update, events);
    if (update.kind === 'released') return this.#release(update.dueId, update.confirmed, events);
    const result = this.#ofExecution(update, events);
    const hold = [...this.#state.dueRecords.values()].find(
      (due) => due.kind === 'hold' && due.executionId === update.id,
    );
    if (update.kind === 'finished' && update.slotHoldMs === null && hold) this.#release(hold.id, true, events);
    return result;
  }

  #ofExecution(
    update: Exclude<ExecutionUpdate, { kind: 'processed' | 'released' }>,
    events: ApplyEvent[],
  ): 'applied' | 'known' | 'dropped' {
    const execution = this.#state.executions.get(update.id);
    if (execution === undefined) return 'dropped';
    if (!isOpen(execution) && !(execution.state === 'lost' && !this.#isSuperseded(execution))) {
      return execution.state === 'lost' ? 'dropped' : 'known';
    }
    if (execution.state === 'lost') this.#state.removeDuesOf(execution.id, events);
    if (update.kind === 'cancelRequested') this.#state.setExecution({ ...execution, cancelRequested: true }, events);
    else if (update.kind === 'started')
      this.#state.setExecution({ ...execution, state: 'running', reason: null, startedAt: update.at }, events);
    else this.#finish(execution, update, events);
    return 'applied';
  }

  #release(dueId: bigint, confirmed: boolean, events: ApplyEvent[]): 'applied' | 'known' {
    const hold = this.#state.removeDue(dueId, events);
    if (hold === undefined) return 'known';
    const { jobName, group, executionId, attempt } = hold;
    const run = this.#state.runs.find((other) => other.jobName === jobName && other.group === group);
    const waits = run?.targets.some((target) => target.executionId === executionId && target.state === 'waiting');
    if (waits === true) {
      const retry = { kind: 'retry', attempt: attempt + 1, dueAt: this.#state.stamp, lengthMs: 0 } as const;
      this.#state.addDue({ ...hold, ...retry }, events);
    }
    if (!confirmed) {
      const at = { tick: this.#state.stamp, lastTick: this.#state.stamp, count: 1 };
      const what = { decision: 'released', reason: 'forbid_hold', trigger: run?.trigger ?? 'manual' } as const;
      this.#state.record({ jobName, ...at, ...what, group, executions: [executionId] }, null, events);
    }
    return 'applied';
  }

  #isSuperseded({ jobName, group, id }: Execution): boolean {
    const run = this.#state.runs.find((candidate) => candidate.jobName === jobName && candidate.group === group);
    return (
      !run?.targets.some((target) => target.executionId === id) ||
      this.#state.runs.some((other) => other.jobName === jobName && other.group > group)
    );
  }

  #processed(update: Extract<ExecutionUpdate, { kind: 'processed' }>, events: ApplyEvent[]): 'applied' | 'dropped' {
    const due = this.#state.removeDue(update.dueId, events);
    if (due === undefined) return 'dropped';
    if (update.output)
      this.#state.outputs.set(update.id, {
        head: update.output,
        tail: update.output,
        totalBytes: update.output.length,
      });
    this.#state.settleRoot(due.rootGroup, events);
    return 'applied';
  }

  #finish(execution: Execution, update: Extract<ExecutionUpdate, { kind: 'finished' }>, events: ApplyEvent[]): void {
    const { state, reason, exitCode, startedAt, finishedAt } = update;
    const ended: Execution = { ...execution, state, reason, exitCode, startedAt, finishedAt };
    this.#state.setExecution(ended, events);
    this.#state.outputs.set(execution.id, update.output);
    const run = this.#state.runs.find(
      ({ jobName, group }) => jobName === execution.jobName && group === execution.group,
    )!;
    const definition = this.#state.jobs.get(execution.jobName)?.definition;
    const retry = definition !== undefined && wantsRetry(definition, state, execution.attempt);
    const targetState: Run['targets'][number]['state'] = retry ? 'waiting' : state;
    const targets = run.targets.map((target) =>
      target.executionId === execution.id ? { ...target, state: targetState } : target,
    );
    const open = targets.some((target) => ['pending', 'running', 'waiting'].includes(target.state));
    this.#state.replaceRun(run, { ...run, targets, open }, events);
    const due = {
      jobName: run.jobName,
      group: run.group,
      rootGroup: run.rootGroup,
      executionId: execution.id,
      nodeName: execution.nodeName,
      attempt: 0,
    };
    const held = update.slotHoldMs !== null && definition?.concurrency === 'forbid';
    if (held) {
      const lengthMs = update.slotHoldMs;
      const dueAt = this.#state.stamp + BigInt(lengthMs) * NANOS_PER_MILLISECOND;
      this.#state.addDue({ ...due, kind: 'hold', attempt: execution.attempt, dueAt, lengthMs }, events);
    } else if (retry) {
      const elapsedMs = Number((finishedAt - startedAt) / NANOS_PER_MILLISECOND);
      const lengthMs = startedAt < 0n ? 0 : retryDelayMs(elapsedMs, execution.attempt + 1);
      const dueAt = this.#state.stamp + BigInt(lengthMs) * NANOS_PER_MILLISECOND;
      this.#state.addDue({ ...due, kind: 'retry', attempt: execution.attempt + 1, dueAt, lengthMs }, events);
    }
    if (Object.keys(definition?.processors ?? {}).length > 0) {
      this.#state.addDue({ ...due, kind: 'process', dueAt: this.#state.stamp, lengthMs: 0 }, events);
    }
    if (!open && targets.every((target) => target.state === 'success')) this.#children(run, events);
    this.#state.settleRoot(run.rootGroup, events);
  }

  #children(run: Run, events: ApplyEvent[]): void {
    for (const { definition } of this.#state.jobs.values()) {
      if (definition.parentJob !== run.jobName) continue;
      const { group, rootGroup } = run;
      this.#state.addDue(
        {
          kind: 'child',
          jobName: definition.name,
          group,
          rootGroup,
          executionId: '',
          nodeName: '',
          attempt: 0,
          dueAt: this.#state.stamp,
          lengthMs: 0,
        },
        events,
      );
    }
  }
}

function refuse(refused: Refusal['refused']): Refusal {
  return { refused, message: refused };
}
