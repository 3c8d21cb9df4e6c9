import { messageOf } from '@dkron/runtime';
import type { Handshake, NodeId, UnreachableReason } from '@dkron/raft';
import type { SessionRequest, SessionResponse } from '../gen/dkron/raft/v1/transport.ts';
import { FrameKind } from '../codec/frame.ts';
import type { StreamContext } from '../context.ts';
import { malformed, TransportError } from '../errors.ts';
import { DialedStream } from '../wire/dialed-stream.ts';
import { greetAsDialer } from '../wire/greet.ts';
import type { Reader } from '../wire/reader.ts';
import { PREFIX_BYTES, prefixField, raftTransportService } from '../wire/service.ts';
import type { Incoming } from '../wire/service.ts';
import type { OpenStream } from './peer-registry.ts';
import type { PeerQueue } from './peer-queue.ts';

/** Bytes handed to the stream and not written yet, at most: what a heartbeat may have to wait for. */
const MAX_UNSENT_BYTES = 256 * 1024;
/** Frames grow to about this; larger ones travel in pieces of this size. */
const PIECE_BYTES = 64 * 1024;
const WHOLE_BYTES = 2 * PIECE_BYTES;

type SessionOut = NonNullable<SessionRequest['message']>;
type SessionIn = Incoming<SessionResponse>;

/** How a session ended. */
export interface SessionEnd {
  readonly opened: boolean;
  readonly reason: Exclude<UnreachableReason, 'overflow'>;
  readonly refusal?: { readonly code: string; readonly message: string };
}

/** One try to have a stream to a peer, and the stream if it comes to be. */
export class OutgoingSession {
  readonly #to: NodeId;
  readonly #addr: string;
  readonly #queue: PeerQueue;
  readonly #context: StreamContext;
  #stream: DialedStream<SessionOut, SessionIn> | undefined;
  #registered: OpenStream | undefined;
  #opened = false;
  #ended = false;
  #window = 0;
  #unsentBytes = 0;
  /** Bytes of bulk frames sent, and of those the peer has worked off. */
  #bulkSent = 0;
  #bulkProcessed = 0;
  /** Rest of a frame that travels in pieces. */
  #rest: Buffer | undefined;

  constructor(to: NodeId, addr: string, modules: { readonly queue: PeerQueue; readonly context: StreamContext }) {
    this.#to = to;
    this.#addr = addr;
    this.#queue = modules.queue;
    this.#context = modules.context;
  }

  get opened(): boolean {
    return this.#opened;
  }

  /** Dials, greets and sends until the stream ends. Never rejects. */
  async run(onOpen: () => void): Promise<SessionEnd> {
    const { options, modules, refusals } = this.#context;
    try {
      const stream = new DialedStream(this.#addr, raftTransportService.session, options, modules);
      this.#stream = stream;
      const cancelTimer = modules.timers.after(options.handshakeTimeoutMs, () => stream.close());
      const greeted = await this.#greet(stream).finally(cancelTimer);
      if (greeted && !this.#ended) {
        this.#opened = true;
        onOpen();
        await this.#serve(stream.reader);
      }
      return { opened: this.#opened, reason: stream.refused ? 'refused' : 'broken' };
    } catch (error) {
      if (error instanceof TransportError && error.code === 'handshake_refused') {
        const { by, refusal } = error.details as { by: 'us' | 'peer'; refusal: string };
        refusals.handshake(this.#to, by, refusal, error.message);
        // The verdict is on its way; the peer ends the stream when it has it.
        if (by === 'us') await this.#linger();
        return { opened: false, reason: 'broken', refusal: { code: refusal, message: error.message } };
      }
      if (error instanceof TransportError) refusals.bytes(this.#to, 'malformed', error.message);
      else refusals.failure(this.#to, messageOf(error));
      return { opened: this.#opened, reason: 'broken' };
    } finally {
      this.end();
    }
  }

  /** Sends what waits, as far as the stream takes it. */
  wake(): void {
    if (!this.#opened) return;
    while (!this.#ended && this.#sendNext());
  }

  /** Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stream?.close();
    if (this.#registered !== undefined) this.#context.registry.remove(this.#registered);
  }

  async #greet(stream: DialedStream<SessionOut, SessionIn>): Promise<boolean> {
    const greeted = await greetAsDialer(
      this.#to,
      {
        purpose: 'raft',
        identity: () => stream.identity(),
        reader: stream.reader,
        write: (message) => stream.write(message),
        open: (peer) => this.#register(peer),
      },
      this.#context,
    );
    if (greeted === undefined) return false;
    this.#window = greeted.window;
    return true;
  }

  #register(peer: Handshake): OpenStream | undefined {
    if (this.#ended) return undefined;
    this.#registered = { peer, kind: 'outgoing', end: () => this.end() };
    return this.#registered;
  }

  #serve(reader: Reader<SessionIn>): Promise<void> {
    return new Promise((resolve, reject) => {
      reader.handOn((message) => {
        if (message.$case !== 'credit' || message.value.processed > this.#bulkSent) {
          reject(malformed(`${message.$case} on an open session`));
          return;
        }
        this.#bulkProcessed = Math.max(this.#bulkProcessed, message.value.processed);
        this.wake();
      }, resolve);
      this.wake();
    });
  }

  /** Writes one message to the stream; false when there is nothing to write, or no room. */
  #sendNext(): boolean {
    if (this.#unsentBytes > MAX_UNSENT_BYTES - WHOLE_BYTES) return false;
    // While a large frame is under way, only what needs no pieces may overtake it.
    const control = this.#queue.take(FrameKind.control, PIECE_BYTES, PREFIX_BYTES, this.#rest && WHOLE_BYTES);
    if (control !== undefined) {
      this.#send(control);
      return true;
    }
    if (this.#rest !== undefined) {
      this.#writePiece(this.#rest);
      return true;
    }
    if (this.#bulkSent - this.#bulkProcessed >= this.#window) return false;
    const bulk = this.#queue.take(FrameKind.bulk, PIECE_BYTES, PREFIX_BYTES);
    if (bulk === undefined) return false;
    this.#bulkSent += bulk.byteLength - PREFIX_BYTES;
    this.#send(bulk);
    return true;
  }

  #send(frame: Buffer): void {
    if (frame.byteLength <= WHOLE_BYTES) this.#write(prefixField(frame, 'frame'));
    else this.#rest = frame.subarray(PREFIX_BYTES);
  }

  #writePiece(rest: Buffer): void {
    const last = rest.byteLength <= PIECE_BYTES;
    const piece = Buffer.allocUnsafe(PREFIX_BYTES + Math.min(rest.byteLength, PIECE_BYTES));
    rest.copy(piece, PREFIX_BYTES);
    this.#rest = last ? undefined : rest.subarray(PIECE_BYTES);
    this.#write(prefixField(piece, last ? 'lastPiece' : 'piece'));
  }

  #write(message: Buffer): void {
    const bytes = message.byteLength;
    this.#unsentBytes += bytes;
    this.#stream?.writeFramed(message, () => {
      this.#unsentBytes -= bytes;
      this.wake();
    });
  }

  /** Waits until the peer closed, but not for long. */
  #linger(): Promise<void> {
    const { modules, options } = this.#context;
    return new Promise((resolve) => {
      const cancel = modules.timers.after(Math.min(options.handshakeTimeoutMs, 1000), resolve);
      void this.#stream?.ended.then(() => {
        cancel();
        resolve();
      });
    });
  }
}
