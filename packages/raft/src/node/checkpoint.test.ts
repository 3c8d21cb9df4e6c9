import { describe, expect, it } from 'vitest';
import type { RaftNodeModules } from './modules.ts';
import { MemoryLog, type MemoryLogMedium } from '../storage/memory-log.ts';
import { MemorySnapshots } from '../storage/memory-snapshots.ts';
import type { SnapshotReader } from '../storage/ports.ts';
import { JournalMachine } from '../testing/journal-machine.ts';
import { NodeCluster } from '../testing/node-cluster.ts';

/** Keeps its state over restarts of the node, as a database does. */
class DurableMachine extends JournalMachine {
  checkpoints: number[] = [];

  async appliedIndex(): Promise<number> {
    return this.index;
  }

  async checkpoint(): Promise<void> {
    this.checkpoints.push(this.index);
  }
}

interface Durable {
  readonly cluster: NodeCluster;
  machine(id: string): DurableMachine;
  /** Its disk is lost. */
  lose(id: string): void;
}

/** As files of which one was damaged. */
class FragileSnapshots extends MemorySnapshots {
  damaged = '';

  override async openLatest(): Promise<SnapshotReader | undefined> {
    const id = (await this.list()).map((one) => one.id).find((one) => one !== this.damaged);
    return id === undefined ? undefined : await this.open(id);
  }
}

type MoreModules = (id: string, medium: MemoryLogMedium) => Partial<RaftNodeModules>;

async function durable(count: number, more: MoreModules = () => ({})): Promise<Durable> {
  const media = new Map<string, MemoryLogMedium>();
  const machines = new Map<string, DurableMachine>();
  const machine = (id: string): DurableMachine => {
    if (!machines.has(id)) machines.set(id, new DurableMachine());
    return machines.get(id)!;
  };
  const modules = (id: string): Partial<RaftNodeModules> => {
    if (!media.has(id)) media.set(id, {});
    return { stateMachine: machine(id), ...more(id, media.get(id)!) };
  };
  const cluster = await NodeCluster.founded(count, { node: { trailingLogs: 0 }, modules });
  return { cluster, machine, lose: (id) => void machines.delete(id) };
}

