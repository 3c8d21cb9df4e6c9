import { describe, expect, it } from 'vitest';
import { type CommittedEntry, clusterIdOf, LoopbackNetwork, RaftNode, type StateMachine } from '@dkron/raft';
import { MemoryIdentity, MemoryLog, type MemoryLogMedium, MemorySnapshots } from '@dkron/raft/storage';
import { silentLogger } from '@dkron/runtime';
import { ManualTime, seededRandom } from '@dkron/runtime/testing';
import { Describer } from './describe/describer.ts';
import type { DescribeOutcome } from './describe/description.ts';
import { Formation } from './formation/formation.ts';
import { IdentityFormationStore } from './formation/identity-store.ts';
import { makeChange } from './reconcile/make-change.ts';
import { noteText } from './reconcile/note-text.ts';
import { Reconciler } from './reconcile/reconciler.ts';
import type { NodeMember } from './tags/node-member.ts';

/** Keeps nothing but what was applied. */
class Journal implements StateMachine {
  readonly applied: number[] = [];

  apply(batch: readonly CommittedEntry[]): unknown[] {
    return batch.map(({ index }) => void this.applied.push(index));
  }

  snapshot(): ReturnType<StateMachine['snapshot']> {
    return { persist: async (writer) => await writer.write(new Uint8Array(1)), release: () => {} };
  }

  async restore(stream: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const _ of stream);
  }
}

interface Disk {
  medium: MemoryLogMedium;
  snapshots: MemorySnapshots;
  identity: MemoryIdentity;
}

interface Life {
  readonly raft: RaftNode;
  readonly formation: Formation;
  readonly reconciler: Reconciler;
}

const emptyDisk = (): Disk => ({ medium: {}, snapshots: new MemorySnapshots(), identity: new MemoryIdentity() });

/** Servers of real raft, formation and reconciliation; gossip is a list that everybody sees. */
class Pool {
  readonly time = new ManualTime();
  readonly network = new LoopbackNetwork({}, { timers: this.time });
  readonly disks = new Map<string, Disk>();
  readonly lives = new Map<string, Life>();
  readonly expect: number;
  #starts = 0;
  #members = new Map<string, NodeMember['status']>();

  constructor(expected: number) {
    this.expect = expected;
  }

  async start(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      const disk = this.disks.get(name) ?? emptyDisk();
      this.disks.set(name, disk);
      const life = this.#create(name, disk);
      this.lives.set(name, life);
      await this.settled(life.raft.start());
      this.#members.set(name, 'alive');
      life.raft.on('leadership', () => life.reconciler.changed());
      await life.formation.start();
      life.reconciler.start();
      for (const other of this.lives.values()) other.reconciler.joined(name);
      this.#tell();
    }
  }

  async crash(name: string, status: NodeMember['status'] = 'failed'): Promise<void> {
    const life = this.lives.get(name)!;
    this.lives.delete(name);
    life.formation.stop();
    life.reconciler.stop();
    await this.settled(life.raft.stop());
    this.#members.set(name, status);
    this.#tell();
  }

  leader(): Life | undefined {
    return [...this.lives.values()].find(({ raft }) => raft.leadershipValid());
  }

  voters(): readonly string[] {
    return this.leader()?.raft.getConfiguration().conf.voters ?? [];
  }

  async until(what: string, condition: () => boolean, limitMs = 20_000): Promise<number> {
    const startMs = this.time.monotonicMs();
    while (!condition()) {
      if (this.time.monotonicMs() - startMs > limitMs) throw new Error(`not within ${limitMs} ms: ${what}`);
      await this.time.advance(10);
    }
    return this.time.monotonicMs() - startMs;
  }

  async settled<T>(promise: Promise<T>): Promise<T> {
    let done = false;
    const ended = promise.finally(() => (done = true));
    ended.catch(() => {});
    await this.until('a promise settles', () => done);
    return await ended;
  }

  async stop(): Promise<void> {
    for (const name of this.lives.keys()) await this.crash(name);
  }

  #tell(): void {
    for (const { formation, reconciler } of this.lives.values()) {
      const seen = [...this.#members].map(([name, status]) => ({
        name,
        address: name,
        status: status === 'alive' ? status : ('gone' as const),
      }));
      formation.view(seen);
      formation.joinRoundOver();
      reconciler.changed();
    }
  }

  #create(name: string, disk: Disk): Life {
    const { time } = this;
    const random = seededRandom(++this.#starts);
    const raft: RaftNode = new RaftNode(
      { id: name },
      {
        log: new MemoryLog(disk.medium),
        snapshots: disk.snapshots,
        identity: disk.identity,
        transport: this.network.transport(name),
        stateMachine: new Journal(),
        admit: async (clusterId) => await formation.admit(clusterId),
        clock: time,
        timers: time,
        random,
      },
    );
    const describe = async (address: string): Promise<DescribeOutcome> => {
      await time.sleep(1);
      const life = this.lives.get(address);
      if (life === undefined) return { kind: 'silent', why: 'refused' };
      return { kind: 'ours', description: life.formation.describe({ boot: '', software: '' }) };
    };
    const common = { clock: time, timers: time, random, logger: silentLogger };
    const formation = new Formation(
      { name, region: 'global', expect: this.expect },
      {
        ...common,
        store: new IdentityFormationStore(disk.identity),
        raft: {
          clusterId: () => raft.identity.clusterId,
          hasState: () => raft.stats().lastIndex > 0 || raft.stats().term > 0,
          bootstrap: async (record) => await raft.bootstrap(record),
          redraw: async () => await raft.redrawBirth(),
        },
        describe,
        askPledge: async (address, request) => {
          await time.sleep(1);
          const life = this.lives.get(address);
          if (life === undefined) throw new Error('refused');
          return await life.formation.pledge(request);
        },
        clusterIdOf,
        onFatal: (error) => {
          throw error;
        },
      },
    );
    const reconciler = new Reconciler(
      { name, replaceAfterMs: 5000 },
      {
        ...common,
        describer: new Describer({}, { ask: describe, clock: time }),
        servers: () => [...this.#members].map(([each, status]) => memberOf(each, status)),
        raft: {
          isLeader: () => raft.leadershipValid(),
          clusterId: () => raft.identity.clusterId,
          configuration: () => {
            const { index, conf, members } = raft.getConfiguration();
            const servers = members.map(({ id, suffrage, birth }) => ({ id, birth, voter: suffrage === 'voter' }));
            return { index, servers, joint: conf.votersOutgoing.length > 0 };
          },
          contact: (id) => {
            const { peers, lastIndex } = raft.stats();
            const peer = peers.find((each) => each.id === id);
            const match = peer?.match ?? -1000;
            const hasConfiguration = match >= raft.getConfiguration().index;
            return { recent: peer?.recentActive === true, caughtUp: match + 100 >= lastIndex, hasConfiguration };
          },
          change: async (change, prevIndex) => await makeChange(raft, change, prevIndex),
        },
      },
    );
    return { raft, formation, reconciler };
  }
}

