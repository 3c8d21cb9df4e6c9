import type { Address } from '../core/types.ts';

/** Who reads a connection. After `closed` nothing follows. */
export interface StreamReader {
  /** The bytes are the reader's only during the call. */
  data(chunk: Uint8Array): void;
  /** The other end writes no more. */
  ended(): void;
  /** Nothing goes either way any more; with an error if that was not on purpose. Called once, also after `destroy`. */
  closed(error?: Error): void;
}

/** One connection: a request, an answer, and it is over. */
export interface StreamConnection {
  /** The other end. */
  readonly remote: Address;
  /** Begins to read. Once, in the turn in which the connection was given; what came before waits. */
  read(reader: StreamReader): void;
  /** Sends bytes, when the connection stands. They must not change afterwards. */
  write(bytes: Uint8Array): void;
  /** Sends what was written, then closes our direction. */
  end(): void;
  /** Ends at once, and forgets what was not sent. Harmless afterwards. */
  destroy(): void;
}

/** Who takes what comes in. */
export interface TransportHandler {
  /** One datagram. The bytes are the handler's. */
  packet(datagram: Uint8Array, from: Address): void;
  /** Somebody connected. The handler reads it, or destroys it. */
  stream(connection: StreamConnection): void;
  /** Something failed outside any call: a datagram could not be sent, a connection was refused for lack of room. */
  failed(what: TransportFailure, peer: Address | undefined, error: Error): void;
}

/** `send`: a datagram was not sent; `overload`: a datagram or connection was dropped to keep a bound; `socket`: anything else. */
export type TransportFailure = 'send' | 'overload' | 'socket';

/**
 * Datagrams and connections of one member, on one port. Sockets: `SocketTransport` of `@dkron/gossip/net`; in memory:
 * `MemoryNetwork` of `@dkron/gossip/testing`. Nothing is promised of datagrams; they may be lost, come twice or late.
 */
export interface GossipTransport {
  /** Listens. Resolves with where; the port is the real one when 0 was wanted. Once. */
  open(handler: TransportHandler): Promise<Address>;
  /** Sends one datagram, or not. The bytes must not change afterwards. */
  sendPacket(to: Address, datagram: Uint8Array): void;
  /** Connects. A failure is told to the reader, as `closed`. */
  dial(to: Address): StreamConnection;
  /** Frees the port and ends all connections; nothing is called afterwards. Idempotent. */
  close(): Promise<void>;
}
