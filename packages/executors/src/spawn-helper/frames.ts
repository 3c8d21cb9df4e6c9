/**
 * What server and helper say to each other, as frames on one socket: length of the rest (u32), kind (u8), run (u32),
 * body; all big-endian. `messages.ts` has the bodies that are neither text nor raw bytes.
 */
export const Kind = {
  /** To the helper: a `SpawnOrder`. With `stdin` the next frame is {@link Kind.Stdin}. */
  Spawn: 1,
  /** To the helper: everything the child reads. */
  Stdin: 2,
  /** To the helper: a signal's name, for the whole process group. */
  Kill: 3,
  /** From the helper, once: it takes orders. A `ReadyNote` as JSON. */
  Ready: 9,
  /** From the helper: a `StartedNote`. */
  Started: 10,
  Stdout: 11,
  Stderr: 12,
  /** From the helper: an `EndNote`. The last frame of a run. */
  End: 13,
} as const;

export interface Frame {
  readonly kind: number;
  readonly run: number;
  readonly body: Uint8Array;
}

const HEADER_BYTES = 9;
/** Kind and run, which the length counts. */
const COUNTED_HEADER_BYTES = 5;
/** Far above any frame: a payload is part of a job, and a job is limited by `max-body-size`. */
export const FRAME_BYTES_MAX = 512 * 1024 * 1024;

const decoder = new TextDecoder();

/** One frame as bytes. */
export function encodeFrame(kind: number, run: number, body: Uint8Array | string): Uint8Array {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const frame = Buffer.allocUnsafe(HEADER_BYTES + bytes.length);
  frame.writeUInt32BE(bytes.length + COUNTED_HEADER_BYTES);
  frame[4] = kind;
  frame.writeUInt32BE(run, 5);
  frame.set(bytes, HEADER_BYTES);
  return frame;
}

export function bodyText(frame: Frame): string {
  return decoder.decode(frame.body);
}

export function bodyJson<T>(frame: Frame): T {
  return JSON.parse(bodyText(frame)) as T;
}

/** Cuts a stream of bytes into frames, however it was split in transit. */
export class FrameReader {
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #wanted = HEADER_BYTES;
  readonly #onFrame: (frame: Frame) => void;

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  /** @throws RangeError when a length is impossible: the other side is not speaking this protocol */
  push(chunk: Uint8Array): void {
    this.#parts.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#wanted) return;
    const buffer = this.#parts.length === 1 ? chunk : joined(this.#parts, this.#bytes);
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    let at = 0;
    this.#wanted = HEADER_BYTES;
    while (buffer.length - at >= HEADER_BYTES) {
      const length = view.getUint32(at);
      if (length < COUNTED_HEADER_BYTES || length > FRAME_BYTES_MAX) throw new RangeError(`frame of ${length} bytes`);
      const end = at + 4 + length;
      if (end > buffer.length) {
        this.#wanted = 4 + length;
        break;
      }
      this.#onFrame({ kind: view.getUint8(at + 4), run: view.getUint32(at + 5), body: buffer.subarray(at + 9, end) });
      at = end;
    }
    this.#parts = at < buffer.length ? [buffer.subarray(at)] : [];
    this.#bytes = buffer.length - at;
  }
}

function joined(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
