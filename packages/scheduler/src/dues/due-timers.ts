import { NANOS_PER_MILLISECOND } from '@dkron/runtime';
import type { Cancel } from '@dkron/runtime';
import type { ApplyEvent, Due, RunStart } from '@dkron/jobs';
import { RETRY_PROPOSAL_MS } from '../context.ts';
import type { Context } from '../context.ts';
import { Timetable } from '../timetable/timetable.ts';
import { isRefusal } from '../refusal.ts';
import type { SlotHolds } from '../sessions/slot-holds.ts';
import type { Processing } from './processing.ts';
import type { StartPlanner } from './start-planner.ts';

const LONGEST_TIMER_MS = 3_600_000;
const STARTS_PER_COMMAND_MAX = 5_000;

/** Carries out replicated due records: retries after their delay, children at once, processors, slots kept too long. */
export class DueTimers {
  readonly #context: Context;
  readonly #starts: StartPlanner;
  readonly #processing: Processing;
  readonly #holds: SlotHolds;
  /** Ids as text, by monotonic time: a step of the wall clock moves no delay. */
  readonly #timetable = new Timetable();
  readonly #dues = new Map<bigint, Due>();
  #running = false;
  #inFlight = 0;
  #timer: Cancel | undefined;
  #timerMs = Infinity;

  constructor(context: Context, starts: StartPlanner, processing: Processing, holds: SlotHolds) {
    this.#context = context;
    this.#starts = starts;
    this.#processing = processing;
    this.#holds = holds;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  start(): void {
    this.#running = true;
    for (const due of this.#context.view.dues()) this.#add(due);
    this.settle();
  }

  stop(): void {
    this.#running = false;
    this.#timer?.();
    this.#timerMs = Infinity;
    this.#timetable.clear();
    this.#dues.clear();
    this.#holds.clear();
  }

  onEvent(event: ApplyEvent): void {
    if (event.type !== 'due') return;
    if (event.change === 'added') return this.#add(event.due);
    this.#dues.delete(event.due.id);
    this.#timetable.remove(String(event.due.id));
    this.#processing.remove(event.due.id);
    this.#holds.remove(event.due);
  }

  /** After a batch of events. */
  settle(): void {
    const dueMs = this.#timetable.peekMs();
    if (!this.#running || dueMs === undefined || dueMs >= this.#timerMs) return;
    this.#timer?.();
    this.#timerMs = dueMs;
    const { clock, timers } = this.#context;
    const delayMs = Math.min(Math.max(0, dueMs - clock.monotonicMs()), LONGEST_TIMER_MS);
    this.#timer = timers.after(delayMs, () => {
      this.#timerMs = Infinity;
      this.#fire();
      this.settle();
    });
  }

  #add(due: Due): void {
    if (due.kind === 'process') return this.#processing.add(due);
    if (due.kind === 'hold') {
      this.#holds.add(due);
      if (due.lengthMs === 0) return;
    }
    const { clock } = this.#context;
    const leftMs = Number((due.dueAt - clock.wallNanos()) / NANOS_PER_MILLISECOND);
    this.#dues.set(due.id, due);
    this.#timetable.set(String(due.id), clock.monotonicMs() + Math.min(Math.max(leftMs, 0), due.lengthMs));
  }

  #fire(): void {
    const nowMs = this.#context.clock.monotonicMs();
    const passed: Due[] = [];
    const ready: Due[] = [];
    const starts: RunStart[] = [];
    while (starts.length < STARTS_PER_COMMAND_MAX) {
      const id = this.#timetable.takeDue(nowMs);
      if (id === undefined) break;
      const due = this.#dues.get(BigInt(id));
      if (due === undefined) continue;
      if (due.kind === 'hold') {
        passed.push(due);
        continue;
      }
      ready.push(due);
      if (this.#context.mayStart()) starts.push(this.#starts.startOf(due));
    }
    for (const due of passed) this.#holds.pass(due);
    this.#postpone(passed);
    if (starts.length === 0) this.#postpone(ready);
    else void this.#propose(ready, starts);
  }

  async #propose(ready: readonly Due[], starts: readonly RunStart[]): Promise<void> {
    const { log, stamps, logger } = this.#context;
    this.#inFlight++;
    try {
      const { runs } = await log.propose({ type: 'startRuns', stamp: stamps.next(), starts });
      runs.forEach((run, index) => {
        const due = ready[index]!;
        if (isRefusal(run))
          logger.info('A due start was refused', { job: due.jobName, kind: due.kind, refused: run.refused });
      });
    } catch (error) {
      logger.warn('Due starts are not known to be committed', { starts: starts.length, error });
    }
    if (--this.#inFlight === 0) this.#starts.settled();
    // Settled ones were removed by their event; what is still here was not carried out.
    this.#postpone(ready);
    this.settle();
  }

  #postpone(dues: readonly Due[]): void {
    if (!this.#running) return;
    const atMs = this.#context.clock.monotonicMs() + RETRY_PROPOSAL_MS;
    for (const due of dues) if (this.#dues.has(due.id)) this.#timetable.set(String(due.id), atMs);
  }
}
