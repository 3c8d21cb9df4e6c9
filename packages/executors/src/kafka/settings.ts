import { AttemptError } from '../kit/limited-attempt.ts';
import { readTlsFiles, type TlsMaterial } from '../kit/tls-files.ts';
import { isSet, readHeaders, secondsToMs } from '../kit/values.ts';
import type { ExecuteRequest } from '../types.ts';

/** All that a producer depends on. */
export interface KafkaTarget {
  /** `host:port`. */
  readonly brokers: readonly string[];
  readonly tls?: TlsMaterial;
  readonly sasl?: {
    readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
    readonly username: string;
    readonly password: string;
  };
  readonly idempotent: boolean;
}

export interface KafkaSettings {
  readonly target: KafkaTarget;
  readonly topic: string;
  readonly key: string;
  readonly message: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

type Config = ExecuteRequest['config'];

const TIMEOUT_SECONDS = 30;
const MECHANISMS = { sha256: 'SCRAM-SHA-256', sha512: 'SCRAM-SHA-512', plain: 'PLAIN' } as const;

/** @throws AttemptError */
export function readTimeoutMs(config: Config): number {
  return secondsToMs(config['timeout'], TIMEOUT_SECONDS, 'kafka: timeout: not a number of seconds');
}

/** @throws AttemptError */
export async function readSettings(config: Config): Promise<KafkaSettings> {
  const brokers = (config['brokerAddress'] ?? '').split(',').flatMap((part) => part.trim() || []);
  if (brokers.length === 0) throw new AttemptError('brokerAddress is empty');
  const topic = config['topic'] ?? '';
  if (topic === '') throw new AttemptError('topic is empty');
  if (!/^[\w.-]{1,249}$/.test(topic)) {
    throw new AttemptError('kafka: topic: may have up to 249 letters, digits, dots, dashes and underscores');
  }
  for (const broker of brokers) requireAddress(broker);
  const sasl = readSasl(config);
  return {
    target: {
      brokers,
      ...(config['tlsEnable'] === 'true' && { tls: await readTls(config) }),
      ...(sasl && { sasl }),
      idempotent: !config['idempotent'] || isSet(config['idempotent']),
    },
    topic,
    key: config['key'] ?? '',
    message: config['message'] ?? '',
    headers: readHeaders(
      config['headers'],
      'kafka: headers: neither a JSON list of "Name: value" nor an object of texts',
    ),
  };
}

async function readTls(config: Config): Promise<TlsMaterial> {
  const material = await readTlsFiles('kafka', config);
  return config['tlsInsecureSkipVerify'] === 'true' ? { ...material, rejectUnauthorized: false } : material;
}

function readSasl(config: Config): KafkaTarget['sasl'] {
  const { saslUsername: username, saslPassword: password, saslMechanism: name = '' } = config;
  if (!username || !password) return undefined;
  if (name !== 'sha256' && name !== 'sha512' && name !== 'plain') {
    throw new AttemptError("invalid SASL mechanism, must be 'sha256' or 'sha512' (or 'plain')");
  }
  return { mechanism: MECHANISMS[name], username, password };
}

function requireAddress(broker: string): void {
  const [, port] = /^(?:\[[^\]]+\]|[^\s:/]+):([0-9]{1,5})$/.exec(broker) ?? [];
  if (port === undefined || Number(port) > 65_535 || port === '0') {
    throw new AttemptError(`kafka: brokerAddress: ${JSON.stringify(broker)} is not host:port`);
  }
}
