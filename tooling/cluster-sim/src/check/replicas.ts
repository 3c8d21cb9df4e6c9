import type { Message } from '@dkron/raft';
import type { TraceHash } from '@dkron/raft/testing';
import type { ServerCore } from '@dkron/server/wiring';
import type { Store } from '@dkron/store';
import type { SimServer } from '../nodes/sim-server.ts';
import type { World } from '../world/world.ts';
import { must } from './broken.ts';
import type { History } from './history.ts';

/** Contact within an election timeout is asked for; the rest is what heartbeats and ticks add. */
const ABSENT_MS = 3500;

/** What servers store, against each other and against what was acknowledged. */
export class Replicas {
  readonly #history: History;
  readonly #world: World;
  /** Applied index → hash of the state. */
  readonly #hashes = new Map<bigint, string>();
  /** Applied index → bytes of the command. */
  readonly #commands = new Map<bigint, Uint8Array>();
  readonly #leaders = new Map<number, string>();
  /** (server, term) → birth that voted. */
  readonly #votes = new Map<string, string>();
  /** Up to here the history knows. */
  #frontier = 0n;
  /** Highest index that somebody was told to be stored. */
  acknowledged = 0n;

  constructor(history: History, world: World) {
    this.#history = history;
    this.#world = world;
  }

  get frontier(): bigint {
    return this.#frontier;
  }

  addTo(hash: TraceHash): void {
    for (const [index, state] of this.#hashes) hash.addText(`${index} ${state}`);
  }

  opened(server: SimServer, store: Store): void {
    this.#same(server, store);
    const apply = store.apply.bind(store);
    store.apply = (entries) => {
      this.#world.guard(() => {
        for (const { index, data } of entries) this.#command(server, index, data);
      });
      return apply(entries);
    };
    store.onApplied((events, told) =>
      this.#world.guard(() => {
        const job = store.getJob.bind(store);
        const { index } = store.stateHash();
        let from = 0;
        let known = false;
        for (const { index: at, end } of told) {
          if (at > this.#frontier) for (const event of events.slice(from, end)) this.#history.apply(event, job);
          else known = true;
          from = end;
        }
        if (index > this.#frontier) {
          this.#frontier = index;
          this.#history.settle(!known, job);
        }
        this.#same(server, store);
      }),
    );
    store.onRestored(() =>
      this.#world.guard(() => {
        this.#world.mark('state restored from a snapshot');
        this.#same(server, store);
      }),
    );
  }

  consensus(server: SimServer, { consensus }: ServerCore): void {
    const { node } = consensus;
    const world = this.#world;
    node.on('leadership', ({ isLeader, term }) =>
      world.guard(() => {
        if (!isLeader) return this.#silenced(server);
        const other = this.#leaders.get(term) ?? server.name;
        must(other === server.name, 'RaftI1', () => `${other} and ${server.name} lead term ${term}`);
        this.#leaders.set(term, server.name);
        world.say(() => `${server.name} leads term ${term}`);
      }),
    );
    this.#membership(server, node);
    const apply = node.apply.bind(node);
    node.apply = async (data) => {
      const result = await apply(data);
      const index = BigInt(result.index);
      if (index > this.acknowledged) this.acknowledged = index;
      return result;
    };
  }

  /** Whoever does not lead any more stops its engine in the same turn, and with it the sessions. */
  #silenced(server: SimServer): void {
    const { process } = server;
    this.#world.time.after(1, () =>
      this.#world.guard(() => {
        const { parts } = server;
        if (parts === undefined || server.process !== process || parts.core.consensus.node.isLeader()) return;
        must(!parts.scheduling.engine.running, 'DeposedSilent', () => `${server.name} goes on without leading`);
      }),
    );
  }

  /** While a server may act as leader, nobody leads a later term. */
  onlyLeader(server: SimServer, what: string): void {
    const own = server.parts?.core.consensus.node;
    if (own === undefined) return;
    for (const other of this.#world.servers) {
      const node = other.up ? other.parts?.core.consensus.node : undefined;
      if (node === undefined || node === own || !node.isLeader()) continue;
      must(
        node.term <= own.term,
        'DeposedSilent',
        () => `${server.name} ${what} in term ${own.term}, ${other.name} leads ${node.term}`,
      );
    }
  }

  /** No server is made a voter that would leave too few of them alive, or more of them dead. */
  #membership(server: SimServer, node: ServerCore['consensus']['node']): void {
    const gone = (id: string): boolean =>
      (this.#world.servers.find(({ name }) => name === id)?.absentMs ?? Infinity) > ABSENT_MS;
    const promote = node.promote.bind(node);
    node.promote = (id, options) => {
      this.#world.guard(() => {
        const dead = node.getConfiguration().conf.voters.filter(gone);
        must(dead.length === 0, 'QuorumKept', () => `${server.name} makes ${id} a voter while ${dead.join()} is dead`);
      });
      return promote(id, options);
    };
    const change = node.changeMembers.bind(node);
    node.changeMembers = (steps, options) => {
      this.#world.guard(() => {
        const { voters } = node.getConfiguration().conf;
        const removed = new Set(steps.filter(({ kind }) => kind === 'remove').map(({ id }) => id));
        const added = steps.filter(({ kind }) => kind === 'addVoter').map(({ id }) => id);
        const after = [...new Set([...voters.filter((id) => !removed.has(id)), ...added])];
        const alive = after.filter((id) => !gone(id)).length;
        must(
          2 * alive > after.length,
          'QuorumKept',
          () => `${server.name} changes the voters to ${after.join()}, ${alive} of them live`,
        );
        this.#world.mark('voter swapped');
      });
      return change(steps, options);
    };
  }

  /** Says something to another server. */
  sent(server: SimServer, message: Message): void {
    const node = server.parts?.core.consensus.node;
    if (node === undefined || message.reject) return;
    if (message.type !== 'VoteResp') return;
    const { birth, clusterId } = node.identity;
    must(clusterId !== '', 'BirthVotes', () => `${server.name} votes and is no member`);
    const key = `${server.name} ${message.term}`;
    const before = this.#votes.get(key) ?? birth;
    must(before === birth, 'BirthVotes', () => `two births of ${server.name} vote in term ${message.term}`);
    this.#votes.set(key, birth);
  }

  /** A server begins to decide: it must hold whatever anybody was promised. */
  gained(server: SimServer, store: Store): void {
    const { acknowledged } = this;
    must(store.appliedIndex() >= acknowledged, 'AckMeansCommitted', () => {
      return `${server.name} leads with entry ${store.appliedIndex()}, entry ${acknowledged} was acknowledged`;
    });
  }

  #command(server: SimServer, index: bigint, data: Uint8Array): void {
    const before = this.#commands.get(index);
    if (before === undefined) return void this.#commands.set(index, data);
    must(Buffer.compare(before, data) === 0, 'SameState', () => `${server.name} applies another entry ${index}`);
  }

  #same(server: SimServer, store: Store): void {
    const { index, hash } = store.stateHash();
    const before = this.#hashes.get(index);
    if (before === undefined) this.#hashes.set(index, hash);
    else must(before === hash, 'SameState', () => `${server.name} has another state at entry ${index}`);
  }
}
