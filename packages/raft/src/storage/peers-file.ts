import type { Disk } from './disk.ts';
import { isMissing } from './errors.ts';
import { parentOf } from './disk.ts';

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
      let file;
      try {
        file = await disk.open(path);
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
      try {
        return new TextDecoder().decode(await file.read(0, MAX_BYTES));
      } finally {
        await file.close();
      }
    },
    remove: async () => {
      await disk.remove(path);
      await disk.syncDir(parentOf(path));
    },
  };
}
