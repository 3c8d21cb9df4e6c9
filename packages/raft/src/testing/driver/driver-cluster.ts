import { DriverClients } from './driver-clients.ts';
import { DriverServer } from './driver-server.ts';
import type { DriverWorld } from './driver-world.ts';

/** Machines and their clients. */
export class DriverCluster {
  readonly world: DriverWorld;
  readonly clients: DriverClients;

  constructor(world: DriverWorld) {
    this.world = world;
    this.clients = new DriverClients(world);
    for (let i = 0; i < world.plan.servers; i++) this.addServer();
  }

  /** A machine with an empty disk, under a name that was never used; it is started. */
  addServer(): DriverServer {
    const { world, clients } = this;
    const id = String.fromCharCode(97 + world.servers.length);
    const server = new DriverServer(world, id, { crashed: clients.crashed, command: clients.command });
    world.servers.push(server);
    world.byId.set(id, server);
    server.start();
    return server;
  }

  /** The leader of the highest term among the servers that are up. */
  readonly leader = (): DriverServer | undefined => {
    let best: DriverServer | undefined;
    for (const server of this.world.servers) {
      if (!server.up || server.core.internals.role !== 'leader') continue;
      if (best === undefined || server.view.term > best.view.term) best = server;
    }
    return best;
  };
}
