import { Keyring } from '../core/keyring.ts';
import type { KeyResultEvent } from '../core/serf/effects.ts';
import type { QueryParams } from '../core/serf/own-queries.ts';
import type { Address, Member, Tags } from '../core/types.ts';
import { formatAddress } from '../core/host-port.ts';
import { GossipError } from '../errors.ts';
import { advertisedIp } from '../net/advertise.ts';
import { Emitter, type Unsubscribe } from './emitter.ts';
import { Engine } from './engine.ts';
import type { GossipEventName, GossipEvents } from './events.ts';
import { findTargets, type JoinFailure } from './join-targets.ts';
import { KeyCommands } from './key-commands.ts';
import { NodeMetrics } from './metrics.ts';
import { type NodeModules, type ResolvedModules, resolveModules } from './modules.ts';
import { type GossipOptions, type NodeSettings, resolveNodeOptions } from './options.ts';
import { type GossipQuery, OpenQuery } from './own-query.ts';
import { PeerFaults } from './peer-faults.ts';

/** What became of a join. */
export interface JoinResult {
  /** Members that took us in. */
  readonly contacted: number;
  /** Addresses that did not. */
  readonly failures: readonly JoinFailure[];
}

/** How a query is asked; the name and payload apart. */
export type QueryOptions = Omit<QueryParams, 'name' | 'payload'>;

/**
 * One member of a pool: sockets, clock and timers around the state machine. All promises of a node settle in every case,
 * also by its stop. Commands reject with {@link GossipError} `GOSSIP_STOPPED` while it does not run, and with SerfError.
 */
export class GossipNode {
  /** Keys of the whole pool. */
  readonly keyring: KeyCommands;
  readonly #settings: NodeSettings;
  readonly #modules: ResolvedModules;
  readonly #metrics: NodeMetrics;
  readonly #faults: PeerFaults;
  readonly #emitter: Emitter<GossipEvents>;
  #phase: 'new' | 'starting' | 'running' | 'stopped' = 'new';
  #engine: Engine | undefined;
  #address: Address | undefined;
  #stopping: Promise<void> | undefined;

