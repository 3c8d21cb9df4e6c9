import type { ChannelModel } from 'amqplib';
import type { ConnectionSource } from '../kit/connection-pool.ts';
import { AttemptError } from '../kit/limited-attempt.ts';
import { peerPackage } from '../kit/peer-package.ts';
import type { RabbitTarget } from './settings.ts';

const amqplib = peerPackage('rabbitmq', 'amqplib', () => import('amqplib'));

const CONNECT_MS = 30_000;

export function rabbitSource(target: RabbitTarget): ConnectionSource<ChannelModel> {
  return {
    open: (signal, lost) => open(target, signal, lost),
    close: (connection) => connection.close(),
  };
}

async function open({ url, tls }: RabbitTarget, signal: AbortSignal, lost: () => void): Promise<ChannelModel> {
  const { connect } = await amqplib();
  signal.throwIfAborted();
  let connection: ChannelModel;
  try {
    connection = await connect(url, {
      timeout: CONNECT_MS,
      keepAlive: true,
      noDelay: true,
      clientProperties: { connection_name: 'dkron' },
      ...tls,
    });
  } catch (cause) {
    throw new AttemptError(dialText(cause as Error), 'executor', { cause });
  }
  // Nobody may listen when it breaks between two attempts.
  connection.on('error', () => {});
  connection.on('close', lost);
  // Each attempt on it listens.
  connection.setMaxListeners(0);
  return connection;
}

/** In the original's words where no connection came about. */
function dialText(error: Error): string {
  const inner = error instanceof AggregateError ? ((error.errors[0] as Error | undefined) ?? error) : error;
  const { code, address, port } = inner as NodeJS.ErrnoException & {
    readonly address?: string;
    readonly port?: number;
  };
  const host = address?.includes(':') === true ? `[${address}]` : address;
  if (code === 'ECONNREFUSED') return `dial tcp ${host}:${port}: connect: connection refused`;
  return `rabbitmq: ${inner.message || inner.name}`;
}
