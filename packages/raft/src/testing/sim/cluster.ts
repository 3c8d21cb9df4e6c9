import { type ConfState, confStateWith } from '../../core/index.ts';
import { Clients } from './clients.ts';
import { SimNetwork } from './network.ts';
import { UNITS_PER_TICK } from './plan.ts';
import { SimServer } from './server.ts';
import type { StoredSnapshot } from './sim-log.ts';
import { EMPTY_STATE } from './state-machine.ts';
import type { World } from './world.ts';

/** Servers, the links between them, and their clients. */
export class Cluster {
  readonly world: World;
  readonly network: SimNetwork;
  readonly clients: Clients;

  constructor(world: World) {
    this.world = world;
    const { voters, learners } = world.plan;
    const ids = Array.from({ length: voters + learners }, (_, i) => idOf(i));
    const founding = foundingSnapshot(confStateWith(ids.slice(0, voters), ids.slice(voters)));
    this.network = new SimNetwork(world);
    this.clients = new Clients(world);
    for (let i = 0; i < ids.length; i++) this.addServer(founding);
    for (const server of world.servers) server.start();
  }

  /** A server that is not started yet. Without a snapshot it knows of no membership and waits to be told. */
  addServer(snapshot: StoredSnapshot | undefined): SimServer {
    const { world } = this;
    const { clockPermille } = world.plan;
    const clock = 1000 + (clockPermille === 0 ? 0 : world.diskRandom.nextInt(2 * clockPermille + 1) - clockPermille);
    const server = new SimServer(world, idOf(world.servers.length), (clock * UNITS_PER_TICK) / 1000, snapshot, {
      send: this.network.send,
      operationApplied: this.clients.operationApplied,
      readReady: this.clients.readReady,
      crashed: this.clients.crashed,
      command: this.clients.command,
    });
    world.servers.push(server);
    world.byId.set(server.id, server);
    return server;
  }

  /** The leader of the highest term among the servers that are up. */
  leader(): SimServer | undefined {
    return this.#leaders().reduce<SimServer | undefined>(
      (best, server) => (best === undefined || server.view.term > best.view.term ? server : best),
      undefined,
    );
  }

  /** The leader of the lowest term: it may have been replaced. */
  stalestLeader(): SimServer | undefined {
    return this.#leaders().reduce<SimServer | undefined>(
      (best, server) => (best === undefined || server.view.term < best.view.term ? server : best),
      undefined,
    );
  }

  #leaders(): SimServer[] {
    return this.world.servers.filter(({ up, core }) => up && core.internals.role === 'leader');
  }
}

/** `a`, `b`, `c` … */
function idOf(slot: number): string {
  return String.fromCharCode(97 + slot);
}

/** What every founding server begins with: one entry, compacted, that made the membership. */
function foundingSnapshot(confState: ConfState): StoredSnapshot {
  return { meta: { index: 1, term: 1, confState }, state: { ...EMPTY_STATE, applied: 1 } };
}
