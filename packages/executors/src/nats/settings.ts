import { readFile } from 'node:fs/promises';
import { AttemptError } from '../kit/limited-attempt.ts';
import { readTlsFiles, type TlsMaterial } from '../kit/tls-files.ts';
import { isSet, readHeaders, secondsToMs } from '../kit/values.ts';
import type { ExecuteRequest } from '../types.ts';
import { readServers, type NatsServers } from './servers.ts';

/** All that a connection depends on. */
export interface NatsTarget {
  readonly servers: readonly string[];
  readonly user: string;
  readonly password: string;
  readonly token: string;
  /** Content of the credentials file. */
  readonly credentials: string;
  /** Absent = as the server asks for. */
  readonly tls?: TlsMaterial;
}

export interface NatsSettings {
  readonly target: NatsTarget;
  readonly subject: string;
  readonly message: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly mode: 'publish' | 'jetstream' | 'request';
  /** Empty = any. */
  readonly stream: string;
  readonly messageId: string;
}

const TIMEOUT_SECONDS = 30;
const TLS_KEYS = ['tlsRootCAsFile', 'tlsCertificateFile', 'tlsCertificateKeyFile', 'tlsNoVerifyPeer'];

/** @throws AttemptError */
export function readTimeoutMs(config: ExecuteRequest['config']): number {
  return secondsToMs(config['timeout'], TIMEOUT_SECONDS, 'nats: timeout: not a number of seconds');
}

/** @throws AttemptError */
export async function readSettings({ config, executionId }: ExecuteRequest): Promise<NatsSettings> {
  const servers = readServers(config['url'] ?? '');
  const subject = config['subject'] ?? '';
  if (subject === '') throw new AttemptError('subject is empty');
  // The client takes any; the server ends the connection of all.
  if (!/^[^\s.*>]+(\.[^\s.*>]+)*$/.test(subject)) {
    throw new AttemptError('nats: subject: must be words separated by dots, without blanks and wildcards');
  }
  const jetstream = isSet(config['jetstream']) || !!config['stream'];
  if (jetstream && isSet(config['request'])) {
    throw new AttemptError('nats: request: a message for a stream has no reply, set only one of jetstream and request');
  }
  const encrypted = servers.encrypted || isSet(config['tlsEnable']) || TLS_KEYS.some((key) => config[key]);
  return {
    target: {
      servers: servers.addresses,
      ...identityOf(config, servers),
      credentials: await readCredentials(config['credentialsFile']),
      ...(encrypted && { tls: await readTlsFiles('nats', config) }),
    },
    subject,
    message: config['message'] ?? '',
    headers: readHeaders(
      config['headers'],
      'nats: headers: neither a JSON list of "Name: value" nor an object of texts',
    ),
    mode: jetstream ? 'jetstream' : isSet(config['request']) ? 'request' : 'publish',
    stream: config['stream'] ?? '',
    messageId: config['messageId'] || executionId,
  };
}

/** One in an address counts before the keys, as in the original. */
function identityOf(
  config: ExecuteRequest['config'],
  servers: NatsServers,
): Pick<NatsTarget, 'user' | 'password' | 'token'> {
  const { user, password, token } = servers;
  if (user !== '' || token !== '') return { user, password, token };
  return { user: config['userName'] ?? '', password: config['password'] ?? '', token: config['token'] ?? '' };
}

async function readCredentials(path: string | undefined): Promise<string> {
  if (!path) return '';
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new AttemptError(`nats: credentialsFile: ${(cause as Error).message}`, 'executor', { cause });
  }
}
