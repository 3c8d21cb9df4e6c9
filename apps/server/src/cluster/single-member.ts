import type { Member } from '@dkron/jobs';
import type { Membership } from '@dkron/scheduler';
import type { HostPort, ServerOptions } from '../options.ts';
import { VERSION } from '../version.ts';

/** Membership of a cluster of one: this node, alive, with the tags every node publishes. */
export class SingleMember implements Membership {
  readonly #self: Member;

  constructor(options: ServerOptions, address: HostPort) {
    this.#self = {
      name: options.nodeName,
      addr: address.host,
      port: address.port,
      status: 'alive',
      tags: {
        ...options.tags,
        role: 'dkron',
        dc: options.datacenter,
        region: options.region,
        version: VERSION,
        server: 'true',
        ...(options.bootstrapExpect === 0 ? {} : { expect: String(options.bootstrapExpect) }),
        port: String(options.rpcPort),
        rpc_addr: `${address.host.includes(':') ? `[${address.host}]` : address.host}:${options.rpcPort}`,
      },
    };
  }

  self(): Member {
    return this.#self;
  }

  members(): readonly Member[] {
    return [this.#self];
  }
}
