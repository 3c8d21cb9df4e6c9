import type { Disk } from './disk.ts';
import { parentOf } from './disk.ts';
import { readSmallFile } from './small-file.ts';

/** The operator's order to recover by force. */
export interface PeersFile {
  /** Its text; undefined when there is none. */
  read(): Promise<string | undefined>;
  /** Removes it durably. */
  remove(): Promise<void>;
}

const MAX_BYTES = 1 << 20;

/** `peers.json` on a disk. */
export function peersFileOn(disk: Disk, path = 'peers.json'): PeersFile {
  return {
    read: async () => {
      const bytes = await readSmallFile(disk, path, MAX_BYTES);
      return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
    },
    remove: async () => {
      await disk.remove(path);
      await disk.syncDir(parentOf(path));
    },
  };
}
