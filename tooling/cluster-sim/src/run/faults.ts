import { must } from '../check/broken.ts';
import type { Machine, Stop } from '../nodes/machine.ts';
import { STOP_TIMEOUT_MS } from '../nodes/machine.ts';
import { SimServer } from '../nodes/sim-server.ts';
import type { Fault } from '../plan/plan.ts';
import type { World } from '../world/world.ts';

/** The server that leads the highest term, as the servers see it. */
export function leaderOf({ servers }: World): SimServer | undefined {
  let best: SimServer | undefined;
  let term = -1;
  for (const server of servers) {
    const node = server.up ? server.parts?.core.consensus.node : undefined;
    if (node === undefined || !node.isLeader() || node.term <= term) continue;
    best = server;
    term = node.term;
  }
  return best;
}

/** Lets one fault happen. */
export function strike(world: World, fault: Fault): void {
  if (world.healed) return;
  world.mark(`fault: ${fault.kind}`);
  world.say(() => `FAULT ${JSON.stringify(fault)}`);
  const { places, agents } = world;
  const all: readonly Machine[] = [...places, ...agents];
  const leader = leaderOf(world);
  switch (fault.kind) {
    case 'kill':
    case 'power':
      return down(world, all[fault.node], fault.kind, fault);
    case 'kill-all':
    case 'power-all':
      for (const machine of all) down(world, machine, fault.kind === 'kill-all' ? 'kill' : 'power', fault);
      return;
    case 'kill-leader':
      return down(world, leader, 'kill', { downMs: fault.downMs, move: false });
    case 'stop':
      return stop(world, all[fault.node], 'stop', fault);
    case 'stop-leader':
      return stop(world, leader, 'stop', { downMs: fault.downMs, move: false });
    case 'leave-server':
      return stop(world, places[fault.node], 'leave', { downMs: fault.downMs, move: false });
    case 'split': {
      const side = new Set(fault.side.map((i) => all[i]));
      for (const a of all)
        for (const b of all) if (side.has(a) !== side.has(b)) world.fabric.cut(a.name, b.name, fault.lengthMs);
      return;
    }
    case 'cut':
      return cut(world, all[fault.from], all[fault.to], fault.both ? 'both' : 'out', fault.lengthMs);
    case 'isolate-leader':
      for (const other of all) cut(world, leader, other, fault.how, fault.lengthMs);
      return;
    case 'cut-agent-from-leader':
      return cut(world, all[fault.node], leader, 'both', fault.lengthMs);
    case 'stall':
      return all[fault.node]?.stall(fault.lengthMs);
    case 'stall-leader':
      return leader?.stall(fault.lengthMs);
    case 'step': {
      const machine = all[fault.node];
      if (machine !== undefined) machine.clock.wallOffsetMs += fault.byMs;
      return;
    }
    case 'wipe-agent': {
      const machine = all[fault.node];
      machine?.wipe();
      return startLater(world, machine, fault.downMs);
    }
    case 'lose-agent': {
      const agent = agents.find((one) => one === all[fault.node]);
      // One stays, or jobs for agents would have nobody.
      if (agent === undefined || agents.filter(({ retired }) => !retired).length < 2) return;
      agent.crash(fault.how);
      agent.retired = true;
      return;
    }
    case 'isolate-agent':
      for (const other of all) cut(world, all[fault.node], other, fault.how, fault.lengthMs);
      return;
    case 'mute-agent':
      return mute(world, all[fault.node], fault);
    case 'leave-agent': {
      const agent = agents.find((one) => one === all[fault.node]);
      if (agent === undefined || !agent.up) return;
      agent.leave();
      world.time.after(fault.downMs + 4000, () => agent.start());
      return;
    }
    case 'rebuild-server':
      return rebuild(world, places[fault.node], fault.downMs);
    case 'replace-server':
      return replace(world, places[fault.node], fault.downMs);
  }
}

function down(
  world: World,
  machine: Machine | undefined,
  how: 'kill' | 'power',
  { downMs, move }: { readonly downMs: number; readonly move: boolean },
): void {
  if (machine === undefined || !machine.up) return;
  machine.crash(how);
  if (move) {
    machine.dark = true;
    machine.move();
    world.mark('address changed');
  }
  startLater(world, machine, downMs);
}

