import type { DiskFile } from './disk.ts';
import { FRAME_BYTES, openRecord, peekFrame } from './record.ts';
import type { Frame } from './record.ts';

const WINDOW_BYTES = 1 << 20;
const ALIGNMENT = 8;
const ZEROS = new Uint8Array(1 << 16);

/** Reads a segment through a window, so that opening a log needs little memory beside its largest record. */
export class SegmentScan {
  readonly #file: DiskFile;
  readonly #salt: number;
  /** End of what may hold records. */
  readonly #end: number;
  #base = 0;
  #window: Uint8Array = new Uint8Array(0);

  /** @param end - length of the file or its capacity, whichever is less */
  constructor(file: DiskFile, salt: number, end: number) {
    this.#file = file;
    this.#salt = salt;
    this.#end = end;
  }

  /** The intact record at `offset`, undefined when there is none. */
  async record(offset: number): Promise<{ readonly frame: Frame; readonly payload: Uint8Array } | undefined> {
    await this.#load(offset, FRAME_BYTES);
    const peeked = peekFrame(this.#window, offset - this.#base, this.#base);
    if (peeked === undefined || peeked.payloadOffset + peeked.payloadBytes > this.#end) return undefined;
    await this.#load(offset, FRAME_BYTES + peeked.payloadBytes);
    const frame = openRecord(this.#window, offset - this.#base, this.#base, this.#salt);
    if (frame === undefined) return undefined;
    const start = frame.payloadOffset - this.#base;
    return { frame, payload: this.#window.subarray(start, start + frame.payloadBytes) };
  }

  /**
   * Looks at everything from `offset` (no intact record begins there): where the last byte lies that is not zero, and the
   * highest `synced` that an intact record further on attests.
   */
  async tail(offset: number): Promise<{ readonly dirtyEnd: number; readonly attested: number }> {
    let dirtyEnd = offset;
    let attested = 0;
    for (let at = offset; at < this.#end;) {
      await this.#load(at, WINDOW_BYTES);
      const from = at - this.#base;
      const window = this.#window;
      // The last frame's worth of a window is looked at again at the start of the next, which begins where a record may.
      const more = this.#base + window.byteLength < this.#end;
      const until = more ? (window.byteLength - FRAME_BYTES) & -ALIGNMENT : window.byteLength;
      if (until <= from) break;
      const last = lastNonZero(window, from, until);
      const stop = this.#base + until;
      const base = this.#base;
      if (last >= 0) {
        dirtyEnd = base + last + 1;
        const found: number[] = [];
        for (let i = from; i + FRAME_BYTES <= window.byteLength && i < until; i += ALIGNMENT) {
          if (peekFrame(window, i, base) !== undefined) found.push(base + i);
        }
        for (const place of found) {
          const hit = await this.record(place);
          if (hit !== undefined) attested = Math.max(attested, hit.frame.synced);
        }
      }
      at = stop;
    }
    return { dirtyEnd, attested };
  }

  async #load(offset: number, length: number): Promise<void> {
    const wanted = Math.min(offset + length, this.#end);
    if (offset >= this.#base && wanted <= this.#base + this.#window.byteLength) return;
    this.#window = await this.#file.read(offset, Math.min(Math.max(length, WINDOW_BYTES), this.#end - offset));
    this.#base = offset;
  }
}

/** Position of the last byte of `[from, to)` that is not zero; -1 when all are. */
function lastNonZero(bytes: Uint8Array, from: number, to: number): number {
  let end = to;
  while (end > from) {
    const start = Math.max(from, end - ZEROS.byteLength);
    if (Buffer.compare(bytes.subarray(start, end), ZEROS.subarray(0, end - start)) !== 0) break;
    end = start;
  }
  while (end > from && bytes[end - 1] === 0) end -= 1;
  return end > from ? end - 1 : -1;
}
