import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';

/** What a helper is asked to start. */
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
  /** True when a frame with the child's input is next; else the child reads an empty input. */
  readonly stdin: boolean;
}

/** A helper's first word. */
export interface ReadyNote {
  /** Of temporary files, for the server to remove should the helper be killed. */
  readonly folder?: string;
}

/** The command's process exists. `startTime`: kernel ticks since boot, tells a reused id apart. */
export interface StartedNote {
  readonly pid: number;
  /** Absent where there is no `/proc`. */
  readonly startTime?: string;
}

/** How a command ended: exactly one of `exitCode`, `signal` and `failure` is there. */
export interface EndNote {
  readonly exitCode?: number;
  /** E.g. `SIGKILL`. */
  readonly signal?: string;
  /** Why the process could not be started: an error code of the system such as `ENOENT`. */
  readonly failure?: string;
  /** `cwd` when the working directory is what failed. */
  readonly failed?: 'cwd' | 'file';
}

const End = { Exited: 0, Signalled: 1, FileFailed: 2, FolderFailed: 3 } as const;
const NO_ID = -1;
const ORDER_HEAD_BYTES = 13;
const TEXT_HEAD_BYTES = 4;

/** uid i32 (-1 = none), gid i32, input follows u8, number of arguments u32; then texts: file, argv0, cwd, arguments, keys and values. */
export function encodeOrder(order: SpawnOrder): Uint8Array {
  const texts = [order.file, order.argv0 ?? order.file, order.cwd ?? '', ...order.args];
  for (const key in order.env) texts.push(key, order.env[key] as string);
  const lengths = texts.map((text) => Buffer.byteLength(text));
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + TEXT_HEAD_BYTES + length, ORDER_HEAD_BYTES));
  bytes.writeInt32BE(order.uid ?? NO_ID, 0);
  bytes.writeInt32BE(order.gid ?? NO_ID, 4);
  bytes[8] = order.stdin ? 1 : 0;
  bytes.writeUInt32BE(order.args.length, 9);
  let at = ORDER_HEAD_BYTES;
  for (const [i, text] of texts.entries()) {
    at = bytes.writeUInt32BE(lengths[i] as number, at);
    at += bytes.write(text, at);
  }
  return bytes;
}

export function decodeOrder(body: Uint8Array): SpawnOrder {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const texts: string[] = [];
  for (let at = ORDER_HEAD_BYTES; at < bytes.length;) {
    const from = at + TEXT_HEAD_BYTES;
    at = from + bytes.readUInt32BE(at);
    texts.push(bytes.toString('utf8', from, at));
  }
  const [file = '', argv0 = '', cwd = '', ...rest] = texts;
  const args = rest.splice(0, bytes.readUInt32BE(9));
  const env: Record<string, string> = {};
  for (let i = 0; i + 1 < rest.length; i += 2) env[rest[i] as string] = rest[i + 1] as string;
  const [uid, gid] = [bytes.readInt32BE(0), bytes.readInt32BE(4)];
  return {
    file,
    argv0,
    args,
    env,
    stdin: bytes[8] === 1,
    ...(cwd !== '' && { cwd }),
    ...(uid !== NO_ID && { uid }),
    ...(gid !== NO_ID && { gid }),
  };
}

/** Process id u32, start time as text. */
export function encodeStarted({ pid, startTime = '' }: StartedNote): Uint8Array {
  const bytes = Buffer.alloc(4 + startTime.length, startTime, 'latin1');
  bytes.write(startTime, 4, 'latin1');
  bytes.writeUInt32BE(pid);
  return bytes;
}

export function decodeStarted(body: Uint8Array): StartedNote {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const startTime = bytes.toString('latin1', 4);
  return startTime === '' ? { pid: bytes.readUInt32BE() } : { pid: bytes.readUInt32BE(), startTime };
}

const SIGNAL_NAMES = new Map(
  Object.entries(constants.signals)
    .toReversed()
    .map(([name, number]) => [number, name]),
);

/** Kind u8, then the exit code or the number of the signal or error as u32; an error without a number as text. */
export function encodeEnd(note: EndNote): Uint8Array {
  if (note.signal !== undefined) {
    return endBytes(End.Signalled, constants.signals[note.signal as NodeJS.Signals]);
  }
  if (note.failure === undefined) return endBytes(End.Exited, note.exitCode ?? 0);
  const kind = note.failed === 'cwd' ? End.FolderFailed : End.FileFailed;
  const number = constants.errno[note.failure as keyof typeof constants.errno] as number | undefined;
  return number === undefined ? Buffer.concat([endBytes(kind, 0), Buffer.from(note.failure)]) : endBytes(kind, number);
}

export function decodeEnd(body: Uint8Array): EndNote {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const [kind, number] = [bytes[0], bytes.readUInt32BE(1)];
  if (kind === End.Exited) return { exitCode: number };
  if (kind === End.Signalled) return { signal: SIGNAL_NAMES.get(number) ?? `SIG${number}` };
  const failure = number === 0 ? bytes.toString('utf8', 5) : getSystemErrorName(-number);
  return { failure, failed: kind === End.FolderFailed ? 'cwd' : 'file' };
}

function endBytes(kind: number, value: number): Buffer {
  const bytes = Buffer.allocUnsafe(5);
  bytes[0] = kind;
  bytes.writeUInt32BE(value, 1);
  return bytes;
}
