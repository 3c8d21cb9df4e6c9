const HEADER_BYTES = 8;
const LENGTH_OFFSET = 4;
const STDERR = 2;
/** The engine writes at most 32 KiB at once; what claims more is no frame. */
const FRAME_BYTES_MAX = 64 * 1_048_576;

/** Reads the engine's frames (stream, length, bytes) and hands on what is in them at once, however they are cut. */
export class Demultiplexer {
  readonly #take: (chunk: Uint8Array, stderr: boolean) => void;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  #left = 0;
  #stderr = false;

  constructor(take: (chunk: Uint8Array, stderr: boolean) => void) {
    this.#take = take;
  }

  /** @throws RangeError for what is no frame */
  add(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#left === 0) {
        at += this.#addHeader(bytes.subarray(at));
        continue;
      }
      const part = bytes.subarray(at, at + this.#left);
      this.#take(part, this.#stderr);
      this.#left -= part.length;
      at += part.length;
    }
  }

  /** @returns bytes used */
  #addHeader(bytes: Buffer): number {
    const used = bytes.copy(this.#header, this.#headerBytes, 0, HEADER_BYTES - this.#headerBytes);
    this.#headerBytes += used;
    if (this.#headerBytes < HEADER_BYTES) return used;
    this.#headerBytes = 0;
    const [stream = 0] = this.#header;
    const length = this.#header.readUInt32BE(LENGTH_OFFSET);
    if (stream > STDERR || length > FRAME_BYTES_MAX) throw new RangeError('no frame of an output');
    this.#stderr = stream === STDERR;
    this.#left = length;
    return used;
  }
}
