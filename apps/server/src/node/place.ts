import { encodeNodeTags } from '@dkron/cluster';
import { addressOf, type HostPort } from '@dkron/config/parts';
import type { ServerOptions } from '../options.ts';
import { VERSION } from '../version.ts';

const GOSSIP_PORT = 8946;
const HTTP_PORT = 8080;

/** Where a node listens, and what it tells others of itself. */
export interface Place {
  readonly http: HostPort;
  /** Of gossip; its host is also that of gRPC. */
  readonly bind: HostPort;
  /** Of gossip, as others are told. */
  readonly advertise: HostPort;
  /** Complete tags. A server on probation leaves out that it is one. */
  tags(rpcPort: number, probation?: 'probation'): Record<string, string>;
}

/** @throws StartError for an address that is none */
export function placeOf(options: ServerOptions): Place {
  const advertise = addressOf('advertise-addr', options.advertiseAddr || options.bindAddr, GOSSIP_PORT);
  return {
    http: addressOf('http-addr', options.httpAddr, HTTP_PORT),
    bind: addressOf('bind-addr', options.bindAddr, GOSSIP_PORT),
    advertise,
    tags: (rpcPort, probation) =>
      encodeNodeTags({
        region: options.region,
        datacenter: options.datacenter,
        version: VERSION,
        server: probation === undefined,
        expect: options.bootstrapExpect,
        rpc: { ip: advertise.host, port: options.advertiseRpcPort || rpcPort },
        user: options.tags,
      }),
  };
}
