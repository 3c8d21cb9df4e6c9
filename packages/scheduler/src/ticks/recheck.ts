import type { JobName, PutJob, StoredJob } from '@dkron/jobs';
import { ZERO_TIME } from '@dkron/runtime';
import type { Cancel } from '@dkron/runtime';
import { RETRY_PROPOSAL_MS } from '../context.ts';
import type { Context } from '../context.ts';
import { isRefusal } from '../refusal.ts';

const SLICE_MS = 5;
const CHECK_CLOCK_EVERY = 64;
const PROPOSALS_MAX = 256;

/**
 * Reads every stored schedule once after taking over: another version's grammar or zone data may refuse what was
 * accepted once, or accept again what had a problem. What changed is committed as a new plan of the same definition,
 * so that every server shows the `problem` and none keeps the job in its timetable (G-S6).
 */
export class Recheck {
  readonly #context: Context;
  readonly #again = new Set<JobName>();
  #running = false;
  #busy = false;
  #cancel: Cancel | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  start(): void {
    this.#running = true;
    this.#busy = true;
    this.#slice(Array.from(this.#context.view.jobNames()), 0);
  }

  stop(): void {
    this.#running = false;
    this.#busy = false;
    this.#cancel?.();
    this.#again.clear();
  }

  /** A job that turned out not to be readable when its tick was due. */
  add(name: JobName): void {
    this.#again.add(name);
    if (!this.#busy) this.#later();
  }

  /** Other work of the process gets its turns in between. */
  #slice(names: readonly JobName[], from: number): void {
    const { clock, view } = this.#context;
    const sliceEndMs = clock.monotonicMs() + SLICE_MS;
    const commands: PutJob[] = [];
    let index = from;
    while (index < names.length && commands.length < PROPOSALS_MAX) {
      const command = this.#commandFor(view.getJob(names[index]!));
      if (command !== undefined) commands.push(command);
      if (++index % CHECK_CLOCK_EVERY === 0 && clock.monotonicMs() >= sliceEndMs) break;
    }
    const proposed = Promise.all(commands.map((command) => this.#propose(command)));
    if (commands.length === 0) this.#goOn(names, index);
    else void proposed.then(() => this.#goOn(names, index));
  }

  #goOn(names: readonly JobName[], from: number): void {
    if (!this.#running) return;
    if (from < names.length) this.#cancel = this.#context.timers.nextTurn(() => this.#slice(names, from));
    else if (this.#again.size > 0) this.#later();
    else this.#busy = false;
  }

  #later(): void {
    this.#busy = true;
    this.#cancel = this.#context.timers.after(RETRY_PROPOSAL_MS, () => {
      const names = Array.from(this.#again);
      this.#again.clear();
      this.#slice(names, 0);
    });
  }

  #commandFor(stored: StoredJob | undefined): PutJob | undefined {
    const { planner, stamps } = this.#context;
    if (stored === undefined || !planner.isOutdated(stored)) return undefined;
    const { definition, state } = stored;
    const stamp = stamps.next();
    return {
      type: 'putJob',
      stamp,
      definition,
      submitted: { ...state, next: ZERO_TIME, dependentJobs: null },
      precondition: null,
      plannedFrom: state.version,
      plan: planner.planToggle(stored, definition.disabled, stamp),
    };
  }

  /** A refusal means that the job was changed meanwhile, and planned anew by that. */
  async #propose(command: PutJob): Promise<void> {
    const { log, logger } = this.#context;
    const job = command.definition.name;
    try {
      if (!this.#context.mayAct()) throw new Error('leadership is in doubt');
      const result = await log.propose(command);
      if (!isRefusal(result) && command.plan.problem === '') logger.info('Job can be scheduled again', { job });
    } catch (error) {
      logger.warn('The new plan of a job is not known to be committed', { job, error });
      if (this.#running) this.#again.add(job);
    }
  }
}
