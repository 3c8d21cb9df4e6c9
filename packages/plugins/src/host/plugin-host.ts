import { join } from 'node:path';
import type { Clock, Counter, Gauge, Logger, Metrics, Random, Timers } from '@dkron/runtime';
import { noMetrics } from '@dkron/runtime';
import type { PluginKind } from '../settings.ts';
import { APP_VERSION, GRPC_PROCESSOR_VERSION } from '../settings.ts';
import { PluginError } from '../errors.ts';
import type { BaseFolder } from './base-folder.ts';
import { makeBaseFolder } from './base-folder.ts';
import type { HostedExecutor, HostedProcessor } from './contracts.ts';
import type { PluginFile } from './discover.ts';
import { discoverPlugins } from './discover.ts';
import { ExecutorSession } from './executor-session.ts';
import { hostedExecutor } from './hosted-executor.ts';
import type { ProcessingSession } from './hosted-processor.ts';
import { hostedProcessor } from './hosted-processor.ts';
import type { LifeCycleOptions, PluginState, Running } from './life-cycle.ts';
import { LifeCycle } from './life-cycle.ts';
import { GrpcProcessorSession } from './grpc-processor-session.ts';
import type { PluginProcessOptions } from './plugin-process.ts';
import { PluginProcess } from './plugin-process.ts';
import { printTo } from './print.ts';
import { ProcessorSession } from './processor-session.ts';
import type { PluginSession, PrintedOutput } from './session.ts';

/** Settings of a host; all but the folders have defaults. */
export interface PluginHostOptions extends Partial<Omit<LifeCycleOptions, 'id'>> {
  /** Where plugins are looked for; of two with one name that in the later folder counts. */
  readonly folders: readonly string[];
  /** @default both */
  readonly kinds?: readonly PluginKind[];
  /** Names of plugins that are not taken, such as `executor-shell`. @default [] */
  readonly except?: readonly string[];
  /** Variables of the host's environment for plugins, besides the usual ones; `*` = all. @default [] */
  readonly passEnvironment?: readonly string[];
  /** From the start of a plugin to its handshake. @default 60000 */
  readonly startTimeoutMs?: number;
  /** From the handshake to the connection. @default 10000 */
  readonly connectTimeoutMs?: number;
  /** Of one answer of a plugin. @default 67108864 for executors, 16777216 for processors */
  readonly messageBytesMax?: number;
}

export interface PluginHostModules {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  /** @default none */
  readonly metrics?: Metrics;
  /** Takes what plugins print. @default standard output and error of this process */
  readonly printed?: PrintedOutput;
}

/** How one plugin is. */
export interface PluginStatus {
  /** `executor-kafka`. */
  readonly id: string;
  readonly path: string;
  readonly state: PluginState;
  /** Why it is not up. */
  readonly error?: string;
  /** It is down and was not told to be: the original's words for that, or ours where it never was up. */
  readonly issue?: string;
}

const DEFAULTS: Omit<LifeCycleOptions, 'id'> = {
  healthIntervalMs: 10_000,
  healthTimeoutMs: 5_000,
  restartDelayMs: 500,
  restartDelayMaxMs: 60_000,
  stableAfterMs: 300_000,
  crashesMax: 10,
  crashWindowMs: 600_000,
  waitMs: 10_000,
  memoryBytesMax: 0,
};
const START_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;
const EXECUTOR_BYTES_MAX = 64 * 1_048_576;
const PROCESSOR_BYTES_MAX = 16 * 1_048_576;

interface Hosted {
  readonly file: PluginFile;
  readonly id: string;
  readonly lifeCycle: LifeCycle<ExecutorSession> | LifeCycle<ProcessingSession>;
}

/** Finds the plugins of a node, keeps them up, and lets them run jobs and process outputs. */
export class PluginHost {
  /** In ascending order of their names. */
  readonly executors: readonly HostedExecutor[];
  readonly processors: readonly HostedProcessor[];
  readonly #options: PluginHostOptions;
  readonly #modules: PluginHostModules;
  readonly #printed: PrintedOutput;
  readonly #hosted: readonly Hosted[];
  readonly #meters: { readonly up: Gauge; readonly starts: Counter; readonly crashes: Counter };
  #base: BaseFolder | undefined;
  #starts = 0;

