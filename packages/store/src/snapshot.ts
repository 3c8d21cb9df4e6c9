import { crc32, deflateRawSync } from 'node:zlib';
import { concat, toUtf8, viewOf } from './bytes.ts';
import { STATE_END } from './keys.ts';
import type { KeyValue, KeyValueSnapshot } from './ports.ts';

export const MAGIC: Uint8Array = toUtf8('DKSNAP01');
export const FRAME_HEADER_BYTES = 12;
/** A frame's payload before compression, unless one entry alone is larger. */
const FRAME_BYTES = 256 * 1024;

/** The state of one moment as a stream, to be read once. Holds resources until it was read to its end or closed. */
export interface SnapshotStream extends AsyncIterable<Uint8Array> {
  /** For a stream that is not read, or not to its end. Idempotent. */
  close(): Promise<void>;
}

/** The state of the moment of this call, whenever it is read. */
export function openSnapshot(kv: KeyValue): SnapshotStream {
  const view = kv.snapshot();
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= view.close());
  const chunks = writeSnapshot(view, close);
  return { [Symbol.asyncIterator]: () => chunks, close };
}

/**
 * Stream: magic; frames; an end frame. Frame: u32 plain length, u32 packed length, u32 CRC-32 of the packed bytes, packed
 * (deflate) entries, each u32 key length, u32 value length, key, value. End frame: plain length 0, then u64 entry count.
 */
async function* writeSnapshot(view: KeyValueSnapshot, close: () => Promise<void>): AsyncGenerator<Uint8Array> {
  try {
    yield MAGIC;
    let parts: Uint8Array[] = [];
    let size = 0;
    let count = 0n;
    for await (const [key, value] of view.iterate({ lt: STATE_END })) {
      const entry = encodeEntry(key, value);
      parts.push(entry);
      size += entry.length;
      count++;
      if (size >= FRAME_BYTES) {
        yield frame(concat(...parts));
        parts = [];
        size = 0;
      }
    }
    if (size > 0) {
      yield frame(concat(...parts));
    }
    yield endFrame(count);
  } finally {
    await close();
  }
}

function encodeEntry(key: Uint8Array, value: Uint8Array): Uint8Array {
  const header = new Uint8Array(8);
  viewOf(header).setUint32(0, key.length);
  viewOf(header).setUint32(4, value.length);
  return concat(header, key, value);
}

function frame(plain: Uint8Array): Uint8Array {
  return withHeader(plain.length, deflateRawSync(plain, { level: 1 }));
}

function endFrame(count: bigint): Uint8Array {
  const body = new Uint8Array(8);
  viewOf(body).setBigUint64(0, count);
  return withHeader(0, body);
}

function withHeader(plainLength: number, packed: Uint8Array): Uint8Array {
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  const view = viewOf(header);
  view.setUint32(0, plainLength);
  view.setUint32(4, packed.length);
  view.setUint32(8, crc32(packed));
  return concat(header, packed);
}