describe('RaftNode: state machines that are durable themselves', () => {
  it('a snapshot is a checkpoint: the log is compacted, no state is written, a restart continues', async () => {
    const { cluster, machine } = await durable(1);
    for (let i = 0; i < 30; i++) await cluster.apply('a', 'c'.repeat(1000));
    const stored = await cluster.settled(cluster.node('a').snapshot());
    expect(stored.bytes).toBeLessThan(500);
    expect(machine('a').checkpoints).toEqual([stored.index]);
    expect(cluster.node('a').stats()).toMatchObject({ snapshotIndex: stored.index, firstIndex: stored.index + 1 });
    await cluster.restart('a');
    await cluster.leader();
    await cluster.apply('a', 'after');
    expect([machine('a').restored, machine('a').commands.length]).toEqual([[], 31]);
    expect(
      cluster
        .node('a')
        .getConfiguration()
        .members.map(({ id }) => id),
    ).toEqual(['a']);
  });

  it('a snapshot at an entry that is no command fits a state machine that never saw it', async () => {
    const { cluster, machine } = await durable(1);
    await cluster.apply('a', 'one');
    const index = await cluster.settled(cluster.node('a').barrier());
    expect((await cluster.settled(cluster.node('a').snapshot())).index).toBe(index);
    await cluster.restart('a');
    await cluster.leader();
    expect([machine('a').commands, machine('a').restored]).toEqual([['one'], []]);
  });

  it('a follower that needs the state gets it: a snapshot with state is taken then', async () => {
    const { cluster, machine } = await durable(3);
    const follower = await cluster.follower();
    await cluster.stop(follower.id);
    const { id, node } = await cluster.leader();
    for (let i = 0; i < 40; i++) await cluster.apply(id, `c${i}`);
    await cluster.settled(node.snapshot());
    await cluster.apply(id, 'later');
    await cluster.start(follower.id);
    await cluster.until('the follower has all', () => machine(follower.id).commands.length === 41);
    expect(machine(follower.id).restored).toHaveLength(1);
    expect(machine(follower.id).commands).toEqual(machine(id).commands);
  });

  it('a server added after the log was compacted gets the state, though the newest snapshot does not know it', async () => {
    const { cluster, machine } = await durable(1);
    for (let i = 0; i < 30; i++) await cluster.apply('a', `c${i}`);
    await cluster.settled(cluster.node('a').snapshot());
    await cluster.create('new');
    const { birth } = cluster.node('new').identity;
    await cluster.settled(cluster.node('a').addVoter('new', { birth, address: 'new' }));
    await cluster.apply('a', 'later');
    await cluster.until('it has all', () => machine('new').commands.length === 31);
    expect(machine('new').commands).toEqual(machine('a').commands);
  });

  it('a backup holds the state though the newest snapshot does not', async () => {
    const { cluster } = await durable(1);
    for (let i = 0; i < 3; i++) await cluster.apply('a', `c${i}`);
    await cluster.settled(cluster.node('a').snapshot());
    const { stream } = await cluster.settled(cluster.node('a').openSnapshot());
    let text = '';
    for await (const chunk of stream) text += new TextDecoder().decode(chunk);
    expect(JSON.parse(text)).toEqual(['c0', 'c1', 'c2']);
  });

  it('the state of one moment with its position: what is applied later is not in it', async () => {
    const { cluster } = await durable(3);
    const { id, node } = await cluster.leader();
    for (let i = 0; i < 3; i++) await cluster.apply(id, `c${i}`);
    const { meta, members, state } = await cluster.settled(node.captureState());
    await cluster.apply(id, 'later');
    expect(meta).toMatchObject({ index: node.stats().applied - 1, term: node.term });
    expect(members.map((member) => member.id).toSorted()).toEqual(['a', 'b', 'c']);
    let text = '';
    await state.persist({ write: async (chunk) => void (text += new TextDecoder().decode(chunk)) });
    state.release();
    expect(JSON.parse(text)).toEqual(['c0', 'c1', 'c2']);
    expect(node.stats().snapshotIndex).toBe(0);
  });

  it('a state machine that lost what it held durably does not start', async () => {
    const { cluster, lose } = await durable(1);
    for (let i = 0; i < 3; i++) await cluster.apply('a', `c${i}`);
    await cluster.settled(cluster.node('a').snapshot());
    await cluster.stop('a');
    lose('a');
    const error = await cluster.start('a').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'start_failed' });
    expect((error as Error).message).toContain('its folder was lost');
  });

  describe('the newest snapshot is damaged', () => {
    /** Snapshots at two memberships, {a, b, c} and {a, b, c, d}; then the newest of `a` cannot be read. */
    async function damaged(log?: (log: MemoryLog) => MemoryLog): Promise<Durable & { readonly before: unknown }> {
      const snapshots = new FragileSnapshots();
      const made = await durable(3, (id, medium) =>
        id === 'a' ? { snapshots, ...(log === undefined ? {} : { log: log(new MemoryLog(medium)) }) } : {},
      );
      const { cluster } = made;
      const { id, node } = await cluster.leader();
      await cluster.apply(id, 'one');
      await cluster.converged();
      await cluster.settled(cluster.node('a').snapshot());
      await cluster.create('d');
      const { birth } = cluster.node('d').identity;
      await cluster.settled(node.addVoter('d', { birth, address: 'd' }));
      await cluster.apply(id, 'two');
      await cluster.until('all have it', () => ['a', 'd'].every((one) => made.machine(one).commands.length === 2));
      await cluster.settled(cluster.node('a').snapshot());
      const before = cluster.node('a').getConfiguration().conf;
      await cluster.stop('a');
      snapshots.damaged = (await snapshots.list())[0]!.id;
      return { ...made, before };
    }

    it('the membership is that of the log, not that of the older snapshot', async () => {
      const { cluster, before, machine } = await damaged();
      await cluster.start('a');
      expect(cluster.node('a').getConfiguration().conf).toEqual(before);
      expect(before).toMatchObject({ voters: ['a', 'b', 'c', 'd'] });
      const { id } = await cluster.leader();
      await cluster.apply(id, 'three');
      await cluster.until('all have it', () => machine('a').commands.length === 3);
    });

    it('a log that does not tell who the members were: refused, with what to do', async () => {
      const { cluster } = await damaged((log) => {
        const append = log.append.bind(log);
        log.append = async (batch, sync) => {
          if (batch.confs !== undefined && batch.entries === undefined) return;
          await append(batch, sync);
        };
        return log;
      });
      const error = await cluster.start('a').catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'start_failed', message: expect.stringContaining('peers.json') as string });
    });
  });
});
