import {
  type ConfChangeStep,
  type ConfState,
  LEAVE_JOINT,
  memberChange,
  type NodeId,
  simpleChange,
} from '../../core/index.ts';
import type { Cluster } from './cluster.ts';
import { LEADER, type ScriptEvent } from './plan.ts';
import type { SimServer } from './server.ts';
import { Label } from './world.ts';

/** Servers there may be in one run, with those that joined later. */
const MAX_SERVERS = 12;

/** Does what an event of the script says, if it can be done now. */
export function perform(cluster: Cluster, event: ScriptEvent): void {
  const { servers } = cluster.world;
  const at = (slot: number): SimServer =>
    (slot === LEADER ? cluster.leader() : undefined) ?? servers[slot % servers.length]!;
  switch (event.kind) {
    case 'partition':
      cluster.network.cut(event.shape, event.pick, event.length);
      return;
    case 'clog':
      cluster.network.clog(at(event.from), at(event.to), event.length);
      return;
    case 'members':
      changeMembers(cluster, event);
      return;
    case 'burst': {
      const leader = event.stale === true ? cluster.stalestLeader() : cluster.leader();
      if (leader !== undefined && !leader.stalled) cluster.clients.burst(leader, event.count, event.bytes);
      return;
    }
    case 'crash':
      crash(cluster, at(event.server), event.down, event.keep);
      return;
    default: {
      const server = at(event.server);
      if (server.up && !server.stalled) performOn(cluster, server, event);
    }
  }
}

type ServerEvent = Extract<
  ScriptEvent,
  { kind: 'stall' | 'transfer' | 'forget' | 'campaign' | 'unreachable' | 'snapshot' }
>;

function performOn(cluster: Cluster, server: SimServer, event: ServerEvent): void {
  const { world } = cluster;
  const { servers } = world;
  switch (event.kind) {
    case 'stall':
      world.mark('stall');
      server.stall(event.length, event.length % 2 === 0);
      return;
    case 'transfer': {
      // Mostly by the leader, as an operator would; sometimes by whoever passes the wish on.
      const by = event.pick % 4 === 0 ? server : (cluster.leader() ?? server);
      const to = servers[event.pick % servers.length]!.id;
      by.call((core) => core.transferLeader(event.pick % 5 === 0 ? '' : to));
      return;
    }
    case 'forget':
      server.call((core) => core.forgetLeader());
      return;
    case 'campaign':
      server.call((core) => core.campaign());
      return;
    case 'unreachable':
      server.call((core) => core.reportUnreachable(servers[event.pick % servers.length]!.id));
      return;
    case 'snapshot':
    default:
      server.makeSnapshot(event.trailing);
  }
}

function crash({ world }: Cluster, server: SimServer, down: number, keep: number): void {
  if (!server.up) return;
  server.crash(keep);
  world.after(down, Label.restart, () => {
    if (!server.up && !server.retired) server.restart();
  });
}

function changeMembers(cluster: Cluster, event: Extract<ScriptEvent, { kind: 'members' }>): void {
  const leader = cluster.leader();
  if (leader === undefined || leader.stalled) return;
  const { pick, also, how } = event;
  const { servers } = cluster.world;
  const id = servers[pick % servers.length]!.id;
  const other = servers[also % servers.length]!.id;
  const propose = (steps: ConfChangeStep[], transition: 'auto' | 'implicit' | 'explicit'): void => {
    const change = steps.length === 1 && pick % 2 === 0 && transition === 'auto' ? steps[0]! : undefined;
    leader.call((core) =>
      core.proposeConfChange(
        change === undefined ? memberChange(steps, transition) : simpleChange(change.kind, change.id),
      ),
    );
  };
  const kinds = ['addVoter', 'addLearner', 'removeNode'] as const;
  switch (how) {
    case 'simple':
      propose([{ kind: kinds[also % 3]!, id }], 'auto');
      return;
    case 'joint':
    case 'explicit': {
      const steps = [
        { kind: kinds[also % 3]!, id },
        { kind: kinds[pick % 3]!, id: other },
      ];
      propose(steps, how === 'explicit' ? 'explicit' : 'implicit');
      return;
    }
    case 'replaceLeader':
      propose(
        [
          { kind: 'removeNode', id: leader.id },
          { kind: 'addVoter', id: newServer(cluster) ?? other },
        ],
        'auto',
      );
      return;
    case 'newServer': {
      const added = newServer(cluster) ?? other;
      const steps: ConfChangeStep[] = [{ kind: also % 2 === 0 ? 'addVoter' : 'addLearner', id: added }];
      if (also % 3 === 0) steps.push({ kind: 'removeNode', id });
      propose(steps, 'auto');
      return;
    }
    case 'promote':
      propose([{ kind: 'addVoter', id: leader.conf.learners[0] ?? id }], 'auto');
      return;
    case 'demote':
      propose([{ kind: 'addLearner', id }], also % 2 === 0 ? 'implicit' : 'auto');
      return;
    case 'swap':
      propose(swapOf(leader.conf, leader.id), 'implicit');
      return;
    case 'leave':
    default:
      leader.call((core) => core.proposeConfChange(LEAVE_JOINT));
  }
}

/** All learners become voters, and as many voters other than the leader become learners. */
function swapOf({ voters, learners }: ConfState, leader: NodeId): ConfChangeStep[] {
  const others = voters.filter((id) => id !== leader).slice(0, learners.length);
  return [
    ...learners.map((id) => ({ kind: 'addVoter', id }) as const),
    ...others.map((id) => ({ kind: 'addLearner', id }) as const),
  ];
}

/** A server with an empty disk, under an id that was never used. */
function newServer(cluster: Cluster): string | undefined {
  if (cluster.world.servers.length >= MAX_SERVERS) return undefined;
  const server = cluster.addServer(undefined);
  cluster.world.mark('server joined under a new id');
  server.start();
  return server.id;
}
