import { AttemptError } from '../kit/limited-attempt.ts';
import { readTlsFiles, type TlsMaterial } from '../kit/tls-files.ts';
import { isSet, readHeaders, secondsToMs } from '../kit/values.ts';
import type { ExecuteRequest } from '../types.ts';

/** All that a connection depends on. */
export interface GrpcTarget {
  /** `host:port`. */
  readonly address: string;
  /** Absent = in the clear. */
  readonly tls?: TlsMaterial;
}

export interface GrpcSettings {
  readonly target: GrpcTarget;
  /** With its package. */
  readonly service: string;
  readonly method: string;
  readonly body: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly expectCode: number;
}

type Config = ExecuteRequest['config'];

const TIMEOUT_SECONDS = 30;

/** @throws AttemptError */
export function readTimeoutMs(config: Config): number {
  return secondsToMs(config['timeout'], TIMEOUT_SECONDS, 'Invalid timeout');
}

/** @throws AttemptError */
export async function readSettings(config: Config): Promise<GrpcSettings> {
  const url = config['url'] ?? '';
  if (url === '') throw new AttemptError('url is empty');
  const at = url.indexOf('/');
  const [address, path] = [url.slice(0, Math.max(0, at)), url.slice(at + 1)];
  if (address === '' || path === '') {
    throw new AttemptError('we require at least a url and a path to do a proto request');
  }
  // `package.Service.Method` is understood as well.
  const cut = path.includes('/') ? path.lastIndexOf('/') : path.lastIndexOf('.');
  const [service, method] = [path.slice(0, Math.max(0, cut)), path.slice(cut + 1)];
  if (!/^[\w.]+$/.test(service) || !/^\w+$/.test(method)) {
    throw new AttemptError(`grpc: url: ${JSON.stringify(path)} is not package.Service/Method`);
  }
  const expectCode = config['expectCode'] ?? '';
  if (!/^[0-9]{0,9}$/.test(expectCode)) throw new AttemptError('grpc: expectCode: not the number of a status');
  return {
    target: { address, ...(isSet(config['tlsEnable']) && { tls: await readTlsFiles('grpc', config) }) },
    service,
    method,
    body: config['body'] ?? '',
    headers: readHeaders(config['headers'], 'Parsing headers failed'),
    expectCode: Number(expectCode),
  };
}
