import type { Timers } from '@dkron/runtime';
import type { Authenticator, ConnectionOptions, NatsConnection } from '@nats-io/transport-node';
import type { ConnectionSource } from '../kit/connection-pool.ts';
import { AttemptError } from '../kit/limited-attempt.ts';
import { peerPackage } from '../kit/peer-package.ts';
import type { NatsTarget } from './settings.ts';

const transport = peerPackage('nats', '@nats-io/transport-node', () => import('@nats-io/transport-node'));

/** What happened to a connection; without a subject it is lost. */
export interface NatsTrouble {
  readonly error: Error;
  readonly subject?: string;
}

/** A connection and those who want to hear what the server says out of turn, such as a missing permission. */
export interface SharedNats {
  readonly client: NatsConnection;
  readonly onTrouble: Set<(trouble: NatsTrouble) => void>;
  /** Ends after the current turn of the event loop, for all who wait at once: what they send next is one write. */
  turn(timers: Timers): Promise<void>;
}

export const LOST_TEXT = 'the connection was lost before the message was confirmed';
const CONNECT_MS = 5_000;
/** An answer to a ping is due this often; two that are missing end the connection. */
const PING_MS = 10_000;

export function natsSource(target: NatsTarget): ConnectionSource<SharedNats> {
  return {
    open: (signal, lost) => open(target, signal, lost),
    close: ({ client }) => client.close(),
  };
}

async function open(target: NatsTarget, signal: AbortSignal, lost: () => void): Promise<SharedNats> {
  const { connect, credsAuthenticator } = await transport();
  signal.throwIfAborted();
  const authenticator = target.credentials === '' ? undefined : credentialsOf(target.credentials, credsAuthenticator);
  let client: NatsConnection;
  try {
    client = await connect(optionsOf(target, authenticator));
  } catch (cause) {
    throw new AttemptError(`error connecting to NATS: ${causeText(cause as Error)}`, 'executor', { cause });
  }
  const shared: SharedNats = { client, onTrouble: new Set(), turn: sharedTurn() };
  void watch(shared, lost);
  return shared;
}

function sharedTurn(): (timers: Timers) => Promise<void> {
  let pending: Promise<void> | undefined;
  return (timers) =>
    (pending ??= new Promise((resolve) => {
      timers.nextTurn(() => {
        pending = undefined;
        resolve();
      });
    }));
}

function optionsOf(target: NatsTarget, authenticator: Authenticator | undefined): ConnectionOptions {
  return {
    servers: [...target.servers],
    name: 'dkron',
    timeout: CONNECT_MS,
    pingInterval: PING_MS,
    // A broken connection ends the attempts on it; the next one opens another.
    reconnect: false,
    ignoreClusterUpdates: true,
    ...(target.user !== '' && { user: target.user, pass: target.password }),
    ...(target.token !== '' && { token: target.token }),
    ...(authenticator && { authenticator }),
    ...(target.tls && { tls: target.tls }),
  };
}

function credentialsOf(text: string, make: (creds: Uint8Array) => Authenticator): Authenticator {
  try {
    return make(new TextEncoder().encode(text));
  } catch (cause) {
    // Its message may hold what it read.
    throw new AttemptError('nats: credentialsFile: not a credentials file', 'executor', { cause });
  }
}

async function watch({ client, onTrouble }: SharedNats, lost: () => void): Promise<void> {
  const tell = (trouble: NatsTrouble): void => onTrouble.forEach((listener) => listener(trouble));
  void client.closed().then((cause) => {
    lost();
    const why = cause instanceof Error ? `: ${cause.message}` : '';
    tell({ error: new AttemptError(`nats: ${LOST_TEXT}${why}`) });
  });
  for await (const status of client.status()) {
    if (status.type !== 'error') continue;
    const { error } = status;
    const { subject } = error as Error & { readonly subject?: string };
    if (subject !== undefined) tell({ error, subject });
  }
}

/** The reason is often in the cause, or in one of several. */
function causeText(error: Error): string {
  const inner = error instanceof AggregateError ? (error.errors[0] as Error | undefined) : error.cause;
  const text = error.message || error.name;
  return inner instanceof Error && inner.message && !text.includes(inner.message) ? `${text}: ${inner.message}` : text;
}
