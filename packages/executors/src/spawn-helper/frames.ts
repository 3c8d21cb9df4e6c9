/**
 * What server and helper say to each other, as frames on one socket: length of the rest (u32), kind (u8), run (u32),
 * body; all big-endian. JSON where the body is small and rare, raw bytes where it is output.
 */
export const Kind = {
  /** To the helper: {@link SpawnOrder} as JSON. With `stdin` the next frame is {@link Kind.Stdin}. */
  Spawn: 1,
  /** To the helper: everything the child reads. */
  Stdin: 2,
  /** To the helper: a signal's name, for the whole process group. */
  Kill: 3,
  /** From the helper, once: it takes orders. {@link ReadyNote} as JSON. */
  Ready: 9,
  /** From the helper: {@link StartedNote} as JSON. */
  Started: 10,
  Stdout: 11,
  Stderr: 12,
  /** From the helper: {@link EndNote} as JSON. The last frame of a run. */
  End: 13,
} as const;

export interface SpawnOrder {
  readonly file: string;
  readonly args: readonly string[];
  /** Name the program sees itself called by. Absent = `file`. */
  readonly argv0?: string;
  readonly cwd?: string;
  /** Added to the helper's own environment, which is the server's. */
  readonly env: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
  /** True when a {@link Kind.Stdin} frame is next; else the child reads an empty input. */
  readonly stdin: boolean;
}

export interface ReadyNote {
  /** Of temporary files, for the server to remove should the helper be killed. */
  readonly folder?: string;
}

export interface StartedNote {
  readonly pid: number;
  /** Absent where there is no `/proc`. */
  readonly startTime?: string;
}

export interface EndNote {
  readonly exitCode?: number;
  /** E.g. `SIGKILL`. */
  readonly signal?: string;
  /** Why the process could not be started: an error code of the system such as `ENOENT`. */
  readonly failure?: string;
  /** `cwd` when the working directory is what failed. */
  readonly failed?: 'cwd' | 'file';
}

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

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One frame as bytes. Text and objects become UTF-8. */
export function encodeFrame(kind: number, run: number, body: Uint8Array | string | object): Uint8Array {
  const bytes =
    body instanceof Uint8Array ? body : encoder.encode(typeof body === 'string' ? body : JSON.stringify(body));
  const frame = new Uint8Array(HEADER_BYTES + bytes.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, bytes.length + COUNTED_HEADER_BYTES);
  frame[4] = kind;
  view.setUint32(5, run);
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
