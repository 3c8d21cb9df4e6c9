import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { ExecutorRegistry } from '@dkron/executors';
import { httpExecutor } from '@dkron/executors/http';
import { shellExecutor } from '@dkron/executors/shell';
import { SpawnHelper } from '@dkron/executors/spawn-helper';
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
}

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
    try {
      const storage = new FileJournalStorage(journalPath);
      const journal = await Journal.open({}, { ...this.#ambient, storage, processes: new ProcProcessControl() });
      const executors = new ExecutorRegistry([shellExecutor({}, { spawnHelper: helper, timers }), httpExecutor()]);
      const modules = { ...this.#ambient, executors };
      const worker = new Worker({ node: nodeName, region }, { ...modules, journal });
      this.#running = { worker, direct: new DirectRuns(DIRECT_SLOTS, modules), helper };
    } catch (error) {
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
    await this.#running?.helper.close();
    this.#running = undefined;
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
