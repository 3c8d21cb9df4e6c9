import type { ApplyEvent, Execution, ExecutionId, Group, JobName, LedgerEntry, StoredJob, Trigger } from '@dkron/jobs';
import { must } from './broken.ts';

const GRACE_NANOS = 10_000_000_000n;

/** What is known of a job while it exists; a job created anew is another one. */
export interface JobHistory {
  /** First group that belongs to this one. */
  readonly bornAt: bigint;
  stored: StoredJob | undefined;
  /** Last tick that was decided. */
  lastTick: bigint | undefined;
  /** The tick that has to be decided next; undefined = not known yet, null = none. */
  expected: bigint | null | undefined;
  newestGroup: Group;
  readonly ends: Map<ExecutionId, boolean>;
  successes: number;
  errors: number;
}

export interface ExecutionHistory {
  execution: Execution;
  readonly job: JobHistory | undefined;
  readonly retries: number;
  readonly forbid: boolean;
  /** The slot was let go although its end was not confirmed. */
  released: boolean;
  /** True time of its last change. */
  changedMs: number;
  /** It was tried again on another node. */
  movedOn: boolean;
}

const FINAL: ReadonlySet<Execution['state']> = new Set(['success', 'failed', 'lost', 'cancelled']);

export function isFinal(state: Execution['state']): boolean {
  return FINAL.has(state);
}

/**
 * What was decided, in the order of the log, whichever server applied it first; and the rules that each step must obey.
 * It trusts nothing but the events.
 */
export class History {
  readonly jobs = new Map<JobName, JobHistory>();
  readonly executions = new Map<ExecutionId, ExecutionHistory>();
  /** (node, group, job) → highest attempt. */
  readonly #attempts = new Map<string, number>();
  /** (group, job) → all executions of a run. */
  readonly #runs = new Map<string, ExecutionHistory[]>();
  readonly #nowMs: () => number;
  readonly #mark: (name: string) => void;
  #counted = new Set<JobName>();
  #planned = new Set<JobName>();

  constructor(modules: { readonly nowMs: () => number; readonly mark: (name: string) => void }) {
    this.#nowMs = modules.nowMs;
    this.#mark = modules.mark;
  }

  /** @param job - as of the end of the batch that the event is of */
  apply(event: ApplyEvent, job: (name: JobName) => StoredJob | undefined): void {
    switch (event.type) {
      case 'job':
        return this.#job(event.name, event.change, job);
      case 'tick':
        return this.#tick(event.entry, event.nextTick);
      case 'execution':
        return this.#execution(event.execution);
      default:
    }
  }

  /** A batch is over. @param complete - nothing else was in it than what was told */
  settle(complete: boolean, job: (name: JobName) => StoredJob | undefined): void {
    for (const name of this.#planned) {
      const known = this.jobs.get(name);
      const stored = job(name);
      if (known === undefined || stored === undefined) continue;
      known.stored = stored;
      known.expected = stored.state.nextTick;
    }
    for (const name of this.#counted) {
      const known = this.jobs.get(name);
      const stored = job(name);
      if (!complete || known === undefined || stored === undefined) continue;
      const { successCount, errorCount } = stored.state;
      must(
        successCount === known.successes && errorCount === known.errors,
        'ResultOnce',
        () => `${name} counts ${successCount}/${errorCount}, its executions ${known.successes}/${known.errors}`,
      );
    }
    this.#planned = new Set();
    this.#counted = new Set();
  }

