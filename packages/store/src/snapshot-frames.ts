import { crc32, inflateRawSync } from 'node:zlib';
import { concat, NO_BYTES, viewOf } from './bytes.ts';
import { StoreError } from './errors.ts';
import type { KeyValueEntry } from './ports.ts';
import { FRAME_HEADER_BYTES, MAGIC } from './snapshot.ts';

const FRAME_BYTES_MAX = 64 * 1024 * 1024;

/**
 * The entries of a snapshot stream, frame by frame, each as it was checked. What is missing at the end shows at the end.
 * @throws StoreError `bad_snapshot`
 */
export async function* readFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<KeyValueEntry[]> {
  let rest: Uint8Array = NO_BYTES;
  let begun = false;
  let count = 0n;
  let ended = false;
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : concat(rest, chunk);
    if (!begun && rest.length >= MAGIC.length) {
      if (!MAGIC.every((byte, i) => rest[i] === byte)) {
        throw bad('it does not begin as a snapshot does');
      }
      rest = rest.subarray(MAGIC.length);
      begun = true;
    }
    for (let length = frameLength(rest, begun); length !== undefined; length = frameLength(rest, begun)) {
      if (ended) {
        throw bad('it goes on after its end');
      }
      const entries = readFrame(rest.subarray(0, length), count);
      rest = rest.subarray(length);
      if (entries === undefined) {
        ended = true;
      } else {
        count += BigInt(entries.length);
        yield entries;
      }
    }
  }
  if (!ended || rest.length > 0) {
    throw bad(`it is cut after ${count} entries`);
  }
}

function frameLength(bytes: Uint8Array, begun: boolean): number | undefined {
  if (!begun || bytes.length < FRAME_HEADER_BYTES) {
    return undefined;
  }
  const view = viewOf(bytes);
  const packed = view.getUint32(4);
  if (packed > FRAME_BYTES_MAX || view.getUint32(0) > FRAME_BYTES_MAX) {
    throw bad(`a frame claims more than ${FRAME_BYTES_MAX} bytes`);
  }
  return bytes.length >= FRAME_HEADER_BYTES + packed ? FRAME_HEADER_BYTES + packed : undefined;
}

/** Undefined for the end frame. */
function readFrame(frame: Uint8Array, countSoFar: bigint): KeyValueEntry[] | undefined {
  const view = viewOf(frame);
  const packed = frame.subarray(FRAME_HEADER_BYTES);
  if (crc32(packed) !== view.getUint32(8)) {
    throw bad(`the checksum after entry ${countSoFar} is wrong`);
  }
  if (view.getUint32(0) === 0) {
    const count = packed.length === 8 ? viewOf(packed).getBigUint64(0) : -1n;
    if (count !== countSoFar) {
      throw bad(`it names ${count} entries and holds ${countSoFar}`);
    }
    return undefined;
  }
  try {
    return readEntries(inflateRawSync(packed, { maxOutputLength: view.getUint32(0) }));
  } catch (error) {
    throw error instanceof StoreError ? error : bad(`what follows entry ${countSoFar} cannot be unpacked`);
  }
}

function readEntries(plain: Uint8Array): KeyValueEntry[] {
  const view = viewOf(plain);
  const entries: KeyValueEntry[] = [];
  for (let at = 0; at < plain.length;) {
    const keyEnd = at + 8 + view.getUint32(at);
    const valueEnd = keyEnd + view.getUint32(at + 4);
    if (valueEnd > plain.length) {
      throw bad('an entry is longer than its frame');
    }
    entries.push([plain.slice(at + 8, keyEnd), plain.slice(keyEnd, valueEnd)]);
    at = valueEnd;
  }
  return entries;
}

function bad(why: string): StoreError {
  return new StoreError('bad_snapshot', `the snapshot was refused: ${why}`, { why });
}
