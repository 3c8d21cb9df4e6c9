import { confStatesEqual, LEAVE_JOINT, type NodeId } from '../../core/index.ts';
import type { FinalView, IdleView } from '../check/checker.ts';
import { disagreement } from '../check/liveness.ts';
import { must } from '../check/violation.ts';
import type { Cluster } from './cluster.ts';
import { UNITS_PER_TICK } from './plan.ts';
import type { SimServer } from './server.ts';

/** Election timeouts that a healed cluster gets to agree. */
const MAX_ROUNDS = 60;
const IDLE_ROUNDS = 3;

/**
 * Faults stop, everything that is down restarts, and the cluster must come to an agreement and to rest. On some seeds a
 * minority then fails for good, and the rest has to do it again: bugs of liveness hide where everybody is well.
 */
export function endPhase(cluster: Cluster): void {
  const { world } = cluster;
  world.healed = true;
  cluster.network.heal();
  cluster.clients.stop();
  for (const server of world.servers) if (!server.up && !server.retired) server.restart();
  const stalledUntil = Math.max(...world.servers.map((server) => server.stalledUntil));
  if (stalledUntil > world.time) world.runUntil(stalledUntil, () => false);
  if (world.plan.seed % 3 === 1) failBeforeAgreement(cluster);
  const failsLater = world.plan.seed % 3 === 0;
  if (settle(cluster) && (!failsLater || !failMinority(cluster) || settle(cluster))) rest(cluster);
  world.history.check();
}

function round(cluster: Cluster): void {
  const { world } = cluster;
  const { electionTick = 10 } = world.plan.core;
  const units = 2 * electionTick * UNITS_PER_TICK;
  world.runUntil(world.time + units, () => false);
}

/** Lets the cluster come to an agreement in which it takes proposals. False if it is stranded. */
function settle(cluster: Cluster): boolean {
  const { world } = cluster;
  let agreed = false;
  for (let i = 0; i < MAX_ROUNDS && !agreed; i++) {
    round(cluster);
    const leader = cluster.leader();
    if (leader === undefined) continue;
    retireStrangers(cluster, leader);
    if (!leader.up) continue;
    if (leader.conf.votersOutgoing.length > 0 && !leader.conf.autoLeave) {
      leader.call((core) => core.proposeConfChange(LEAVE_JOINT));
    }
    const settled = i > 0 && disagreement(finalViews(cluster), memberIds(cluster)) === undefined;
    // Clients go on: an entry is what brings a forgotten change of the membership along. It must be accepted.
    if (settled || i % 4 === 3) agreed = leader.proposeEmpty() && settled;
  }
  // The last entry has to reach everybody, also where a slow write from before is still under way.
  for (let i = 0; i < MAX_ROUNDS; i++) {
    round(cluster);
    if (disagreement(finalViews(cluster), memberIds(cluster)) === undefined) break;
  }
  if (!agreed && world.plan.resigns !== true && isStranded(cluster)) {
    world.stranded = true;
    return false;
  }
  if (!agreed) must(false, 'I16 liveness', () => whyNot(cluster));
  const members = memberIds(cluster);
  world.watch.each((checker) => checker.finished?.(finalViews(cluster), members));
  return true;
}

function whyNot(cluster: Cluster): string {
  return disagreement(finalViews(cluster), memberIds(cluster)) ?? 'a healed cluster takes no proposals';
}

/**
 * A known gap of stepping down on removal: a removed leader with entries that nobody else has may be asked, by servers
 * that do not know yet that its removal is committed, for a vote that it must refuse. None of them can win then, and it
 * must not campaign. It takes an operator.
 */
function isStranded(cluster: Cluster): boolean {
  const { world } = cluster;
  if (cluster.leader() !== undefined) return false;
  const up = world.servers.filter((server) => server.up);
  const longest = (of: readonly SimServer[]): number => Math.max(0, ...of.map(logRank));
  const removed = up.filter(({ view }) => view.applied > 1 && !view.isVoter);
  const candidates = up.filter(({ view }) => view.isVoter);
  return longest(removed) > longest(candidates);
}

