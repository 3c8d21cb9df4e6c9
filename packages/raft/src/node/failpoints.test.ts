import { describe, expect, it } from 'vitest';
import { NodeCluster } from '../testing/node-cluster.ts';
import type { FailpointName } from './failpoints.ts';

/** Who meets each of them in the run below: the follower that fell behind, or the leader that takes the snapshot. */
const WHO: Record<FailpointName, 'follower' | 'leader'> = {
  midRecovery: 'follower',
  beforeAppendWrite: 'follower',
  afterAppendWrite: 'follower',
  beforeSendResponses: 'follower',
  beforeApply: 'follower',
  afterApply: 'follower',
  beforeSnapshotClose: 'leader',
  afterSnapshotClose: 'leader',
  beforeCompact: 'leader',
  beforeLogReset: 'follower',
  afterLogReset: 'follower',
  afterRestore: 'follower',
};

describe('RaftNode: failpoints', () => {
  it.each(Object.entries(WHO))('%s: an exception there costs the %s no command', async (name, who) => {
    let victim: string | undefined;
    let deaths = 0;
    const cluster = await NodeCluster.founded(3, {
      node: { trailingLogs: 0 },
      modules: (id) => ({
        failpoint: (at) => {
          if (id !== victim || at !== name) return;
          victim = undefined;
          deaths += 1;
          throw new Error(`died at ${at}`);
        },
      }),
    });
    const leader = await cluster.leader();
    const { id } = await cluster.follower();
    await cluster.stop(id);
    await cluster.apply(leader.id, 'one');
    victim = who === 'leader' ? leader.id : id;
    await cluster.settled(leader.node.snapshot().catch(() => {}));
    const started = await cluster.start(id).then(
      () => true,
      () => false,
    );
    // What comes behind the snapshot, from whoever leads now.
    const next = await cluster.leader();
    await cluster.apply(next.id, 'two').catch(() => {});
    await cluster.until('it died', () => deaths === 1);
    if (who === 'leader') {
      // Only that attempt failed; the next, and a restart, find no trace of it.
      await cluster.settled(leader.node.snapshot());
      await cluster.restart(leader.id);
    } else {
      if (started) await cluster.until('it ended', () => !cluster.node(id).stats().running);
      await cluster.start(id);
    }
    await cluster.apply((await cluster.leader()).id, 'three');
    const commands = await cluster.converged();
    expect(commands.filter((text) => text !== 'two')).toEqual(['one', 'three']);
    await cluster.stopAll();
  });
});
