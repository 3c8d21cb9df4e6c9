import type { Timers } from '@dkron/runtime';
import { systemTimers } from '@dkron/runtime/system';
import { configuredAttempt } from '../kit/configured-attempt.ts';
import { ConnectionPool, type ConnectionPoolOptions, type ConnectionSource } from '../kit/connection-pool.ts';
import { digestOf } from '../kit/digest.ts';
import { AttemptError } from '../kit/limited-attempt.ts';
import { MissingPackageError } from '../kit/peer-package.ts';
import type { ExecuteContext, ExecuteRequest, ExecuteResult, Executor } from '../types.ts';
import { configSchema } from './config-schema.ts';
import { errorText } from './error-text.ts';
import { kafkaSource, type KafkaMessage, type KafkaProducer } from './producer.ts';
import { readSettings, readTimeoutMs, type KafkaSettings, type KafkaTarget } from './settings.ts';

/** Settings of the `kafka` executor; all have defaults. */
export type KafkaExecutorOptions = ConnectionPoolOptions;

/** What the `kafka` executor is given. */
export interface KafkaExecutorModules {
  /** @default the system's */
  readonly timers?: Timers;
  /** @default those of `@platformatic/kafka` */
  readonly producers?: (target: KafkaTarget) => ConnectionSource<KafkaProducer>;
}

interface Modules {
  readonly timers: Timers;
  readonly pool: ConnectionPool<KafkaProducer>;
  readonly producers: (target: KafkaTarget) => ConnectionSource<KafkaProducer>;
}

const SENT = 'Result: successfully produced the message on Kafka broker\n';

/** Produces one message per attempt; a success means that all replicas in sync have it. */
export function kafkaExecutor(options: KafkaExecutorOptions = {}, modules: KafkaExecutorModules = {}): Executor {
  const { timers = systemTimers, producers = kafkaSource } = modules;
  const pool = new ConnectionPool<KafkaProducer>(options, { timers });
  return {
    name: 'kafka',
    configSchema,
    execute: (request, context) => execute(request, context, { timers, pool, producers }),
    close: () => pool.close(),
  };
}

async function execute(request: ExecuteRequest, context: ExecuteContext, modules: Modules): Promise<ExecuteResult> {
  const { config } = request;
  const { timers, pool, producers } = modules;
  const kind = { configSchema, timers, readTimeoutMs, ownTimeoutText: 'kafka: timeout' };
  return configuredAttempt(request, context, kind, async ({ signal, print }) => {
    const settings = await readSettings(config);
    const lease = await pool.acquire(digestOf(settings.target), producers(settings.target), signal);
    let broken = true;
    try {
      const at = await lease.connection.send(kafkaMessageOf(settings));
      broken = false;
      print(SENT);
      if (config['debug'] && at) print(`Partition: ${at.partition}, offset: ${at.offset}\n`);
    } catch (error) {
      if (error instanceof MissingPackageError || error instanceof AttemptError) throw error;
      throw new AttemptError(errorText(error as Error), 'executor', { cause: error });
    } finally {
      lease.release(broken);
    }
  });
}

function kafkaMessageOf({ topic, key, message, headers }: KafkaSettings): KafkaMessage {
  return {
    topic,
    key: Buffer.from(key),
    value: Buffer.from(message),
    headers: new Map(headers.map(([name, value]) => [Buffer.from(name), Buffer.from(value)])),
  };
}
