import { connect, createServer, type Server, type Socket } from 'node:net';
import { messageOf, type Timers } from '@dkron/runtime';
import { formatAddress } from '../core/host-port.ts';
import { parseIp } from '../core/ip.ts';
import type { Address } from '../core/types.ts';
import { GossipError } from '../errors.ts';
import { PacketSocket } from './packet-socket.ts';
import { plainIp } from './socket-address.ts';
import { SocketStream } from './socket-stream.ts';
import type { GossipTransport, StreamConnection, TransportHandler } from './transport.ts';

/** Where and how much a socket transport listens. */
export interface SocketTransportOptions {
  /** Address to listen on: `0.0.0.0` all of IPv4, `::` all of IPv6 and IPv4. */
  readonly ip: string;
  /** UDP and TCP alike. 0: any port that is free for both. */
  readonly port: number;
  /** Connections that others opened, at the same time; more are closed at once. Default: 128. */
  readonly maxInboundStreams?: number;
}

/** Collaborators of the socket transport. */
export interface SocketTransportModules {
  readonly timers: Timers;
}

const MAX_PORT = 65_535;
const MAX_INBOUND_STREAMS = 128;
/** A free TCP port may be taken on UDP. */
const BIND_TRIES = 16;

/** UDP and TCP on one port. */
export class SocketTransport implements GossipTransport {
  readonly #options: Required<SocketTransportOptions>;
  readonly #timers: Timers;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #packets: PacketSocket | undefined;
  #handler: TransportHandler | undefined;
  #inbound = 0;

  /** Throws TypeError for what is no address or port. */
  constructor(options: SocketTransportOptions, { timers }: SocketTransportModules) {
    const { ip, port, maxInboundStreams = MAX_INBOUND_STREAMS } = options;
    if (parseIp(ip) === undefined) throw new TypeError(`ip: ${JSON.stringify(ip)}, allowed are IP addresses`);
    if (!Number.isInteger(port) || port < 0 || port > MAX_PORT) {
      throw new TypeError(`port: ${port}, allowed are 0 to ${MAX_PORT}`);
    }
    this.#options = { ip, port, maxInboundStreams };
    this.#timers = timers;
  }

  /** Throws GossipError `GOSSIP_BIND`. */
  async open(handler: TransportHandler): Promise<Address> {
    const { ip, port: wanted } = this.#options;
    this.#handler = handler;
    for (let left = BIND_TRIES; ; left--) {
      try {
        return { ip, port: await this.#bind(handler) };
      } catch (error) {
        const again = wanted === 0 && left > 1 && codeOf(error) === 'EADDRINUSE';
        if (again) continue;
        const where = formatAddress({ ip, port: wanted });
        throw new GossipError(
          'GOSSIP_BIND',
          `cannot listen on ${where}: ${messageOf(error)}`,
          { where },
          { cause: error },
        );
      }
    }
  }

  sendPacket(to: Address, datagram: Uint8Array): void {
    this.#packets?.send(to, datagram);
  }

  dial(to: Address): StreamConnection {
    const socket = connect({ host: to.ip, port: to.port, noDelay: true });
    this.#keep(socket);
    if (this.#server === undefined) socket.destroy(new Error('transport is closed'));
    return new SocketStream(socket, to);
  }

  async close(): Promise<void> {
    const server = this.#server;
    const packets = this.#packets;
    this.#server = undefined;
    this.#packets = undefined;
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all([packets?.close(), server && closeServer(server)]);
  }

  /** TCP first, then UDP on the port it got. */
  async #bind(handler: TransportHandler): Promise<number> {
    const { ip, port: wanted } = this.#options;
    const server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    await listen(server, ip, wanted);
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : wanted;
    const packets = new PacketSocket(ip, handler, this.#timers);
    try {
      await packets.bind(ip, port);
    } catch (error) {
      await closeServer(server);
      throw error;
    }
    server.on('error', (error) => handler.failed('socket', undefined, error));
    this.#server = server;
    this.#packets = packets;
    return port;
  }

  #accept(socket: Socket): void {
    const remote = { ip: plainIp(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 };
    if (this.#server === undefined || this.#inbound >= this.#options.maxInboundStreams) {
      socket.on('error', () => {});
      socket.destroy();
      this.#handler?.failed('overload', remote, new Error(`${this.#inbound} connections are open`));
      return;
    }
    this.#inbound++;
    socket.once('close', () => this.#inbound--);
    this.#keep(socket);
    this.#handler?.stream(new SocketStream(socket, remote));
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
