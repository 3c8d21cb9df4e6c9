import type { Checker, FinalView } from '../check/checker.ts';
import { allCheckers } from '../check/all-checkers.ts';
import { disagreement } from '../check/liveness.ts';
import { must, Violation } from '../check/violation.ts';
import { Watch } from '../check/watch.ts';
import { DriverCluster } from './driver-cluster.ts';
import type { DriverPlan } from './driver-plan.ts';
import { performOn } from './driver-script.ts';
import type { DriverServer } from './driver-server.ts';
import { DriverWorld, expected } from './driver-world.ts';

/** What came of a run of nodes. */
export interface DriverResult {
  readonly seed: number;
  /** Calls of cores, and events of the simulation. */
  readonly steps: number;
  readonly events: number;
  /** Stands for everything that happened: equal for equal plans. */
  readonly hash: string;
  readonly failure: { readonly checker: string; readonly message: string; readonly timeMs: number } | undefined;
  readonly marks: readonly string[];
  readonly operations: number;
  /** Histories of clients, one for each key, and those of them that took too long to be judged. */
  readonly histories: number;
  readonly unknownHistories: number;
}

export interface DriverOptions {
  /** Checkers of this run; default all. */
  readonly checkers?: readonly Checker[];
}

const FOUND_MS = 2000;
/** Election timeouts that a healed cluster gets to agree. */
const MAX_ROUNDS = 80;
const IDLE_ROUNDS = 3;
/** Learners may still be waited for, to be promoted. */
const CATCH_UP_MS = 2500;
/** Events after which a run does not come to rest. */
const MAX_EVENTS = 2_000_000;

/**
 * Runs real nodes with their write-ahead logs and snapshots on simulated disks: a phase with faults, then one in which
 * the cluster must come to an agreement and hold everything it acknowledged. Never rejects.
 */
export async function simulateDriver(plan: DriverPlan, options: DriverOptions = {}): Promise<DriverResult> {
  const world = new DriverWorld(plan, new Watch(options.checkers ?? allCheckers()));
  try {
    await run(new DriverCluster(world));
  } catch (error) {
    world.fail(error);
  }
  const { failure } = world;
  for (const server of world.servers) server.process.alive = false;
  if (failure !== undefined) world.hash.addText(failure.message);
  return {
    seed: plan.seed,
    steps: world.steps,
    events: world.time.events,
    hash: world.hash.toString(),
    failure: failure === undefined ? undefined : { ...describe(failure), timeMs: world.time.nowMs },
    marks: [...world.marks].sort(),
    operations: world.history.operations,
    histories: world.history.count,
    unknownHistories: world.history.unknown,
  };
}

function describe(error: Error): { checker: string; message: string } {
  if (error instanceof Violation) return { checker: error.details.checker, message: error.message };
  if (error.name === 'AssertionError') return { checker: 'assertion', message: error.message };
  return { checker: 'error', message: error.stack ?? error.message };
}

async function run(cluster: DriverCluster): Promise<void> {
  const { world } = cluster;
  const { plan } = world;
  await found(cluster);
  for (const event of plan.script) {
    world.time.after(event.atMs, () => {
      if (!world.healed) performOn(cluster, event);
    });
  }
  await pass(cluster, plan.faultsMs);
  await heal(cluster);
  if (plan.seed % 2 === 0) {
    // Everything acknowledged outlives a failure of all machines.
    for (const server of world.servers) if (!server.retired) server.crash('lose', 10);
    world.mark('all lost power after agreement');
    await agree(cluster);
  }
  await rest(cluster);
  const leader = cluster.leader();
  if (leader !== undefined) await readAll(cluster, leader);
  world.history.check();
}

/** Lets time pass, with an eye on what must hold between servers. */
async function pass(cluster: DriverCluster, lengthMs: number): Promise<void> {
  const { world } = cluster;
  await world.time.runUntil(world.time.nowMs + lengthMs, () => {
    if (world.failure === undefined) lookAtLeases(world);
    return world.failure !== undefined || world.time.events > MAX_EVENTS;
  });
  if (world.failure !== undefined) throw world.failure;
  must(world.time.events <= MAX_EVENTS, 'I16 liveness', () => 'the cluster does not come to rest');
}

/** I21: while `leadershipValid()` says so on one server, nobody leads a later term. */
function lookAtLeases({ servers }: DriverWorld, checker = 'I21 lease'): void {
  let highest = 0;
  let leaders = 0;
  for (const server of servers) {
    if (!server.process.alive || server.phase !== 'up' || server.core.internals.role !== 'leader') continue;
    leaders += 1;
    highest = Math.max(highest, server.view.term);
  }
  if (leaders < 2) return;
  for (const { up, process, view, node, id } of servers) {
    if (!up || process.stalled || view.role !== 'leader' || view.term >= highest) continue;
    must(
      !node.leadershipValid(),
      checker,
      () => `${id} believes that nobody else can lead in term ${view.term}, somebody leads term ${highest}`,
    );
  }
}

