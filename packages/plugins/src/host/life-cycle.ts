import type { Cancel, Clock, Logger, Random, Timers } from '@dkron/runtime';
import { Backoff } from '@dkron/runtime';
import { causeText, PluginError } from '../errors.ts';
import { groupMemoryBytes } from './group-memory.ts';
import type { PluginProcess } from './plugin-process.ts';
import type { PluginSession } from './session.ts';

/** `failed`: it crashed so often that it rests for a while. */
export type PluginState = 'idle' | 'starting' | 'ready' | 'backoff' | 'failed' | 'stopped';

/** Limits of one plugin. */
export interface LifeCycleOptions {
  /** `executor-kafka`. */
  readonly id: string;
  readonly healthIntervalMs: number;
  readonly healthTimeoutMs: number;
  /** First and longest wait before it is started again. */
  readonly restartDelayMs: number;
  readonly restartDelayMaxMs: number;
  /** Up for so long, its crashes are forgotten. */
  readonly stableAfterMs: number;
  /** So many crashes within the time open the circuit for as long. */
  readonly crashesMax: number;
  readonly crashWindowMs: number;
  /** A call waits at most so long for a plugin that is coming up. */
  readonly waitMs: number;
  /** Resident bytes of the plugin and its children; 0 = no limit. */
  readonly memoryBytesMax: number;
}

export interface LifeCycleModules<S extends PluginSession> {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  /** Starts it and connects. Rejects with {@link PluginError}, also on abort; nothing of it runs then. */
  readonly start: (signal: AbortSignal) => Promise<Running<S>>;
  readonly changed: (state: PluginState) => void;
}

/** A plugin that is up. */
export interface Running<S extends PluginSession> {
  readonly process: PluginProcess;
  readonly session: S;
}

const MISSED_PINGS_MAX = 3;
const MEMORY_EVERY_MS = 1_000;
/** After it was asked to end. */
const TERM_AFTER_MS = 2_000;
const KILL_AFTER_MS = 5_000;
/** The connection may break a moment before the end of the process is known. */
const EXIT_GRACE_MS = 500;

/** Keeps one plugin up: start, watch, restart with growing waits, rest after too many crashes, end. */
export class LifeCycle<S extends PluginSession> {
  readonly #options: LifeCycleOptions;
  readonly #modules: LifeCycleModules<S>;
  readonly #backoff: Backoff;
  readonly #waiting = new Set<() => void>();
  readonly #stopped = new AbortController();
  #state: PluginState = 'idle';
  #running: Running<S> | undefined;
  #work: Promise<void> = Promise.resolve();
  #crashes: number[] = [];
  /** When it is started again, by the monotonic clock. */
  #backAt = 0;
  #cancelRestart: Cancel = () => {};
  #lastError: Error | undefined;
  /** Why we ended it ourselves. */
  #recycled: Error | undefined;

  constructor(options: LifeCycleOptions, modules: LifeCycleModules<S>) {
    this.#options = options;
    this.#modules = modules;
    const limits = { minMs: options.restartDelayMs, maxMs: options.restartDelayMaxMs };
    this.#backoff = new Backoff(limits, modules);
  }

  get state(): PluginState {
    return this.#state;
  }

  /** Why it was not up the last time that it was not. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /** Why the host itself ended it, while it is down for that. */
  get recycledFor(): Error | undefined {
    return this.#recycled;
  }

