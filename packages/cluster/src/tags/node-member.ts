import type { SeenServer } from '../formation/types.ts';
import type { GossipMember, MemberStatus } from '../members.ts';
import { bracketed } from './node-tags.ts';

/** A member of the pool that is a node of Dkron, ours or the original's. */
export interface NodeMember {
  readonly name: string;
  readonly status: MemberStatus;
  readonly server: boolean;
  readonly region: string;
  readonly datacenter: string;
  readonly version: string;
  /** `bootstrap-expect`; 0 = not published. */
  readonly expect: number;
  /** Whether the node says that it founds alone, by tag or by expecting one. */
  readonly bootstrap: boolean;
  /** Where its gRPC is reached: IP of gossip and the tag `port`; `''` until that tag is published. */
  readonly rpcAddress: string;
}

const DIGITS = /^\d{1,9}$/;
const PORT_MAX = 65_535;

/** A member by its tags; undefined when it is no node of Dkron or its tags make no sense. */
export function decodeNodeMember(member: GossipMember): NodeMember | undefined {
  const { name, address, tags, status } = member;
  if (tags['role'] !== 'dkron') return undefined;
  const expect = wholeNumber(tags['expect'], 0);
  const port = wholeNumber(tags['port'], 0);
  if (expect === undefined || port === undefined || port > PORT_MAX) return undefined;
  return {
    name,
    status,
    // Between its first gossip and the tag `port`, a node of the original is no server yet.
    server: tags['server'] === 'true' && port !== 0,
    region: tags['region'] ?? '',
    datacenter: tags['dc'] ?? '',
    version: tags['version'] ?? '',
    expect,
    bootstrap: tags['bootstrap'] !== undefined || expect === 1,
    // The tag `rpc_addr` is not used: behind a translated address, gossip knows better.
    rpcAddress: port === 0 ? '' : `${bracketed(address.ip)}:${port}`,
  };
}

/** All servers of a region, sorted by name: only those vote together. */
export function serversOf(members: readonly GossipMember[], region: string): NodeMember[] {
  return members
    .map(decodeNodeMember)
    .filter((node): node is NodeMember => node?.server === true && node.region === region)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Whom formation has to ask: the other servers of the region, and nodes that expect servers without being one, since a
 * server of ours does not call itself one before it knows its surroundings.
 */
export function formationView(members: readonly GossipMember[], region: string, self: string): SeenServer[] {
  return members
    .map(decodeNodeMember)
    .filter((node): node is NodeMember => node?.region === region && node.name !== self && node.rpcAddress !== '')
    .filter(({ server, expect }) => server || expect > 0)
    .map(({ name, rpcAddress, status, server }) => ({
      name,
      address: rpcAddress,
      status: status === 'alive' ? status : 'gone',
      ...(server ? {} : { probation: true }),
    }));
}

function wholeNumber(text: string | undefined, absent: number): number | undefined {
  if (text === undefined) return absent;
  return DIGITS.test(text) ? Number(text) : undefined;
}