  #job(name: JobName, change: string, job: (name: JobName) => StoredJob | undefined): void {
    if (change === 'counters') return void this.#counted.add(name);
    if (change === 'delete') {
      this.jobs.delete(name);
      return;
    }
    const known = this.jobs.get(name);
    this.#planned.add(name);
    if (known !== undefined) {
      known.expected = undefined;
      return;
    }
    this.jobs.set(name, {
      bornAt: 0n,
      stored: job(name),
      lastTick: undefined,
      expected: undefined,
      newestGroup: 0n,
      ends: new Map(),
      successes: 0,
      errors: 0,
    });
  }

  #tick(entry: LedgerEntry, nextTick: bigint | null): void {
    const { jobName, tick, lastTick, count, decision, trigger } = entry;
    if (decision === 'released') {
      for (const id of entry.executions) {
        const known = this.executions.get(id);
        if (known !== undefined) known.released = true;
      }
      this.#mark('slot released after its hold');
      return;
    }
    if (trigger !== 'schedule' && trigger !== 'catchup') return;
    const late = trigger === 'catchup' ? ' (late)' : waited(entry) ? ' (when its turn came)' : '';
    this.#mark(`tick: ${decision}${entry.reason === '' ? '' : ` ${entry.reason}`}${late}`);
    const job = this.jobs.get(jobName);
    if (job === undefined) return;
    const says = (): string => `${jobName} ${tick}..${lastTick} (${count}) ${decision}, after ${job.lastTick}`;
    must(tick <= lastTick && count >= 1, 'TickOnce', () => `a stretch that is none: ${says()}`);
    must(job.lastTick === undefined || tick > job.lastTick, 'TickOnce', () => `a tick was decided twice: ${says()}`);
    const { expected } = job;
    // While a job is disabled it has no tick; what it passed over is told when it has one again.
    // A change that was planned before a tick was decided may still name that tick.
    const stale = expected === null || (job.lastTick !== undefined && (expected ?? 0n) <= job.lastTick);
    if (expected !== undefined && !stale) {
      must(expected === tick, 'AllDecided', () => `ticks were passed over: ${says()}, due was ${expected}`);
    }
    this.#period(job, entry, says);
    job.lastTick = lastTick;
    job.expected = nextTick;
  }

  /** Against the period of the job, which no code of the scheduler has a part in. */
  #period(job: JobHistory, { tick, lastTick, count }: LedgerEntry, says: () => string): void {
    const period = periodNanosOf(job.stored);
    if (period === undefined) return;
    must(lastTick - tick === BigInt(count - 1) * period, 'AllDecided', () => `a count that is wrong: ${says()}`);
    if (job.lastTick === undefined) return;
    must(tick - job.lastTick === period, 'AllDecided', () => `a gap in the ledger: ${says()}`);
  }

  #execution(execution: Execution): void {
    const { id, jobName, group, nodeName, attempt, state } = execution;
    const known = this.executions.get(id);
    const job = known === undefined ? this.jobs.get(jobName) : known.job;
    const lane = `${nodeName} ${group} ${jobName}`;
    if (known === undefined) {
      this.#decided(execution, job, lane);
    } else {
      this.#changed(known, execution, this.#attempts.get(lane) ?? 0);
    }
    this.#count(execution, job, state, attempt);
  }

  #decided(execution: Execution, job: JobHistory | undefined, lane: string): void {
    const { id, jobName, group, attempt, state, trigger } = execution;
    must(state === 'pending', 'DecideBeforeDispatch', () => `${id} begins as ${state}`);
    const before = this.#attempts.get(lane) ?? 0;
    must(attempt > before, 'RetryBudget', () => `attempt ${attempt} of ${jobName} ${group} after ${before}`);
    const definition = job?.stored?.definition;
    const retries = definition?.retries ?? Infinity;
    must(attempt <= retries + 1, 'RetryBudget', () => `${id} is attempt ${attempt} with ${retries} retries`);
    this.#attempts.set(lane, attempt);
    if (job !== undefined && group > job.newestGroup) job.newestGroup = group;
    const forbid = definition?.concurrency === 'forbid';
    const known = { execution, job, retries, forbid, released: false, changedMs: this.#nowMs(), movedOn: false };
    this.executions.set(id, known);
    const run = this.#runs.get(`${group} ${jobName}`);
    if (run === undefined) this.#runs.set(`${group} ${jobName}`, [known]);
    else {
      if (before === 0 && attempt > 1) this.#moved(run, attempt);
      run.push(known);
    }
    this.#mark(`decided: ${trigger}${attempt > 1 ? ', again' : ''}`);
  }

  /** A node had never had a part in the run: this is the next attempt of one that is gone. With more than one, of any. */
  #moved(run: readonly ExecutionHistory[], attempt: number): void {
    this.#mark('tried again on another node');
    for (const one of run) {
      const { execution } = one;
      if (execution.attempt === attempt - 1 && isFinal(execution.state) && this.newestAttempt(execution) < attempt)
        one.movedOn = true;
    }
  }

  #changed(known: ExecutionHistory, execution: Execution, newestAttempt: number): void {
    const before = known.execution;
    const { id, state, attempt, group } = execution;
    if (before.state === state) {
      known.execution = execution;
      return;
    }
    const says = (): string => `${id} attempt ${attempt}: ${before.state} → ${state}`;
    if (before.state === 'lost') {
      const newer = newestAttempt > attempt || (known.job !== undefined && known.job.newestGroup > group);
      must(!newer, 'LostProvisional', () => `${says()} although something newer was decided`);
      this.#mark('lost execution came back');
    } else {
      must(!isFinal(before.state), 'ResultOnce', () => `a second result: ${says()}`);
      must(state !== 'pending', 'ResultOnce', says);
    }
    this.#mark(`execution: ${state}${execution.reason === null ? '' : ` ${execution.reason}`}`);
    known.execution = execution;
    known.changedMs = this.#nowMs();
  }

  #count({ id, jobName }: Execution, job: JobHistory | undefined, state: Execution['state'], _attempt: number): void {
    if (job === undefined || this.jobs.get(jobName) !== job) return;
    const before = job.ends.get(id);
    if (before !== undefined) {
      if (before) job.successes -= 1;
      else job.errors -= 1;
      job.ends.delete(id);
    }
    if (!isFinal(state)) return;
    const success = state === 'success';
    if (success) job.successes += 1;
    else job.errors += 1;
    job.ends.set(id, success);
  }

  /** Highest attempt of the same part of a run. */
  newestAttempt({ nodeName, group, jobName }: Execution): number {
    return this.#attempts.get(`${nodeName} ${group} ${jobName}`) ?? 0;
  }

  /** Something newer was decided, so that its result may come too late; with several moves at a time, perhaps. */
  isSuperseded({ execution, job, movedOn }: ExecutionHistory): boolean {
    const { attempt, group } = execution;
    return movedOn || this.newestAttempt(execution) > attempt || (job !== undefined && job.newestGroup > group);
  }

  isAutomatic(trigger: Trigger): boolean {
    return trigger === 'schedule' || trigger === 'catchup' || trigger === 'parent';
  }
}

const SECOND = 1_000_000_000n;

/** Of the schedules that are drawn. */
export function periodNanosOf(job: StoredJob | undefined): bigint | undefined {
  const schedule = job?.definition.schedule ?? '';
  const every = /^@every (\d+)s$/.exec(schedule) ?? /^\*\/(\d+) \* \* \* \* \*$/.exec(schedule);
  if (every !== null) return BigInt(every[1]!) * SECOND;
  return schedule === '0 * * * * *' ? 60n * SECOND : undefined;
}

/** On time, though longer ago than that: its nodes were crowded. */
function waited({ decision, tick, decidedAt }: LedgerEntry): boolean {
  return decision === 'run' && decidedAt - tick > GRACE_NANOS;
}
