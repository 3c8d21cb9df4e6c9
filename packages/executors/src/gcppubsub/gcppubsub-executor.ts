import type { Timers } from '@dkron/runtime';
import { systemTimers } from '@dkron/runtime/system';
import { configuredAttempt } from '../kit/configured-attempt.ts';
import { ConnectionPool, type ConnectionPoolOptions } from '../kit/connection-pool.ts';
import type { ExecuteContext, ExecuteRequest, ExecuteResult, Executor } from '../types.ts';
import { configSchema } from './config-schema.ts';
import { pubsubSource, targetOf, type PubsubService } from './service.ts';
import { readSettings, readTimeoutMs } from './settings.ts';

/** gRPC's status of a service that cannot be reached. */
const UNAVAILABLE = 14;

/** Settings of the `gcppubsub` executor; all have defaults. */
export interface GcppubsubExecutorOptions extends ConnectionPoolOptions {
  /** Where `PUBSUB_EMULATOR_HOST` is looked for. @default the environment of the process */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** What the `gcppubsub` executor is given. */
export interface GcppubsubExecutorModules {
  /** @default the system's */
  readonly timers?: Timers;
}

/** Publishes one message per attempt to Google Cloud Pub/Sub; the id that it got is the output. */
export function gcppubsubExecutor(
  options: GcppubsubExecutorOptions = {},
  modules: GcppubsubExecutorModules = {},
): Executor {
  const timers = modules.timers ?? systemTimers;
  const pool = new ConnectionPool<PubsubService>(options, { timers });
  // oxlint-disable-next-line no-process-env -- the variable is part of the contract with Google's tools
  const env = options.env ?? process.env;
  return {
    name: 'gcppubsub',
    configSchema,
    execute: (request, context) => execute(request, context, { pool, timers, env }),
    close: () => pool.close(),
  };
}

interface Parts {
  readonly pool: ConnectionPool<PubsubService>;
  readonly timers: Timers;
  readonly env: Readonly<Record<string, string | undefined>>;
}

async function execute(
  request: ExecuteRequest,
  context: ExecuteContext,
  { pool, timers, env }: Parts,
): Promise<ExecuteResult> {
  const kind = { configSchema, timers, readTimeoutMs, ownTimeoutText: 'context deadline exceeded' };
  return configuredAttempt(request, context, kind, async ({ signal, print }) => {
    const settings = readSettings(request.config);
    const target = targetOf(env);
    const lease = await pool.acquire(target.host, pubsubSource(target), signal);
    let broken = false;
    try {
      print(await lease.connection.publish(settings, signal));
    } catch (error) {
      // A channel waits before it connects again; a new one does not.
      broken = ((error as Error).cause as { readonly code?: unknown } | undefined)?.code === UNAVAILABLE;
      throw error;
    } finally {
      lease.release(broken);
    }
  });
}