async function found(cluster: DriverCluster): Promise<void> {
  const { world } = cluster;
  for (let i = 0; i < FOUND_MS && world.servers.some(({ birth }) => birth === ''); i++) await pass(cluster, 1);
  const members = world.servers.map(({ id, birth }) => ({ id, birth }));
  const record = { region: 'global', attempt: 0, members };
  for (const server of world.servers) {
    server.founding = record;
    if (server.up) server.node.bootstrap(record).catch((error: unknown) => expected(error, world));
  }
}

async function heal(cluster: DriverCluster): Promise<void> {
  const { world } = cluster;
  world.heal();
  for (const server of world.servers) server.emptied();
  cluster.clients.stop();
  await agree(cluster);
}

/** A healed cluster must have one leader, take proposals, and hold the same everywhere. */
async function agree(cluster: DriverCluster): Promise<void> {
  const { world } = cluster;
  const { tickMs = 100, electionTick = 10 } = world.plan.node;
  const roundMs = 2 * tickMs * electionTick;
  let problem: string | undefined = 'nothing happened';
  let accepted = 0;
  for (let i = 0; i < MAX_ROUNDS && (problem !== undefined || accepted === 0); i++) {
    await pass(cluster, roundMs);
    const leader = cluster.leader();
    problem = leader === undefined ? 'nobody leads' : problemOf(cluster, leader);
    if (leader === undefined) continue;
    settleMembership(cluster, leader);
    if (accepted > 0 && problem === undefined) break;
    leader.node.barrier().then(
      () => (accepted += 1),
      (error: unknown) => expected(error, world),
    );
  }
  must(problem === undefined, 'I16 liveness', () => problem!);
  must(accepted > 0, 'I16 liveness', () => 'a healed cluster takes no proposals');
  const members = memberIds(cluster.leader()!);
  world.watch.each((checker) => checker.finished?.(finalViews(world), members));
}

/** Joint memberships are left; servers that are no members any more are switched off, as an operator would. */
function settleMembership(cluster: DriverCluster, leader: DriverServer): void {
  const { world } = cluster;
  const { conf } = leader.node.getConfiguration();
  const ignore = (error: unknown): void => expected(error, world);
  if (conf.votersOutgoing.length > 0) {
    if (!conf.autoLeave) leader.node.leaveJoint().catch(ignore);
    return;
  }
  const members = memberIds(leader);
  if (!members.includes(leader.id) || leader.node.stats().applied < leader.view.lastIndex) return;
  for (const server of world.servers) {
    if (server.retired || members.includes(server.id)) continue;
    server.retired = true;
    server.crash('kill', 0);
  }
}

function memberIds(leader: DriverServer): readonly string[] {
  const { voters, votersOutgoing, learners } = leader.node.getConfiguration().conf;
  return [...voters, ...votersOutgoing, ...learners];
}

function problemOf({ world }: DriverCluster, leader: DriverServer): string | undefined {
  const members = memberIds(leader);
  const missing = members.find((id) => world.byId.get(id)?.up !== true);
  if (missing !== undefined) return `${missing} does not start`;
  const problem = disagreement(finalViews(world), members);
  if (problem !== undefined) return problem;
  const states = members.map((id) => JSON.stringify(world.byId.get(id)!.machine!.kv.state()));
  if (new Set(states).size > 1) return `state machines differ: ${states.join(' ')}`;
  return undefined;
}

function finalViews({ servers }: DriverWorld): FinalView[] {
  return servers
    .filter(({ up }) => up)
    .map(({ view, core, node }) => ({
      id: view.id,
      role: view.role,
      term: view.term,
      lead: core.internals.lead,
      applied: node.stats().applied,
      commit: view.commit,
      lastIndex: view.lastIndex,
      joint: node.getConfiguration().conf.votersOutgoing.length > 0,
    }));
}

/** An idle cluster sends heartbeats only, and its queues are empty. */
async function rest(cluster: DriverCluster): Promise<void> {
  const { world } = cluster;
  const { tickMs = 100, electionTick = 10 } = world.plan.node;
  await pass(cluster, Math.max(CATCH_UP_MS, 2 * tickMs * electionTick));
  world.idle = true;
  await pass(cluster, IDLE_ROUNDS * tickMs * electionTick);
  for (const { up, core, node, id } of world.servers) {
    if (!up) continue;
    const { log, uncommittedSize, role } = core.internals;
    const idle = {
      id,
      unstableEntries: log.unstable.entries.length,
      // Rounds for the lease are under way at any time.
      pendingReads: 0,
      queuedReads: node.stats().pendingProposals,
      uncommittedSize: role === 'leader' ? uncommittedSize : 0,
    };
    world.watch.each((checker) => checker.idle?.(idle));
  }
  world.idle = false;
}

async function readAll(cluster: DriverCluster, leader: DriverServer): Promise<void> {
  const { world, clients } = cluster;
  let left = world.plan.clients.keys;
  for (let key = 0; key < world.plan.clients.keys; key++) {
    void clients.readLast(leader, key).then((answered) => {
      if (answered) left -= 1;
    });
  }
  for (let i = 0; i < 100 && left > 0; i++) await pass(cluster, 20);
  must(left === 0, 'I16 liveness', () => 'a healed cluster answers no reads');
}
