import { must } from '../check/broken.ts';
import { isFinal } from '../check/history.ts';
import { endPhaseMs } from '../plan/draw-plan.ts';
import type { World } from '../world/world.ts';
import { leaderOf } from './faults.ts';

const MS = 1_000_000n;
/** A tick may wait for its turn, the disks and the network. */
const TICK_SLACK_MS = 12_000;
/** From the end of one command to the start of the next. */
const SLOT_SLACK_MS = 2000;
const LAG_MAX = 200n;
/** Proposals that fail are made again after a second. */
const OVERDUE_MS = 20_000;

/** What must hold once faults are over, and leases, holds and retries have passed. */
export function checkEnd(world: World): void {
  converged(world);
  nothingLeft(world);
  nothingOverdue(world);
  allDecided(world);
  provisional(world);
}

/** One leader, which all follow; exactly the servers that live vote; all hold what was acknowledged. */
function converged(world: World): void {
  const leader = leaderOf(world);
  must(leader !== undefined, 'Converged', () => 'nobody leads');
  const { node } = leader!.parts!.core.consensus;
  must(node.leadershipValid() && leader!.parts!.cluster.leads(), 'Converged', () => `${leader!.name} cannot act`);
  const alive = world.servers.filter(({ retired }) => !retired);
  const { conf } = node.getConfiguration();
  const names = alive.map(({ name }) => name).toSorted();
  must(
    conf.votersOutgoing.length === 0 && [...conf.voters].toSorted().join() === names.join(),
    'Converged',
    () => `${names.join()} are alive, ${conf.voters.join()} vote, ${conf.learners.join()} learn`,
  );
  const ids = new Set<string>();
  for (const server of alive) {
    const parts = server.parts;
    must(parts !== undefined, 'Converged', () => `${server.name} does not start`);
    const raft = parts!.core.consensus.node;
    ids.add(raft.identity.clusterId);
    must(
      raft.leader().id === leader!.name,
      'Converged',
      () => `${server.name} follows "${raft.leader().id}", not ${leader!.name}`,
    );
    const lag = world.checks.replicas.frontier - parts!.store.appliedIndex();
    must(lag <= LAG_MAX, 'Converged', () => `${server.name} is ${lag} entries behind`);
  }
  must(ids.size === 1, 'OneCluster', () => `the servers belong to ${[...ids].join(', ')}`);
  for (const machine of [...world.agents, ...alive]) {
    if (machine.retired) continue;
    must(machine.up, 'Converged', () => `${machine.name} is down`);
    const inSession = world.checks.leases.inSession(machine.name, BigInt(node.term));
    must(inSession, 'Converged', () => `${machine.name} is in no session with ${leader!.name}`);
  }
}

/** Nothing is pending or running without somebody who runs it. */
function nothingLeft(world: World): void {
  const { options } = world.plan;
  const store = leaderOf(world)!.parts!.store;
  const now = nowNanos(world);
  const limit = BigInt(endPhaseMs(options)) * MS;
  for (const execution of store.openExecutions()) {
    const { id, attempt, state, stamp, nodeName } = execution;
    if (now - stamp < limit) continue;
    const run = world.checks.physical.byAttempt.get(`${id} ${attempt}`);
    const held = run !== undefined && run.endedMs === undefined;
    if (!held && state === 'pending' && isBusy(world, nodeName)) {
      world.mark('waits for a slot at the end');
      continue;
    }
    must(
      held,
      'NoZombie',
      () => `${id} on ${nodeName} is ${state} since ${Number((now - stamp) / MS)} ms and nobody runs it`,
    );
  }
}

/** Small nodes are given more than they can do: what waits there waits for its turn. */
function isBusy(world: World, node: string): boolean {
  let runs = 0;
  for (const run of world.checks.physical.byAttempt.values()) {
    if (run.node === node && (run.endedMs ?? Infinity) > world.nowMs - SLOT_SLACK_MS) runs += 1;
  }
  return runs >= world.plan.options.slots;
}

/** Back-pressure: where a node has as many starts waiting as may be, and works on others, its jobs stay undecided. */
function isCrowded(world: World): boolean {
  const { store } = leaderOf(world)!.parts!;
  const waiting = new Map<string, number>();
  for (const { nodeName, state } of store.openExecutions()) {
    if (state === 'pending') waiting.set(nodeName, (waiting.get(nodeName) ?? 0) + 1);
  }
  const { waitingPerNodeMax: max } = world.plan.options;
  return [...waiting].some(([node, count]) => count >= max && isBusy(world, node));
}

/** What a result made due is carried out, and no run waits for nothing. */
function nothingOverdue(world: World): void {
  const store = leaderOf(world)!.parts!.store;
  const now = nowNanos(world);
  for (const { id, kind, jobName, dueAt } of store.dues()) {
    const lateMs = Number((now - dueAt) / MS);
    must(lateMs < OVERDUE_MS, 'NoZombie', () => `a ${kind} of ${jobName} (${id}) is due since ${lateMs} ms`);
  }
  const limit = BigInt(endPhaseMs(world.plan.options)) * MS;
  for (const name of store.jobNames()) {
    for (const { group, decidedAt, targets } of store.openRuns(name)) {
      const waits = targets.every(({ state }) => state !== 'pending' && state !== 'running');
      const due = [...store.dues()].some((one) => one.jobName === name && one.group === group);
      must(
        !waits || due || now - decidedAt < limit,
        'NoZombie',
        () => `run ${group} of ${name} is open and nothing is to come`,
      );
    }
  }
}

/** Every tick up to a moment ago has its decision. */
function allDecided(world: World): void {
  const { store } = leaderOf(world)!.parts!;
  if (store.paused('schedule')) return;
  const now = nowNanos(world);
  for (const name of store.jobNames()) {
    const { definition, state } = store.getJob(name)!;
    if (definition.schedule === '') continue;
    must(state.problem === '', 'AllDecided', () => `${name}: ${state.problem}`);
    if (definition.disabled) continue;
    const { nextTick } = state;
    must(nextTick !== null, 'AllDecided', () => `${name} is in no timetable`);
    const lateMs = Number((now - nextTick!) / MS);
    if (lateMs >= TICK_SLACK_MS && isCrowded(world)) {
      world.mark('waits for its turn at the end');
      continue;
    }
    must(lateMs < TICK_SLACK_MS, 'AllDecided', () => `${name}: a tick is due since ${lateMs} ms`);
  }
}

/** A node that was only cut off has reported what came of its work, and that counts unless something newer was decided. */
function provisional(world: World): void {
  const { history, physical } = world.checks;
  for (const known of history.executions.values()) {
    const { execution, job } = known;
    const { id, attempt, state, jobName, nodeName } = execution;
    if (state !== 'lost' || job === undefined || history.jobs.get(jobName) !== job) continue;
    const run = physical.byAttempt.get(`${id} ${attempt}`);
    if (run?.endedMs === undefined) continue;
    const machine = [...world.servers, ...world.agents].find(({ name }) => name === nodeName);
    if (machine === undefined || machine.downs !== run.downs || !machine.up) continue;
    if (history.isSuperseded(known)) continue;
    must(false, 'LostProvisional', () => `${id} ended on ${nodeName} and stays lost`);
  }
  for (const { execution } of history.executions.values()) {
    if (!isFinal(execution.state)) world.mark('open at the end');
  }
}

function nowNanos({ time }: World): bigint {
  return BigInt(Math.round((Date.UTC(2026, 0, 1) + time.nowMs) * 1000)) * 1000n;
}