/** Longest orderly end: to be removed, to hand over, to let run, to drain. */
const STOP_MAX_MS = 15_000 + 10_000 + STOP_TIMEOUT_MS + 2000 + 5000;

/** As an operator, or the system at its end, would ask for it. */
function stop(
  world: World,
  machine: Machine | undefined,
  how: Stop,
  { downMs, move }: { readonly downMs: number; readonly move: boolean },
): void {
  if (machine === undefined || !machine.ready || machine.stopping) return;
  const { process, downs } = machine;
  const begunMs = world.nowMs;
  let waited = false;
  machine.stop(how).then(
    () =>
      world.guard(() => {
        if (machine.process !== process || machine.downs !== downs) return;
        world.mark(`orderly end: ${how}`);
        world.say(() => `${machine.name} has stopped in ${Math.round(world.nowMs - begunMs)} ms`);
        down(world, machine, 'kill', { downMs, move });
      }),
    (error: unknown) => world.fail(error),
  );
  const late = (): void => {
    if (machine.process !== process || machine.downs !== downs || !machine.up) return;
    // What stood still meanwhile has as much time again.
    if (!waited && machine.stalledLately(begunMs)) {
      waited = true;
      world.time.after(STOP_MAX_MS + 45_000, late);
      return;
    }
    world.guard(() =>
      must(false, 'OrderlyStop', () => `${machine.name} does not end, after ${world.nowMs - begunMs} ms`),
    );
  };
  world.time.after(STOP_MAX_MS, late);
}

function startLater(world: World, machine: Machine | undefined, downMs: number): void {
  if (machine === undefined) return;
  const { downs } = machine;
  world.time.after(downMs, () => {
    if (machine.downs === downs) machine.start();
  });
}

/** What it starts and what becomes of it is told to nobody, and then it is gone. */
function mute(world: World, agent: Machine | undefined, fault: Extract<Fault, { readonly kind: 'mute-agent' }>): void {
  if (agent === undefined || !agent.up) return;
  const { downs } = agent;
  const { muteMs, end, downMs } = fault;
  for (const other of [...world.places, ...world.agents]) cut(world, agent, other, 'out', muteMs);
  world.time.after(muteMs, () => {
    if (world.healed || agent.downs !== downs) return;
    if (end === 'wipe') agent.wipe();
    else agent.crash(end);
    startLater(world, agent, downMs);
  });
}

function cut(
  world: World,
  a: Machine | undefined,
  b: Machine | undefined,
  how: 'both' | 'out' | 'in',
  lengthMs: number,
): void {
  if (a === undefined || b === undefined || a === b) return;
  if (how !== 'in') world.fabric.cut(a.name, b.name, lengthMs);
  if (how !== 'out') world.fabric.cut(b.name, a.name, lengthMs);
}

/** Its disk is lost. It comes back under its name, and stays outside until somebody says that the old one is gone. */
function rebuild(world: World, server: SimServer | undefined, downMs: number): void {
  if (server === undefined || server.retired || !mayLose(world, server)) return;
  server.wipe();
  startLater(world, server, downMs);
  world.removals.add(server.name);
}

/** It is gone for good; another one, that nobody knows, takes its place. */
function replace(world: World, server: SimServer | undefined, downMs: number): void {
  if (server === undefined || server.retired || !mayLose(world, server)) return;
  server.crash('power');
  server.retired = true;
  const successor = new SimServer(world, `${server.name.replace(/-.*/, '')}-${world.servers.length}`);
  world.servers.push(successor);
  world.places[world.places.indexOf(server)] = successor;
  world.time.after(downMs, () => successor.start());
}

/** No more than one copy is destroyed while the others hold what was acknowledged: that is what is promised. */
function mayLose(world: World, server: SimServer): boolean {
  const leader = leaderOf(world);
  const node = leader?.parts?.core.consensus.node;
  if (node === undefined) return false;
  const { conf, members } = node.getConfiguration();
  if (conf.votersOutgoing.length > 0 || conf.learners.length > 0) return false;
  const others = world.servers.filter((one) => one !== server && !one.retired);
  const holding = others.filter(
    (one) =>
      members.some(({ id }) => id === one.name) &&
      (one.store?.appliedIndex() ?? 0n) >= world.checks.replicas.acknowledged,
  );
  return conf.voters.length >= 3 && holding.length >= conf.voters.length - 1;
}
