import { messageOf } from '@dkron/runtime';
import { WireError } from '../core/errors.ts';
import { parseIp } from '../core/ip.ts';
import type { Keyring } from '../core/keyring.ts';
import type { SerfPushPullEffect } from '../core/serf/effects.ts';
import { Serf } from '../core/serf/serf.ts';
import type { StreamPing } from '../core/swim/effects.ts';
import type { Address } from '../core/types.ts';
import type { PushPull } from '../core/wire/messages.ts';
import { PacketCodec } from '../net/packet-codec.ts';
import { StreamClient } from '../net/stream-client.ts';
import { StreamCodec } from '../net/stream-codec.ts';
import { type StreamHandlers, type StreamRefusal, StreamService } from '../net/stream-service.ts';
import type { StreamConnection, TransportFailure, TransportHandler } from '../net/transport.ts';
import { CoreLoop } from './core-loop.ts';
import type { Emitter } from './emitter.ts';
import type { GossipEvents } from './events.ts';
import { Exchanges } from './exchanges.ts';
import { Merges } from './merges.ts';
import type { NodeMetrics } from './metrics.ts';
import type { ResolvedModules } from './modules.ts';
import type { NodeSettings } from './options.ts';
import type { PeerFaults } from './peer-faults.ts';
import { Pending } from './pending.ts';
import { Performer, type PerformerHost } from './performer.ts';
import { WallClockWatch } from './wall-clock-watch.ts';

export interface EngineParts {
  readonly modules: ResolvedModules;
  readonly emitter: Emitter<GossipEvents>;
  readonly metrics: NodeMetrics;
  readonly faults: PeerFaults;
  readonly keyring: Keyring;
  readonly onOutvoted: () => void;
}

const IN = { direction: 'in' };
const PUSH_PULL_IN = { direction: 'in', kind: 'pushPull' };
const PUSH_PULL_OUT = { direction: 'out', kind: 'pushPull' };
const PING_OUT = { direction: 'out', kind: 'ping' };

/** A running member: the state machine, and all that comes in and goes out. */
export class Engine implements TransportHandler, StreamHandlers, PerformerHost {
  readonly name: string;
  readonly pending = new Pending();
  readonly loop: CoreLoop<Serf>;
  readonly #core: Serf;
  readonly #parts: EngineParts;
  readonly #timeoutMs: number;
  readonly #packets: PacketCodec;
  readonly #client: StreamClient;
  readonly #service: StreamService;
  readonly #merges: Merges;
  readonly #exchanges: Exchanges;
  readonly #performer: Performer;
  #peer: string | undefined;
  #stopped = false;

