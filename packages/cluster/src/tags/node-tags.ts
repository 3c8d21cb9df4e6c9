/** What a node says of itself in its tags. */
export interface NodeFacts {
  readonly region: string;
  readonly datacenter: string;
  /** Build version without `v`, such as `4.1.2`. */
  readonly version: string;
  /** Whether it votes and stores; agents do not. */
  readonly server: boolean;
  /** `bootstrap-expect`; 0 = not set, then no tag is published. */
  readonly expect: number;
  /** The file-only setting `bootstrap`. */
  readonly bootstrap?: boolean;
  /** Where gRPC is reached from outside. IPv6 without brackets. */
  readonly rpc: { readonly ip: string; readonly port: number };
  /** The user's own tags; a reserved name in them loses, or is taken over where the node publishes none. */
  readonly user: Readonly<Record<string, string>>;
}

/**
 * The tags that a node publishes, complete: exactly those of the original. A user's tag stays unless the node
 * publishes one of that name, so an agent can carry `expect` (recorded from the original).
 */
export function encodeNodeTags(facts: NodeFacts): Record<string, string> {
  const { region, datacenter, version, server, expect, bootstrap = false, rpc, user } = facts;
  return {
    ...user,
    role: 'dkron',
    dc: datacenter,
    region,
    version,
    ...(server ? { server: 'true' } : {}),
    ...(expect === 0 ? {} : { expect: String(expect) }),
    ...(bootstrap ? { bootstrap: '1' } : {}),
    rpc_addr: `${bracketed(rpc.ip)}:${rpc.port}`,
    port: String(rpc.port),
  };
}

/** An IP address as it stands before a port. */
export function bracketed(ip: string): string {
  return ip.includes(':') ? `[${ip}]` : ip;
}
