import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { connect } from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { status } from '@grpc/grpc-js';
import type { PeerIdentity, TransportCredentials } from '@dkron/raft';
import { messageOf } from '@dkron/runtime';
import type { Cancel, Timers } from '@dkron/runtime';
import type { CheckedOptions } from '../options.ts';
import { MAX_MESSAGE_BYTES } from './channel.ts';
import { connectTo, isRefusal, placeOf } from './connect.ts';
import { identityOf } from './identity.ts';
import { framed, MessageCutter } from './message-cutter.ts';
import { Reader } from './reader.ts';
import { failureOf, StreamFailure } from './stream-failure.ts';

/** A method with a stream in each direction. Reading must not throw. */
export interface DuplexMethod<Out, In> {
  readonly path: string;
  readonly requestSerialize: (message: Out) => Uint8Array;
  readonly responseDeserialize: (bytes: Buffer) => In;
}

export interface DialModules {
  readonly timers: Timers;
  /** Absent: a connection without protection. */
  readonly credentials?: TransportCredentials | undefined;
}

/**
 * A stream of gRPC on a connection of its own, over Node's HTTP/2: both end together. It costs less than one of a general
 * client, since there is nothing to choose: no balancing, no retries, no filters, and no object streams between.
 */
export class DialedStream<Out, In> {
  /** What the peer says; ends with the stream, and has its failure. */
  readonly reader: Reader<In>;
  /** Resolves once the stream is over, for whatever reason. */
  readonly ended: Promise<void>;
  readonly #method: DuplexMethod<Out, In>;
  readonly #keepaliveMs: number;
  readonly #timers: Timers;
  readonly #socket: Socket;
  readonly #session: ClientHttp2Session;
  readonly #stream: ClientHttp2Stream;
  readonly #cutter = new MessageCutter(MAX_MESSAGE_BYTES);
  readonly #resolveEnded: () => void;
  #connected = false;
  #refused = false;
  #over = false;
  #last: IncomingHttpHeaders = {};
  #failure: StreamFailure | undefined;
  #cancelKeepalive: Cancel = () => {};

  /** Begins to dial; failures end the stream. @throws TypeError for an address that is none, and for unusable credentials */
  constructor(
    addr: string,
    method: DuplexMethod<Out, In>,
    { keepaliveMs }: Pick<CheckedOptions, 'keepaliveMs'>,
    { timers, credentials }: DialModules,
  ) {
    this.#method = method;
    this.#keepaliveMs = keepaliveMs;
    this.#timers = timers;
    const ended = Promise.withResolvers<void>();
    this.ended = ended.promise;
    this.#resolveEnded = ended.resolve;
    this.#socket = connectTo(placeOf(addr), credentials);
    this.#socket.once('connect', () => (this.#connected = true));
    this.#socket.on('error', (error) => {
      this.#refused = !this.#connected && isRefusal(error);
      this.#broke(error);
    });
    this.#session = connect('http://peer', {
      createConnection: () => this.#socket,
      settings: { enablePush: false },
    });
    this.#session.on('error', (error) => this.#broke(error));
    this.#session.once('connect', () => this.#keepAlive());
    this.#stream = this.#session.request({
      ':authority': addr,
      ':method': 'POST',
      ':path': method.path,
      ':scheme': credentials === undefined ? 'http' : 'https',
      'content-type': 'application/grpc',
      'grpc-accept-encoding': 'identity',
      te: 'trailers',
    });
    this.reader = new Reader<In>(this.#stream);
    this.#listen();
  }

  /** Whether the address answered that nobody listens. */
  get refused(): boolean {
    return this.#refused;
  }

  /** Whom the certificate and the socket show. */
  identity(): PeerIdentity {
    const { remoteAddress = '', remotePort = 0 } = this.#socket;
    const address = `${remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`;
    const isSure = this.#socket instanceof TLSSocket && this.#socket.authorized;
    return identityOf(isSure ? (this.#socket as TLSSocket).getPeerCertificate() : undefined, address);
  }

  /** `written` is called once the bytes are on their way, never if they do not come so far. */
  write(message: Out, written?: () => void): void {
    this.writeFramed(framed(this.#method.requestSerialize(message)), written);
  }

  /** Writes a message that has its head in front already. */
  writeFramed(bytes: Buffer, written?: () => void): void {
    if (this.#over) return;
    this.#stream.write(bytes, (error) => {
      if (error == null && !this.#over) written?.();
    });
  }

  /** Ends the stream and its connection at once. Idempotent. */
  close(): void {
    this.#failure ??= new StreamFailure(status.CANCELLED, 'closed by this side');
    this.#end();
  }

  #listen(): void {
    const stream = this.#stream;
    const headers = (last: IncomingHttpHeaders): void => void (this.#last = last);
    // Without a message the status is among the first headers.
    stream.on('response', headers);
    stream.on('trailers', headers);
    stream.on('data', (bytes: Buffer) => this.#take(bytes));
    stream.on('error', (error) => this.#broke(error));
    // The status may be told behind the end.
    stream.on('end', () => this.#timers.nextTurn(() => this.#end()));
    stream.on('close', () => this.#end());
  }

  #take(bytes: Buffer): void {
    if (this.#over) return;
    try {
      for (const message of this.#cutter.take(bytes)) this.reader.put(this.#method.responseDeserialize(message));
    } catch (error) {
      this.#broke(error);
      this.#end();
    }
  }

  #broke(error: unknown): void {
    // What the peer said counts, not how its end of the connection looked afterwards.
    if (this.#last['grpc-status'] !== undefined && !(error instanceof StreamFailure)) return;
    this.#failure ??= error instanceof StreamFailure ? error : new StreamFailure(status.UNAVAILABLE, messageOf(error));
  }

  /** Asks whether the peer is still there, each time the last answer is `keepaliveMs` old. */
  #keepAlive(): void {
    if (this.#over) return;
    this.#cancelKeepalive = this.#timers.after(this.#keepaliveMs, () => {
      this.#cancelKeepalive = this.#timers.after(this.#keepaliveMs, () => {
        this.#broke(new Error('the connection is dead: a ping was not answered in time'));
        this.#end();
      });
      if (this.#session.destroyed) return;
      this.#session.ping((error) => {
        if (error !== null || this.#over) return;
        this.#cancelKeepalive();
        this.#keepAlive();
      });
    });
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelKeepalive();
    this.#session.destroy();
    const failure = this.#failure ?? failureOf(this.#last);
    if (failure !== undefined) this.reader.fail(failure);
    this.reader.end();
    this.#resolveEnded();
  }
}
