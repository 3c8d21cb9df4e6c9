import type { SimServer } from './server.ts';
import type { World } from './world.ts';

/**
 * What a server does as a leader that is no voter any more, where it is told not to step down: it leads on until a voter
 * has its whole log and was told to take over. As the driver does.
 */
export class Resignation {
  readonly #world: World;
  readonly #server: SimServer;
  /** A successor was told. */
  #relieved = false;

  constructor(world: World, server: SimServer) {
    this.#world = world;
    this.#server = server;
  }

  /** Before every turn. */
  check(): void {
    const { core, view } = this.#server;
    const { role, leadTransferee } = core.internals;
    if (role !== 'leader' || view.isVoter) this.#relieved = false;
    else if (this.#relieved) this.#server.call((one) => one.stepDown());
    else if (leadTransferee === '') this.#server.call((one) => one.transferLeader(''));
  }

  relieved(): void {
    this.#world.mark('removed leader told its successor');
    this.#relieved = true;
  }
}
