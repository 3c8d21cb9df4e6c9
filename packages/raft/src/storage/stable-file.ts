import { crc32 } from 'node:zlib';
import { parentOf } from './disk.ts';
import type { Disk } from './disk.ts';
import { isMissing, StorageError } from './errors.ts';
import { ByteWriter } from './bytes.ts';
import { readSmallFile } from './small-file.ts';

const MAGIC = 0x46534b44;
const HEAD_BYTES = 12;
const MAX_BYTES = 1 << 24;

/**
 * Reads a small file written by `writeStable`; undefined when it does not exist.
 * @throws StorageError `record_corrupt`
 */
export async function readStable(disk: Disk, path: string): Promise<Uint8Array | undefined> {
  const bytes = await readSmallFile(disk, path, MAX_BYTES);
  return bytes === undefined ? undefined : payloadOf(bytes, path);
}

/** Replaces a small file: after a crash it is the old one or the new one, and the new one once this resolves. */
export async function writeStable(disk: Disk, path: string, payload: Uint8Array): Promise<void> {
  const writer = new ByteWriter(new Uint8Array(HEAD_BYTES + payload.byteLength));
  writer.u32(MAGIC);
  writer.u32(payload.byteLength);
  writer.u32(crc32(payload, payload.byteLength));
  writer.raw(payload);
  const temporary = `${path}.tmp`;
  try {
    await disk.remove(temporary);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  const file = await disk.open(temporary, { create: true });
  try {
    await file.write(writer.bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(temporary, path);
  await disk.syncDir(parentOf(path));
}

function payloadOf(bytes: Uint8Array, path: string): Uint8Array {
  if (bytes.byteLength >= HEAD_BYTES) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const payload = bytes.subarray(HEAD_BYTES);
    const whole = view.getUint32(0, true) === MAGIC && view.getUint32(4, true) === payload.byteLength;
    if (whole && view.getUint32(8, true) === crc32(payload, payload.byteLength)) return payload;
  }
  throw new StorageError('record_corrupt', `${path} is damaged (${bytes.byteLength} bytes)`, {
    path,
    bytes: bytes.byteLength,
  });
}
