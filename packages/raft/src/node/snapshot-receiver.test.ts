import { noMetrics } from '@dkron/runtime';
import { ManualTime } from '@dkron/runtime/testing';
import { expect, it } from 'vitest';
import { confStateWith } from '../core/confchange/conf-state.ts';
import { createMessage } from '../core/message.ts';
import { sha256Hex } from '../storage/digest.ts';
import { MemorySnapshots } from '../storage/memory-snapshots.ts';
import { NodeCluster } from '../testing/node-cluster.ts';
import type { SnapshotHeader } from '../transport/transport.ts';
import type { Host } from './host.ts';
import { createNodeMetrics } from './metrics.ts';
import { SnapshotReceiver } from './snapshot-streams.ts';

const BYTES = new Uint8Array([1, 2, 3]);

function header(index: number): SnapshotHeader {
  const meta = { index, term: 1, confState: confStateWith(['a', 'b']) };
  const message = createMessage({ type: 'Snap', from: 'b', to: 'a', term: 1, snapshot: meta });
  return { message, meta, bytes: BYTES.byteLength, sha256: sha256Hex(BYTES) };
}

async function* once(): AsyncGenerator<Uint8Array> {
  yield BYTES;
}

it('a place is given back once: by bytes that come too late, or twice, neither is gained', async () => {
  const time = new ManualTime();
  const stepped: number[] = [];
  const receiver = new SnapshotReceiver({
    modules: { timers: time, snapshots: new MemorySnapshots() },
    options: { maxSnapshotStreams: 1 },
    core: { id: 'a', basicStatus: () => ({ commit: 0 }), step: () => stepped.push(1) },
    metrics: createNodeMetrics(noMetrics),
    emitter: { emit: () => {} },
    running: true,
    schedule: () => {},
    guard: (work: () => void) => work(),
  } as unknown as Host);
  const late = await receiver.accept('b', header(5));
  await expect(receiver.accept('b', header(6))).rejects.toMatchObject({ code: 'overloaded' });
  await time.advance(3_600_000);
  await expect(late.take(once())).rejects.toMatchObject({ code: 'snapshot_failed' });
  const taken = await receiver.accept('b', header(7));
  await taken.take(once());
  await expect(taken.take(once())).rejects.toMatchObject({ code: 'snapshot_failed' });
  expect(stepped).toHaveLength(1);
  // Still one at a time.
  await receiver.accept('b', header(8));
  await expect(receiver.accept('b', header(9))).rejects.toMatchObject({ code: 'overloaded' });
});

it('what the core throws at a snapshot ends the node, instead of going to the sender alone', async () => {
  const cluster = await NodeCluster.founded(3, {
    modules: () => ({
      onCore: (core) => {
        const step = core.step.bind(core);
        core.step = (message) => {
          if (message.type === 'Snap') throw new Error('bug');
          return step(message);
        };
      },
    }),
    node: { trailingLogs: 0 },
  });
  const { id } = await cluster.follower();
  await cluster.stop(id);
  const leader = await cluster.leader();
  await cluster.apply(leader.id, 'x');
  await cluster.settled(leader.node.snapshot());
  await cluster.start(id);
  await cluster.until('it failed', () => cluster.names(id).includes('fatal'));
  expect(cluster.node(id).stats().running).toBe(false);
  await cluster.apply(leader.id, 'y');
});
