import type { Random } from '@dkron/runtime';
import { seededRandom } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import type { Message } from '../core/message.ts';
import type { LoopbackFate } from '../transport/loopback.ts';
import { type ClusterServer, command, NodeCluster } from '../testing/node-cluster.ts';

/** A cluster under load, of which everything that a leader says on the wire is looked at. */
class FuzzyRun {
  readonly cluster: NodeCluster;
  readonly random: Random;
  readonly acknowledged: string[] = [];
  /** What becomes of a message, where a test wants more than losing it. */
  fate: (message: Message) => LoopbackFate = () => 'deliver';
  readonly #wrong: string[] = [];
  readonly #leaders = new Map<number, string>();
  #open = 0;
  #count = 0;

  private constructor(cluster: NodeCluster, seed: number) {
    this.cluster = cluster;
    this.random = seededRandom(seed);
    cluster.network.fate = (from, _to, message) => {
      this.#look(from, message);
      return this.fate(message);
    };
  }

  static async founded(count: number, seed = 1): Promise<FuzzyRun> {
    return new FuzzyRun(await NodeCluster.founded(count, { seed, node: { trailingLogs: 20 } }), seed);
  }

  any<T>(...values: readonly T[]): T {
    return values[this.random.nextInt(values.length)]!;
  }

  followers(leader: ClusterServer): ClusterServer[] {
    const { voters } = leader.node.getConfiguration().conf;
    return voters.filter((id) => id !== leader.id).map((id) => this.cluster.get(id));
  }

  /** Proposes to whoever believes to lead, for a while. */
  async load(lengthMs: number): Promise<void> {
    for (let passedMs = 0; passedMs < lengthMs; passedMs += 20) {
      for (const { node } of this.cluster.servers.values()) if (node.isLeader()) this.#propose(node);
      await this.cluster.time.advance(20);
    }
  }

