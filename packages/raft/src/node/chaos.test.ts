import type { Random } from '@dkron/runtime';
import { seededRandom } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import { SegmentedWal } from '../storage/wal.ts';
import { FileSnapshots } from '../storage/file-snapshots.ts';
import { command, NodeCluster, type NodeClusterOptions } from '../testing/node-cluster.ts';
import { SimDisk } from '../testing/sim-disk.ts';

const STEPS = 120;

interface Run {
  readonly cluster: NodeCluster;
  readonly random: Random;
  readonly acknowledged: Map<string, number>;
  readonly open: Set<string>;
  readonly down: Set<string>;
  readonly leaders: Map<number, string>;
  crash(id: string): Promise<void>;
  start(id: string): Promise<void>;
}

/** A cluster whose processes are killed and whose disks lose what was not synced. */
async function begin(seed: number, count: number, node: NodeClusterOptions['node'] = {}): Promise<Run> {
  const random = seededRandom(seed);
  const disks = new Map<string, SimDisk>();
  const cluster: NodeCluster = new NodeCluster({
    seed,
    node: { trailingLogs: 8, snapshotThreshold: 15, snapshotIntervalMs: 700, ...node },
    modules: (id) => {
      const disk = (disks.get(id) ?? new SimDisk({}, { random: random.fork(id) })).mount();
      return {
        log: new SegmentedWal({ segmentBytes: 65_536 }, { disk, clock: cluster.time, logger: cluster.logger }),
        snapshots: new FileSnapshots({}, { disk, logger: cluster.logger }),
      };
    },
  });
  const ids = ['a', 'b', 'c', 'd', 'e'].slice(0, count);
  for (const id of ids) disks.set(id, new SimDisk({}, { random: random.fork(id) }));
  await cluster.create(...ids);
  const leaders = new Map<number, string>();
  const watch = (id: string): void => {
    cluster.node(id).on('leadership', ({ isLeader, term }) => {
      if (!isLeader) return;
      // Election safety: one leader a term.
      expect(leaders.get(term) ?? id).toBe(id);
      leaders.set(term, id);
    });
  };
  for (const id of ids) watch(id);
  await cluster.found(ids);
  await cluster.leader();
  const down = new Set<string>();
  return {
    cluster,
    random,
    acknowledged: new Map(),
    open: new Set(),
    down,
    leaders,
    crash: async (id) => {
      const stopping = cluster.node(id).stop();
      disks.get(id)!.crash('random');
      down.add(id);
      await cluster.settled(stopping, 60_000);
    },
    start: async (id) => {
      await cluster.start(id);
      watch(id);
      down.delete(id);
    },
  };
}

function propose(run: Run, text: string): void {
  for (const { id, node } of run.cluster.servers.values()) {
    if (run.down.has(id) || !node.isLeader()) continue;
    run.open.add(`${id}/${text}`);
    node.apply(command(text)).then(
      ({ index }) => {
        run.open.delete(`${id}/${text}`);
        run.acknowledged.set(text, index);
      },
      () => void run.open.delete(`${id}/${text}`),
    );
    return;
  }
}

async function step(run: Run, i: number): Promise<void> {
  const { cluster, random, down } = run;
  const ids = [...cluster.servers.keys()];
  const any = (): string => ids[random.nextInt(ids.length)]!;
  for (let k = 0; k < 3; k++) propose(run, `${i}-${k}`);
  const loss = random.nextInt(3) === 0 ? random.nextInt(20) : 0;
  cluster.network.fate = () =>
    random.nextInt(100) < loss ? 'drop' : random.nextInt(4) === 0 ? random.nextInt(80) : 'deliver';
  const minority = Math.floor((ids.length - 1) / 2);
  switch (random.nextInt(12)) {
    case 0:
      cluster.network.isolate(any());
      break;
    case 1:
      cluster.network.cut(any(), any());
      break;
    case 2:
    case 3:
      cluster.network.heal();
      break;
    case 4:
      if (down.size < minority + 1) await run.crash(any());
      break;
    case 5:
    case 6:
      for (const id of down) await run.start(id);
      break;
    case 7: {
      const leader = [...cluster.servers.values()].find(({ id, node }) => !down.has(id) && node.isLeader());
      leader?.node.transferLeadership().catch(() => {});
      break;
    }
    case 8:
    case 9: {
      const leader = [...cluster.servers.values()].find(({ id, node }) => !down.has(id) && node.isLeader());
      // Voters become learners and back, one at a time and several together.
      const steps = ids.map((id) => ({ kind: random.nextInt(3) === 0 ? 'addNonvoter' : 'addVoter', id }) as const);
      const some = random.nextInt(2) === 0 ? steps : steps.slice(0, 1);
      leader?.node.changeMembers(some).catch(() => {});
      break;
    }
    case 10: {
      const server = cluster.get(any());
      if (!down.has(server.id)) server.node.snapshot().catch(() => {});
      break;
    }
    default:
  }
  await cluster.time.advance(random.nextInt(400));
}

async function finish(run: Run): Promise<void> {
  const { cluster, down } = run;
  cluster.network.heal();
  cluster.network.fate = () => 'deliver';
  for (const id of down) await run.start(id);
  // The first leader may be about to hand over.
  for (let applied = false; !applied;) {
    const { id } = await cluster.leader();
    applied = await cluster.apply(id, 'last').then(
      () => true,
      () => false,
    );
  }
  const commands = await cluster.converged();
  expect(run.open.size).toBe(0);
  const positions = new Map(commands.map((text, at) => [text, at]));
  // Nothing acknowledged is missing, and nothing was applied twice.
  expect([...run.acknowledged.keys()].filter((text) => !positions.has(text))).toEqual([]);
  expect(positions.size).toBe(commands.length - commands.filter((text) => text === 'last').length + 1);
  const fatal = cluster.logger.records.filter(({ event }) => event.includes('failed; restart'));
  expect(fatal).toEqual([]);
  await cluster.stopAll();
}

describe('RaftNode: faults of all kinds', () => {
  it.each([1, 2, 3, 4, 5, 6])('fuzzy, seed %d: three servers keep what they acknowledged', async (seed) => {
    const run = await begin(seed, 3);
    for (let i = 0; i < STEPS; i++) await step(run, i);
    await finish(run);
    expect(run.acknowledged.size).toBeGreaterThan(20);
  });

  it.each([11, 12])('fuzzy, seed %d: five servers with a small window and a small cache', async (seed) => {
    const run = await begin(seed, 5, {
      maxInflightAppends: 2,
      entryCacheBytes: 100,
      maxAppendBytes: 50,
      maxInflightBytes: 100,
    });
    for (let i = 0; i < STEPS; i++) await step(run, i);
    await finish(run);
    expect(run.acknowledged.size).toBeGreaterThan(20);
  });
});
