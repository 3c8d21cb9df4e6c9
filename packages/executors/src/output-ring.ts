import { assert } from '@dkron/runtime';

/** How much of an output is kept; all have defaults. */
export interface OutputRingOptions {
  /** Bytes kept of the end. @default 256000 */
  readonly tailBytesMax?: number;
  /** Bytes kept of the beginning, apart from the end. @default 16384 */
  readonly headBytesMax?: number;
}

/** As the original keeps. */
const TAIL_BYTES_MAX = 256_000;
const HEAD_BYTES_MAX = 16_384;
const TAIL_BYTES_FIRST = 4_096;

/**
 * Keeps the end of an endless output, its first bytes apart, and a count of all of it. Each byte is copied once into a
 * buffer that doubles up to the limit, so a run that prints little costs little and no chunk is held alive.
 */
export class OutputRing {
  readonly #tailBytesMax: number;
  readonly #headBytesMax: number;
  #tail: Uint8Array = new Uint8Array(0);
  /** Where the next byte goes, and how many bytes of the tail are filled. */
  #position = 0;
  #filled = 0;
  #head: Uint8Array = new Uint8Array(0);
  #headFilled = 0;
  #totalBytes = 0;

  constructor(options: OutputRingOptions = {}) {
    this.#tailBytesMax = options.tailBytesMax ?? TAIL_BYTES_MAX;
    this.#headBytesMax = options.headBytesMax ?? HEAD_BYTES_MAX;
    assert(this.#tailBytesMax > 0 && this.#headBytesMax >= 0, 'ring sizes must not be negative and the tail not empty');
  }

  /** Bytes ever written. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  /** Bytes between head and tail that are gone. */
  get lostBytes(): number {
    return Math.max(0, this.#totalBytes - this.#filled - this.#headFilled);
  }

  write(chunk: Uint8Array): void {
    this.#totalBytes += chunk.length;
    this.#writeHead(chunk);
    const max = this.#tailBytesMax;
    const kept = chunk.length > max ? chunk.subarray(chunk.length - max) : chunk;
    this.#reserve(Math.min(max, this.#filled + kept.length));
    const capacity = this.#tail.length;
    const first = Math.min(kept.length, capacity - this.#position);
    this.#tail.set(kept.subarray(0, first), this.#position);
    if (first < kept.length) this.#tail.set(kept.subarray(first), 0);
    this.#position = (this.#position + kept.length) % capacity || 0;
    this.#filled = Math.min(capacity, this.#filled + kept.length);
  }

  /** A copy of the last bytes: all of them while they fit. */
  tail(): Uint8Array {
    const result = new Uint8Array(this.#filled);
    if (this.#filled < this.#tail.length || this.#position === 0) {
      result.set(this.#tail.subarray(0, this.#filled));
      return result;
    }
    const old = this.#tail.subarray(this.#position);
    result.set(old);
    result.set(this.#tail.subarray(0, this.#position), old.length);
    return result;
  }

  /** A copy of the first bytes; overlaps {@link tail} while the output is short. */
  head(): Uint8Array {
    return this.#head.slice(0, this.#headFilled);
  }

  #writeHead(chunk: Uint8Array): void {
    const wanted = Math.min(chunk.length, this.#headBytesMax - this.#headFilled);
    if (wanted <= 0) return;
    this.#head = grown(this.#head, this.#headFilled + wanted, this.#headBytesMax);
    this.#head.set(chunk.subarray(0, wanted), this.#headFilled);
    this.#headFilled += wanted;
  }

  /** The buffer only grows while it has not wrapped: it wraps first when it has its full size. */
  #reserve(bytes: number): void {
    if (bytes <= this.#tail.length) return;
    this.#position = this.#filled;
    this.#tail = grown(this.#tail, bytes, this.#tailBytesMax);
  }
}

function grown(buffer: Uint8Array, bytes: number, bytesMax: number): Uint8Array {
  if (bytes <= buffer.length) return buffer;
  const larger = new Uint8Array(Math.min(bytesMax, Math.max(bytes, buffer.length * 2, TAIL_BYTES_FIRST)));
  larger.set(buffer);
  return larger;
}