  /** Looks into the folders; starts nothing. */
  constructor(options: PluginHostOptions, modules: PluginHostModules) {
    this.#options = options;
    this.#modules = modules;
    // eslint-disable-next-line -- the one place where plugins print
    this.#printed = modules.printed ?? printTo(process.stdout, process.stderr);
    const metrics = modules.metrics ?? noMetrics;
    this.#meters = {
      up: metrics.gauge('dkron_plugin_up', 'Whether the plugin is running and answers'),
      starts: metrics.counter('dkron_plugin_starts_total', 'Starts of the plugin, also those that failed'),
      crashes: metrics.counter('dkron_plugin_crashes_total', 'Ends of the plugin that nobody asked for'),
    };
    const executors: HostedExecutor[] = [];
    const processors: HostedProcessor[] = [];
    this.#hosted = discoverPlugins(options.folders, modules.logger).flatMap((file): Hosted[] => {
      const id = `${file.kind}-${file.name}`;
      if (options.kinds?.includes(file.kind) === false) return [];
      if (options.except?.includes(id)) {
        modules.logger.info('plugins: passed over', { path: file.path, why: 'the node has its own' });
        return [];
      }
      if (file.kind === 'executor') {
        const lifeCycle = this.#lifeCycle(id, (signal) => this.#startExecutor(id, file, signal));
        executors.push(hostedExecutor(file.name, lifeCycle, modules.timers));
        return [{ file, id, lifeCycle }];
      }
      const lifeCycle = this.#lifeCycle(id, (signal) => this.#startProcessor(id, file, signal));
      processors.push(hostedProcessor(file.name, lifeCycle, modules.timers));
      return [{ file, id, lifeCycle }];
    });
    this.executors = executors.toSorted(byName);
    this.processors = processors.toSorted(byName);
  }

  /** Starts all plugins at once; resolves when each is up or its first start has failed. Never rejects. */
  async start(): Promise<void> {
    if (this.#hosted.length === 0) return;
    this.#base = makeBaseFolder();
    await Promise.all(this.#hosted.map(({ lifeCycle }) => lifeCycle.launch()));
  }

  /** In ascending order of the id. */
  status(): PluginStatus[] {
    return this.#hosted
      .map(({ id, file, lifeCycle: { state, lastError } }) => ({
        id,
        path: file.path,
        state,
        ...(state !== 'ready' && lastError && { error: lastError.message, issue: issueOf(id, lastError) }),
      }))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Ends all plugins: asked first, killed after five seconds. Runs in them fail. */
  async close(): Promise<void> {
    await Promise.all(this.#hosted.map(({ lifeCycle }) => lifeCycle.stop()));
    this.#base?.remove();
  }

  #lifeCycle<S extends PluginSession>(id: string, start: (signal: AbortSignal) => Promise<Running<S>>): LifeCycle<S> {
    const { clock, timers, random, logger } = this.#modules;
    const { folders: _folders, except: _except, ...own } = this.#options;
    const { up, starts, crashes } = this.#meters;
    const labels = { plugin: id };
    up.set(0, labels);
    return new LifeCycle<S>(
      { ...DEFAULTS, ...own, id },
      {
        clock,
        timers,
        random,
        logger: logger.child({ plugin: id }),
        start,
        changed: (state) => {
          up.set(state === 'ready' ? 1 : 0, labels);
          if (state === 'starting') starts.add(1, labels);
          if (state === 'backoff' || state === 'failed') crashes.add(1, labels);
        },
      },
    );
  }

  async #startExecutor(id: string, file: PluginFile, signal: AbortSignal): Promise<Running<ExecutorSession>> {
    const process = await this.#startProcess(id, file, { [APP_VERSION]: 'grpc' }, signal);
    const { handshake, directory } = process;
    const { messageBytesMax = EXECUTOR_BYTES_MAX, connectTimeoutMs = CONNECT_TIMEOUT_MS } = this.#options;
    return connect(id, process, signal, () =>
      ExecutorSession.connect(
        { handshake, directory, messageBytesMax, connectTimeoutMs },
        { ...this.#modules, printed: this.#printed },
      ),
    );
  }

  async #startProcessor(id: string, file: PluginFile, signal: AbortSignal): Promise<Running<ProcessingSession>> {
    const speaks = { [APP_VERSION]: 'netrpc', [GRPC_PROCESSOR_VERSION]: 'grpc' } as const;
    const process = await this.#startProcess(id, file, speaks, signal);
    const { handshake } = process;
    const { messageBytesMax = PROCESSOR_BYTES_MAX, connectTimeoutMs = CONNECT_TIMEOUT_MS } = this.#options;
    const options = { handshake, messageBytesMax, connectTimeoutMs };
    return connect<ProcessingSession>(id, process, signal, () =>
      handshake.protocol === 'grpc'
        ? GrpcProcessorSession.connect(options, this.#printed)
        : ProcessorSession.connect(options, { ...this.#modules, printed: this.#printed }),
    );
  }

  #startProcess(
    id: string,
    { path }: PluginFile,
    speaks: PluginProcessOptions['speaks'],
    signal: AbortSignal,
  ): Promise<PluginProcess> {
    const { timers, logger } = this.#modules;
    const { passEnvironment = [], startTimeoutMs = START_TIMEOUT_MS } = this.#options;
    const base = this.#base!;
    const directory = join(base.path, String((this.#starts += 1)));
    return PluginProcess.start(
      {
        id,
        path,
        guardPath: base.guardPath,
        speaks,
        directory,
        passEnvironment,
        startTimeoutMs,
        signal,
      },
      { timers, logger: logger.child({ plugin: id }) },
    );
  }
}

async function connect<S extends PluginSession>(
  id: string,
  process: PluginProcess,
  signal: AbortSignal,
  open: () => Promise<S>,
): Promise<Running<S>> {
  const kill = (): void => process.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  try {
    const opening = open();
    const exited = process.exited.then((how) => {
      opening.then(
        (session) => session.close(),
        () => undefined,
      );
      throw new Error(`it ended after its handshake: ${how}`);
    });
    return { process, session: await Promise.race([opening, exited]) };
  } catch (cause) {
    process.kill('SIGKILL');
    await process.exited;
    const text = `plugin ${id} did not start: ${(cause as Error).message}`;
    throw new PluginError('PLUGIN_START', text, { plugin: id }, { cause });
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

function issueOf(id: string, error: Error): string {
  const neverRan = error instanceof PluginError && error.code === 'PLUGIN_START';
  return neverRan ? `plugin ${id} did not start` : `plugin ${id} has exited`;
}

/** What is there of either, by name; of two with one name the plugin counts. */
export function withPlugins<T extends { readonly name: string }>(own: readonly T[], plugins: readonly T[]): T[] {
  return [...own.filter(({ name }) => !plugins.some((plugin) => plugin.name === name)), ...plugins];
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}
