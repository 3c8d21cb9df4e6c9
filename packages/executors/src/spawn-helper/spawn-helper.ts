import type { Cancel, Logger, Timers } from '@dkron/runtime';
import { assert } from '@dkron/runtime';
import { SpawnHelperError } from './errors.ts';
import { HelperProcess, type RunEvents } from './helper-process.ts';
import type { EndNote, SpawnOrder } from './messages.ts';
import { HELPER_PROGRAMS, type HelperKind } from './program.ts';

/** Settings of the spawn helper; all have defaults. */
export interface SpawnHelperOptions {
  /** What helper processes are: `auto` = a Perl program where there is a `perl`, else Node. @default 'auto' */
  readonly program?: HelperKind | 'auto';
  /** Helper processes, 1–64; one starts about a thousand commands a second. @default 2 */
  readonly processes?: number;
  /** Commands under way at once; more are refused with `busy`. @default 10000 */
  readonly runsMax?: number;
  /** First wait before a crashed helper is started again; doubles each time. @default 100 */
  readonly restartDelayMs?: number;
  /** @default 10000 */
  readonly restartDelayMaxMs?: number;
}

/** What the spawn helper is given. */
export interface SpawnHelperModules {
  readonly timers: Timers;
  readonly logger: Logger;
}

/** What to run. */
export type SpawnRequest = Omit<SpawnOrder, 'stdin'> & {
  /** Everything the command reads. Absent = empty input. */
  readonly stdin?: Uint8Array;
};

/** A command under way. */
export interface SpawnedRun {
  /** Settles when the process ended and its output is closed. Rejects with {@link SpawnHelperError}. */
  readonly ended: Promise<EndNote>;
  /** Signals the whole process group. Does nothing once the run ended. */
  kill(signal: NodeJS.Signals): void;
}

const START_TIMEOUT_MS = 20_000;
const CLOSE_TIMEOUT_MS = 5_000;
/** A helper that lived this long starts its back-off anew. */
const STABLE_AFTER_MS = 60_000;
const DOUBLINGS_MAX = 16;

interface Slot {
  helper: HelperProcess | undefined;
  failures: number;
  /** Of the pending restart, or of the mark that the process is stable. */
  cancelTimer: Cancel | undefined;
}

/**
 * Starts commands through small processes of its own, because starting one directly forks the whole server: 10–60 ms
 * with a large heap, during which nothing else happens. Start it at boot, while the server is still small.
 */
export class SpawnHelper {
  readonly #options: Required<SpawnHelperOptions>;
  readonly #modules: SpawnHelperModules;
  readonly #slots: Slot[];
  readonly #onChange = new Set<() => void>();
  #kind: HelperKind;
  /** While `start` finds out what works here: nothing is started again. */
  #starting = true;
  #waiting = 0;
  #closed = false;

