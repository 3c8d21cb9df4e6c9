import type { Message, MessageType, NodeId, RaftCore } from '../core/index.ts';
import { TestServer, type TestServerOptions } from './server.ts';

const MAX_MESSAGES = 100_000;

/** How to make a {@link Network}. */
export interface NetworkOptions {
  readonly ids: readonly NodeId[];
  /** For every server. */
  readonly server?: Omit<TestServerOptions, 'id' | 'voters'>;
  /** For one server, on top. */
  readonly servers?: Readonly<Record<NodeId, Omit<TestServerOptions, 'id'>>>;
  /** Ids that answer nothing, ever. */
  readonly dead?: readonly NodeId[];
}

/** Servers in one process and the messages between them, delivered in order, without delay, unless told to lose them. */
export class Network {
  readonly servers = new Map<NodeId, TestServer>();
  /** Every message that was delivered, for inspection. */
  delivered: Message[] = [];
  readonly #cut = new Set<string>();
  readonly #ignored = new Set<MessageType>();
  #filter: ((message: Message) => boolean) | undefined;

  constructor(options: NetworkOptions) {
    const dead = new Set(options.dead ?? []);
    for (const id of options.ids) {
      if (dead.has(id)) continue;
      const own = options.servers?.[id];
      this.servers.set(id, new TestServer({ voters: options.ids, ...options.server, ...own, id }));
    }
  }

  get(id: NodeId): TestServer {
    const server = this.servers.get(id);
    if (server === undefined) throw new TypeError(`server ${id}: must be one of ${[...this.servers.keys()].join(' ')}`);
    return server;
  }

  core(id: NodeId): RaftCore {
    return this.get(id).core;
  }

  /** Adds a server that was not there at the beginning. */
  add(options: TestServerOptions): TestServer {
    const server = new TestServer(options);
    this.servers.set(server.id, server);
    return server;
  }

  /** Loses everything between two servers, in both directions. */
  cut(a: NodeId, b: NodeId): void {
    this.drop(a, b);
    this.drop(b, a);
  }

  /** Loses everything from one server to another. */
  drop(from: NodeId, to: NodeId): void {
    this.#cut.add(`${from}>${to}`);
  }

  /** Loses everything to and from a server. */
  isolate(id: NodeId): void {
    for (const other of this.servers.keys()) if (other !== id) this.cut(id, other);
  }

  /** Loses all messages of a kind. */
  ignore(type: MessageType): void {
    this.#ignored.add(type);
  }

  /** Lets only messages pass that satisfy `filter`. */
  filter(filter: (message: Message) => boolean): void {
    this.#filter = filter;
  }

  /** Nothing is lost any more. */
  heal(): void {
    this.#cut.clear();
    this.#ignored.clear();
    this.#filter = undefined;
  }

  /** Delivers messages, and those they lead to, until there are none. */
  send(...messages: Message[]): void {
    const queue = [...messages];
    for (let count = 0; queue.length > 0; count++) {
      if (count > MAX_MESSAGES)
        throw new Error(`more than ${MAX_MESSAGES} messages: the cluster does not come to rest`);
      const message = queue.shift()!;
      const to = this.servers.get(message.to);
      if (to === undefined) continue;
      to.core.step(message);
      this.delivered.push(message);
      queue.push(...to.settle().filter((one) => this.#passes(one)));
    }
  }

  /** Lets every server do its work and delivers what comes of it. */
  settle(): void {
    const queue: Message[] = [];
    for (const server of this.servers.values()) queue.push(...server.settle().filter((one) => this.#passes(one)));
    this.send(...queue);
  }

  campaign(id: NodeId): void {
    this.core(id).campaign();
    this.settle();
  }

  propose(id: NodeId, ...texts: string[]): string {
    const result = this.core(id).propose(texts.map((text) => new TextEncoder().encode(text)));
    this.settle();
    return result;
  }

  /** Heartbeats of a leader. */
  beat(id: NodeId): void {
    for (let i = 0; i < this.core(id).internals.options.heartbeatTick; i++) this.core(id).tick();
    this.settle();
  }

  /** Ticks one server; what comes of it is delivered after each tick. */
  tick(id: NodeId, count = 1): void {
    for (let i = 0; i < count; i++) {
      this.core(id).tick();
      this.settle();
    }
  }

  #passes(message: Message): boolean {
    if (this.#ignored.has(message.type) || this.#cut.has(`${message.from}>${message.to}`)) return false;
    return this.#filter?.(message) ?? true;
  }
}

/** `a`, `b`, `c` … */
export function serverIds(count: number): NodeId[] {
  return Array.from({ length: count }, (_, i) => String.fromCharCode(97 + i));
}
