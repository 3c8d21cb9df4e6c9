import { ExecutorRegistry } from '@dkron/executors';
import { httpExecutor } from '@dkron/executors/http';
import { shellExecutor } from '@dkron/executors/shell';
import type { SessionChannel, SessionReceiver, ToServer, ToWorker } from '@dkron/jobs';
import type { Clock, Logger, Metrics, Random, Timers } from '@dkron/runtime';
import type { ServerOptions } from './options.ts';

export interface LocalWorker {
  connect(channel: SessionChannel<ToServer>): SessionReceiver<ToWorker>;
  stop(timeoutMs: number): Promise<void>;
}
