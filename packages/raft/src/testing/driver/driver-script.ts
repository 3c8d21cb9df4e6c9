import type { MemberStep } from '../../node/node-types.ts';
import type { DriverCluster } from './driver-cluster.ts';
import { DRIVER_LEADER, type DriverEvent, type DriverPartition } from './driver-plan.ts';
import type { DriverServer } from './driver-server.ts';
import { expected } from './driver-world.ts';

const MAX_SERVERS = 8;
/** With fewer voters a removed leader may leave nobody who can be elected: see docs/raft.md, Membership. */
const LEAST_VOTERS = 3;

/** Does what an event of the script says, if it can be done now. */
export function performOn(cluster: DriverCluster, event: DriverEvent): void {
  const { world } = cluster;
  const { servers } = world;
  const at = (slot: number): DriverServer =>
    (slot === DRIVER_LEADER ? cluster.leader() : undefined) ?? servers[Math.abs(slot) % servers.length]!;
  switch (event.kind) {
    case 'crash':
      at(event.server).arm({ left: event.call, when: event.when, mode: event.mode, downMs: event.downMs });
      return;
    case 'crashAll':
      world.mark('all crashed at once');
      for (const server of servers) server.crash(event.mode, event.downMs);
      return;
    case 'stop':
      at(event.server).stop(event.transfer, event.downMs);
      return;
    case 'stall':
      at(event.server).process.stall(event.lengthMs);
      return;
    case 'hang':
      at(event.server).hang(event.lengthMs);
      return;
    case 'full':
      at(event.server).fill(event.leftBytes, event.lengthMs);
      return;
    case 'readError':
      at(event.server).misread(event.after, event.mask);
      return;
    case 'reload':
      at(event.server).reload(event.tickFactor, event.options);
      return;
    case 'diskError': {
      const server = at(event.server);
      if (!server.up) return;
      server.strike();
      server.disk.inject({ call: event.call });
      return;
    }
    case 'partition':
      cut(cluster, event.shape, event.pick, event.lengthMs);
      return;
    case 'members':
      changeMembers(cluster, event);
      return;
    default:
      operate(cluster, event);
  }
}

function operate(
  cluster: DriverCluster,
  event: Extract<DriverEvent, { kind: 'transfer' | 'snapshot' | 'burst' | 'restore' }>,
): void {
  const { world } = cluster;
  const leader = cluster.leader();
  const ignore = (error: unknown): void => expected(error, world);
  if (event.kind === 'snapshot') {
    const server = world.servers[Math.abs(event.server) % world.servers.length]!;
    if (server.up && !server.process.stalled) server.node.snapshot().catch(ignore);
    return;
  }
  if (leader === undefined || leader.process.stalled) return;
  if (event.kind === 'burst') {
    cluster.clients.burst(leader, event.count, event.bytes);
    return;
  }
  if (event.kind === 'restore') {
    cluster.clients.restore(leader);
    return;
  }
  const { voters } = leader.node.getConfiguration().conf;
  leader.node.transferLeadership(event.pick % 3 === 0 ? '' : voters[event.pick % voters.length]).catch(ignore);
}

function cut({ world, leader }: DriverCluster, shape: DriverPartition, pick: number, lengthMs: number): void {
  const { servers } = world;
  const lead = leader() ?? servers[0]!;
  const chosen = servers[pick % servers.length]!;
  const side = (server: DriverServer): boolean => ((pick >> servers.indexOf(server)) & 1) === 1;
  const blocked: Record<DriverPartition, (from: DriverServer, to: DriverServer) => boolean> = {
    isolate: (from, to) => from === chosen || to === chosen,
    isolateLeader: (from, to) => from === lead || to === lead,
    split: (from, to) => side(from) !== side(to),
    oneWay: (from, to) => side(from) && !side(to),
    leaderOutbound: (from) => from === lead,
    leaderInbound: (_from, to) => to === lead,
  };
  const links = new Set<string>();
  for (const from of servers) {
    for (const to of servers) if (from !== to && blocked[shape](from, to)) links.add(`${from.id}>${to.id}`);
  }
  world.mark(`partition ${shape}`);
  world.cut(links, lengthMs);
}

function changeMembers(cluster: DriverCluster, { how, pick }: Extract<DriverEvent, { kind: 'members' }>): void {
  const { world } = cluster;
  const leader = cluster.leader();
  if (leader === undefined || leader.process.stalled || !leader.up) return;
  const { node } = leader;
  const { voters, learners } = node.getConfiguration().conf;
  const { servers } = world;
  const chosen = servers[pick % servers.length]!;
  const add = (server: DriverServer, kind: 'addVoter' | 'addNonvoter'): MemberStep => ({
    kind,
    id: server.id,
    birth: server.birth,
  });
  const run = (work: () => Promise<unknown>): void =>
    void work().then(
      () => world.mark(`membership ${how}`),
      (error: unknown) => expected(error, world),
    );
  const mayShrink = voters.length > LEAST_VOTERS;
  const isVoter = voters.includes(chosen.id);
  switch (how) {
    case 'newServer': {
      const added = servers.length < MAX_SERVERS ? cluster.addServer() : chosen;
      // It has to start first: its birth is part of the change.
      world.time.after(50, () => {
        if (added.birth !== '' && leader.up) run(() => node.addNonvoter(added.id, { birth: added.birth }));
      });
      return;
    }
    case 'add':
      if (chosen.birth !== '') run(() => node.addVoter(chosen.id, { birth: chosen.birth, timeoutMs: 2000 }));
      return;
    case 'promote': {
      const [first] = learners;
      if (first !== undefined) run(() => node.promote(first, { timeoutMs: 2000 }));
      return;
    }
    case 'demote':
      if (mayShrink && isVoter) run(() => node.demote(chosen.id));
      return;
    case 'remove':
      if (mayShrink || !isVoter) run(() => node.remove(chosen.id));
      return;
    case 'removeLeader':
      if (mayShrink) run(() => node.remove(leader.id));
      return;
    case 'swap':
    case 'explicit':
    default: {
      const learner = servers.find(({ id, birth }) => learners.includes(id) && birth !== '');
      const voter = servers.find(({ id }) => voters.includes(id) && id !== leader.id);
      if (learner === undefined || voter === undefined) return;
      const steps = [add(learner, 'addVoter'), add(voter, 'addNonvoter')];
      run(async () => {
        await node.changeMembers(steps, { transition: how === 'explicit' ? 'explicit' : 'auto' });
        if (how === 'explicit') await node.leaveJoint();
      });
    }
  }
}
