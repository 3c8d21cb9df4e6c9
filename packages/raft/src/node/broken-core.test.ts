import { describe, expect, it } from 'vitest';
import type { RaftCore } from '../core/raft/raft-core.ts';
import { EntryType } from '../core/types.ts';
import { NodeCluster } from '../testing/node-cluster.ts';

function bug(): never {
  throw new Error('bug');
}

/** A cluster whose cores are made to throw. */
function founded(count: number, breakCore: (core: RaftCore) => void): Promise<NodeCluster> {
  return NodeCluster.founded(count, { modules: () => ({ onCore: breakCore }), node: { trailingLogs: 0 } });
}

describe('RaftNode: a core that breaks', () => {
  it('in a membership change ends the node, which says so to the caller', async () => {
    const cluster = await founded(1, (core) => {
      const propose = core.proposeEntries.bind(core);
      core.proposeEntries = (proposed) => (proposed[0]!.type === EntryType.normal ? propose(proposed) : bug());
    });
    const { node } = cluster.get('a');
    expect(await cluster.failure(node.addNonvoter('b'))).toMatchObject({ code: 'failed' });
    expect(cluster.names('a')).toContain('fatal');
    expect(await cluster.failure(node.addNonvoter('b'))).toMatchObject({ code: 'failed' });
  });

  it('in a transfer of leadership ends the node, which says so to the caller', async () => {
    const cluster = await founded(3, (core) => {
      core.transferLeader = bug;
    });
    const { id, node } = await cluster.leader();
    expect(await cluster.failure(node.transferLeadership())).toMatchObject({
      code: 'failed',
      message: 'the raft node failed: bug',
    });
    expect(cluster.names(id)).toContain('fatal');
    await cluster.leader(id);
  });

  it('when the stream of a snapshot has ended, ends the node, not the process', async () => {
    const cluster = await founded(3, (core) => {
      core.reportSnapshot = bug;
    });
    const leader = await cluster.leader();
    const { id } = await cluster.follower();
    await cluster.stop(id);
    await cluster.apply(leader.id, 'x');
    await cluster.settled(leader.node.snapshot());
    await cluster.start(id);
    await cluster.until('it failed', () => cluster.names(leader.id).includes('fatal'));
    expect(leader.node.stats().running).toBe(false);
    // The others go on, with what the snapshot brought.
    const next = await cluster.leader(leader.id);
    await cluster.apply(next.id, 'y');
    expect(await cluster.converged(id, next.id)).toEqual(['x', 'y']);
  });

  it('when a leader that is gone is forgotten ends the node, not the process', async () => {
    const cluster = await founded(3, (core) => {
      core.forgetLeader = bug;
    });
    const { id } = await cluster.leader();
    const follower = await cluster.follower();
    await cluster.stop(id);
    await cluster.until('it failed', () => cluster.names(follower.id).includes('fatal'));
    expect(follower.node.stats().running).toBe(false);
  });
});
