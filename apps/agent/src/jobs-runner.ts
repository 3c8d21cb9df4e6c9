import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { offersOf } from '@dkron/agent-grpc/node-services';
import type { NodeOffers } from '@dkron/contracts';
import type { Executor } from '@dkron/executors';
import { ExecutorRegistry } from '@dkron/executors';
import { allExecutors } from '@dkron/executors/all';
import { SpawnHelper } from '@dkron/executors/spawn-helper';
import { PluginHost, withPlugins } from '@dkron/plugins/host';
import { DirectRuns, Journal, Worker } from '@dkron/worker';
import { FileJournalStorage, ProcProcessControl } from '@dkron/worker/journal/file';
import type { Ambient } from './ambient.ts';
import { StartError } from '@dkron/config/parts';
import type { AgentOptions } from './options.ts';
import { AGENT_OPTIONS, AMBIENT } from './tokens.ts';

/** As many as the worker has. */
const DIRECT_SLOTS = 512;

interface Running {
  readonly worker: Worker;
  readonly direct: DirectRuns;
  readonly helper: SpawnHelper;
  readonly registry: ExecutorRegistry;
  readonly plugins: PluginHost;
  readonly executors: readonly Executor[];
}

/** The node has these itself, whatever programs there are. */
const OWN = ['executor-shell', 'executor-http'];

/** What runs jobs on this node: for our leaders through a session, for leaders of the original by call. */
@Injectable()
export class JobsRunner {
  readonly #options: AgentOptions;
  readonly #ambient: Ambient;
  #running: Running | undefined;

  constructor(@Inject(AGENT_OPTIONS) options: AgentOptions, @Inject(AMBIENT) ambient: Ambient) {
    this.#options = options;
    this.#ambient = ambient;
  }

  /** Throws {@link StartError} when the data directory cannot be used. */
  async start(): Promise<void> {
    const { spawnHelper: program, dataDir, nodeName, region } = this.#options;
    const { timers, logger } = this.#ambient;
    const journalPath = prepareDataDir(dataDir);
    // First, while this process is small: starting a process costs the more the larger its parent is.
    const helper = await SpawnHelper.start({ program }, { timers, logger });
    const plugins = this.#pluginHost();
    try {
      await this.#startPlugins(plugins);
      const journal = await this.#journal(journalPath);
      const all = withPlugins<Executor>(allExecutors({ spawnHelper: helper, timers }), plugins.executors);
      const executors = new ExecutorRegistry(all);
      const modules = { ...this.#ambient, executors };
      const worker = new Worker({ node: nodeName, region }, { ...modules, journal });
      const direct = new DirectRuns(DIRECT_SLOTS, { ...modules, journal: await this.#journal(`${journalPath}-calls`) });
      this.#running = { worker, direct, helper, plugins, registry: executors, executors: all };
    } catch (error) {
      await plugins.close();
      await helper.close();
      throw error;
    }
  }

  get worker(): Worker {
    return this.#started().worker;
  }

  get direct(): DirectRuns {
    return this.#started().direct;
  }

  /** What others may know of its executors; agents process nothing. */
  offers(): NodeOffers {
    const { executors, plugins } = this.#started();
    const up = new Map(plugins.status().map(({ id, state }) => [id, state === 'ready']));
    return { executors: offersOf(executors, (name) => up.get(`executor-${name}`)), processors: [] };
  }

  /**
   * Takes nothing new, waits for what runs, and kills the rest.
   *
   * @param workerStopped called when sessions have ended and none must begin
   */
  async stop(timeoutMs: number, workerStopped: () => void): Promise<void> {
    if (this.#running === undefined) return workerStopped();
    const { worker, direct } = this.#running;
    await Promise.all([worker.stop({ timeoutMs }).finally(workerStopped), direct.stop(timeoutMs)]);
  }

  async close(): Promise<void> {
    await this.#running?.registry.close();
    await this.#running?.plugins.close();
    await this.#running?.helper.close();
    this.#running = undefined;
  }

  #pluginHost(): PluginHost {
    const { pluginFolders: folders, pluginEnv: passEnvironment, pluginMemory: memoryBytesMax } = this.#options;
    // Agents process nothing: results are processed where they are kept.
    return new PluginHost(
      { folders, kinds: ['executor'], except: OWN, passEnvironment, memoryBytesMax },
      this.#ambient,
    );
  }

  /** What plugins need for their start does not hold up the node, unless it is told to be strict. */
  async #startPlugins(plugins: PluginHost): Promise<void> {
    const started = plugins.start();
    if (!this.#options.strictPlugins) return;
    await started;
    const failed = plugins.status().find(({ error }) => error !== undefined);
    if (failed) throw new StartError('plugin', failed.error!, { option: 'strict-plugins', value: failed.path });
  }

  #journal(path: string): Promise<Journal> {
    const storage = new FileJournalStorage(path);
    return Journal.open({}, { ...this.#ambient, storage, processes: new ProcProcessControl() });
  }

  #started(): Running {
    if (this.#running === undefined) throw new TypeError('the jobs runner is not started');
    return this.#running;
  }
}

/** As `recursive`, which never returns where the system answers ENOENT for a directory that exists, as /proc does. */
function makeDir(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeDir(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

/** @returns path of the journal */
function prepareDataDir(dataDir: string): string {
  try {
    const folder = resolve(dataDir, 'worker');
    makeDir(folder);
    accessSync(folder, constants.W_OK | constants.R_OK);
    return join(folder, 'journal');
  } catch (cause) {
    const message = `data-dir: cannot use ${dataDir}: ${(cause as Error).message}`;
    throw new StartError('data_dir', message, { option: 'data-dir', value: dataDir }, { cause });
  }
}
