import type { JobDefinition } from '@dkron/jobs';
import type { Random } from '@dkron/runtime';
import { ZERO_TIME } from '@dkron/runtime';
import { deleteJob, putJob, toggleJob } from '@dkron/server/wiring';
import type { ServerParts, SimServer } from '../nodes/sim-server.ts';
import { RPC_PORT } from '../nodes/sim-server.ts';
import type { World } from '../world/world.ts';

/** What a user wants of whoever leads. */
export type Wish = (parts: ServerParts) => Promise<unknown>;

const CALL_MS = 8000;
const SUBMITTED = {
  successCount: 0,
  errorCount: 0,
  lastSuccess: null,
  lastError: null,
  status: '',
  next: ZERO_TIME,
  dependentJobs: null,
};

/** People who create, change and start jobs, through any server. */
export class Users {
  readonly #world: World;
  readonly #random: Random;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  /** Until it is so. */
  insist(wish: Wish, done: () => void = () => undefined): void {
    const again = (): void => void this.#world.time.after(500, () => this.insist(wish, done));
    this.ask(wish, done, again);
  }

  ask(wish: Wish, done: () => void, failed: () => void = () => undefined): void {
    const { servers, guard } = this.#world;
    const up = servers.filter((server) => server.up && server.parts !== undefined);
    const server = up[this.#random.nextInt(Math.max(1, up.length))];
    if (server === undefined || server.process!.stalled) return failed();
    this.#through(server, wish).then(
      () => {
        this.#world.mark('wish granted');
        guard.call(this.#world, done);
      },
      (error: unknown) => {
        const { name, code } = error as { readonly name?: string; readonly code?: unknown };
        if (name === 'TypeError' && code === undefined) this.#world.fail(error);
        failed();
      },
    );
  }

  /** The server does it, or passes it on to the leader that it knows. */
  async #through(server: SimServer, wish: Wish): Promise<void> {
    const { parts } = server;
    if (parts === undefined) throw new Error('it is starting');
    if (parts.cluster.leads()) {
      await server.process!.orDeath(() => wish(parts));
      return;
    }
    const { id } = parts.core.consensus.node.leader();
    const address = id === '' ? '' : parts.core.membership.rpcAddress(id);
    if (address === '' || id === server.name) throw new Error('nobody leads');
    this.#world.mark('write forwarded');
    const serve = async (to: object): Promise<unknown> => {
      const there = (to as SimServer).parts;
      if (there === undefined || !there.cluster.leads()) throw new Error('it does not lead');
      return await wish(there);
    };
    await this.#world.fabric.call(server, server.process!, address.replace(/:\d+$/, `:${RPC_PORT}`), serve, CALL_MS);
  }

  put(definition: JobDefinition): Wish {
    return ({ core, scheduling }) =>
      putJob({ store: core.store, ...scheduling }, { definition, submitted: SUBMITTED }, null);
  }

  /** Something that users do. */
  draw(): Wish {
    const { jobs } = this.#world.plan;
    const { definition } = jobs[this.#random.nextInt(jobs.length)]!;
    const { name } = definition;
    switch (this.#random.nextInt(10)) {
      case 0:
        return ({ core, scheduling }) => deleteJob({ store: core.store, ...scheduling }, name, null);
      case 1:
      case 2:
        return this.put(definition);
      case 3:
      case 4:
        return ({ core, scheduling }) => toggleJob({ store: core.store, ...scheduling }, name, null);
      case 5: {
        const paused = this.#random.nextInt(2) === 0;
        return ({ scheduling }) => scheduling.engine.setSchedulePaused(paused);
      }
      case 6:
        return ({ core, scheduling }) => {
          const open = [...core.store.openExecutions()];
          const one = open[0];
          return one === undefined ? Promise.resolve() : scheduling.engine.cancel(one.id);
        };
      default:
        return ({ scheduling }) => scheduling.engine.runJob(name, { trigger: 'manual' });
    }
  }
}
