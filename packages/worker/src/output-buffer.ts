import { OUTPUT_HEAD_BYTES_MAX, OUTPUT_TAIL_BYTES_MAX } from '@dkron/jobs';
import type { ExecutionOutput } from '@dkron/jobs';

const INITIAL_BYTES = 1024;

/**
 * Output of one attempt: the last 256,000 bytes, the first 16 KiB and the count. Each byte is copied once; memory grows
 * with the output up to both limits, and the head takes none until the tail would lose it.
 */
export class OutputBuffer {
  #ring = new Uint8Array(0);
  #head: Uint8Array | null = null;
  #totalBytes = 0;

  /** Bytes written in all. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  append(chunk: Uint8Array): void {
    const endBytes = this.#totalBytes + chunk.length;
    if (endBytes > OUTPUT_TAIL_BYTES_MAX) this.#head ??= this.#firstBytes(chunk);
    this.#reserve(Math.min(endBytes, OUTPUT_TAIL_BYTES_MAX));
    const kept = chunk.length > OUTPUT_TAIL_BYTES_MAX ? chunk.subarray(chunk.length - OUTPUT_TAIL_BYTES_MAX) : chunk;
    const from = (endBytes - kept.length) % OUTPUT_TAIL_BYTES_MAX;
    const untilWrap = Math.min(kept.length, OUTPUT_TAIL_BYTES_MAX - from);
    this.#ring.set(kept.subarray(0, untilWrap), from);
    this.#ring.set(kept.subarray(untilWrap), 0);
    this.#totalBytes = endBytes;
  }

  /** The last min(total, `limitBytes`, 256,000) bytes, in a new array. */
  tail(limitBytes: number = OUTPUT_TAIL_BYTES_MAX): Uint8Array {
    const length = Math.min(this.#totalBytes, OUTPUT_TAIL_BYTES_MAX, limitBytes);
    const bytes = new Uint8Array(length);
    const from = (this.#totalBytes - length) % OUTPUT_TAIL_BYTES_MAX;
    const untilWrap = Math.min(length, OUTPUT_TAIL_BYTES_MAX - from);
    bytes.set(this.#ring.subarray(from, from + untilWrap), 0);
    bytes.set(this.#ring.subarray(0, length - untilWrap), untilWrap);
    return bytes;
  }

  /** What is stored: as if `prefix` had been written before everything else. */
  result(prefix: Uint8Array): ExecutionOutput {
    const totalBytes = prefix.length + this.#totalBytes;
    const tail = prefix.length === 0 ? this.tail() : joinTail(prefix, this.tail());
    if (totalBytes <= OUTPUT_TAIL_BYTES_MAX) return { head: tail.subarray(0, OUTPUT_HEAD_BYTES_MAX), tail, totalBytes };
    const head = new Uint8Array(OUTPUT_HEAD_BYTES_MAX);
    const first = prefix.subarray(0, OUTPUT_HEAD_BYTES_MAX);
    const own = this.#head ?? this.#ring.subarray(0, Math.min(this.#totalBytes, OUTPUT_HEAD_BYTES_MAX));
    head.set(first, 0);
    head.set(own.subarray(0, OUTPUT_HEAD_BYTES_MAX - first.length), first.length);
    return { head, tail, totalBytes };
  }

  /** Called before the ring wraps for the first time: it still begins with byte 0. */
  #firstBytes(chunk: Uint8Array): Uint8Array {
    const head = new Uint8Array(OUTPUT_HEAD_BYTES_MAX);
    const held = this.#ring.subarray(0, Math.min(this.#totalBytes, OUTPUT_HEAD_BYTES_MAX));
    head.set(held, 0);
    head.set(chunk.subarray(0, OUTPUT_HEAD_BYTES_MAX - held.length), held.length);
    return head;
  }

  #reserve(neededBytes: number): void {
    if (this.#ring.length >= neededBytes) return;
    const doubled = Math.max(INITIAL_BYTES, this.#ring.length * 2, neededBytes);
    const grown = new Uint8Array(Math.min(doubled, OUTPUT_TAIL_BYTES_MAX));
    grown.set(this.#ring, 0);
    this.#ring = grown;
  }
}

function joinTail(prefix: Uint8Array, tail: Uint8Array): Uint8Array {
  const room = Math.min(prefix.length, OUTPUT_TAIL_BYTES_MAX - tail.length);
  const joined = new Uint8Array(room + tail.length);
  joined.set(prefix.subarray(prefix.length - room), 0);
  joined.set(tail, room);
  return joined;
}
