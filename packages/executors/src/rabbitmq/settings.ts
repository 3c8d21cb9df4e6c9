import { parseGoBool } from '../go-text.ts';
import { AttemptError } from '../kit/limited-attempt.ts';
import { readTlsFiles, type TlsMaterial } from '../kit/tls-files.ts';
import { isSet, secondsToMs } from '../kit/values.ts';
import type { ExecuteRequest } from '../types.ts';

/** All that a connection depends on. */
export interface RabbitTarget {
  readonly url: string;
  readonly tls?: TlsMaterial;
}

/** A queue that is declared before the message is sent. */
export interface DeclaredQueue {
  readonly durable: boolean;
  readonly autoDelete: boolean;
  /** It belongs to the connection, so that this attempt needs one of its own. */
  readonly exclusive: boolean;
}

export interface RabbitSettings {
  readonly target: RabbitTarget;
  readonly queue: string;
  readonly declared: DeclaredQueue | undefined;
  readonly exchange: string;
  readonly body: Buffer;
  readonly contentType: string;
  /** Empty = none. */
  readonly messageId: string;
  readonly deliveryMode: number;
  readonly mandatory: boolean;
}

type Config = ExecuteRequest['config'];

const TIMEOUT_SECONDS = 30;
const DELIVERY_MODE_MAX = 255;
const BASE64 = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** A name, type or id is a short string on the wire. */
const SHORT_BYTES_MAX = 255;

/** @throws AttemptError */
export function readTimeoutMs(config: Config): number {
  return secondsToMs(config['timeout'], TIMEOUT_SECONDS, 'rabbitmq: timeout: not a number of seconds');
}

/** @throws AttemptError in the words of the original where it has some */
export async function readSettings(config: Config): Promise<RabbitSettings> {
  if (Object.keys(config).length === 0) throw new AttemptError('RabbitMQ config is empty');
  const target = await readTarget(config);
  const queue = short(config, 'queue.name');
  if (queue === '') throw new AttemptError('RabbitMQ queue name is empty');
  const exchange = short(config, 'exchange');
  return {
    target,
    queue,
    declared: readDeclared(config),
    exchange,
    body: readBody(config),
    contentType: short(config, 'message.content_type') || 'text/plain',
    messageId: short(config, 'message.messageId'),
    deliveryMode: readDeliveryMode(config['message.delivery_mode'] ?? ''),
    // To an exchange, reaching nobody may be what is meant.
    mandatory: parseGoBool(config['message.mandatory'] ?? '') ?? exchange === '',
  };
}

async function readTarget(config: Config): Promise<RabbitTarget> {
  const url = config['url'] ?? '';
  if (url === '') throw new AttemptError('RabbitMQ url is empty');
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (protocol === 'amqps:') return { url, tls: await readTlsFiles('rabbitmq', config) };
  if (protocol === 'amqp:') return { url };
  throw new AttemptError('rabbitmq: url: must be as amqp://user:password@host:5672/vhost, or begin with amqps://');
}

/** The key alone is enough, whatever it says but `false`. */
function readDeclared(config: Config): DeclaredQueue | undefined {
  if (!Object.hasOwn(config, 'queue.create') || config['queue.create'] === 'false') return undefined;
  return {
    durable: isSet(config['queue.durable']),
    autoDelete: isSet(config['queue.auto_delete']),
    exclusive: isSet(config['queue.exclusive']),
  };
}

function readBody(config: Config): Buffer {
  const { 'message.body': plain = '', 'message.base64Body': encoded } = config;
  if (plain !== '' && encoded) throw new AttemptError('RabbitMQ message.body and message.base64Body are both set');
  if (encoded === undefined) return Buffer.from(plain);
  if (!BASE64.test(encoded)) throw new AttemptError('rabbitmq: message.base64Body: not base64');
  return Buffer.from(encoded, 'base64');
}

function readDeliveryMode(text: string): number {
  if (text === '') return 0;
  const mode = /^[0-9]{1,9}$/.test(text) ? Number(text) : -1;
  if (mode >= 0 && mode <= DELIVERY_MODE_MAX) return mode;
  throw new AttemptError(`rabbitmq: message.delivery_mode: must be a number from 0 to ${DELIVERY_MODE_MAX}`);
}

function short(config: Config, key: string): string {
  const text = config[key] ?? '';
  if (Buffer.byteLength(text) <= SHORT_BYTES_MAX) return text;
  throw new AttemptError(`rabbitmq: ${key}: must be at most ${SHORT_BYTES_MAX} bytes`);
}
