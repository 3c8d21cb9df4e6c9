import { payloadOf } from '../sim/payload.ts';
import type { Command } from '../sim/state-machine.ts';
import type { DriverServer } from './driver-server.ts';
import { type DriverWorld, expected } from './driver-world.ts';

interface Pending {
  readonly client: number;
  readonly server: DriverServer;
  readonly calledAt: number;
  readonly command: Command | undefined;
}

/** So that a restore is several steps. */
const PIECE_BYTES = 6;

/** Codes of errors that promise that nothing was proposed. */
const NOTHING_HAPPENED: ReadonlySet<unknown> = new Set([
  'not_leader',
  'overloaded',
  'leadership_transfer',
  'disk_full',
]);

/** Clients of nodes: put, compare-and-set, linearizable reads, and reads under the leader's lease. */
export class DriverClients {
  readonly #world: DriverWorld;
  readonly #commands = new Map<number, Command>();
  readonly #pending = new Map<number, Pending>();
  /** What tells the outcome of a restore that is under way, by the server that was asked. */
  readonly #restores = new Map<() => void, DriverServer>();
  readonly #targets: number[] = [];
  readonly #seen: number[] = [];
  #operation = 0;
  #stopped = false;

  constructor(world: DriverWorld) {
    this.#world = world;
    for (let client = 0; client < world.plan.clients.count; client++) {
      this.#targets.push(client);
      this.#pause(client);
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  readonly command = (operation: number): Command | undefined => this.#commands.get(operation);

  readonly crashed = (server: DriverServer): void => {
    for (const [lost, asked] of this.#restores) if (asked === server) lost();
    for (const [operation, pending] of this.#pending) if (pending.server === server) this.#giveUp(operation, pending);
  };

  /** Many commands of one caller, whose outcome nobody waits for. */
  burst(server: DriverServer, count: number, bytes: number): void {
    const datas = Array.from({ length: count }, () => payloadOf(++this.#operation, bytes));
    server.node.applyBatch(datas).catch((error: unknown) => expected(error, this.#world));
  }

  /** Puts another state in the place of all: to each key it is a write. */
  restore(server: DriverServer): void {
    const world = this.#world;
    const put = (_: unknown, key: number): Command => ({ kind: 'put', key, value: ++this.#operation, expected: 0 });
    const commands = Array.from({ length: world.plan.clients.keys }, put);
    const calledAt = world.time.nowMs;
    const end = (answered: boolean): void => {
      if (!this.#restores.delete(lost)) return;
      const answer = answered ? { at: world.time.nowMs, effective: true } : undefined;
      for (const command of commands) world.history.write(command, calledAt, answer);
    };
    const lost = (): void => end(false);
    this.#restores.set(lost, server);
    server.node.restore(inPieces(JSON.stringify(commands.map(({ value }) => value)))).then(
      () => end(true),
      (error: unknown) => {
        expected(error, world);
        lost();
      },
    );
  }

  /** Reads a key through a server, as the last of a run. Resolves with whether it was answered. */
  async readLast(server: DriverServer, key: number): Promise<boolean> {
    const calledAt = this.#world.time.nowMs;
    try {
      await server.node.readIndex();
    } catch (error) {
      expected(error, this.#world);
      return false;
    }
    this.#world.history.read(key, calledAt, this.#world.time.nowMs, server.machine!.kv.get(key));
    return true;
  }

  #pause(client: number): void {
    const { plan, clientRandom, time } = this.#world;
    time.after(0.1 + (plan.clients.pauseMs * clientRandom.nextInt(1000)) / 1000, () => this.#begin(client));
  }

  #begin(client: number): void {
    if (this.#stopped) return;
    const { clientRandom: random, servers, plan, time } = this.#world;
    const server = servers[this.#targets[client]! % servers.length]!;
    if (!server.up || server.process.stalled) {
      this.#elsewhere(client);
      return;
    }
    const key = random.nextInt(plan.clients.keys);
    const kind = random.nextInt(10);
    if (kind < 2 && this.#readUnderLease(server, key)) {
      this.#pause(client);
      return;
    }
    const operation = ++this.#operation;
    const command: Command | undefined =
      kind < 5
        ? undefined
        : kind < 7
          ? { kind: 'cas', key, value: operation, expected: this.#seen[key] ?? 0 }
          : { kind: 'put', key, value: operation, expected: 0 };
    const pending: Pending = { client, server, calledAt: time.nowMs, command };
    this.#pending.set(operation, pending);
    if (command === undefined) this.#read(operation, pending, key);
    else this.#write(operation, pending, command);
    time.after(plan.clients.timeoutMs, () => {
      if (this.#pending.get(operation) === pending) this.#giveUp(operation, pending);
    });
  }

  /** What the leader holds may be answered at once while nobody else can lead. */
  #readUnderLease({ node, machine, view }: DriverServer, key: number): boolean {
    if (!node.leadershipValid() || node.stats().applied < view.commit) return false;
    const { time, history } = this.#world;
    const value = machine!.kv.get(key);
    this.#world.mark('read under the lease');
    this.#seen[key] = value;
    history.read(key, time.nowMs, time.nowMs, value);
    return true;
  }

  #write(operation: number, pending: Pending, command: Command): void {
    this.#commands.set(operation, command);
    const { server, calledAt } = pending;
    const data = payloadOf(operation, this.#world.clientRandom.nextInt(200));
    server.node.apply(data).then(
      ({ value }) => {
        if (!this.#finished(operation, pending)) return;
        this.#world.history.write(command, calledAt, { at: this.#world.time.nowMs, effective: value === true });
        this.#pause(pending.client);
      },
      (error: unknown) => this.#rejected(operation, pending, error),
    );
  }

  #read(operation: number, pending: Pending, key: number): void {
    const { watch, history, time } = this.#world;
    const { server, calledAt } = pending;
    watch.each((checker) => checker.readAsked?.(operation));
    if (server.core.basicStatus().role === 'follower') this.#world.mark('read at a follower');
    readIndexOf(server).then(
      (index) => {
        if (!this.#finished(operation, pending)) return;
        try {
          watch.each((checker) => checker.readAnswered?.(operation, index));
        } catch (error) {
          this.#world.fail(error);
        }
        const value = server.machine!.kv.get(key);
        this.#seen[key] = value;
        history.read(key, calledAt, time.nowMs, value);
        this.#pause(pending.client);
      },
      (error: unknown) => this.#rejected(operation, pending, error),
    );
  }

  #finished(operation: number, pending: Pending): boolean {
    if (this.#pending.get(operation) !== pending) return false;
    this.#pending.delete(operation);
    return true;
  }

  #rejected(operation: number, pending: Pending, error: unknown): void {
    expected(error, this.#world);
    if (this.#pending.get(operation) !== pending) return;
    const { code } = error as { readonly code?: unknown };
    if (!NOTHING_HAPPENED.has(code)) {
      this.#giveUp(operation, pending);
      return;
    }
    // Not in the history: should it take effect nevertheless, nobody can explain its value.
    this.#pending.delete(operation);
    this.#elsewhere(pending.client);
  }

  #giveUp(operation: number, pending: Pending): void {
    this.#pending.delete(operation);
    if (pending.command !== undefined) {
      this.#world.mark('write outcome unknown');
      this.#world.history.write(pending.command, pending.calledAt, undefined);
    }
    this.#elsewhere(pending.client);
  }

  #elsewhere(client: number): void {
    const { clientRandom: random, servers, byId } = this.#world;
    const server = servers[this.#targets[client]! % servers.length]!;
    const lead = server.up ? byId.get(server.node.leader().id) : undefined;
    this.#targets[client] =
      lead !== undefined && random.nextInt(4) > 0 ? servers.indexOf(lead) : random.nextInt(servers.length);
    this.#pause(client);
  }
}

async function readIndexOf({ node }: DriverServer): Promise<number> {
  return await node.readIndex();
}

/** Bytes of a text as a stream of a few chunks. */
async function* inPieces(text: string): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.slice(at, at + PIECE_BYTES);
}
