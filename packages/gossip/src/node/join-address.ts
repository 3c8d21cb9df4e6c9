import { parseAddress } from '../core/host-port.ts';
import { formatIp, parseIp } from '../core/ip.ts';
import { GossipError } from '../errors.ts';

/** Where to find a member, as users write it. */
export interface JoinAddress {
  /** IP address or name of a host. */
  readonly host: string;
  readonly port: number;
}

const HOST_PORT = /^(?<host>[^\s:/[\]]+):(?<port>[0-9]{1,5})$/;
const HOST = /^[^\s:/[\]]+$/;
const MAX_PORT = 65_535;

/**
 * From `host`, `host:port`, `ip`, `ip:port`, `[ip6]:port`, `[ip6]`, and `name/` before any of them: the name is only for
 * whoever reads it, as with the original's ordinary transport. Throws GossipError `GOSSIP_ADDRESS`.
 */
export function parseJoinAddress(text: string, defaultPort: number): JoinAddress {
  const slash = text.indexOf('/');
  const place = text.slice(slash + 1);
  const found = slash === 0 ? undefined : parsePlace(place, defaultPort);
  if (found !== undefined) return found;
  throw new GossipError('GOSSIP_ADDRESS', `address ${JSON.stringify(text)}: allowed are host, host:port, [ip6]:port`, {
    address: text,
  });
}

function parsePlace(place: string, defaultPort: number): JoinAddress | undefined {
  const address = parseAddress(place);
  if (address !== undefined) return address.port === 0 ? undefined : { host: address.ip, port: address.port };
  const bare = parseIp(place.startsWith('[') && place.endsWith(']') ? place.slice(1, -1) : place);
  if (bare !== undefined) return { host: formatIp(bare)!, port: defaultPort };
  if (HOST.test(place)) return { host: place, port: defaultPort };
  const { host, port } = HOST_PORT.exec(place)?.groups ?? {};
  if (host === undefined || port === undefined) return undefined;
  const number = Number(port);
  return number === 0 || number > MAX_PORT ? undefined : { host, port: number };
}
