import type { Timers } from '@dkron/runtime';
import { systemTimers } from '@dkron/runtime/system';
import type { MsgHdrs } from '@nats-io/transport-node';
import { configuredAttempt } from '../kit/configured-attempt.ts';
import { ConnectionPool, type ConnectionPoolOptions } from '../kit/connection-pool.ts';
import { digestOf } from '../kit/digest.ts';
import { AttemptError, type LimitedAttempt } from '../kit/limited-attempt.ts';
import { peerPackage } from '../kit/peer-package.ts';
import type { ExecuteContext, ExecuteRequest, ExecuteResult, Executor } from '../types.ts';
import { configSchema } from './config-schema.ts';
import { LOST_TEXT, natsSource, type NatsTrouble, type SharedNats } from './connection.ts';
import { secretsOfServers } from './servers.ts';
import { readSettings, readTimeoutMs, type NatsSettings } from './settings.ts';

/** Settings of the `nats` executor; all have defaults. */
export type NatsExecutorOptions = ConnectionPoolOptions;

/** What the `nats` executor is given. */
export interface NatsExecutorModules {
  /** @default the system's */
  readonly timers?: Timers;
}

/** @property waitMs how long the client itself waits for an answer */
type Sending = NatsSettings & { readonly waitMs: number };
type Pool = ConnectionPool<SharedNats>;

const SENT = 'Result: Message successfully sent\n';
/** The client waits no longer than the attempt, and a little: the attempt's limit tells what happened. */
const MARGIN_MS = 1_000;
const LONG_MS = 24 * 3_600_000;

const transport = peerPackage('nats', '@nats-io/transport-node', () => import('@nats-io/transport-node'));
const jetstreamModule = peerPackage('nats', '@nats-io/jetstream', () => import('@nats-io/jetstream'));

/** Publishes one message per attempt, and knows that the server has it. */
export function natsExecutor(options: NatsExecutorOptions = {}, modules: NatsExecutorModules = {}): Executor {
  const timers = modules.timers ?? systemTimers;
  const pool: Pool = new ConnectionPool(options, { timers });
  return {
    name: 'nats',
    configSchema,
    execute: (request, context) => execute(request, context, pool, timers),
    close: () => pool.close(),
  };
}

async function execute(
  request: ExecuteRequest,
  context: ExecuteContext,
  pool: Pool,
  timers: Timers,
): Promise<ExecuteResult> {
  const { config } = request;
  const kind = {
    configSchema,
    timers,
    readTimeoutMs,
    ownTimeoutText: 'nats: timeout',
    partsOfSecrets: secretsOfServers,
  };
  return configuredAttempt(request, context, kind, async (attempt) => {
    if (config['debug']) context.logger.info('configuration of nats', { keys: Object.keys(config) });
    const waitMs = Math.min(attempt.ownTimeoutMs || LONG_MS, request.timeoutMs ?? LONG_MS, LONG_MS) + MARGIN_MS;
    const settings = { ...(await readSettings(request)), waitMs };
    const lease = await pool.acquire(digestOf(settings.target), natsSource(settings.target), attempt.signal);
    try {
      await send(settings, lease.connection, attempt, timers);
    } finally {
      lease.release(lease.connection.client.isClosed());
    }
  });
}

async function send(settings: Sending, shared: SharedNats, attempt: LimitedAttempt, timers: Timers): Promise<void> {
  const { subject, message, mode } = settings;
  const { client } = shared;
  const size = Buffer.byteLength(message);
  const sizeMax = client.info?.max_payload ?? Number.POSITIVE_INFINITY;
  if (size > sizeMax) {
    throw new AttemptError(`nats: message: ${size} bytes are more than the ${sizeMax} that the server takes`);
  }
  const trouble = troubleWith(shared, subject);
  try {
    await Promise.race([modes[mode](settings, shared, attempt, timers), trouble.promise]);
  } catch (error) {
    throw named(error as Error, client.isClosed());
  } finally {
    trouble.forget();
  }
}

const modes: Record<
  NatsSettings['mode'],
  (settings: Sending, shared: SharedNats, attempt: LimitedAttempt, timers: Timers) => Promise<void>
> = {
  publish: async (settings, { client, turn }, { print }, timers) => {
    const headers = await headersOf(settings);
    client.publish(settings.subject, settings.message, { ...(headers && { headers }) });
    // Answered after all that was sent before: the server has the message, or has said why not.
    await client.flush();
    // A refusal arrives before that answer, and is told by a queue.
    await turn(timers);
    print(SENT);
  },
  request: async (settings, { client }, { print }) => {
    const headers = await headersOf(settings);
    const reply = await client.request(settings.subject, settings.message, {
      timeout: settings.waitMs,
      ...(headers && { headers }),
    });
    const status = reply.headers;
    print(reply.data);
    const code = status?.get('Nats-Service-Error-Code');
    if (code) throw new AttemptError(`nats: the service answered ${code} ${status?.get('Nats-Service-Error')}`, 'exit');
  },
  jetstream: async (settings, { client }, { print }) => {
    const { jetstream } = await jetstreamModule();
    const headers = await headersOf(settings);
    const stored = await jetstream(client).publish(settings.subject, settings.message, {
      timeout: settings.waitMs,
      msgID: settings.messageId,
      ...(headers && { headers }),
      ...(settings.stream !== '' && { expect: { streamName: settings.stream } }),
    });
    print(SENT);
    print(`Stream: ${stored.stream}, sequence: ${stored.seq}${stored.duplicate ? ', was there before' : ''}\n`);
  },
};

async function headersOf({ headers }: Sending): Promise<MsgHdrs | undefined> {
  if (headers.length === 0) return undefined;
  const { headers: make } = await transport();
  const made = make();
  for (const [name, value] of headers) {
    try {
      made.append(name, value);
    } catch {
      throw new AttemptError(`nats: headers: ${JSON.stringify(name)} cannot be sent`);
    }
  }
  return made;
}

/** Rejects when the server refuses the subject, or is gone. */
function troubleWith({ onTrouble }: SharedNats, subject: string): { promise: Promise<never>; forget: () => void } {
  const { promise, reject } = Promise.withResolvers<never>();
  const listener = (trouble: NatsTrouble): void => {
    if (trouble.subject === undefined || trouble.subject === subject) reject(trouble.error);
  };
  onTrouble.add(listener);
  return { promise, forget: () => void onTrouble.delete(listener) };
}

function named(error: Error, lost: boolean): Error {
  if (error instanceof AttemptError) return error;
  const text = lost ? LOST_TEXT : error.name === 'NoRespondersError' ? 'nobody answers on this subject' : error.message;
  return new AttemptError(`nats: ${text || error.name}`, 'executor', { cause: error });
}
