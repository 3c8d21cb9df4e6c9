import { messageOf } from '@dkron/runtime';
import { status } from '@grpc/grpc-js';
import { crc32 } from 'node:zlib';
import type { NodeId, SnapshotSource } from '@dkron/raft';
import { encodeFrame } from '../codec/frame.ts';
import type { StreamContext } from '../context.ts';
import { malformed, TransportError } from '../errors.ts';
import type { SnapshotRequest, SnapshotResponse } from '../gen/dkron/raft/v1/transport.ts';
import { DialedStream } from '../wire/dialed-stream.ts';
import { greetAsDialer } from '../wire/greet.ts';
import type { Reader } from '../wire/reader.ts';
import { raftTransportService } from '../wire/service.ts';
import type { Incoming } from '../wire/service.ts';
import { StreamFailure } from '../wire/stream-failure.ts';
import type { OpenStream } from './peer-registry.ts';

const CHUNK_BYTES = 256 * 1024;

type SnapshotOut = NonNullable<SnapshotRequest['message']>;
type SnapshotIn = Incoming<SnapshotResponse>;

/** What came of one try: `at` is the byte it began with, undefined if it did not come so far. */
export type SnapshotTry =
  | { readonly done: true }
  | { readonly done: false; readonly final: boolean; readonly why: string; readonly at: number | undefined };

/** One try to send a snapshot, on a connection of its own. */
export class OutgoingSnapshot {
  readonly #to: NodeId;
  readonly #source: SnapshotSource;
  readonly #context: StreamContext;
  readonly #stream: DialedStream<SnapshotOut, SnapshotIn>;
  #registered: OpenStream | undefined;
  #window = 0;
  #over = false;
  /** Resolves the write under way: its callback may never come once the call is over. */
  #unblock: (() => void) | undefined;
  #at: number | undefined;

  constructor(to: NodeId, addr: string, modules: { readonly source: SnapshotSource; readonly context: StreamContext }) {
    this.#to = to;
    this.#source = modules.source;
    this.#context = modules.context;
    const { options, modules: ambient } = modules.context;
    this.#stream = new DialedStream(addr, raftTransportService.snapshot, options, ambient);
    void this.#stream.ended.then(() => {
      this.#over = true;
      this.#unblock?.();
    });
  }

  /** Never rejects. */
  async run(): Promise<SnapshotTry> {
    const { refusals } = this.#context;
    try {
      await this.#send();
      return { done: true };
    } catch (error) {
      const refused = error instanceof TransportError && error.code === 'handshake_refused';
      if (refused) {
        const { by, refusal } = error.details as { by: 'us' | 'peer'; refusal: string };
        refusals.handshake(this.#to, by, refusal, error.message);
      } else if (error instanceof TransportError && error.code === 'malformed_frame') {
        refusals.bytes(this.#to, 'malformed', error.message);
      }
      const { failure } = this.#stream.reader;
      const why = error === BROKEN ? (failure?.message ?? 'the stream ended') : messageOf(error);
      const final = error === BROKEN ? isFinal(failure) : true;
      return { done: false, final, why, at: this.#at };
    } finally {
      this.end();
    }
  }

  /** Idempotent. */
  end(): void {
    this.#stream.close();
    if (this.#registered !== undefined) this.#context.registry.remove(this.#registered);
  }

  async #send(): Promise<void> {
    const { modules, options } = this.#context;
    const { header } = this.#source;
    const cancelTimer = modules.timers.after(options.handshakeTimeoutMs, () => this.#stream.close());
    await this.#greet().finally(cancelTimer);
    const frame = encodeFrame([header.message], { from: options.id, to: this.#to });
    const sha256 = Buffer.from(header.sha256, 'hex');
    await this.#write({
      $case: 'header',
      value: { frame: Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength), size: header.bytes, sha256 },
    });
    const offer = await this.#next();
    if (offer.$case !== 'offer' || offer.value.offset > header.bytes)
      throw malformed(`${offer.$case} instead of an offer`);
    const { offset } = offer.value;
    this.#at = offset;
    // Answers are read while chunks are sent: credit opens the window, the end of the stream ends the sending.
    const answers = new Answers(this.#stream.reader);
    await this.#sendChunks(offset, answers);
    await this.#write({ $case: 'end', value: { size: header.bytes, sha256 } });
    await answers.done;
  }

  async #greet(): Promise<void> {
    const greeted = await greetAsDialer(
      this.#to,
      {
        purpose: 'snapshot',
        identity: () => this.#stream.identity(),
        reader: this.#stream.reader,
        write: (message) => this.#stream.write(message),
        open: (peer) => {
          if (this.#stream.reader.ended) return undefined;
          this.#registered = { peer, kind: 'outgoing', end: () => this.end() };
          return this.#registered;
        },
      },
      this.#context,
    );
    if (greeted === undefined) throw BROKEN;
    this.#window = greeted.window;
  }

  async #sendChunks(offset: number, answers: Answers): Promise<void> {
    let at = offset;
    for await (const bytes of await this.#source.open(offset)) {
      for (let start = 0; start < bytes.byteLength; start += CHUNK_BYTES) {
        const part = bytes.subarray(start, start + CHUNK_BYTES);
        const data = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
        await answers.room(at - offset, this.#window);
        await this.#write({ $case: 'chunk', value: { offset: at, crc: crc32(data), data } });
        at += data.byteLength;
      }
    }
  }

  async #next(): Promise<SnapshotIn> {
    const message = await this.#stream.reader.next();
    if (message === undefined) throw BROKEN;
    return message;
  }

  async #write(message: SnapshotOut): Promise<void> {
    if (this.#over) throw BROKEN;
    await new Promise<void>((resolve) => {
      this.#unblock = resolve;
      this.#stream.write(message, resolve);
    });
    if (this.#over) throw BROKEN;
  }
}

/** The stream ended, and its status says why. */
const BROKEN = new Error('the stream broke');

/** Whether the peer's status says that trying again is of no use now. */
function isFinal(failure: Error | undefined): boolean {
  const code = failure instanceof StreamFailure ? failure.code : undefined;
  return code === status.FAILED_PRECONDITION || code === status.INVALID_ARGUMENT || code === status.UNIMPLEMENTED;
}

/** What the receiver says while chunks are sent. */
class Answers {
  readonly done: Promise<void>;
  #processed = 0;
  #over = false;
  #wake: (() => void) | undefined;

  constructor(reader: Reader<SnapshotIn>) {
    this.done = new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        this.#over = true;
        this.#wake?.();
        reject(error);
      };
      reader.handOn(
        (message) => {
          if (message.$case === 'credit') this.#processed = Math.max(this.#processed, message.value.processed);
          else if (message.$case === 'done') resolve();
          else fail(malformed(`${message.$case} in the transfer of a snapshot`));
          this.#wake?.();
        },
        () => fail(BROKEN),
      );
    });
    this.done.catch(() => {});
  }

  /** Waits until fewer than `window` of the `sent` bytes are still to be processed. */
  async room(sent: number, window: number): Promise<void> {
    while (!this.#over && sent - this.#processed >= window) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#over) await this.done;
  }
}
