import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '@dkron/runtime';
import type { Cluster } from './cluster.ts';
import type { History, KeyInput } from './history.ts';
import type { KvProcess } from './kv-process.ts';
import type { Reply } from './protocol.ts';

const TIMEOUT_MS = 3_000;
const PAUSE_MS_MAX = 15;
/** After so many operations the clients turn to new keys: the search grows faster than a history. */
const OPERATIONS_PER_KEYS = 600;
const KEYS = 3;
/** A server that answers so has done nothing, and never will for this request. */
const HARMLESS = new Set(['unsent', 'not_leader', 'overloaded', 'leadership_transfer', 'disk_full']);

export interface ClientModules {
  readonly cluster: Cluster;
  readonly history: History;
  readonly random: Random;
  readonly errors: Map<string, number>;
}

/** Clients that write, compare and read without rest, each one operation at a time. */
export class Clients {
  readonly #modules: ClientModules;
  #lastValue = 0;
  #started = 0;
  #leader: string | undefined;

  constructor(modules: ClientModules) {
    this.#modules = modules;
  }

  async run(count: number, signal: AbortSignal): Promise<void> {
    const { random } = this.#modules;
    await Promise.all(Array.from({ length: count }, (_, i) => this.#client(random.fork(`client ${i}`), signal)));
  }

  /** Reads a key once, for the end. @returns false when the read got no answer */
  async read(key: string, server: KvProcess): Promise<boolean> {
    return (await this.#perform(key, { op: 'get' }, server)) !== undefined;
  }

  async #client(random: Random, signal: AbortSignal): Promise<void> {
    const found = new Map<string, number>();
    while (!signal.aborted) {
      const key = `key-${Math.floor(this.#started++ / OPERATIONS_PER_KEYS)}-${random.nextInt(KEYS)}`;
      const input = this.#choose(random, found.get(key) ?? 0);
      const before = await this.#perform(key, input, this.#target(random, input.op === 'get'));
      if (before !== undefined) found.set(key, valueAfter(input, before));
      await pause(random.nextInt(PAUSE_MS_MAX));
    }
  }

  #choose(random: Random, expected: number): KeyInput {
    const dice = random.nextInt(10);
    if (dice < 4) return { op: 'get' };
    const value = ++this.#lastValue;
    return dice < 7 ? { op: 'put', value } : { op: 'cas', value, expected };
  }

  /** Reads go anywhere; changes mostly to who is believed to lead. */
  #target(random: Random, isRead: boolean): KvProcess {
    const { servers } = this.#modules.cluster;
    const any = servers[random.nextInt(servers.length)]!;
    const guess = random.nextInt(10) < (isRead ? 3 : 9);
    return (guess ? this.#modules.cluster.get(this.#leader) : undefined) ?? any;
  }

  /** Sends an operation and records it. @returns the value before, if that is known */
  async #perform(key: string, input: KeyInput, server: KvProcess): Promise<number | undefined> {
    const { history, errors } = this.#modules;
    const calledAt = performance.now();
    const reply = await server.request({ ...input, key }, TIMEOUT_MS);
    const at = performance.now();
    this.#learn(reply, server, input.op !== 'get');
    if (reply.error === undefined) {
      history.add(key, { input, calledAt, answer: { at, output: reply.ok as number } });
      return reply.ok as number;
    }
    errors.set(reply.error, (errors.get(reply.error) ?? 0) + 1);
    if (input.op !== 'get' && !HARMLESS.has(reply.error)) history.add(key, { input, calledAt, answer: undefined });
    return undefined;
  }

  #learn({ error, leader }: Omit<Reply, 'n'>, server: KvProcess, isChange: boolean): void {
    if (error === undefined) this.#leader = isChange ? server.id : this.#leader;
    else if (leader !== undefined && leader !== server.id) this.#leader = leader;
    else if (server.id === this.#leader) this.#leader = undefined;
  }
}

function valueAfter(input: KeyInput, before: number): number {
  if (input.op === 'get') return before;
  return input.op === 'put' || before === input.expected ? input.value : before;
}
