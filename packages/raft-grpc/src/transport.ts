import type { ServerDuplexStream, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { Server, status } from '@grpc/grpc-js';
import type { NodeId, PeerConnection, SnapshotSource, Transport, TransportHandler } from '@dkron/raft';
import type { Message } from '@dkron/raft/core';
import { Backoff } from '@dkron/runtime';
import type { StreamContext } from './context.ts';
import { TransportError } from './errors.ts';
import type {
  SessionRequest,
  SessionResponse,
  SnapshotRequest,
  SnapshotResponse,
} from './gen/dkron/raft/v1/transport.ts';
import { acceptStream } from './link/accept.ts';
import { serveSession } from './link/incoming-session.ts';
import { PeerLink } from './link/peer-link.ts';
import { PeerRegistry } from './link/peer-registry.ts';
import { SnapshotReceiver } from './link/snapshot-receiver.ts';
import { SnapshotSender } from './link/snapshot-sender.ts';
import { checkOptions } from './options.ts';
import type { CheckedOptions, GrpcRaftTransportModules, GrpcRaftTransportOptions } from './options.ts';
import { Refusals } from './refusals.ts';
import { serverChannelOptions, serverCredentials } from './wire/channel.ts';
import { raftTransportService } from './wire/service.ts';
import type { Incoming } from './wire/service.ts';

type SessionIn = Incoming<SessionRequest>;
type SessionOut = NonNullable<SessionResponse['message']>;
type SessionCall = ServerDuplexStream<SessionIn, SessionOut>;
type SnapshotIn = Incoming<SnapshotRequest>;
type SnapshotOut = NonNullable<SnapshotResponse['message']>;
type SnapshotCall = ServerDuplexStream<SnapshotIn, SnapshotOut>;

/** Where to listen. Port 0 takes a free one. */
export interface ListenOptions {
  readonly host: string;
  readonly port: number;
}

/**
 * Carries raft messages over gRPC: each server opens one stream to each peer it sends to. Peers reach it through
 * `service` and `handlers` in a server of the application's, or through `listen`.
 */
export class GrpcRaftTransport implements Transport {
  /** For `server.addService(service, handlers)`; the server wants `channelOptions`. */
  readonly service: ServiceDefinition = raftTransportService as unknown as ServiceDefinition;
  readonly handlers: UntypedServiceImplementation;
  readonly logsRefusals = true;
  readonly #options: CheckedOptions;
  readonly #modules: GrpcRaftTransportModules;
  readonly #registry: PeerRegistry;
  readonly #refusals: Refusals;
  readonly #links = new Map<NodeId, PeerLink>();
  #context: StreamContext | undefined;
  #snapshots: SnapshotSender | undefined;
  #server: Server | undefined;
  #addr: string;
  #streams = 0;
  readonly #receiver: SnapshotReceiver;
  #closed: Promise<void> | undefined;

  /** @throws TypeError for an option out of range */
  constructor(options: GrpcRaftTransportOptions, modules: GrpcRaftTransportModules) {
    this.#options = checkOptions(options);
    this.#modules = modules;
    this.#addr = this.#options.addr;
    this.#registry = new PeerRegistry(modules.timers);
    this.#refusals = new Refusals(modules);
    this.#receiver = new SnapshotReceiver(this.#options.maxSnapshots);
    this.handlers = {
      session: (call: SessionCall) => this.#acceptSession(call),
      snapshot: (call: SnapshotCall) => this.#acceptSnapshot(call),
    };
  }

  /** What a grpc-js server that serves `handlers` should be made with. */
  get channelOptions(): object {
    return serverChannelOptions(this.#options);
  }

  /** Listens with a server of its own, which `close` ends; resolves to the address. */
  async listen({ host, port }: ListenOptions): Promise<string> {
    if (this.#closed !== undefined) throw closedError();
    if (this.#server !== undefined) throw new TypeError('the transport listens already');
    const server = new Server(serverChannelOptions(this.#options));
    this.#server = server;
    server.addService(this.service, this.handlers);
    const bracketed = host.includes(':') ? `[${host}]` : host;
    const bound = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`${bracketed}:${port}`, serverCredentials(this.#modules.credentials), (error, actual) => {
        if (error === null) resolve(actual);
        else reject(error);
      });
    });
    if (this.#options.addr === '') this.#addr = `${bracketed}:${bound}`;
    return this.#addr;
  }

  localAddr(): string {
    return this.#addr;
  }

  setHandler(handler: TransportHandler): void {
    if (this.#context !== undefined) throw new TypeError('the handler is set already');
    this.#registry.setHandler(handler);
    this.#context = {
      options: this.#options,
      modules: this.#modules,
      handler,
      registry: this.#registry,
      refusals: this.#refusals,
    };
    const { minBackoffMs, maxBackoffMs } = this.#options;
    this.#snapshots = new SnapshotSender(
      this.#context,
      () => new Backoff({ minMs: minBackoffMs, maxMs: maxBackoffMs }, this.#modules),
    );
  }

  send(to: NodeId, addr: string, messages: readonly Message[]): void {
    if (this.#context === undefined) throw new TypeError('no handler is set');
    if (to === '' || to === this.#options.id) throw new TypeError(`messages to ${to === '' ? 'nobody' : 'oneself'}`);
    if (this.#closed !== undefined) return;
    let link = this.#links.get(to);
    if (link === undefined) {
      link = new PeerLink(to, addr, this.#context);
      this.#links.set(to, link);
    }
    link.send(addr, messages);
  }

  async sendSnapshot(to: NodeId, addr: string, source: SnapshotSource, signal: AbortSignal): Promise<void> {
    if (this.#closed !== undefined) throw closedError();
    if (this.#snapshots === undefined) throw new TypeError('no handler is set');
    await this.#snapshots.send(to, addr, source, signal);
  }

  forget(id: NodeId): void {
    this.#links.get(id)?.close();
    this.#links.delete(id);
    this.#registry.endAll('not a member any more', id);
  }

  connections(): readonly PeerConnection[] {
    const all = [...this.#links.values()].map((link) => link.describe());
    return all.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#registry.setHandler(undefined);
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
    this.#registry.endAll('the server stops');
    await this.#snapshots?.close();
    this.#server?.forceShutdown();
  }

  #acceptSession(call: SessionCall): void {
    this.#accept(call, (context) =>
      acceptStream<SessionIn, SessionOut>(call, 'raft', context, (stream) => serveSession(stream, context)),
    );
  }

  #acceptSnapshot(call: SnapshotCall): void {
    this.#accept(call, (context) =>
      acceptStream<SnapshotIn, SnapshotOut>(call, 'snapshot', context, (stream) =>
        this.#receiver.take(stream, context),
      ),
    );
  }

  #accept(call: SessionCall | SnapshotCall, serve: (context: StreamContext) => Promise<void>): void {
    const context = this.#context;
    if (context === undefined || this.#closed !== undefined || this.#streams >= this.#options.maxStreams) {
      call.on('data', () => {});
      const why = context === undefined ? 'not ready yet' : 'no more streams';
      call.emit('error', { code: status.UNAVAILABLE, details: why });
      return;
    }
    this.#streams += 1;
    void serve(context).finally(() => {
      this.#streams -= 1;
    });
  }
}

function closedError(): TransportError {
  return new TransportError('transport_closed', 'the transport is closed', {});
}
