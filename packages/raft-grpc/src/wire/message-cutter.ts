import { status } from '@grpc/grpc-js';
import { StreamFailure } from './stream-failure.ts';

/** In front of each message: whether it is compressed, u8, and its length, u32, big-endian. */
export const MESSAGE_HEAD_BYTES = 5;

/** A message with its head in front. */
export function framed(message: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(MESSAGE_HEAD_BYTES + message.byteLength);
  bytes.set(message, MESSAGE_HEAD_BYTES);
  writeHead(bytes, 0);
  return bytes;
}

/** Writes the head of a message that begins at `at + MESSAGE_HEAD_BYTES` and goes to the end. */
export function writeHead(bytes: Buffer, at: number): void {
  bytes[at] = 0;
  bytes.writeUInt32BE(bytes.byteLength - at - MESSAGE_HEAD_BYTES, at + 1);
}

/** Cuts the bytes of a stream of gRPC into messages. */
export class MessageCutter {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #held = 0;

  /** @param maxBytes of one message */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * The messages that `bytes` complete, mostly as views of them.
   * @throws StreamFailure when one is too large or compressed; nothing must be given afterwards
   */
  take(bytes: Buffer): Buffer[] {
    this.#parts.push(bytes);
    this.#held += bytes.byteLength;
    const messages: Buffer[] = [];
    while (this.#held >= MESSAGE_HEAD_BYTES) {
      if (this.#parts[0]!.byteLength < MESSAGE_HEAD_BYTES) this.#join();
      const end = MESSAGE_HEAD_BYTES + this.#nextLength();
      if (this.#held < end) break;
      if (this.#parts.length > 1) this.#join();
      const all = this.#parts[0]!;
      messages.push(all.subarray(MESSAGE_HEAD_BYTES, end));
      this.#held -= end;
      this.#parts = this.#held === 0 ? [] : [all.subarray(end)];
    }
    return messages;
  }

  #nextLength(): number {
    const head = this.#parts[0]!;
    if (head[0] !== 0) throw new StreamFailure(status.INTERNAL, 'a compressed message');
    const length = head.readUInt32BE(1);
    if (length <= this.#maxBytes) return length;
    throw new StreamFailure(status.RESOURCE_EXHAUSTED, `a message of ${length} bytes; ${this.#maxBytes} are allowed`);
  }

  #join(): void {
    this.#parts = [Buffer.concat(this.#parts, this.#held)];
  }
}
