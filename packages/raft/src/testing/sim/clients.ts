import { payloadOf } from './payload.ts';
import type { SimServer } from './server.ts';
import type { Command } from './state-machine.ts';
import { Label, type World } from './world.ts';

interface Pending {
  readonly client: number;
  readonly server: SimServer;
  readonly calledAt: number;
  /** `undefined`: a read. */
  readonly command: Command | undefined;
  readonly key: number;
}

/** Clients that put, get and compare-and-set, one operation at a time each, with values that never repeat. */
export class Clients {
  readonly #world: World;
  readonly #commands = new Map<number, Command>();
  readonly #pending = new Map<number, Pending>();
  /** Where a client goes next. */
  readonly #targets: number[] = [];
  /** Values that a client has seen of a key, to compare with. */
  readonly #seen: number[] = [];
  #operation = 0;
  #stopped = false;

  constructor(world: World) {
    this.#world = world;
    for (let client = 0; client < world.plan.clients.count; client++) {
      this.#targets.push(client);
      this.#pause(client);
    }
  }

  /** Operations that have no outcome yet. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** No further operations are begun. */
  stop(): void {
    this.#stopped = true;
  }

  readonly command = (operation: number): Command | undefined => this.#commands.get(operation);

  readonly operationApplied = (server: SimServer, operation: number, effective: boolean): void => {
    const pending = this.#pending.get(operation);
    if (pending?.server !== server || pending.command === undefined) return;
    const { time, history } = this.#world;
    history.write(pending.command, pending.calledAt, { at: time, effective });
    this.#finish(operation, pending);
  };

  readonly readReady = (server: SimServer, operation: number): void => {
    const pending = this.#pending.get(operation);
    if (pending?.server !== server || pending.command !== undefined) return;
    const value = server.machine.get(pending.key);
    this.#seen[pending.key] = value;
    this.#world.mark('read answered');
    this.#world.history.read(pending.key, pending.calledAt, this.#world.time, value);
    this.#finish(operation, pending);
  };

  /** Connections to the server break. */
  readonly crashed = (server: SimServer): void => {
    for (const [operation, pending] of this.#pending) if (pending.server === server) this.#giveUp(operation, pending);
  };

  /** Many writes at once, whose outcome nobody waits for. */
  burst(server: SimServer, count: number, bytes: number): void {
    const datas = Array.from({ length: count }, () => payloadOf(++this.#operation, bytes));
    server.call((core) => core.propose(datas));
    server.proposeEmpty();
  }

  #pause(client: number): void {
    const { plan, clientRandom } = this.#world;
    this.#world.after(1 + clientRandom.nextInt(plan.clients.pause), Label.client, () => this.#begin(client));
  }

  #begin(client: number): void {
    if (this.#stopped) return;
    const world = this.#world;
    const { clientRandom: random, servers, plan } = world;
    const server = servers[this.#targets[client]! % servers.length]!;
    if (!server.up || server.stalled) {
      this.#elsewhere(client);
      return;
    }
    const key = random.nextInt(plan.clients.keys);
    const operation = ++this.#operation;
    const isRead = random.nextInt(1000) < plan.clients.readPermille;
    const command = isRead ? undefined : this.#drawCommand(key, operation);
    const pending: Pending = { client, server, calledAt: world.time, command, key };
    this.#pending.set(operation, pending);
    if (command === undefined) {
      this.#read(server, operation);
    } else {
      this.#commands.set(operation, command);
      const data = payloadOf(operation, random.nextInt(plan.clients.bytes));
      const result = server.call((core) => core.propose([data]));
      if (result !== 'ok') {
        this.#pending.delete(operation);
        this.#elsewhere(client);
        return;
      }
    }
    if (!this.#pending.has(operation)) return;
    world.after(plan.clients.timeout, Label.client, () => {
      if (this.#pending.get(operation) === pending) this.#giveUp(operation, pending);
    });
  }

  #read(server: SimServer, operation: number): void {
    this.#world.watch.each((checker) => checker.readAsked?.(operation));
    if (server.core.internals.role === 'follower') this.#world.mark('read forwarded');
    server.call((core) => core.readIndex(payloadOf(operation, 0)));
  }

  #drawCommand(key: number, value: number): Command {
    const { clientRandom: random, plan } = this.#world;
    if (random.nextInt(1000) >= plan.clients.casPermille) return { kind: 'put', key, value, expected: 0 };
    return { kind: 'cas', key, value, expected: this.#seen[key] ?? 0 };
  }

  #finish(operation: number, pending: Pending): void {
    this.#pending.delete(operation);
    this.#pause(pending.client);
  }

  /** A write may have taken place, or may yet. A read that was not answered says nothing. */
  #giveUp(operation: number, pending: Pending): void {
    this.#pending.delete(operation);
    if (pending.command !== undefined) {
      this.#world.mark('write outcome unknown');
      this.#world.history.write(pending.command, pending.calledAt, undefined);
    }
    this.#elsewhere(pending.client);
  }

  /** Follows the server's hint where there is one, else tries any. */
  #elsewhere(client: number): void {
    const { clientRandom: random, servers, byId } = this.#world;
    const server = servers[this.#targets[client]! % servers.length]!;
    const lead = server.up ? byId.get(server.core.internals.lead) : undefined;
    this.#targets[client] = lead !== undefined && random.nextInt(4) > 0 ? lead.slot : random.nextInt(servers.length);
    this.#pause(client);
  }
}
