import { seededRandom } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import type { RaftCore } from '../core/raft/raft-core.ts';
import { StorageError } from '../storage/errors.ts';
import { MemoryLog } from '../storage/memory-log.ts';
import { MemorySnapshots } from '../storage/memory-snapshots.ts';
import type { LogBatch, LogSpace } from '../storage/ports.ts';
import { SegmentedWal } from '../storage/wal.ts';
import { command, NodeCluster } from '../testing/node-cluster.ts';
import { SimDisk } from '../testing/sim-disk.ts';

/** A log whose disk fills, hangs or breaks when told. */
class MoodyLog extends MemoryLog {
  mood: 'well' | 'full' | 'hangs' | 'breaks' = 'well';
  level: LogSpace['level'] = 'ok';
  /** Writes wait for it. */
  held: Promise<void> = Promise.resolve();

  override async append(batch: LogBatch, sync: boolean): Promise<void> {
    if (this.mood === 'full') throw new StorageError('disk_full', 'no space', {});
    if (this.mood === 'breaks') throw new StorageError('log_failed', 'EIO', {});
    if (this.mood === 'hangs') await new Promise<never>(() => {});
    await this.held;
    return await super.append(batch, sync);
  }

  override async space(): Promise<LogSpace> {
    return { level: this.level, reservedBytes: 1, freeBytes: 1 };
  }

  override async resume(): Promise<void> {
    if (this.mood === 'full') throw new StorageError('disk_full', 'no space', {});
  }
}

async function moodyCluster(count: number): Promise<{ cluster: NodeCluster; logs: Map<string, MoodyLog> }> {
  const logs = new Map<string, MoodyLog>();
  const cluster: NodeCluster = await NodeCluster.founded(count, {
    modules: (id) => {
      const log = new MoodyLog({});
      logs.set(id, log);
      return { log };
    },
  });
  return { cluster, logs };
}