function memberOf(name: string, status: NodeMember['status']): NodeMember {
  const rest = { server: true, region: 'global', datacenter: '', version: '', expect: 3, bootstrap: false };
  return { name, status, rpcAddress: name, ...rest };
}

describe('with real raft', () => {
  it('three servers alike form a cluster and commit, within three seconds', async () => {
    const pool = new Pool(3);
    await pool.start('c', 'a', 'b');
    const tookMs = await pool.until('a leader', () => pool.voters().length === 3);
    expect(tookMs).toBeLessThan(3000);
    const ids = (): Set<string> => new Set([...pool.lives.values()].map(({ raft }) => raft.identity.clusterId));
    await pool.until('everybody is a member', () => ids().size === 1);
    await pool.settled(pool.leader()!.raft.apply(new Uint8Array([1])));
    await pool.until('all know it', () =>
      [...pool.lives.values()].every(({ formation }) => formation.status.kind === 'member'),
    );
    await pool.stop();
  });

  it('one alone, then others that join, become voters one after the other', async () => {
    const pool = new Pool(1);
    await pool.start('b');
    await pool.until('a leader', () => pool.voters().length === 1);
    await pool.start('a', 'c');
    await pool.until('three voters', () => pool.voters().length === 3);
    expect(pool.voters()).toEqual(['a', 'b', 'c']);
    await pool.stop();
  });

  it('a server that lost its data is refused until it is removed, then comes back by itself', async () => {
    const pool = new Pool(3);
    await pool.start('a', 'b', 'c');
    await pool.until('a leader', () => pool.voters().length === 3);
    const victim = ['a', 'b', 'c'].find((name) => pool.lives.get(name) !== pool.leader())!;
    await pool.crash(victim);
    pool.disks.delete(victim);
    await pool.start(victim);
    const notes = (): string[] => pool.leader()?.reconciler.notes.map(noteText) ?? [];
    await pool.until('the note', () => notes().some((text) => text.includes(`remove-peer --peer-id ${victim}`)));
    expect(pool.lives.get(victim)!.raft.identity.clusterId).toBe('');
    await pool.settled(pool.leader()!.raft.remove(victim));
    pool.leader()!.reconciler.changed();
    await pool.until('it votes again', () => pool.voters().length === 3);
    expect(pool.lives.get(victim)!.raft.identity.clusterId).toBe(pool.leader()!.raft.identity.clusterId);
    await pool.stop();
  });

  it('a voter that left is removed, also when it leads', async () => {
    const pool = new Pool(3);
    await pool.start('a', 'b', 'c');
    await pool.until('a leader', () => pool.voters().length === 3);
    const name = ['a', 'b', 'c'].find((each) => pool.lives.get(each) === pool.leader())!;
    await pool.crash(name, 'left');
    await pool.until('two voters', () => pool.voters().length === 2);
    expect(pool.voters()).not.toContain(name);
    await pool.stop();
  });

  it('a voter that failed for long is swapped for the newcomer that waits as learner', async () => {
    const pool = new Pool(3);
    await pool.start('a', 'b', 'c');
    await pool.until('a leader', () => pool.voters().length === 3);
    const failed = ['a', 'b', 'c'].find((name) => pool.lives.get(name) !== pool.leader())!;
    await pool.crash(failed);
    await pool.start('d');
    const conf = (): { readonly voters: readonly string[]; readonly learners: readonly string[] } =>
      pool.leader()!.raft.getConfiguration().conf;
    await pool.until('d is a learner', () => conf().learners.includes('d'));
    expect(conf().voters).toContain(failed);
    const tookMs = await pool.until('d votes', () => conf().voters.includes('d'));
    expect(tookMs).toBeGreaterThan(3000);
    expect([conf().voters.length, conf().voters.includes(failed)]).toEqual([3, false]);
    await pool.stop();
  });

  it('a founder that dies for ever right after it founded leaves a cluster that works', async () => {
    const pool = new Pool(3);
    await pool.start('a', 'b', 'c');
    const a = pool.lives.get('a')!;
    await pool.until('a has founded', () => a.raft.identity.clusterId !== '');
    const id = a.raft.identity.clusterId;
    await pool.until('another is a member', () => pool.lives.get('b')!.raft.stats().lastIndex > 0);
    await pool.crash('a');
    pool.disks.delete('a');
    await pool.until('a leader', () => pool.leader() !== undefined);
    expect([pool.leader()!.raft.identity.clusterId, pool.voters().length]).toEqual([id, 3]);
    await pool.stop();
  });
});
