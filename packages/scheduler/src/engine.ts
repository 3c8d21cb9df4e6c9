import type {
  ApplyEvent,
  ExecutionId,
  Group,
  JobName,
  Refusal,
  Run,
  SessionChannel,
  SessionReceiver,
  ToServer,
  ToWorker,
} from '@dkron/jobs';
import type { Context } from './context.ts';
import { DueTimers } from './dues/due-timers.ts';
import { Processing } from './dues/processing.ts';
import { StartPlanner } from './dues/start-planner.ts';
import { OpenRoots } from './open-roots.ts';
import { settingsOf } from './options.ts';
import type { EngineModules, EngineOptions } from './options.ts';
import { SlotHolds } from './sessions/slot-holds.ts';
import { Sessions } from './sessions/sessions.ts';
import type { CancelAnswer } from './sessions/sessions.ts';
import type { OutputListener } from './sessions/output-watchers.ts';
import { UpdateBatcher } from './sessions/update-batcher.ts';
import { NotLeadingError } from './errors.ts';
import { StampSource } from './stamp-source.ts';
import { Ticker } from './ticks/ticker.ts';

const DRAIN_POLL_MS = 20;

/** How a run that no tick asked for is started. */
export interface RunRequest {
  readonly trigger: 'manual' | 'create';
  /** Refuse while a run of the job is open. Default false: by hand passes `forbid`, and holds the slot. */
  readonly respectConcurrency?: boolean;
  /** Idempotency key; the same one within 10 minutes answers the same run. Default `''` = none. */
  readonly token?: string;
}

/**
 * What only the leader does: decides ticks, sends executions to workers, takes their results, starts retries and
 * children. Keeps nothing that the replicated state does not hold, so it can stop and start anywhere at any moment.
 */
export class Engine {
  /** Give this one to whoever proposes beside the engine: stamps must never repeat. */
  readonly stamps: StampSource;
  readonly #context: Context;
  readonly #ticker: Ticker;
  readonly #updates: UpdateBatcher;
  readonly #sessions: Sessions;
  readonly #starts: StartPlanner;
  readonly #dues: DueTimers;
  readonly #processing: Processing;
  readonly #roots = new OpenRoots();
  #running = false;
  #draining = false;
  #unsubscribe: (() => void) | undefined;

  constructor(options: EngineOptions, modules: EngineModules) {
    this.stamps = new StampSource(modules.clock, modules.view);
    const mayAct = (): boolean => this.#running && modules.log.leadershipValid();
    this.#context = {
      ...modules,
      settings: settingsOf(options),
      stamps: this.stamps,
      definitions: new Map(),
      leads: () => this.#running,
      mayAct,
      mayStart: () => !this.#draining && mayAct(),
      starting: () => this.#ticker.inFlight > 0 || this.#sessions.hasSendable(),
      waitingFor: (node) => this.#sessions.waitingFor(node),
      waitingMost: () => this.#sessions.waitingMost(),
    };
    this.#ticker = new Ticker(this.#context);
    this.#updates = new UpdateBatcher(this.#context);
    const holds = new SlotHolds(this.#context, this.#updates);
    this.#sessions = new Sessions(this.#context, this.#updates, holds);
    this.#starts = new StartPlanner(this.#context, (node) => this.#sessions.isReachable(node));
    this.#processing = new Processing(this.#context, this.#updates);
    this.#dues = new DueTimers(this.#context, this.#starts, this.#processing, holds);
  }

  get running(): boolean {
    return this.#running;
  }

  /** Jobs that have a coming tick. */
  get scheduledCount(): number {
    return this.#ticker.size;
  }

  /** Leadership was gained: everything applied so far can be read. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#draining = false;
    this.#unsubscribe = this.#context.view.onApplied((events) => this.#applied(events));
    this.#roots.load(this.#context.view);
    this.#sessions.start();
    this.#processing.start();
    this.#dues.start();
    this.#ticker.start();
  }

  /** Leadership was lost: nothing is proposed or sent after this returns. */
  stop(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#unsubscribe?.();
    this.#ticker.stop();
    this.#dues.stop();
    this.#processing.stop();
    this.#sessions.stop();
    this.#roots.clear();
  }

  /**
   * Starts a job by hand or on creation. Resolves when the decision is committed.
   *
   * @throws NotLeadingError while stopped or draining; the log's error when the outcome is unknown
   */
  async runJob(name: JobName, request: RunRequest): Promise<Run | Refusal> {
    if (!this.#context.mayStart()) throw new NotLeadingError('start a job');
    const { log } = this.#context;
    // Drawn before the stamps of its executions, which are never below it.
    const group = this.stamps.next();
    const targets = this.#starts.targetsOf(name);
    const start = {
      kind: request.trigger,
      jobName: name,
      group,
      targets,
      respectConcurrency: request.respectConcurrency ?? false,
      token: request.token ?? '',
    };
    const { runs } = await log.propose({ type: 'startRuns', stamp: this.stamps.next(), starts: [start] });
    return runs[0]!;
  }

  /** Resolves when no run, retry, child or processor of this cause is left, or when leadership is lost. */
  waitSettled(rootGroup: Group, signal?: AbortSignal): Promise<void> {
    return this.#roots.wait(rootGroup, signal);
  }

  /** Pending and not sent: ends at once. Else the node is asked to, now and at each of its hellos. */
  async cancel(id: ExecutionId): Promise<CancelAnswer | Refusal> {
    if (!this.#context.mayAct()) throw new NotLeadingError('cancel an execution');
    return this.#sessions.cancel(id);
  }

  /**
   * Stops or resumes scheduled runs of the whole cluster. The ticks of the pause are recorded before the resume, so
   * that a crash in between cannot turn them into late ones.
   */
  async setSchedulePaused(paused: boolean): Promise<{ readonly paused: boolean }> {
    if (!this.#context.mayAct()) throw new NotLeadingError(paused ? 'pause' : 'resume');
    if (!paused && this.#context.view.paused('schedule')) await this.#ticker.passPaused();
    return this.#context.log.propose({ type: 'setPause', stamp: this.stamps.next(), scope: 'schedule', paused });
  }

  /** A worker's stream. Its hello decides whether it becomes a session. */
  accept(channel: SessionChannel<ToWorker>): SessionReceiver<ToServer> {
    return this.#sessions.accept(channel);
  }

  /** Live output of an execution, while it runs on a connected node. Returns the way to stop. */
  watchOutput(id: ExecutionId, listener: OutputListener): () => void {
    return this.#sessions.watchOutput(id, listener);
  }

  /** Starts nothing new, takes results on, and waits for what was proposed. Resolves false when time ran out. */
  async drain(timeoutMs: number): Promise<boolean> {
    this.#draining = true;
    const { clock, timers } = this.#context;
    const endMs = clock.monotonicMs() + timeoutMs;
    const busy = (): boolean => this.#ticker.inFlight + this.#dues.inFlight + this.#updates.inFlight > 0;
    while (this.#running && busy()) {
      if (clock.monotonicMs() >= endMs) return false;
      await timers.sleep(DRAIN_POLL_MS);
    }
    return true;
  }

  #applied(events: readonly ApplyEvent[]): void {
    for (const event of events) {
      this.#ticker.onEvent(event);
      this.#sessions.onEvent(event);
      this.#dues.onEvent(event);
      this.#roots.onEvent(event);
    }
    this.#sessions.settle();
    this.#dues.settle();
    this.#ticker.settle();
  }
}