describe('RaftNode: disks', () => {
  it('a failed write is fatal: every future settles, the others go on', async () => {
    const { cluster, logs } = await moodyCluster(3);
    const { id, node } = await cluster.leader();
    logs.get(id)!.mood = 'breaks';
    const lost = cluster.failure(node.apply(command('x')));
    expect((await lost).code).toMatch(/failed|leadership_lost/);
    expect(cluster.names(id).at(-1)).toBe('fatal');
    expect(await cluster.failure(node.apply(command('y')))).toMatchObject({ code: 'failed' });
    const next = await cluster.leader(id);
    await cluster.apply(next.id, 'z');
    await cluster.stop(id);
  });

  it('little space: no proposals, leadership goes elsewhere', async () => {
    const { cluster, logs } = await moodyCluster(3);
    const { id, node } = await cluster.leader();
    logs.get(id)!.level = 'low';
    await cluster.until('told', () => cluster.names(id).includes('diskLow'), 3000);
    const next = await cluster.leader(id);
    await cluster.apply(next.id, 'x');
    expect(node.isLeader()).toBe(false);
  });

  it('little space everywhere: leadership does not go round and round, and goes on when there is more', async () => {
    const { cluster, logs } = await moodyCluster(3);
    const { node } = await cluster.leader();
    const { term } = node;
    for (const log of logs.values()) log.level = 'low';
    await cluster.time.advance(10_000);
    expect(cluster.get('a').events.map(({ name }) => name)).toContain('diskLow');
    const after10s = node.term;
    expect(after10s).toBeGreaterThan(term);
    expect(after10s - term).toBeLessThanOrEqual(3);
    await cluster.time.advance(600_000);
    expect(node.term - after10s).toBeLessThanOrEqual(30);
    for (const log of logs.values()) log.level = 'ok';
    await cluster.time.advance(2000);
    await cluster.apply((await cluster.leader()).id, 'x');
  });

  it('little space again: leadership goes elsewhere each time', async () => {
    const { cluster, logs } = await moodyCluster(3);
    const { id, node } = await cluster.leader();
    for (let i = 0; i < 3; i++) {
      logs.get(id)!.level = 'low';
      await cluster.until('it leads no more', () => !node.isLeader(), 3000);
      logs.get(id)!.level = 'ok';
      await cluster.time.advance(60_000);
      await cluster.settled((await cluster.leader()).node.transferLeadership(id));
      expect((await cluster.leader()).id).toBe(id);
    }
  });

  it('little space on the only server: commands are refused until there is more', async () => {
    const { cluster, logs } = await moodyCluster(1);
    const node = cluster.node('a');
    await cluster.apply('a', 'before');
    logs.get('a')!.level = 'low';
    await cluster.until('told', () => cluster.names('a').includes('diskLow'), 3000);
    expect(await cluster.failure(node.apply(command('x')))).toMatchObject({ code: 'disk_full' });
    expect(node.stats().snapshotIndex).toBeGreaterThan(0);
    logs.get('a')!.level = 'ok';
    await cluster.time.advance(2500);
    await cluster.apply('a', 'x');
  });

  it('little space for long: snapshots that make no room are tried ever more rarely, and soon again the next time', async () => {
    const log = new MoodyLog({});
    const attempts: number[] = [];
    class FullSnapshots extends MemorySnapshots {
      override create(): Promise<never> {
        attempts.push(cluster.time.monotonicMs());
        return Promise.reject(new StorageError('disk_full', 'no space', {}));
      }
    }
    const snapshots = new FullSnapshots();
    const cluster: NodeCluster = await NodeCluster.founded(1, { modules: () => ({ log, snapshots }) });
    await cluster.apply('a', 'before');
    log.level = 'low';
    await cluster.time.advance(600_000);
    expect(attempts.length).toBeGreaterThan(10);
    expect(attempts.length).toBeLessThan(30);
    expect(cluster.node('a').stats().running).toBe(true);
    log.level = 'ok';
    await cluster.time.advance(5_000);
    attempts.length = 0;
    log.level = 'low';
    await cluster.time.advance(6_000);
    expect(attempts.length).toBeGreaterThan(1);
  });

  it('no space at all: nothing is acknowledged, and what waits goes on when there is room', async () => {
    const { cluster, logs } = await moodyCluster(1);
    await cluster.apply('a', 'before');
    logs.get('a')!.mood = 'full';
    let settled = false;
    const waiting = cluster.node('a').apply(command('x'));
    waiting.then(
      () => (settled = true),
      () => (settled = true),
    );
    await cluster.time.advance(2000);
    expect(settled).toBe(false);
    expect(await cluster.failure(cluster.node('a').apply(command('y')))).toMatchObject({ code: 'disk_full' });
    logs.get('a')!.mood = 'well';
    expect(await cluster.settled(waiting)).toMatchObject({ value: 2 });
  });

  it('a follower without space acknowledges nothing and catches up later', async () => {
    const { cluster, logs } = await moodyCluster(3);
    const { id } = await cluster.leader();
    const follower = await cluster.follower();
    logs.get(follower.id)!.mood = 'full';
    for (let i = 0; i < 5; i++) await cluster.apply(id, `c${i}`);
    await cluster.time.advance(2000);
    expect(follower.machine.commands).toEqual([]);
    logs.get(follower.id)!.mood = 'well';
    expect(await cluster.converged()).toHaveLength(5);
  });

  it.each(['full', 'hangs'] as const)(
    'a follower whose disk is %s for long keeps a bounded number of answers',
    async (mood) => {
      let watched = '';
      let delivered = 0;
      const logs = new Map<string, MoodyLog>();
      const cluster: NodeCluster = await NodeCluster.founded(3, {
        modules: (id) => {
          const log = new MoodyLog({});
          logs.set(id, log);
          const onCore = (core: RaftCore): void => {
            const step = core.step.bind(core);
            core.step = (message) => {
              if (message.type === 'StorageAppendResp' && message.to === watched) delivered += 1;
              return step(message);
            };
          };
          return { log, onCore };
        },
      });
      const follower = await cluster.follower();
      watched = follower.id;
      const log = logs.get(follower.id)!;
      const held = Promise.withResolvers<void>();
      if (mood === 'full') log.mood = 'full';
      else log.held = held.promise;
      const { id } = await cluster.leader();
      await cluster.apply(id, 'x');
      await cluster.time.advance(600_000);
      expect(follower.machine.commands).toEqual([]);
      delivered = 0;
      log.mood = 'well';
      held.resolve();
      await cluster.until('it has caught up', () => follower.machine.commands.length === 1);
      expect(delivered).toBeGreaterThan(0);
      expect(delivered).toBeLessThan(10);
      await cluster.apply((await cluster.leader()).id, 'y');
      expect(await cluster.converged()).toEqual(['x', 'y']);
    },
  );

  it('a disk that hangs: the leader gives up leadership although its heartbeats flow', async () => {
    const { cluster, logs } = await moodyCluster(3);
    const { id, node } = await cluster.leader();
    logs.get(id)!.mood = 'hangs';
    const lost = cluster.failure(node.apply(command('x')));
    const next = await cluster.leader(id);
    expect(cluster.names(id)).toContain('diskStuck');
    // Committed by the others, applied nowhere here: unknown.
    expect(await lost).toMatchObject({ code: 'leadership_lost' });
    await cluster.apply(next.id, 'y');
    expect(node.isLeader()).toBe(false);
    const startMs = cluster.time.monotonicMs();
    await cluster.stop(id);
    expect(cluster.time.monotonicMs() - startMs).toBeLessThanOrEqual(12_000);
  });

  it('a process that stood still during a write does not blame the disk', async () => {
    const { cluster, logs } = await moodyCluster(3);
    const { id, node } = await cluster.leader();
    const { term } = node;
    const real = cluster.time.monotonicMs.bind(cluster.time);
    let offsetMs = 0;
    cluster.time.monotonicMs = () => real() + offsetMs;
    let written = (): void => {};
    logs.get(id)!.held = new Promise((resolve) => (written = resolve));
    const result = node.apply(command('x'));
    await cluster.time.advance(20);
    offsetMs = 4000;
    await cluster.time.advance(500);
    written();
    await cluster.settled(result);
    expect(cluster.names(id)).toContain('stall');
    expect(cluster.names(id)).not.toContain('diskStuck');
    expect([node.isLeader(), node.term]).toEqual([true, term]);
  });

  it('LogStoreIsMonotonic, CacheLogWithStoreError: what was not written is not there after a restart', async () => {
    const disk = new SimDisk({}, { random: seededRandom(1) });
    const options = { segmentBytes: 16_384 * 4 };
    const log = (cluster: NodeCluster): SegmentedWal =>
      new SegmentedWal(options, { disk: disk.mount(), clock: cluster.time, logger: cluster.logger });
    const cluster: NodeCluster = new NodeCluster({ modules: () => ({ log: log(cluster) }) });
    await cluster.create('a');
    await cluster.found(['a']);
    await cluster.leader();
    for (let i = 0; i < 20; i++) await cluster.apply('a', `c${i}`);
    disk.inject({ call: 'sync' });
    expect(await cluster.failure(cluster.node('a').apply(command('lost')))).toMatchObject({ code: 'failed' });
    await cluster.stop('a');
    disk.crash('lose');
    await cluster.start('a');
    await cluster.leader();
    const { commands } = cluster.get('a').machine;
    expect(commands.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, i) => `c${i}`));
    await cluster.apply('a', 'after');
  });

  it('an exception of the state machine is fatal', async () => {
    const cluster = await NodeCluster.founded(1);
    cluster.get('a').machine.apply = () => {
      throw new Error('bug');
    };
    expect(await cluster.failure(cluster.node('a').apply(command('x')))).toMatchObject({
      code: 'failed',
      message: expect.stringContaining('bug') as string,
    });
  });

  it('entries that left memory are read from the log, for peers and for the state machine', async () => {
    const cluster = await NodeCluster.founded(3, { node: { entryCacheBytes: 500, maxAppendBytes: 400 } });
    const follower = await cluster.follower();
    await cluster.stop(follower.id);
    const { id } = await cluster.leader();
    for (let i = 0; i < 60; i++) await cluster.apply(id, `c${i}`.padEnd(100, '.'));
    await cluster.start(follower.id);
    expect(await cluster.converged()).toHaveLength(60);
    await cluster.restart(follower.id);
    expect(await cluster.converged()).toHaveLength(60);
  });

  it('ApplyConcurrent_Timeout: overload is told at once; bytes, callers and single commands are bounded', async () => {
    const node = { maxUncommittedBytes: 1000, maxPendingProposals: 5, maxEntryBytes: 500 };
    const cluster = await NodeCluster.founded(3, { node });
    const leader = await cluster.leader();
    expect(await cluster.failure(leader.node.apply(new Uint8Array(501)))).toMatchObject({ code: 'entry_too_large' });
    const big = [1, 2, 3].map(() => leader.node.apply(new Uint8Array(400).fill(48)));
    const outcomes = await cluster.settled(Promise.allSettled(big));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    const many = Array.from({ length: 7 }, () => leader.node.apply(command('x')));
    const results = await cluster.settled(Promise.allSettled(many));
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(2);
    await cluster.apply(leader.id, 'y');
  });
});
