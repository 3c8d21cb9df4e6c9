import type { Executor } from '@dkron/executors';
import { ExecutorRegistry } from '@dkron/executors';
import { allExecutors } from '@dkron/executors/all';
import { SpawnHelper } from '@dkron/executors/spawn-helper';
import type { SessionChannel, SessionReceiver, ToServer, ToWorker } from '@dkron/jobs';
import type { HostedExecutor } from '@dkron/plugins/host';
import { withPlugins } from '@dkron/plugins/host';
import type { Clock, Logger, Metrics, Random, Timers } from '@dkron/runtime';
import { DirectRuns, Journal, Worker } from '@dkron/worker';
import { FileJournalStorage, ProcProcessControl } from '@dkron/worker/journal/file';
import type { OfferedByName } from './node/own-offers.ts';
import { byName } from './node/own-offers.ts';
import type { ServerOptions } from './options.ts';

interface Modules {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Started at boot, while this process is small. */
  readonly spawnHelper: SpawnHelper;
  /** Executors in programs of their own. */
  readonly hosted: readonly HostedExecutor[];
}

/** As many as the worker has. */
const DIRECT_SLOTS = 512;

/** This node's own worker, with its executors. */
export interface LocalWorker {
  /** In ascending order. */
  readonly executors: OfferedByName;
  /** What is asked for by calls, as leaders of the original do. */
  readonly direct: DirectRuns;
  connect(channel: SessionChannel<ToServer>): SessionReceiver<ToWorker>;
  /** Lets what runs go on for `timeoutMs`, then kills it, and closes the journals. */
  stop(timeoutMs: number): Promise<void>;
}

export async function startWorker(journalPath: string, options: ServerOptions, modules: Modules): Promise<LocalWorker> {
  const { timers, random, logger, spawnHelper, hosted } = modules;
  const open = (path: string): Promise<Journal> =>
    Journal.open(
      {},
      { storage: new FileJournalStorage(path), processes: new ProcProcessControl(), timers, random, logger },
    );
  const journal = await open(journalPath);
  const all = withPlugins<Executor>(allExecutors({ spawnHelper, timers }), hosted);
  const executors = new ExecutorRegistry(all);
  const worker = new Worker({ node: options.nodeName, region: options.region }, { journal, executors, ...modules });
  const direct = new DirectRuns(DIRECT_SLOTS, { ...modules, executors, journal: await open(`${journalPath}-calls`) });
  return {
    executors: byName(all),
    direct,
    connect: (channel) => worker.connect(channel),
    stop: async (timeoutMs) => {
      await Promise.all([worker.stop({ timeoutMs }), direct.stop(timeoutMs)]);
      await executors.close();
    },
  };
}
