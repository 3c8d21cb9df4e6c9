import { Buffer } from 'node:buffer';
import { Client, credentials } from '@grpc/grpc-js';
import { concatBytes } from '@dkron/runtime';
import type { ConnInfo } from '../wire/grpc/messages.ts';
import { statusUpdateCodec } from '../wire/grpc/messages.ts';

/** Of one update. */
const PIECE_BYTES_MAX = 1_048_576;
/** What waits while an update is under way; older pieces are left out of the progress, never of the answer. */
const PENDING_BYTES_MAX = 16 * PIECE_BYTES_MAX;
const UPDATE_MS = 10_000;
/** As plugins of the original keep. */
const ANSWER_BYTES_MAX = 256_000;

interface Piece {
  readonly bytes: Uint8Array;
  readonly stderr: boolean;
}

/** Output of one run on its way to the host: piece by piece while it runs, and its end with the answer. */
export class Progress {
  readonly #offer: Promise<ConnInfo | undefined>;
  readonly #path: string;
  #client: Client | undefined;
  #pending: Piece[] = [];
  #pendingBytes = 0;
  #tail: Uint8Array[] = [];
  #tailBytes = 0;
  #sending: Promise<void> | undefined;
  #isOver = false;

  /** @param offer where the host listens; undefined = nowhere */
  constructor(offer: Promise<ConnInfo | undefined>, path: string) {
    this.#offer = offer;
    this.#path = path;
  }

  add(bytes: Uint8Array, stderr: boolean): void {
    if (bytes.length === 0 || this.#isOver) return;
    this.#tail.push(bytes);
    this.#tailBytes += bytes.length;
    while (this.#tailBytes - this.#tail[0]!.length >= ANSWER_BYTES_MAX) this.#tailBytes -= this.#tail.shift()!.length;
    this.#pending.push({ bytes, stderr });
    this.#pendingBytes += bytes.length;
    while (this.#pendingBytes > PENDING_BYTES_MAX) this.#pendingBytes -= this.#pending.shift()!.bytes.length;
    this.#sending ??= this.#send();
  }

  /** Whether the host has been connected to. */
  get hasConnected(): boolean {
    return this.#client !== undefined;
  }

  /** The end of all output; nothing is taken after it. The host has heard it, or does not listen. */
  async answer(): Promise<Uint8Array> {
    this.#isOver = true;
    await this.#sending;
    this.#client?.close();
    const all = concatBytes(this.#tail);
    return all.length > ANSWER_BYTES_MAX ? all.subarray(all.length - ANSWER_BYTES_MAX) : all;
  }

  async #send(): Promise<void> {
    const offer = await this.#offer;
    while (this.#pending.length > 0) {
      const piece = this.#nextPiece();
      // Who does not listen loses nothing but the progress.
      if (offer && !(await this.#update(offer, piece))) this.#pending = [];
    }
    this.#sending = undefined;
  }

  /** As much of one kind as goes into one update. */
  #nextPiece(): Piece {
    const { stderr } = this.#pending[0]!;
    const parts: Uint8Array[] = [];
    let room = PIECE_BYTES_MAX;
    while (room > 0 && this.#pending[0]?.stderr === stderr) {
      const { bytes } = this.#pending.shift()!;
      if (bytes.length > room) this.#pending.unshift({ bytes: bytes.subarray(room), stderr });
      parts.push(bytes.subarray(0, room));
      room -= Math.min(room, bytes.length);
    }
    this.#pendingBytes -= PIECE_BYTES_MAX - room;
    return { bytes: concatBytes(parts), stderr };
  }

  #update({ network, address }: ConnInfo, { bytes, stderr }: Piece): Promise<boolean> {
    this.#client ??= new Client(network === 'unix' ? `unix:${address}` : address, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_http_proxy': 0,
      'grpc.service_config_disable_resolution': 1,
      'grpc.enable_channelz': 0,
      'grpc.enable_retries': 0,
    });
    const client = this.#client;
    return new Promise((resolve) => {
      client.makeUnaryRequest(
        this.#path,
        (message: Piece) => Buffer.from(statusUpdateCodec.encode({ output: message.bytes, error: message.stderr })),
        (answer: Buffer) => answer,
        { bytes, stderr },
        { deadline: Date.now() + UPDATE_MS } as never,
        (error: Error | null) => resolve(error === null),
      );
    });
  }
}
