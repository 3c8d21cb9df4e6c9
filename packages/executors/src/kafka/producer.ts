import type { ConnectionSource } from '../kit/connection-pool.ts';
import { peerPackage } from '../kit/peer-package.ts';
import { SocketScope } from '../kit/socket-scope.ts';
import { partitionHash } from './partitioner.ts';
import type { KafkaTarget } from './settings.ts';

/** One message, and where it went. */
export interface KafkaMessage {
  readonly topic: string;
  readonly key: Buffer;
  readonly value: Buffer;
  readonly headers: ReadonlyMap<Buffer, Buffer>;
}

/** What the executor needs of a client. */
export interface KafkaProducer {
  /** Resolves when all replicas in sync have the message. */
  send(message: KafkaMessage): Promise<{ readonly partition: number; readonly offset: bigint } | undefined>;
  close(): Promise<void>;
}

const client = peerPackage('kafka', '@platformatic/kafka', () => import('@platformatic/kafka'));

const CONNECT_MS = 5_000;
/** As many as the original's client. */
const RETRIES = 5;
const RETRY_DELAY_MS = 150;

export function kafkaSource(target: KafkaTarget): ConnectionSource<KafkaProducer> {
  return { open: () => openProducer(target), close: (producer) => producer.close() };
}

/** Connects when the first message is sent. */
async function openProducer(target: KafkaTarget): Promise<KafkaProducer> {
  const { Producer } = await client();
  const inScope = SocketScope.keep();
  const producer = new Producer({
    clientId: 'dkron',
    bootstrapBrokers: [...target.brokers],
    connectTimeout: CONNECT_MS,
    retries: RETRIES,
    retryDelay: RETRY_DELAY_MS,
    autocreateTopics: true,
    acks: -1,
    idempotent: target.idempotent,
    partitioner: (_message, key) => partitionHash(key ?? new Uint8Array(0)),
    ...(target.tls && { tls: { ...target.tls }, tlsServerName: true }),
    ...(target.sasl && { sasl: { ...target.sasl } }),
  });
  return {
    async send({ topic, key, value, headers }) {
      const message = { topic, key, value, headers: new Map(headers) };
      const { offsets } = await inScope(() => producer.send({ messages: [message] }));
      const [at] = offsets ?? [];
      return at && { partition: at.partition, offset: at.offset };
    },
    close: () => producer.close(true),
  };
}
