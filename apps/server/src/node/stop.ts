import type { GossipNode } from '@dkron/gossip';
import type { Engine } from '@dkron/scheduler';
import type { LeaveModules } from '../cluster/leave.ts';
import { isLastVoter, leaveVoters } from '../cluster/leave.ts';
import type { ServerOptions } from '../options.ts';
import type { ServerCore } from './core.ts';
import type { Environment } from './environment.ts';
import type { Late } from './serve.ts';

/** For proposals under way once the worker is done. */
const DRAIN_MS = 2_000;

/** What takes part in an orderly end. */
export interface Stopping extends Pick<LeaveModules, 'askRemoval'> {
  readonly state: Pick<ServerCore, 'consensus' | 'membership'>;
  readonly work: {
    /** Lets what runs go on for `timeoutMs`, then kills it. */
    readonly worker: { readonly stop: (timeoutMs: number) => Promise<unknown> };
    readonly engine: Pick<Engine, 'drain'>;
  };
  readonly late: Pick<Late, 'leaving'>;
  readonly pool: Pick<GossipNode, 'leave'>;
}

/** Hands over, then lets what runs end and report, to the next leader if there is one; then everything is closed. */
export async function stopInOrder(
  { nodeName, stopTimeout }: Pick<ServerOptions, 'nodeName' | 'stopTimeout'>,
  { state, work, late, pool, askRemoval }: Stopping,
  environment: Environment,
): Promise<void> {
  const { consensus, membership } = state;
  const raft = consensus.node;
  const isLast = isLastVoter(raft, nodeName);
  if (late.leaving) await leaveVoters({ ...environment, nodeName, raft, membership, askRemoval });
  if (raft.isLeader() && !isLast) await raft.transferLeadership().catch(() => undefined);
  await work.worker.stop(stopTimeout);
  await work.engine.drain(DRAIN_MS);
  if (late.leaving && !isLast) await pool.leave();
  await environment.unwind.run();
}
