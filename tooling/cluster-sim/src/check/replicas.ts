import type { Message } from '@dkron/raft';
import type { TraceHash } from '@dkron/raft/testing';
import type { ServerCore } from '@dkron/server/wiring';
import type { Store } from '@dkron/store';
import type { SimServer } from '../nodes/sim-server.ts';
import type { World } from '../world/world.ts';
import { must } from './broken.ts';
import type { History } from './history.ts';

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
  readonly clusterIds = new Set<string>();

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
    store.apply = (entries, options) => {
      this.#world.guard(() => {
        for (const { index, data } of entries) this.#command(server, index, data);
      });
      return apply(entries, options);
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
        if (!isLeader) return;
        const other = this.#leaders.get(term) ?? server.name;
        must(other === server.name, 'RaftI1', () => `${other} and ${server.name} lead term ${term}`);
        this.#leaders.set(term, server.name);
        world.say(() => `${server.name} leads term ${term}`);
      }),
    );
    const apply = node.apply.bind(node);
    node.apply = async (data) => {
      const result = await apply(data);
      const index = BigInt(result.index);
      if (index > this.acknowledged) this.acknowledged = index;
      return result;
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
