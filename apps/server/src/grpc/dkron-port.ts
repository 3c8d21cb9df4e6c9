import type { DkronPort } from '@dkron/agent-grpc/types-v1';
import type { ExecutionUpdate } from '@dkron/jobs';
import type { RaftNode } from '@dkron/raft';
import type { PoolMembership } from '../cluster/pool-membership.ts';
import { removeServer } from '../cluster/remove-server.ts';
import type { NodeContext } from '../node-context.ts';
import { deleteExecutions, deleteJob, putJob } from '../services/job-writes.ts';

interface Modules {
  readonly node: Pick<
    NodeContext,
    'options' | 'store' | 'log' | 'engine' | 'planner' | 'cluster' | 'forwarding' | 'leave'
  >;
  readonly raft: RaftNode;
  readonly membership: PoolMembership;
  /** A server was removed by hand: another may come in its place. */
  readonly onRemoved: () => void;
}

/** What `types.v1.Dkron` asks of this server. */
export function dkronPort({ node, raft, membership, onRemoved }: Modules): DkronPort {
  const { store, engine, cluster, log } = node;
  const { nodeName } = node.options;
  const addressOf = (id: string, configured: string): string => membership.rpcAddress(id) || configured;
  const update = async (report: ExecutionUpdate): Promise<void> => {
    await log.propose({ type: 'executionUpdates', stamp: engine.stamps.next(), updates: [report] });
  };
  return {
    nodeName,
    leadership: () => {
      if (cluster.leads()) return { kind: 'self' };
      const { id, address } = raft.leader();
      const at = id === '' || raft.isLeader() ? '' : addressOf(id, address);
      return at === '' ? { kind: 'none' } : { kind: 'other', address: at };
    },
    job: (name) => store.getJob(name),
    executions: (name) => store.executions(name),
    openExecutions: () => store.openExecutions(),
    run: (name, group) => store.openRuns(name).find((run) => run.group === group),
    putJob: (job) => putJob(node, job, null),
    deleteJob: (name) => deleteJob(node, name, null),
    deleteExecutions: (name) => deleteExecutions(node, name),
    startRun: (name) => engine.runJob(name, { trigger: 'manual' }),
    waitSettled: (rootGroup) => engine.waitSettled(rootGroup),
    started: (id, attempt, at) => update({ kind: 'started', id, attempt, at }),
    finished: (id, attempt, { success, reason, exitCode, startedAt, finishedAt, output }) => {
      const state = success ? 'success' : 'failed';
      const report = { state, reason, exitCode, startedAt, finishedAt, output, slotHoldMs: null } as const;
      return update({ kind: 'finished', id, attempt, ...report });
    },
    configuration: () => {
      const { index, members } = raft.getConfiguration();
      const leader = raft.leader().id;
      const servers = members.map(({ id, suffrage, address }) => {
        return { id, address: addressOf(id, address), voter: suffrage === 'voter', leader: id === leader };
      });
      return { servers, index: BigInt(index) };
    },
    removePeer: async (id) => {
      await removeServer(raft, id, nodeName);
      onRemoved();
    },
    leave: node.leave,
  };
}