  /** Throws TypeError for options that cannot work. Nothing is opened yet. */
  constructor(options: GossipOptions, modules: NodeModules) {
    this.#settings = resolveNodeOptions(options);
    this.#modules = resolveModules(modules);
    const { clock, logger, metrics } = this.#modules;
    this.#metrics = new NodeMetrics(metrics);
    const intervalMs = this.#settings.faultLogIntervalMs;
    this.#faults = new PeerFaults({ intervalMs }, { clock, logger, counter: this.#metrics.faults });
    const buffer = this.#settings.eventBuffer;
    this.#emitter = new Emitter({ buffer, onLost: () => this.#metrics.lost.add(1) }, logger);
    this.keyring = new KeyCommands((command, key) => this.#commandKeys(command, key));
  }

  /**
   * Listens, and takes part in a pool of one. With a snapshot it then looks for the members it knew, in the background.
   * Rejects with {@link GossipError} `GOSSIP_BIND`, `GOSSIP_ADVERTISE`, `GOSSIP_SNAPSHOT`; with TypeError for a key ring that is none.
   */
  async start(): Promise<void> {
    if (this.#phase !== 'new') throw new TypeError('start: once only; make a new node to start again');
    this.#phase = 'starting';
    try {
      await this.#start();
    } catch (error) {
      this.#phase = 'stopped';
      await this.#modules.transport.close();
      throw error;
    }
  }

  /** Where others reach us. Throws before the start. */
  get address(): Address {
    if (this.#address === undefined) throw stopped();
    return this.#address;
  }

  /** This node, as the pool sees it. Throws before the start. */
  get self(): Member {
    const self = this.#running().core.member(this.#settings.name);
    if (self === undefined) throw stopped();
    return self;
  }

  /** All that are known, also those that failed or left and are not forgotten yet. Empty before the start. */
  members(): readonly Member[] {
    return this.#engine?.core.members() ?? [];
  }

  member(name: string): Member | undefined {
    return this.#engine?.core.member(name);
  }

  /** 0 is healthy; more, and our probes take so many times longer, since it may be us who is slow. */
  get healthScore(): number {
    return this.#engine?.core.healthScore ?? 0;
  }

  /**
   * Joins the pool of whoever listens at any of `addresses`: `host`, `host:port`, `[ip6]:port`; all of them are tried.
   * Rejects with {@link GossipError} `GOSSIP_JOIN` if none took us in.
   */
  async join(addresses: readonly string[], options: { readonly ignoreOld?: boolean } = {}): Promise<JoinResult> {
    const engine = this.#running();
    const { bindIp, bindPort, resolveTimeoutMs } = this.#settings;
    const targets = await findTargets(
      addresses,
      {
        defaultPort: bindPort === 0 ? this.address.port : bindPort,
        isReachable: (ip) => bindIp.includes(':') || !ip.includes(':'),
        timeoutMs: resolveTimeoutMs,
      },
      this.#modules,
    );
    if (this.#engine !== engine) throw stopped();
    const { ignoreOld = true } = options;
    const { contacted, failures } = await engine.loop.run((core, nowMs) =>
      engine.pending.joins.begin(() => core.join(targets.addresses, nowMs, { ignoreOld })),
    );
    const all = [
      ...targets.failures,
      ...failures.map(({ address, reason }) => ({ address: formatAddress(address), reason })),
    ];
    if (contacted > 0 || addresses.length === 0) return { contacted, failures: all };
    const reasons = all.map(({ address, reason }) => `${address}: ${reason}`).join('; ');
    throw new GossipError('GOSSIP_JOIN', `nobody was joined: ${reasons.slice(0, 1024)}`, { failures: all });
  }

  /** Says goodbye, so that others see us as left and not as failed. Resolves when it had time to spread; then stop. */
  async leave(): Promise<void> {
    const engine = this.#running();
    await engine.loop.run((core, nowMs) => {
      core.leave(nowMs);
      return core.state === 'left' ? Promise.resolve() : engine.pending.leave();
    });
  }

  /** Publishes tags in the place of all we have. Resolves with whether the pool heard of it in time; it goes on anyway. */
  async setTags(tags: Tags): Promise<boolean> {
    const engine = this.#running();
    return await engine.loop.run((core, nowMs) => {
      core.setTags(tags, nowMs);
      return engine.pending.tags();
    });
  }

  /** Tells all members, us among them. `coalesce`: receivers may tell only the latest of its name. */
  userEvent(name: string, payload: Uint8Array, options: { readonly coalesce?: boolean } = {}): void {
    this.#running().loop.run((core, nowMs) => core.userEvent(name, payload, options.coalesce ?? false, nowMs));
  }

  /** Asks all members that the filters let pass, us among them. */
  query(name: string, payload: Uint8Array, options: QueryOptions = {}): GossipQuery {
    const engine = this.#running();
    return engine.loop.run((core, nowMs) => {
      const handle = core.query({ ...options, name, payload }, nowMs);
      const query = new OpenQuery(() => {
        if (engine.pending.queries.has(handle)) engine.loop.run((open, closedMs) => open.closeQuery(handle, closedMs));
      });
      engine.pending.queries.set(handle, query);
      return query;
    });
  }

  /** Has a failed member taken for one that left, by all; `prune`: and forgotten. One that is alive contradicts. */
  removeFailed(name: string, options: { readonly prune?: boolean } = {}): void {
    this.#running().loop.run((core, nowMs) => core.removeFailed(name, options.prune ?? false, nowMs));
  }

  /** Calls `listener` with each event, in the turn in which it happens. */
  on<K extends GossipEventName>(name: K, listener: (event: GossipEvents[K]) => void): Unsubscribe {
    return this.#emitter.on(name, listener);
  }

  /** Events from now on, in a loop, until the signal aborts or the node stops. A slow reader misses the oldest. */
  events<K extends GossipEventName>(name: K, signal?: AbortSignal): AsyncIterableIterator<GossipEvents[K], undefined> {
    return this.#emitter.iterate(name, signal);
  }

  /** Ends at once, without goodbye: {@link leave} first, or others see us as failed. Idempotent; never rejects. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop('stop');
    return this.#stopping;
  }

  async #start(): Promise<void> {
    const { snapshot, keyringStore, transport } = this.#modules;
    const keys = (await keyringStore?.load()) ?? this.#settings.keys;
    const text = await snapshot?.load();
    // What comes before the engine is there is lost, as it would have been a moment earlier.
    const bound = await transport.open({
      packet: (datagram, from) => this.#engine?.packet(datagram, from),
      stream: (connection) => (this.#engine === undefined ? connection.destroy() : this.#engine.stream(connection)),
      failed: (what, peer, error) => this.#faults.report(what, peer?.ip, error.message),
    });
    if (this.#stopping !== undefined) throw stopped();
    const { advertiseIp, advertisePort } = this.#settings;
    const ip = advertiseIp ?? advertisedIp(bound.ip, this.#modules.localAddresses());
    if (ip === undefined) {
      throw new GossipError(
        'GOSSIP_ADVERTISE',
        `listens on ${bound.ip}, and this machine has no private address: set advertiseIp`,
      );
    }
    this.#address = { ip, port: advertisePort ?? bound.port };
    const engine = new Engine(this.#settings, this.#address, text, {
      modules: this.#modules,
      emitter: this.#emitter,
      metrics: this.#metrics,
      faults: this.#faults,
      keyring: new Keyring(keys),
      onOutvoted: () => {
        this.#stopping ??= this.#stop('conflict');
      },
    });
    this.#engine = engine;
    this.#phase = 'running';
    engine.loop.run((core, nowMs) => core.start(nowMs));
    const { name } = this.#settings;
    this.#modules.logger.info('gossip: started', {
      name,
      address: formatAddress(this.#address),
      encrypted: keys.length > 0,
    });
  }

  async #stop(reason: 'stop' | 'conflict'): Promise<void> {
    const engine = this.#engine;
    this.#phase = 'stopped';
    this.#engine = undefined;
    try {
      await engine?.stop();
    } catch (error) {
      this.#modules.logger.error('gossip: stopped with an error', { error: String(error) });
    }
    this.#emitter.emit('stopped', { reason });
    this.#emitter.end();
  }

  #commandKeys(command: 'install' | 'use' | 'remove' | 'list', key: Uint8Array | null): Promise<KeyResultEvent> {
    const engine = this.#running();
    return engine.loop.run((core, nowMs) =>
      engine.pending.keyCommands.begin(() => core.commandKeys(command, key, nowMs)),
    );
  }

  #running(): Engine {
    if (this.#phase !== 'running' || this.#engine === undefined) throw stopped();
    return this.#engine;
  }
}

function stopped(): GossipError {
  return new GossipError('GOSSIP_STOPPED', 'the node is not running');
}