/** Orders logs as elections do: by last term, then by length. */
function logRank({ view }: SimServer): number {
  return (view.termAt(view.lastIndex) ?? 0) * 2 ** 26 + view.lastIndex;
}

function memberIds(cluster: Cluster): readonly NodeId[] {
  const { voters = [], votersOutgoing = [], learners = [] } = cluster.leader()?.conf ?? {};
  return [...voters, ...votersOutgoing, ...learners];
}

/** Servers that are not members any more are switched off, as an operator would, once no change is under way. */
function retireStrangers(cluster: Cluster, leader: SimServer): void {
  if (!memberIds(cluster).includes(leader.id)) {
    // Told not to step down, it leads on without being able to propose anything, until it hands over or is stopped.
    if (cluster.world.plan.resigns === true) return;
    leader.retired = true;
    leader.crash(1000);
    return;
  }
  const { log } = leader.core.internals;
  if (log.applied < log.lastIndex() || leader.conf.votersOutgoing.length > 0) return;
  const members = memberIds(cluster);
  for (const server of cluster.world.servers) {
    if (server.retired || members.includes(server.id)) continue;
    server.retired = true;
    if (server.up) server.crash(1000);
  }
}

/**
 * Takes a minority away before the servers have talked to each other: what is left may be of different terms and logs,
 * and has to manage. Only where all agree on the membership and no change of it is under way.
 */
function failBeforeAgreement(cluster: Cluster): void {
  const { world } = cluster;
  const up = world.servers.filter((server) => server.up);
  const [first] = up;
  if (first === undefined || first.conf.votersOutgoing.length > 0) return;
  const changing = up.some(({ core, conf }) => {
    const { log } = core.internals;
    return log.hasConfChange(log.applied + 1, log.lastIndex() + 1) || !confStatesEqual(conf, first.conf);
  });
  if (!changing && failSome(cluster, first.conf.voters)) world.mark('minority failed before agreement');
}

/** Takes as many voters away as a quorum can do without. Whether there were any. */
function failMinority(cluster: Cluster): boolean {
  const leader = cluster.leader();
  if (leader === undefined || leader.conf.votersOutgoing.length > 0) return false;
  return failSome(cluster, leader.conf.voters);
}

function failSome({ world }: Cluster, voters: readonly NodeId[]): boolean {
  const spare = Math.ceil(voters.length / 2) - 1;
  if (spare === 0) return false;
  world.mark('core set without a minority');
  const first = world.clientRandom.nextInt(voters.length);
  for (let i = 0; i < spare; i++) {
    const server = world.byId.get(voters[(first + i) % voters.length]!)!;
    server.retired = true;
    if (server.up) server.crash(1000);
  }
  return true;
}

function finalViews(cluster: Cluster): FinalView[] {
  return cluster.world.servers
    .filter(({ up }) => up)
    .map(({ view, core, conf, machine }) => ({
      id: view.id,
      role: view.role,
      term: view.term,
      lead: core.internals.lead,
      applied: machine.applied,
      commit: view.commit,
      lastIndex: view.lastIndex,
      joint: conf.votersOutgoing.length > 0,
    }));
}

function rest(cluster: Cluster): void {
  const { world } = cluster;
  round(cluster);
  world.idle = true;
  for (let i = 0; i < IDLE_ROUNDS; i++) round(cluster);
  for (const server of world.servers) {
    if (!server.up) continue;
    const idle = idleViewOf(server);
    world.watch.each((checker) => checker.idle?.(idle));
  }
}

function idleViewOf({ id, core }: SimServer): IdleView {
  const { log, readQueue, deferredReads, pendingReads, uncommittedSize, role } = core.internals;
  return {
    id,
    unstableEntries: log.unstable.entries.length,
    pendingReads: pendingReads.size,
    queuedReads: readQueue.size + deferredReads.length,
    // Followers keep no account.
    uncommittedSize: role === 'leader' ? uncommittedSize : 0,
  };
}
