import { Inject, Injectable } from '@nestjs/common';
import type { SessionServer } from '@dkron/agent-grpc';
import { encodeNodeTags, serversOf } from '@dkron/cluster';
import { createPool, nameTaken, startPool, type PoolAddresses } from '@dkron/config/parts';
import type { GossipNode } from '@dkron/gossip';
import type { AgentEvents, Ambient } from './ambient.ts';
import { startJoining } from './joining.ts';
import type { AgentOptions } from './options.ts';
import { AGENT_EVENTS, AGENT_OPTIONS, AMBIENT } from './tokens.ts';
import { VERSION } from './version.ts';

export interface MembershipAddresses extends PoolAddresses {
  /** gRPC port told to others. */
  readonly rpcPort: number;
}

/** This agent in the pool, and the servers of its region there. */
@Injectable()
export class Membership {
  readonly #options: AgentOptions;
  readonly #ambient: Ambient;
  readonly #events: AgentEvents;
  #gossip: GossipNode | undefined;
  #stopJoining: () => void = () => {};

  constructor(
    @Inject(AGENT_OPTIONS) options: AgentOptions,
    @Inject(AMBIENT) ambient: Ambient,
    @Inject(AGENT_EVENTS) events: AgentEvents,
  ) {
    this.#options = options;
    this.#ambient = ambient;
    this.#events = events;
  }

  /** Alive servers of the region. */
  servers(): readonly SessionServer[] {
    return serversOf(this.#gossip?.members() ?? [], this.#options.region)
      .filter(({ status }) => status === 'alive')
      .map(({ name, rpcAddress }) => ({ name, address: rpcAddress }));
  }

  /**
   * Listens, publishes the tags, and begins to join in the background.
   *
   * @param changed called when a member came, went or changed
   */
  async start({ bind, advertise, rpcPort }: MembershipAddresses, changed: () => void): Promise<void> {
    const { nodeName, region, datacenter, tags: user, bootstrapExpect: expect } = this.#options;
    const rpc = { ip: advertise.host, port: rpcPort };
    const tags = encodeNodeTags({ region, datacenter, version: VERSION, server: false, expect, rpc, user });
    const gossip = createPool({ ...this.#options, tags }, { bind, advertise }, this.#ambient);
    await startPool(gossip, { bind });
    this.#gossip = gossip;
    gossip.on('memberChange', changed);
    gossip.on('stopped', ({ reason }) => {
      if (reason !== 'conflict') return;
      // Outvoted, it has nobody to say goodbye to.
      this.#gossip = undefined;
      this.#events.onFatal(nameTaken(nodeName));
    });
    const { onFatal } = this.#events;
    const modules = { ...this.#ambient, gossip, onFatal, servers: () => this.servers() };
    this.#stopJoining = startJoining(this.#options, modules);
  }

  /** Where others reach the gossip of this node. */
  get address(): { readonly ip: string; readonly port: number } | undefined {
    return this.#gossip?.address;
  }

  /** Says goodbye, and ends. */
  async leave(): Promise<void> {
    this.#stopJoining();
    const gossip = this.#gossip;
    this.#gossip = undefined;
    if (gossip === undefined) return;
    await gossip.leave().catch((error: unknown) => this.#ambient.logger.warn('gossip: leaving failed', { error }));
    await gossip.stop();
  }
}
