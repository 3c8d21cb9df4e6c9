import type { Disk } from './disk.ts';
import { isMissing } from './errors.ts';

/** A whole file; undefined when it does not exist. One that is larger than `maxBytes` is none of ours: as if empty. */
export async function readSmallFile(disk: Disk, path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  let file;
  try {
    file = await disk.open(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const size = await file.size();
    return size > maxBytes ? new Uint8Array(0) : await file.read(0, size);
  } finally {
    await file.close();
  }
}