  /** @param address - where others reach us @param snapshot - what was kept; `undefined`: nothing is to be kept */
  constructor(settings: NodeSettings, address: Address, snapshot: string | undefined, parts: EngineParts) {
    const { modules, keyring } = parts;
    const { timers, transport, clock } = modules;
    this.name = settings.name;
    this.#parts = parts;
    this.#timeoutMs = settings.swim.tcpTimeoutMs;
    this.#packets = new PacketCodec(settings, { keyring });
    const codec = new StreamCodec(settings, { keyring });
    this.#client = new StreamClient({ codec, transport, timers });
    this.#service = new StreamService({ timeoutMs: this.#timeoutMs }, { codec, timers, handlers: this });
    this.#merges = new Merges(
      {
        refusal: (remote) => this.#core.mergeRefusal(remote),
        mergeNodes: (nodes, from) =>
          this.#from(from, () => this.loop.run((core, nowMs) => core.mergeNodes(nodes, nowMs))),
        mergeUserState: (remote, from, exchange) =>
          this.#from(from, () => this.loop.run((core, nowMs) => core.mergeUserState(remote, nowMs, exchange))),
      },
      timers,
    );
    this.#exchanges = new Exchanges(
      (effect) => this.#exchange(effect),
      ({ exchange }, failure) => this.loop.run((core, nowMs) => core.exchangeEnded(exchange, nowMs, failure)),
    );
    this.#performer = new Performer({
      ...parts,
      ...modules,
      logger: modules.logger,
      metrics: parts.metrics,
      snapshot: modules.snapshot,
      keyringStore: modules.keyringStore,
      host: this,
      codec: this.#packets,
      pending: this.pending,
    });
    this.#core = new Serf(coreOptions(settings, address, snapshot), {
      random: modules.random,
      keyring,
      overheadBytes: () => this.#packets.overheadBytes,
      ...(modules.accepts && { accepts: modules.accepts }),
      ...(modules.allowsKeyCommand && { allowsKeyCommand: modules.allowsKeyCommand }),
      ...(modules.reconnectTimeoutMs && { reconnectTimeoutMs: modules.reconnectTimeoutMs }),
    });
    const perform = this.#performer.perform.bind(this.#performer);
    const wallClock = new WallClockWatch(clock, (jumpMs) => {
      parts.faults.report('clockJump', address.ip, `our wall clock jumped by ${jumpMs} ms, which changes nothing`);
    });
    const afterwards = (): void => {
      parts.metrics.setHealth(this.#core.healthScore);
      wallClock.look();
    };
    this.loop = new CoreLoop({ core: this.#core, clock, timers, perform, afterwards });
  }

  get currentPeer(): string | undefined {
    return this.#peer;
  }

  /** What it holds now; not for calls that change anything. */
  get core(): Pick<Serf, 'members' | 'member' | 'healthScore' | 'queued'> {
    return this.#core;
  }

  /** Ends everything. What waits settles. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.loop.run((core, nowMs) => core.finish(nowMs));
    this.#stopped = true;
    this.loop.stop();
    this.#exchanges.stop();
    this.pending.stop();
    await this.#parts.modules.transport.close();
    await this.#performer.close();
  }

  packet(datagram: Uint8Array, from: Address): void {
    if (this.#stopped) return;
    const { metrics, faults } = this.#parts;
    metrics.packets.add(1, IN);
    metrics.packetBytes.add(datagram.length, IN);
    const { messages, problems } = this.#packets.unpack(datagram);
    for (const { code, message } of problems) faults.report(code, from.ip, message);
    if (messages.length === 0) return;
    this.#from(from, () => this.loop.run((core, nowMs) => core.receive(messages, from, nowMs)));
  }

  stream(connection: StreamConnection): void {
    this.#service.serve(connection);
  }

  failed(what: TransportFailure, peer: Address | undefined, error: Error): void {
    this.#parts.faults.report(what, peer?.ip, error.message);
  }

  isUs(node: string): boolean {
    return node === this.name;
  }

  pushPull(remote: PushPull, from: Address): PushPull | undefined {
    if (this.#stopped) return undefined;
    const ours = this.#core.localState(remote.join);
    this.#merges.add(remote, from, undefined, (refusal) => {
      if (refusal === undefined) this.#parts.metrics.streams.add(1, PUSH_PULL_IN);
      else this.#parts.faults.report('merge', from.ip, refusal);
    });
    return ours;
  }

  user(body: Uint8Array, from: Address): void {
    if (this.#stopped) return;
    this.#from(from, () => this.loop.run((core, nowMs) => core.receive([{ type: 'user', body }], from, nowMs)));
  }

  refused(code: StreamRefusal, from: Address, detail: string): void {
    this.#parts.faults.report(code, from.ip, detail);
  }

  exchange(effect: SerfPushPullEffect): void {
    this.#exchanges.add(effect);
  }

  pingByStream({ to, node, seqNo, deadlineMs }: StreamPing): void {
    const timeoutMs = deadlineMs - this.#parts.modules.clock.monotonicMs();
    if (timeoutMs <= 0) return;
    void this.#client.exchange(to, { type: 'ping', node, seqNo }, timeoutMs).then(
      (answer) => {
        if (answer.type !== 'ack' || answer.seqNo !== seqNo || this.#stopped) return;
        this.#parts.metrics.streams.add(1, PING_OUT);
        this.loop.run((core, nowMs) => core.streamPingAnswered(seqNo, nowMs));
      },
      (error: unknown) => this.#reportWire(error, to),
    );
  }

  respond(query: number, payload: Uint8Array): void {
    this.loop.run((core, nowMs) => core.respond(query, payload, nowMs));
  }

  outvoted(): void {
    this.#parts.onOutvoted();
  }

  /** Why it failed, if it did. */
  async #exchange({ to, join, exchange }: SerfPushPullEffect): Promise<string | undefined> {
    if (this.#stopped) return 'stopped';
    try {
      const answer = await this.#client.exchange(to, this.#core.localState(join), this.#timeoutMs);
      if (answer.type !== 'pushPull') return `answered with ${answer.type}`;
      if (this.#stopped) return 'stopped';
      const refusal = await new Promise<string | undefined>((resolve) => {
        // Whether it is a join is ours to say.
        this.#merges.add({ ...answer, join }, to, exchange, resolve);
      });
      if (refusal === undefined) this.#parts.metrics.streams.add(1, PUSH_PULL_OUT);
      else this.#parts.faults.report('merge', to.ip, refusal);
      return refusal;
    } catch (error) {
      this.#reportWire(error, to);
      return messageOf(error);
    }
  }

  /** Who is not there is no fault; who answers with what cannot be read is one. */
  #reportWire(error: unknown, { ip }: Address): void {
    if (error instanceof WireError) this.#parts.faults.report(error.code, ip, error.message);
  }

  #from({ ip }: Address, run: () => void): void {
    const before = this.#peer;
    this.#peer = ip;
    try {
      run();
    } finally {
      this.#peer = before;
    }
  }
}

function coreOptions(
  { name, tags, versions, swim, serf, rejoinAfterLeave }: NodeSettings,
  { ip, port }: Address,
  snapshot: string | undefined,
): ConstructorParameters<typeof Serf>[0] {
  return {
    name,
    addr: parseIp(ip)!,
    port,
    tags,
    swim,
    serf,
    ...(versions && { versions }),
    ...(snapshot !== undefined && { snapshot: { rejoinAfterLeave, previous: snapshot } }),
  };
}
