import { percentDecoded, type Timers } from '@dkron/runtime';
import { systemTimers } from '@dkron/runtime/system';
import type { ChannelModel } from 'amqplib';
import { configuredAttempt } from '../kit/configured-attempt.ts';
import { ConnectionPool, type ConnectionPoolOptions } from '../kit/connection-pool.ts';
import { digestOf } from '../kit/digest.ts';
import type { ExecuteContext, ExecuteRequest, ExecuteResult, Executor } from '../types.ts';
import { configSchema } from './config-schema.ts';
import { rabbitSource } from './connection.ts';
import { send } from './send.ts';
import { readSettings, readTimeoutMs } from './settings.ts';

/** Settings of the `rabbitmq` executor; all have defaults. */
export type RabbitmqExecutorOptions = ConnectionPoolOptions;

/** What the `rabbitmq` executor is given. */
export interface RabbitmqExecutorModules {
  /** @default the system's */
  readonly timers?: Timers;
}

/** Sends one message per attempt, and knows that the broker has it. */
export function rabbitmqExecutor(
  options: RabbitmqExecutorOptions = {},
  modules: RabbitmqExecutorModules = {},
): Executor {
  const timers = modules.timers ?? systemTimers;
  const pool = new ConnectionPool<ChannelModel>(options, { timers });
  return {
    name: 'rabbitmq',
    configSchema,
    execute: (request, context) => execute(request, context, pool, timers),
    close: () => pool.close(),
  };
}

async function execute(
  request: ExecuteRequest,
  context: ExecuteContext,
  pool: ConnectionPool<ChannelModel>,
  timers: Timers,
): Promise<ExecuteResult> {
  const { config, executionId, attempt: count } = request;
  const kind = { configSchema, timers, readTimeoutMs, ownTimeoutText: 'rabbitmq: timeout', partsOfSecrets };
  return configuredAttempt(request, context, kind, async ({ signal }) => {
    const settings = await readSettings(config);
    const own = settings.declared?.exclusive === true;
    const key = digestOf([settings.target, own ? [executionId, count] : []]);
    const lease = await pool.acquire(key, rabbitSource(settings.target), signal);
    const abandon = (): void => lease.release(own);
    // The broker may never answer: the connection is free for others when the attempt is over.
    signal.addEventListener('abort', abandon, { once: true });
    try {
      await send(lease.connection, settings, signal);
    } finally {
      signal.removeEventListener('abort', abandon);
      lease.release(own);
    }
  });
}

/** The password as it is in the address, and as it is meant. */
function partsOfSecrets({ url = '' }: ExecuteRequest['config']): string[] {
  const { password = '' } = URL.canParse(url) ? new URL(url) : {};
  return password === '' ? [] : [password, percentDecoded(password)];
}