  private constructor(options: SpawnHelperOptions, modules: SpawnHelperModules) {
    this.#options = {
      program: options.program ?? 'auto',
      processes: options.processes ?? 2,
      runsMax: options.runsMax ?? 10_000,
      restartDelayMs: options.restartDelayMs ?? 100,
      restartDelayMaxMs: options.restartDelayMaxMs ?? 10_000,
    };
    const count = this.#options.processes;
    assert(Number.isInteger(count) && count >= 1 && count <= 64, `processes out of range 1–64: ${count}`);
    this.#kind = this.#options.program === 'node' ? 'node' : 'perl';
    this.#modules = modules;
    this.#slots = Array.from({ length: count }, () => ({ helper: undefined, failures: 0, cancelTimer: undefined }));
  }

  /** Resolves when every helper process takes orders. @throws SpawnHelperError `start` */
  static async start(options: SpawnHelperOptions, modules: SpawnHelperModules): Promise<SpawnHelper> {
    const started = new SpawnHelper(options, modules);
    if (await started.#startAll()) return started;
    await started.close();
    throw new SpawnHelperError('start', `spawn helper did not start within ${START_TIMEOUT_MS} ms`, {});
  }

  /** Process ids of the helpers that live. */
  get pids(): number[] {
    return this.#slots.flatMap((slot) => slot.helper?.pid ?? []);
  }

  /** What the helper processes are. */
  get kind(): HelperKind {
    return this.#kind;
  }

  /** Starts a command on the helper with the fewest. While all of them restart it waits for one. */
  spawn(request: SpawnRequest, events: RunEvents): SpawnedRun {
    const max = this.#options.runsMax;
    if (this.#runCount() + this.#waiting >= max) {
      const error = new SpawnHelperError('busy', `${max} commands are under way, the most allowed`, { max });
      return { ended: Promise.reject(error), kill: () => {} };
    }
    const helper = this.#leastBusy();
    if (helper && !this.#closed) return spawnOn(helper, request, events);
    let run: SpawnedRun | undefined;
    let killed: NodeJS.Signals | undefined;
    const ended = this.#whenReady().then((ready) => {
      if (killed) return { signal: killed };
      run = spawnOn(ready, request, events);
      return run.ended;
    });
    return { ended, kill: (signal) => (run ? run.kill(signal) : void (killed = signal)) };
  }

  /** Kills what still runs and ends the helper processes. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const slot of this.#slots) {
      slot.cancelTimer?.();
      slot.helper?.hangUp();
    }
    this.#changed();
    if (!(await this.#until(() => this.#slots.every((slot) => !slot.helper), CLOSE_TIMEOUT_MS))) await this.#endAll();
  }

  async #startAll(): Promise<boolean> {
    const { logger } = this.#modules;
    for (const kind of this.#options.program === 'auto' ? (['perl', 'node'] as const) : [this.#kind]) {
      this.#kind = kind;
      for (const slot of this.#slots) this.#launch(slot);
      const settled = (): boolean => this.#allReady() || this.#slots.some((slot) => !slot.helper);
      await this.#until(settled, START_TIMEOUT_MS);
      if (this.#allReady()) {
        this.#starting = false;
        logger.info('spawn helper: ready', { program: kind, processes: this.#slots.length });
        return true;
      }
      await this.#endAll();
    }
    return false;
  }

  #allReady(): boolean {
    return this.#slots.every((slot) => slot.helper?.ready);
  }

  async #endAll(): Promise<void> {
    for (const slot of this.#slots) slot.helper?.destroy();
    await this.#until(() => this.#slots.every((slot) => !slot.helper), CLOSE_TIMEOUT_MS);
  }

  #leastBusy(): HelperProcess | undefined {
    let best: HelperProcess | undefined;
    for (const { helper } of this.#slots) {
      if (helper?.ready && (!best || helper.runCount < best.runCount)) best = helper;
    }
    return best;
  }

  #runCount(): number {
    return this.#slots.reduce((sum, slot) => sum + (slot.helper?.runCount ?? 0), 0);
  }

  async #whenReady(): Promise<HelperProcess> {
    this.#waiting++;
    await this.#until(() => this.#closed || this.#leastBusy() !== undefined, START_TIMEOUT_MS);
    this.#waiting--;
    if (this.#closed) throw new SpawnHelperError('closed', 'spawn helper is closed', {});
    const helper = this.#leastBusy();
    if (!helper) throw new SpawnHelperError('start', 'no spawn helper is running', {});
    return helper;
  }

  #launch(slot: Slot): void {
    slot.helper = new HelperProcess(
      HELPER_PROGRAMS[this.#kind],
      this.#modules.logger,
      () => this.#up(slot),
      () => this.#gone(slot),
    );
  }

  #up(slot: Slot): void {
    slot.cancelTimer = this.#modules.timers.after(STABLE_AFTER_MS, () => (slot.failures = 0));
    this.#changed();
  }

  #gone(slot: Slot): void {
    slot.helper = undefined;
    slot.cancelTimer?.();
    if (!this.#closed && !this.#starting) this.#restartLater(slot);
    this.#changed();
  }

  #restartLater(slot: Slot): void {
    const { restartDelayMs, restartDelayMaxMs } = this.#options;
    const delayMs = Math.min(restartDelayMaxMs, restartDelayMs * 2 ** Math.min(slot.failures++, DOUBLINGS_MAX));
    this.#modules.logger.warn('spawn helper ended, starting it again', { delayMs });
    slot.cancelTimer = this.#modules.timers.after(delayMs, () => this.#launch(slot));
  }

  #changed(): void {
    for (const listener of this.#onChange) listener();
  }

  /** Waits until the condition holds after some helper came or went; false when time is up first. */
  #until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    if (condition()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (result: boolean): void => {
        cancel();
        this.#onChange.delete(listener);
        resolve(result);
      };
      const listener = (): void => {
        if (condition()) settle(true);
      };
      const cancel = this.#modules.timers.after(timeoutMs, () => settle(false));
      this.#onChange.add(listener);
    });
  }
}

function spawnOn(helper: HelperProcess, request: SpawnRequest, events: RunEvents): SpawnedRun {
  const { stdin, ...order } = request;
  const { run, ended } = helper.spawn(order, stdin, events);
  return { ended, kill: (signal) => helper.kill(run, signal) };
}
