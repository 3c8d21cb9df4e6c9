import type { NodeName, SessionChannel, SessionReceiver, ToServer, ToWorker } from '@dkron/jobs';

/** Takes a worker's stream: the engine of the leader does. */
export type AcceptSession = (channel: SessionChannel<ToWorker>) => SessionReceiver<ToServer>;

/** Who leads, as this server knows it now. */
export type Leadership =
  | { readonly kind: 'self'; readonly accept: AcceptSession }
  | {
      readonly kind: 'other';
      readonly name: NodeName;
      /** host:port of its gRPC server, looked up now. */
      readonly address: string;
      readonly term: bigint;
    }
  | { readonly kind: 'none' };

/** A server that may be asked. */
export interface SessionServer {
  readonly name: NodeName;
  /** host:port of its gRPC server. */
  readonly address: string;
}

/** What becomes of a stream that was opened. */
export interface StreamEvents {
  /** The server has taken the stream; at most once, before anything else but `closed`. */
  opened(): void;
  receive(messages: readonly ToWorker[]): void;
  /** Once, whoever ended it; nothing follows. */
  closed(reason: string): void;
}

/** Opens streams to servers. */
export interface SessionTransport {
  /** Messages may be sent at once; they go out when the stream is open. Never throws: failures are `closed`. */
  open(address: string, events: StreamEvents): SessionChannel<ToServer>;
}

/** The worker's side of a session. */
export interface SessionWorker {
  connect(channel: SessionChannel<ToServer>): SessionReceiver<ToWorker>;
}