  /** What is wrong at the end: nothing if all the members agree, and have everything that was acknowledged, once. */
  async complaints(least: number): Promise<string[]> {
    const { cluster, acknowledged } = this;
    this.fate = () => 'deliver';
    cluster.network.heal();
    await cluster.time.advance(3000);
    const { id, node } = await cluster.leader();
    await cluster.apply(id, 'last');
    const { voters, learners } = node.getConfiguration().conf;
    const commands = await cluster.converged(...voters, ...learners);
    const applied = new Set(commands);
    const missing = acknowledged.filter((text) => !applied.has(text)).map((text) => `${text} is missing`);
    const dead = cluster.logger.records.filter(({ event }) => event.includes('failed; restart'));
    const all = [...this.#wrong, ...missing, ...dead.map(({ event }) => event)];
    if (applied.size < commands.length) all.push('a command was applied twice');
    if (this.#open > 0) all.push(`${this.#open} promises are open`);
    if (acknowledged.length < least) all.push(`only ${acknowledged.length} commands were acknowledged`);
    return all;
  }

  #propose(node: ClusterServer['node']): void {
    const text = `c${this.#count++}`;
    this.#open += 1;
    const done = (): void => void (this.#open -= 1);
    node.apply(command(text)).then(() => {
      this.acknowledged.push(text);
      done();
    }, done);
  }

  /** One leader a term on the wire, and it speaks for itself. */
  #look(from: string, { type, term, from: claimed }: Message): void {
    if (claimed !== from) this.#wrong.push(`${from} speaks as ${claimed}`);
    if (type !== 'App' && type !== 'Heartbeat' && type !== 'Snap' && type !== 'TimeoutNow') return;
    const leader = this.#leaders.get(term) ?? from;
    if (leader !== from) this.#wrong.push(`${leader} and ${from} lead term ${term}`);
    this.#leaders.set(term, leader);
  }
}

const add = (run: FuzzyRun, id: string): { birth: string; address: string } => ({
  birth: run.cluster.node(id).identity.birth,
  address: id,
});

describe('RaftNode: clusters under load', () => {
  it('NoIssueSanity: nothing goes wrong, and nothing is lost', async () => {
    const run = await FuzzyRun.founded(5);
    const { node } = await run.cluster.leader();
    const { term } = node;
    await run.load(4000);
    expect([node.isLeader(), node.term]).toEqual([true, term]);
    expect(await run.complaints(180)).toEqual([]);
  });

  it('LeaderPartitions: the leader of five is cut off with one follower or alone, again and again', async () => {
    const run = await FuzzyRun.founded(5);
    for (let i = 0; i < 5; i++) {
      const leader = await run.cluster.leader();
      const beside = run.any(...run.followers(leader)).id;
      const alone = run.any(true, false);
      for (const { id } of run.cluster.servers.values()) {
        for (const side of alone ? [leader.id] : [leader.id, beside]) {
          if (id === leader.id || (!alone && id === beside)) continue;
          run.cluster.network.cut(side, id);
          run.cluster.network.cut(id, side);
        }
      }
      await run.load(2000);
      await run.cluster.leader(leader.id);
      run.cluster.network.heal();
      await run.load(1000);
    }
    expect(await run.complaints(200)).toEqual([]);
  });

  it.each(['SlowSendVote', 'SlowRecvVote'])('%s: votes of one server take up to half a second', async (name) => {
    const run = await FuzzyRun.founded(3);
    for (let i = 0; i < 6; i++) {
      const leader = await run.cluster.leader();
      const slow = run.any(...run.followers(leader)).id;
      run.fate = ({ type, from, to }) => {
        const vote = type === 'Vote' || type === 'PreVote' || type === 'VoteResp' || type === 'PreVoteResp';
        return vote && (name === 'SlowSendVote' ? from : to) === slow ? run.random.nextInt(500) : 'deliver';
      };
      run.cluster.network.isolate(leader.id);
      await run.load(2000);
      await run.cluster.leader(leader.id);
      run.cluster.network.heal();
      await run.load(500);
    }
    expect(await run.complaints(200)).toEqual([]);
  });

  it('AddMembership: servers join one after the other', async () => {
    const run = await FuzzyRun.founded(3);
    for (const id of ['x', 'y', 'z']) {
      await run.cluster.create(id);
      const { node } = await run.cluster.leader();
      const added = run.cluster.settled(node.addVoter(id, add(run, id)), 60_000);
      await run.load(1000);
      await added;
    }
    expect((await run.cluster.leader()).node.getConfiguration().conf.voters).toHaveLength(6);
    expect(await run.complaints(100)).toEqual([]);
  });

  it('AddRemoveNodesNotLeader: followers go and come back', async () => {
    const run = await FuzzyRun.founded(5);
    const { id } = await run.cluster.leader();
    for (let i = 0; i < 8; i++) {
      const leader = await run.cluster.leader();
      const victim = run.any(...run.followers(leader)).id;
      const removed = run.cluster.settled(leader.node.remove(victim));
      await run.load(200);
      await removed;
      const back = run.cluster.settled(leader.node.addVoter(victim, add(run, victim)), 60_000);
      await run.load(1000);
      await back;
    }
    expect((await run.cluster.leader()).id).toBe(id);
    expect(await run.complaints(300)).toEqual([]);
  });

  it('RemoveLeader: each leader of five removes itself, down to two', async () => {
    const run = await FuzzyRun.founded(5);
    const gone: string[] = [];
    for (let i = 0; i < 3; i++) {
      const { id, node } = await run.cluster.leader(...gone);
      const removed = run.cluster.settled(node.remove(id));
      await run.load(1500);
      await removed;
      gone.push(id);
    }
    const last = await run.cluster.leader(...gone);
    expect(last.node.getConfiguration().conf.voters).toHaveLength(2);
    expect(gone.filter((id) => run.cluster.node(id).isLeader())).toEqual([]);
    expect(await run.complaints(100)).toEqual([]);
  });

  it('RemovePartitionedNode: a server is removed that cannot hear of it, and comes back', async () => {
    const run = await FuzzyRun.founded(5);
    for (let i = 0; i < 5; i++) {
      const leader = await run.cluster.leader();
      const victim = run.any(...run.followers(leader)).id;
      run.cluster.network.isolate(victim);
      await run.load(500);
      await run.cluster.settled(leader.node.remove(victim));
      run.cluster.network.heal();
      await run.load(2000);
      expect((await run.cluster.leader()).id).toBe(leader.id);
      await run.cluster.settled(leader.node.addVoter(victim, add(run, victim)), 60_000);
    }
    expect(await run.complaints(300)).toEqual([]);
  });

  it('FuzzyLeadershipTransfer: leadership goes round under load', async () => {
    const run = await FuzzyRun.founded(5);
    for (let i = 0; i < 30; i++) {
      const leader = await run.cluster.leader();
      const to = run.any('', ...run.followers(leader).map(({ id }) => id));
      const transfer = leader.node.transferLeadership(to);
      await run.load(200);
      await run.cluster.settled(transfer);
      expect(leader.node.isLeader()).toBe(false);
    }
    expect(await run.complaints(100)).toEqual([]);
  });
});
