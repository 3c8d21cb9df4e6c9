import { MemoryLogger, ManualTime, seededRandom } from '@dkron/runtime/testing';
import type { NodeId } from '../core/types.ts';
import type { RaftNodeModules } from '../node/modules.ts';
import type { RaftNodeOptions } from '../node/options.ts';
import { RaftNode } from '../node/raft-node.ts';
import type { RaftEventName, RaftEvents } from '../node/events.ts';
import { MemoryIdentity } from '../storage/identity.ts';
import { MemoryLog } from '../storage/memory-log.ts';
import type { MemoryLogMedium } from '../storage/memory-log.ts';
import { MemorySnapshots } from '../storage/memory-snapshots.ts';
import { LoopbackNetwork } from '../transport/loopback.ts';
import { JournalMachine } from './journal-machine.ts';

export interface NodeClusterOptions {
  readonly seed?: number;
  readonly node?: Partial<RaftNodeOptions>;
  /** Options of one server, on top; asked at each of its starts. */
  readonly nodeOf?: (id: NodeId) => Partial<RaftNodeOptions>;
  /** Replaces modules of a server at each of its starts. */
  readonly modules?: (id: NodeId) => Partial<RaftNodeModules>;
}

/** One server: what survives its restarts, and its present life. */
export interface ClusterServer {
  readonly id: NodeId;
  readonly medium: MemoryLogMedium;
  readonly snapshots: MemorySnapshots;
  readonly identity: MemoryIdentity;
  machine: JournalMachine;
  node: RaftNode;
  /** Events since the last start. */
  events: { readonly name: RaftEventName; readonly event: unknown }[];
}

const EVENTS: readonly RaftEventName[] = [
  'leadership',
  'leaderSuspect',
  'stall',
  'configuration',
  'foreignCluster',
  'peerRegressed',
  'handshakeRefused',
  'diskLow',
  'diskStuck',
  'snapshot',
  'fatal',
];

/** Nodes over a loopback network in virtual time: nothing sleeps, and a run is a function of its seed. */
export class NodeCluster {
  readonly time = new ManualTime();
  readonly logger = new MemoryLogger();
  readonly network = new LoopbackNetwork({}, { timers: this.time });
  readonly servers = new Map<NodeId, ClusterServer>();
  readonly #options: NodeClusterOptions;
  #starts = 0;

  constructor(options: NodeClusterOptions = {}) {
    this.#options = options;
  }

  /** Starts servers that do not exist yet. */
  async create(...ids: readonly NodeId[]): Promise<void> {
    for (const id of ids) {
      const media = { medium: {}, snapshots: new MemorySnapshots(), identity: new MemoryIdentity() };
      const machine = new JournalMachine();
      const server = { id, ...media, machine, events: [], node: undefined as unknown as RaftNode };
      this.servers.set(id, server);
      await this.start(id);
    }
  }

  /** Creates servers, founds a cluster of them and waits for a leader that has committed. */
  static async founded(count: number, options: NodeClusterOptions = {}): Promise<NodeCluster> {
    const cluster = new NodeCluster(options);
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].slice(0, count);
    await cluster.create(...ids);
    await cluster.found(ids);
    await cluster.leader();
    return cluster;
  }

  async found(ids: readonly NodeId[]): Promise<void> {
    const members = ids.map((id) => ({ id, birth: this.get(id).node.identity.birth }));
    for (const id of ids) await this.get(id).node.bootstrap({ region: 'global', attempt: 0, members });
  }

  get(id: NodeId): ClusterServer {
    const server = this.servers.get(id);
    if (server === undefined) throw new Error(`no server ${id}`);
    return server;
  }

  node(id: NodeId): RaftNode {
    return this.get(id).node;
  }

  /** Starts a server, or starts it again with what it had on its disk. */
  async start(id: NodeId): Promise<RaftNode> {
    const server = this.get(id);
    server.machine = new JournalMachine();
    server.events = [];
    const random = seededRandom((this.#options.seed ?? 1) * 1000 + this.#starts++);
    const node = new RaftNode(
      { id, ...this.#options.node, ...this.#options.nodeOf?.(id) },
      {
        log: new MemoryLog(server.medium),
        snapshots: server.snapshots,
        identity: server.identity,
        transport: this.network.transport(id),
        stateMachine: server.machine,
        clock: this.time,
        timers: this.time,
        random,
        logger: this.logger.child({ id }),
        ...this.#options.modules?.(id),
      },
    );
    for (const name of EVENTS) {
      node.on(name, (event: RaftEvents[typeof name]) => void server.events.push({ name, event }));
    }
    server.node = node;
    await this.settled(node.start());
    return node;
  }

  async stop(id: NodeId): Promise<void> {
    await this.settled(this.node(id).stop());
  }

  async restart(id: NodeId): Promise<RaftNode> {
    await this.stop(id);
    return await this.start(id);
  }

  /** Moves time until the condition holds; throws after `limitMs` of virtual time. */
  async until(what: string, condition: () => boolean, limitMs = 20_000): Promise<void> {
    for (let passedMs = 0; !condition(); passedMs += 10) {
      if (passedMs >= limitMs) throw new Error(`not within ${limitMs} ms: ${what}`);
      await this.time.advance(10);
    }
  }

  /** Moves time until the promise settles. */
  async settled<T>(promise: Promise<T>, limitMs = 20_000): Promise<T> {
    let done = false;
    const settle = (): void => void (done = true);
    promise.then(settle, settle);
    await this.until('promise settled', () => done, limitMs);
    return await promise;
  }

  /** The error that a promise rejects with. */
  async failure(promise: Promise<unknown>, limitMs?: number): Promise<Error & { code?: string }> {
    try {
      await this.settled(promise, limitMs);
    } catch (error) {
      return error as Error & { code?: string };
    }
    throw new Error('the promise was fulfilled');
  }

  /** The one leader whose leadership is valid, waiting for it. */
  async leader(...except: readonly NodeId[]): Promise<ClusterServer> {
    const find = (): ClusterServer | undefined =>
      [...this.servers.values()].find(({ id, node }) => !except.includes(id) && node.leadershipValid());
    await this.until('a leader', () => find() !== undefined);
    return find()!;
  }

  /** A member that does not lead. */
  async follower(): Promise<ClusterServer> {
    const leader = await this.leader();
    return [...this.servers.values()].find(({ id }) => id !== leader.id)!;
  }

  async apply(id: NodeId, text: string): Promise<unknown> {
    return (await this.settled(this.node(id).apply(new TextEncoder().encode(text)))).value;
  }

  /** Waits until the servers have applied the same commands, then returns them. */
  async converged(...ids: readonly NodeId[]): Promise<readonly string[]> {
    const machines = (ids.length === 0 ? [...this.servers.keys()] : ids).map((id) => this.get(id).machine);
    const longest = (): number => Math.max(...machines.map(({ commands }) => commands.length));
    await this.until('all have the same', () => machines.every(({ commands }) => commands.length === longest()));
    const texts = machines.map(({ commands }) => commands.join());
    if (new Set(texts).size !== 1) throw new Error(`state machines differ: ${texts.join(' | ')}`);
    return machines[0]!.commands;
  }

  names(id: NodeId): RaftEventName[] {
    return this.get(id).events.map(({ name }) => name);
  }

  async stopAll(): Promise<void> {
    for (const { node } of this.servers.values()) await this.settled(node.stop());
  }
}

/** A command as bytes. */
export function command(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