  /** Begins; resolves when it is up, or its first start has failed. */
  async launch(): Promise<void> {
    if (this.#state === 'idle') this.#begin();
    await this.#until(() => this.#state !== 'starting');
  }

  /**
   * The plugin once it is up; waits a little when that is to be expected.
   * Rejects with {@link PluginError} `PLUGIN_UNAVAILABLE`.
   */
  async use(): Promise<Running<S>> {
    if (this.#running) return this.#running;
    const { waitMs, id } = this.#options;
    const soon = (): boolean => this.#isComing(waitMs);
    if (soon()) await this.#until(() => this.#running !== undefined || !soon(), waitMs);
    if (this.#running) return this.#running;
    const why =
      this.#lastError === undefined || this.#state === 'stopped' ? `it is ${this.#state}` : causeText(this.#lastError);
    throw new PluginError('PLUGIN_UNAVAILABLE', `plugin ${id} is unavailable: ${why}`, { plugin: id });
  }

  /** Ends it in order, and by force where that does not help. */
  async stop(): Promise<void> {
    this.#cancelRestart();
    this.#lastError = undefined;
    this.#become('stopped');
    this.#stopped.abort(new PluginError('PLUGIN_UNAVAILABLE', 'the host ends'));
    const running = this.#running;
    if (running) await this.#end(running);
    await this.#work;
  }

  /** Kills what runs; it is started again. */
  recycle(why: string): void {
    this.#recycled = new PluginError('PLUGIN_CRASHED', `plugin ${this.#options.id} was ended: ${why}`);
    this.#running?.process.kill('SIGKILL');
  }

  /** To be expected within that time: it starts, and nothing says that it will not. */
  #isComing(withinMs: number): boolean {
    if (this.#lastError instanceof PluginError && this.#lastError.code === 'PLUGIN_START') return false;
    if (this.#state === 'starting') return true;
    return this.#state === 'backoff' && this.#backAt - this.#modules.clock.monotonicMs() < withinMs;
  }

  #begin(): void {
    this.#become('starting');
    this.#work = this.#run().catch((error: unknown) => this.#failed(error as Error));
  }

  async #run(): Promise<void> {
    const { logger, start } = this.#modules;
    const running = await start(this.#stopped.signal);
    const { process, session } = running;
    if (this.#state === 'stopped') return this.#end(running);
    this.#running = running;
    this.#lastError = undefined;
    this.#recycled = undefined;
    this.#become('ready');
    logger.info('plugin: ready', { pid: process.pid });
    const stopWatching = this.#watch(running);
    const broken = await Promise.race([process.exited, session.broken]);
    stopWatching();
    // Calls wait for the next one from now on.
    this.#running = undefined;
    this.#lastError ??= new PluginError('PLUGIN_CRASHED', `plugin ${this.#options.id} has exited`);
    this.#backAt = this.#modules.clock.monotonicMs();
    this.#become('backoff');
    if (broken instanceof Error) {
      const cancel = this.#modules.timers.after(EXIT_GRACE_MS, () => process.kill('SIGKILL'));
      await process.exited;
      cancel();
    }
    const how = await process.exited;
    session.close();
    const words = process.lastWords === '' ? '' : `; it said: ${process.lastWords}`;
    const said = broken instanceof Error && how === 'signal SIGKILL' ? causeText(broken) : how;
    const ended = `plugin ${this.#options.id} has exited: ${said}${words}`;
    throw this.#recycled ?? new PluginError('PLUGIN_CRASHED', ended);
  }

  #watch({ process, session }: Running<S>): Cancel {
    const { healthIntervalMs, healthTimeoutMs, stableAfterMs, memoryBytesMax } = this.#options;
    const cancels = [this.#modules.timers.after(stableAfterMs, () => this.#backoff.reset())];
    let missed = 0;
    const ping = async (): Promise<void> => {
      try {
        await session.ping(healthTimeoutMs);
        missed = 0;
      } catch (error) {
        missed += 1;
        this.#modules.logger.warn('plugin: does not answer', { missed, error: causeText(error) });
        if (missed >= MISSED_PINGS_MAX) this.recycle(`it did not answer ${missed} times: ${causeText(error)}`);
      }
    };
    const weigh = async (): Promise<void> => {
      const bytes = await groupMemoryBytes(process.pid);
      if (bytes > memoryBytesMax) this.recycle(`it used ${bytes} bytes of memory, ${memoryBytesMax} are allowed`);
    };
    cancels.push(this.#every(healthIntervalMs, ping));
    if (memoryBytesMax > 0) cancels.push(this.#every(MEMORY_EVERY_MS, weigh));
    return () => cancels.forEach((cancel) => cancel());
  }

  /** Again a while after the end of what it did. */
  #every(delayMs: number, work: () => Promise<void>): Cancel {
    let isOver = false;
    let cancel: Cancel = () => {};
    const later = (): void => {
      cancel = this.#modules.timers.after(delayMs, () => void work().then(() => !isOver && later()));
    };
    later();
    return () => {
      isOver = true;
      cancel();
    };
  }

  #failed(error: Error): void {
    this.#running = undefined;
    if (this.#state === 'stopped') return;
    const { logger, clock, timers } = this.#modules;
    const { crashWindowMs, crashesMax } = this.#options;
    const now = clock.monotonicMs();
    this.#lastError = error;
    this.#crashes = [...this.#crashes.filter((at) => now - at < crashWindowMs), now];
    const isTooMany = this.#crashes.length >= crashesMax;
    // One more crash after the rest opens the circuit again.
    if (isTooMany) this.#crashes = this.#crashes.slice(1).map(() => now + crashWindowMs);
    const delayMs = isTooMany ? crashWindowMs : this.#backoff.next();
    this.#backAt = now + delayMs;
    logger.error('plugin: is down', { error: error.message, restart_in_ms: Math.round(delayMs), too_often: isTooMany });
    this.#cancelRestart = timers.after(delayMs, () => this.#begin());
    this.#become(isTooMany ? 'failed' : 'backoff');
  }

  async #end({ process, session }: Running<S>): Promise<void> {
    const { timers } = this.#modules;
    const cancels = [
      timers.after(TERM_AFTER_MS, () => process.kill('SIGTERM')),
      timers.after(KILL_AFTER_MS, () => process.kill('SIGKILL')),
    ];
    await Promise.race([session.shutdown(), process.exited]);
    session.close();
    await process.exited;
    cancels.forEach((cancel) => cancel());
  }

  #become(state: PluginState): void {
    if (this.#state === 'stopped') return;
    if (this.#state !== state) {
      this.#state = state;
      this.#modules.changed(state);
    }
    for (const look of this.#waiting) look();
  }

  async #until(condition: () => boolean, timeoutMs?: number): Promise<void> {
    if (condition()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (condition()) resolve();
    };
    const cancel = timeoutMs === undefined ? () => {} : this.#modules.timers.after(timeoutMs, resolve);
    this.#waiting.add(look);
    await promise;
    cancel();
    this.#waiting.delete(look);
  }
}
