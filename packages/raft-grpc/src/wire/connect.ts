import type { Socket } from 'node:net';
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TransportCredentials } from '@dkron/raft';

/** Address of a peer, taken apart. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

const ADDRESS = /^(?:\[(?<six>[^\s[\]]+)\]|(?<host>[^\s:/[\]@?#]+)):(?<port>\d{1,5})$/u;
const MAX_PORT = 65_535;

/** @throws TypeError for anything but `host:port`, with brackets around an address of IPv6 */
export function placeOf(addr: string): Place {
  const { six, host, port } = ADDRESS.exec(addr)?.groups ?? {};
  const name = six ?? host;
  if (name === undefined || Number(port) > MAX_PORT) throw new TypeError(`${addr} is no address; host:port is allowed`);
  return { host: name, port: Number(port) };
}

/**
 * Begins to connect. With credentials the peer must show a certificate of one of the authorities for the host, and
 * shows ours its own.
 */
export function connectTo({ host, port }: Place, credentials: TransportCredentials | undefined): Socket {
  const where = { host, port, noDelay: true };
  if (credentials === undefined) return connectTcp(where);
  const { authorities, privateKey, certificate } = credentials;
  return connectTls({
    ...where,
    ...(authorities === undefined ? {} : { ca: Buffer.from(authorities) }),
    ...(privateKey === undefined ? {} : { key: Buffer.from(privateKey) }),
    ...(certificate === undefined ? {} : { cert: Buffer.from(certificate) }),
    ALPNProtocols: ['h2'],
    // An address is no name that could be asked for; certificates are compared with it all the same.
    servername: isIP(host) === 0 ? host : '',
  });
}

/** Whether a failed connect means that the host answered, at every address it has, that nobody listens. */
export function isRefusal(error: Error): boolean {
  if (error instanceof AggregateError) return error.errors.length > 0 && (error.errors as Error[]).every(isRefusal);
  return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
}
