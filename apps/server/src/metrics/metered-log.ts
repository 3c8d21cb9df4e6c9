import type { Command, CommandResults, ExecutionUpdates } from '@dkron/jobs';
import type { Clock, Counter } from '@dkron/runtime';
import type { ReplicatedLog } from '@dkron/scheduler';
import type { Store } from '@dkron/store';
import type { MetricsRegistry, Summary } from './registry.ts';

/** The original's timers, by the command of the same meaning. */
const TIMERS: Readonly<Partial<Record<Command['type'], string>>> = {
  putJob: 'set_job',
  toggleJob: 'set_job',
  deleteJob: 'delete_job',
  deleteExecutions: 'delete_executions',
};

const NO_NAMES: readonly (string | undefined)[] = [];

interface Told {
  readonly results: CommandResults['executionUpdates']['results'];
  readonly ms: number;
}

export interface MeteredLogModules {
  readonly log: ReplicatedLog;
  readonly store: Pick<Store, 'getExecution'>;
  readonly clock: Clock;
  readonly registry: MetricsRegistry;
}

/** Counts what goes through a log, under the original's names. Only the node that proposes counts, and once (G-R11). */
export class MeteredLog implements ReplicatedLog {
  readonly #log: ReplicatedLog;
  readonly #store: Pick<Store, 'getExecution'>;
  readonly #clock: Clock;
  readonly #registry: MetricsRegistry;
  readonly #succeeded: Counter;
  readonly #failed: Counter;

  constructor({ log, store, clock, registry }: MeteredLogModules) {
    this.#log = log;
    this.#store = store;
    this.#clock = clock;
    this.#registry = registry;
    this.#succeeded = registry.counter('dkron_job_executions_succeeded_total', 'Attempts that ended well');
    this.#failed = registry.counter('dkron_job_executions_failed_total', 'Attempts that ended otherwise');
  }

  leadershipValid(): boolean {
    return this.#log.leadershipValid();
  }

  term(): bigint {
    return this.#log.term();
  }

  async propose<C extends Command>(command: C): Promise<CommandResults[C['type']]> {
    const startedAt = this.#clock.monotonicMs();
    const names = command.type === 'executionUpdates' ? this.#jobNames(command) : NO_NAMES;
    const result = await this.#log.propose(command);
    const ms = this.#clock.monotonicMs() - startedAt;
    const timer = TIMERS[command.type];
    if (timer !== undefined) this.#timer(timer).observe(ms);
    if (command.type === 'executionUpdates') {
      this.#countUpdates(command, names, { results: (result as CommandResults['executionUpdates']).results, ms });
    }
    if (!('refused' in result)) this.#countEntry(command);
    return result;
  }

  /** Asked before, since a job may be gone with its last success. */
  #jobNames({ updates }: ExecutionUpdates): readonly (string | undefined)[] {
    return updates.map(({ kind, id }) => (kind === 'finished' ? this.#store.getExecution(id)?.jobName : undefined));
  }

  #countUpdates({ updates }: ExecutionUpdates, names: readonly (string | undefined)[], { results, ms }: Told): void {
    for (const [i, update] of updates.entries()) {
      if (update.kind === 'started') this.#timer('set_execution').observe(ms);
      if (update.kind !== 'finished') continue;
      this.#timer('execution_done').observe(ms);
      const jobName = names[i];
      if (results[i] !== 'applied' || jobName === undefined) continue;
      (update.state === 'success' ? this.#succeeded : this.#failed).add(1, { job_name: jobName });
    }
  }

  #countEntry(command: Command): void {
    if (command.type === 'putJob') this.#scheduler('job_add', 'Jobs put into the timetable', command.definition.name);
    if (command.type === 'deleteJob') this.#scheduler('job_delete', 'Jobs taken out of the timetable', command.name);
  }

  #timer(name: string): Summary {
    return this.#registry.summary(`dkron_grpc_${name}`, `Commands of the meaning ${name}, in milliseconds`);
  }

  #scheduler(name: string, help: string, job: string): void {
    this.#registry.counter(`dkron_scheduler_${name}`, help).add(1, { job });
  }
}
