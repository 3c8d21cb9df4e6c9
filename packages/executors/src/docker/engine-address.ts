import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { join } from 'node:path';
import { AttemptError } from '../kit/limited-attempt.ts';

const SOCKET = '/var/run/docker.sock';
const PORT = 2375;
const TLS_PORT = 2376;

type Environment = Readonly<Record<string, string | undefined>>;

/** How the engine is reached. */
export interface EngineAddress {
  readonly tls: boolean;
  readonly options: RequestOptions;
  /** For errors. */
  readonly text: string;
}

/**
 * As Docker's own client reads its environment: `DOCKER_HOST`, and for TLS `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`.
 *
 * @throws AttemptError
 */
export function engineAddress(env: Environment): EngineAddress {
  const text = env['DOCKER_HOST'] || `unix://${SOCKET}`;
  if (text.startsWith('unix://')) {
    return { tls: false, text, options: { socketPath: text.slice('unix://'.length), host: 'docker' } };
  }
  const url = text.startsWith('tcp://') && URL.canParse(text) ? new URL(text.replace('tcp:', 'http:')) : undefined;
  if (url === undefined) {
    throw new AttemptError(`docker: DOCKER_HOST: ${JSON.stringify(text)} is neither unix:///path nor tcp://host:port`);
  }
  const tls = !!env['DOCKER_TLS_VERIFY'] || !!env['DOCKER_CERT_PATH'];
  const port = url.port === '' ? (tls ? TLS_PORT : PORT) : Number(url.port);
  const host = url.hostname.replaceAll(/^\[|\]$/g, '');
  return { tls, text, options: { host, port, ...(tls && tlsOptions(env)) } };
}

function tlsOptions(env: Environment): RequestOptions {
  const rejectUnauthorized = !!env['DOCKER_TLS_VERIFY'];
  const folder = env['DOCKER_CERT_PATH'];
  if (!folder) return { rejectUnauthorized };
  const read = (name: string): string => {
    try {
      return readFileSync(join(folder, name), 'utf8');
    } catch (cause) {
      throw new AttemptError(`docker: DOCKER_CERT_PATH: ${(cause as Error).message}`, 'executor', { cause });
    }
  };
  return { rejectUnauthorized, ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
}
