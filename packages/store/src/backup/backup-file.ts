import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { concat, fromUtf8, toUtf8, viewOf } from '../bytes.ts';
import { StoreError } from '../errors.ts';

/** A later format has another digit. */
const MAGIC = toUtf8('DKBACK');
const FORMAT = toUtf8('01');
const HEAD_BYTES = MAGIC.length + FORMAT.length;
const TEXT_BYTES_MAX = 1024 * 1024;
const PIECE_BYTES_MAX = 64 * 1024 * 1024;

/** A server of the cluster that was saved. */
export interface BackupMember {
  readonly id: string;
  readonly address: string;
  readonly voter: boolean;
}

/** What stands before the state: where and when it was saved. */
export interface BackupHeader {
  /** Name and version of the program. */
  readonly software: string;
  /** RFC 3339. */
  readonly created_at: string;
  /** Name of the server that saved it. */
  readonly node: string;
  readonly region: string;
  readonly cluster_id: string;
  /** Last entry of the log that the state holds. */
  readonly index: number;
  readonly term: number;
  /** What a server must know to read it. */
  readonly feature_level: number;
  readonly members: readonly BackupMember[];
}

interface Trailer {
  /** Of the state. */
  readonly bytes: number;
  /** Lower-case hex, over everything before the trailer. */
  readonly sha256: string;
}

/**
 * A backup: magic and format; the header; the state, in pieces; an empty piece; the trailer. Header and trailer: u32
 * length, u32 CRC-32, JSON. Piece: u32 length, bytes. Big end first.
 */
export async function* writeBackup(header: BackupHeader, state: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  const hashed = (bytes: Uint8Array): Uint8Array => {
    hash.update(bytes);
    return bytes;
  };
  yield hashed(concat(MAGIC, FORMAT, textBlock(header)));
  let bytes = 0;
  for await (const piece of state) {
    if (piece.length === 0) continue;
    bytes += piece.length;
    yield hashed(concat(u32(piece.length), piece));
  }
  yield hashed(u32(0));
  const trailer: Trailer = { bytes, sha256: hash.digest('hex') };
  yield textBlock(trailer);
}

/** A backup that is being read. */
export interface BackupReader {
  readonly header: BackupHeader;
  /** To be read once. Ends only when everything was checked. @throws StoreError `bad_snapshot` */
  readonly state: AsyncIterable<Uint8Array>;
}

/** Reads the beginning. @throws StoreError `bad_snapshot` when it is none, or of another format */
export async function readBackup(chunks: AsyncIterable<Uint8Array>): Promise<BackupReader> {
  const input = new Input(chunks);
  try {
    const head = await input.take(HEAD_BYTES, 'its first bytes');
    if (!MAGIC.every((byte, i) => head[i] === byte)) throw bad('it is no backup: it does not begin as one');
    const format = fromUtf8(head.subarray(MAGIC.length));
    if (format !== fromUtf8(FORMAT)) {
      throw bad(
        `it has the format ${JSON.stringify(format)}, this version reads ${fromUtf8(FORMAT)}; use the version that wrote it, or a later one`,
      );
    }
    const header = await readText(input, 'its header');
    if (!isHeader(header)) throw bad('its header lacks what a header says');
    return { header, state: readState(input) };
  } catch (error) {
    await input.close();
    throw error;
  }
}

async function* readState(input: Input): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for (;;) {
      const length = viewOf(await input.take(4, 'its state')).getUint32(0);
      if (length === 0) break;
      if (length > PIECE_BYTES_MAX) throw bad(`a piece claims ${length} bytes: it is damaged`);
      const piece = await input.take(length, 'its state');
      bytes += length;
      yield piece;
    }
    const sha256 = input.digest();
    const trailer = (await readText(input, 'its end')) as Trailer;
    if (trailer.bytes !== bytes) throw bad(`it names ${trailer.bytes} bytes of state and holds ${bytes}`);
    if (trailer.sha256 !== sha256) throw bad('its SHA-256 is wrong: it is damaged');
    if (!(await input.isOver())) throw bad('it goes on after its end');
  } finally {
    await input.close();
  }
}

async function readText(input: Input, what: string): Promise<unknown> {
  const head = viewOf(await input.take(8, what));
  const length = head.getUint32(0);
  const sum = head.getUint32(4);
  if (length > TEXT_BYTES_MAX) throw bad(`${what} claims ${length} bytes: it is damaged`);
  const bytes = await input.take(length, what);
  if (crc32(bytes) !== sum) throw bad(`the checksum of ${what} is wrong: it is damaged`);
  try {
    return JSON.parse(fromUtf8(bytes)) as unknown;
  } catch {
    throw bad(`${what} is no JSON`);
  }
}

function isHeader(value: unknown): value is BackupHeader {
  const { software, created_at, node, region, cluster_id, index, term, feature_level, members } = (value ??
    {}) as Record<string, unknown>;
  return (
    [software, created_at, node, region, cluster_id].every((one) => typeof one === 'string') &&
    [index, term, feature_level].every((one) => Number.isSafeInteger(one)) &&
    Array.isArray(members)
  );
}

/** Bytes by number instead of by chunk. */
class Input {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #hash = createHash('sha256');
  #parts: Uint8Array[] = [];
  #length = 0;
  #taken = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async take(length: number, what: string): Promise<Uint8Array> {
    while (this.#length < length) {
      if (!(await this.#more())) {
        throw bad(`it is cut after ${this.#taken + this.#length} bytes, within ${what}; fetch or copy it again`);
      }
    }
    const all = this.#parts.length === 1 ? this.#parts[0]! : concat(...this.#parts);
    this.#parts = all.length === length ? [] : [all.subarray(length)];
    this.#length -= length;
    this.#taken += length;
    const bytes = all.subarray(0, length);
    this.#hash.update(bytes);
    return bytes;
  }

  /** Of everything taken so far. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }

  async isOver(): Promise<boolean> {
    return this.#length === 0 && !(await this.#more());
  }

  async close(): Promise<void> {
    this.#parts = [];
    await this.#chunks.return?.();
  }

  async #more(): Promise<boolean> {
    for (;;) {
      const next = await this.#chunks.next();
      if (next.done === true) return false;
      if (next.value.length === 0) continue;
      this.#parts.push(next.value);
      this.#length += next.value.length;
      return true;
    }
  }
}

function textBlock(value: object): Uint8Array {
  const text = toUtf8(JSON.stringify(value));
  return concat(u32(text.length), u32(crc32(text)), text);
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value);
  return bytes;
}

function bad(why: string): StoreError {
  return new StoreError('bad_snapshot', `the backup was refused: ${why}`, { why });
}
