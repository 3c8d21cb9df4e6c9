import { Broken } from '../check/broken.ts';
import { Checks } from '../check/checks.ts';
import { SimAgent } from '../nodes/sim-agent.ts';
import { SimServer } from '../nodes/sim-server.ts';
import type { Plan } from '../plan/plan.ts';
import { World } from '../world/world.ts';
import { checkEnd } from './end-phase.ts';
import { leaderOf, strike } from './faults.ts';
import { Users } from './users.ts';

/** What came of a run. */
export interface SimResult {
  readonly seed: number;
  readonly simulatedMs: number;
  readonly events: number;
  /** Stands for everything that was decided and stored, and when: equal for equal plans. */
  readonly hash: string;
  readonly failure: { readonly invariant: string; readonly message: string; readonly timeMs: number } | undefined;
  readonly marks: ReadonlyMap<string, number>;
  readonly entries: number;
  readonly executions: number;
  readonly runs: number;
}

export interface SimOptions {
  /** Is told what happens, line by line. */
  readonly trace?: (text: string) => void;
}

/** Runs a plan. Never rejects. */
export function simulate(plan: Plan, options: SimOptions = {}): Promise<SimResult> {
  // All of it is one turn of the event loop, whose promise reactions the simulated time runs.
  return new Promise((resolve) => void setImmediate(() => resolve(run(plan, options))));
}

function run(plan: Plan, { trace }: SimOptions): SimResult {
  const world = new World(plan, trace);
  world.checks = new Checks(world);
  try {
    live(world);
  } catch (error) {
    world.fail(error);
  }
  for (const machine of [...world.servers, ...world.agents]) machine.process?.kill();
  const { failure, checks } = world;
  if (failure !== undefined) world.hash.addText(failure.message);
  checks.addTo(world.hash);
  return {
    seed: plan.seed,
    simulatedMs: world.nowMs,
    events: world.time.events,
    hash: world.hash.toString(),
    failure: failure === undefined ? undefined : { ...describe(failure), timeMs: world.nowMs },
    marks: world.marks,
    entries: Number(checks.replicas.frontier),
    executions: checks.history.executions.size,
    runs: checks.physical.byAttempt.size,
  };
}

function describe(error: Error): { invariant: string; message: string } {
  if (error instanceof Broken) return { invariant: error.invariant, message: error.message };
  return { invariant: 'error', message: error.stack ?? error.message };
}

function live(world: World): void {
  const { plan, time } = world;
  for (let i = 0; i < plan.servers; i++) world.servers.push(new SimServer(world, `s${i}`));
  for (let i = 0; i < plan.agents; i++) world.agents.push(new SimAgent(world, `a${i}`));
  world.places.push(...world.servers);
  for (const machine of [...world.servers, ...world.agents]) {
    time.after(world.random.nextInt(2000), () => machine.start());
  }
  const users = new Users(world, world.random.fork('users'));
  for (const { definition } of plan.jobs) users.insist(users.put(definition));
  for (const fault of plan.faults) time.after(fault.atMs, () => strike(world, fault));
  removals(world, users);
  if (plan.userMs > 0) wishes(world, users, world.random.fork('wishes'));
  world.pass(plan.healMs);
  heal(world, users);
  world.pass(plan.lengthMs - plan.healMs);
  checkEnd(world);
}

/** Users come again and again; they stop a little before the end. */
function wishes(world: World, users: Users, random: World['random']): void {
  const { userMs } = world.plan;
  world.time.after(random.nextInt(2 * userMs), () => {
    if (world.healed) return;
    users.ask(users.draw(), () => undefined);
    wishes(world, users, random);
  });
}

const OPERATOR_MS = 5000;

/** An operator who reads the logs: a server that lost its disk is removed, so that it may come back as a new one. */
function removals(world: World, users: Users): void {
  world.time.after(OPERATOR_MS, () => {
    for (const name of world.removals) {
      users.ask(
        async ({ core }) => {
          const { node } = core.consensus;
          if (node.getConfiguration().members.some(({ id }) => id === name)) await node.remove(name);
        },
        () => void world.removals.delete(name),
      );
    }
    removals(world, users);
  });
}

/** Nothing goes wrong any more: everybody is started, connected, and has the right time. */
function heal(world: World, users: Users): void {
  world.say(() => 'HEAL');
  world.healed = true;
  world.fabric.heal();
  for (const machine of [...world.servers, ...world.agents]) {
    machine.clock.wallOffsetMs = 0;
    machine.start();
  }
  users.insist(({ scheduling }) => scheduling.engine.setSchedulePaused(false));
  world.mark(leaderOf(world) === undefined ? 'healed without a leader' : 'healed with a leader');
}
