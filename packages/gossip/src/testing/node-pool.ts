import { ManualTime, MemoryLogger, seededRandom } from '@dkron/runtime/testing';
import type { GossipTransport } from '../net/transport.ts';
import { GossipNode } from '../node/gossip-node.ts';
import type { NodeModules } from '../node/modules.ts';
import type { GossipOptions } from '../node/options.ts';
import { MemoryNetwork, type MemoryNetworkOptions } from './memory-network.ts';
import { StallingThread } from './stalling.ts';

/** A node and what a test may look at. */
export interface PoolNode {
  readonly node: GossipNode;
  readonly logger: MemoryLogger;
  readonly thread: StallingThread;
  /** Counted faults by code. */
  readonly faults: Map<string, number>;
  /** Values of gauges by name and labels: `gossip_members alive`. */
  readonly gauges: Map<string, number>;
  /** Changes of membership so far: `join b`. */
  readonly changes: string[];
  /** Members by name, with their status. */
  readonly sees: () => Record<string, string>;
}

/** Whole nodes on a network in memory and a clock that is moved by hand. */
export class NodePool {
  readonly time = new ManualTime();
  readonly network: MemoryNetwork;
  readonly nodes: PoolNode[] = [];
  #ips = 0;

  constructor(options: MemoryNetworkOptions = {}) {
    this.network = new MemoryNetwork(options, { timers: this.time });
  }

  /** A started node at an address of its own. */
  async add(name: string, options: Partial<GossipOptions> = {}, modules: Partial<NodeModules> = {}): Promise<PoolNode> {
    const ip = options.bindIp ?? `10.0.0.${++this.#ips}`;
    const thread = new StallingThread(this.time);
    const transport: GossipTransport = modules.transport ?? thread.transport(this.network.transport(ip, 7946));
    const logger = new MemoryLogger();
    const faults = new Map<string, number>();
    const gauges = new Map<string, number>();
    const node = new GossipNode(
      { name, ...options },
      {
        clock: this.time,
        timers: thread.timers,
        random: seededRandom(this.#ips),
        transport,
        resolver: { resolve: (host) => Promise.reject(new Error(`${host} is unknown`)) },
        localAddresses: () => [],
        logger,
        metrics: countingMetrics(faults, gauges),
        ...modules,
      },
    );
    const changes: string[] = [];
    node.on('memberChange', ({ change, member }) => void changes.push(`${change} ${member.name}`));
    const sees = (): Record<string, string> =>
      Object.fromEntries(node.members().map((member) => [member.name, member.status]));
    const made = { node, logger, thread, faults, gauges, changes, sees };
    this.nodes.push(made);
    await node.start();
    return made;
  }

  /** Nodes that joined the first one and know each other. */
  async ring(names: readonly string[], options: Partial<GossipOptions> = {}): Promise<PoolNode[]> {
    const made: PoolNode[] = [];
    for (const name of names) {
      made.push(await this.add(name, options));
      if (made.length > 1) await this.join(made.at(-1)!, made[0]!);
    }
    await this.time.advance(5000);
    return made;
  }

  /** Resolves with what became of it. */
  async join(from: PoolNode, to: PoolNode): Promise<string> {
    const joined = from.node.join([`${to.node.address.ip}:${to.node.address.port}`]).then(
      ({ contacted }) => `joined ${contacted}`,
      (error: unknown) => String(error),
    );
    await this.time.advance(200);
    return await joined;
  }

  async stop(): Promise<void> {
    const stopping = Promise.all(this.nodes.map(({ node }) => node.stop()));
    await this.time.advance(1000);
    await stopping;
  }
}

function countingMetrics(
  faults: Map<string, number>,
  gauges: Map<string, number>,
): NonNullable<NodeModules['metrics']> {
  const nothing = { add: () => {}, set: () => {}, observe: () => {} };
  return {
    counter: (name) =>
      name !== 'gossip_faults_total'
        ? nothing
        : {
            add: (value, labels) => {
              const code = labels?.['code'] ?? '';
              faults.set(code, (faults.get(code) ?? 0) + value);
            },
          },
    gauge: (name) => ({
      set: (value, labels) => void gauges.set([name, ...Object.values(labels ?? {})].join(' '), value),
    }),
    histogram: () => nothing,
  };
}
