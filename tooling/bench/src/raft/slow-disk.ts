import type { Disk, DiskFile } from '@dkron/raft/storage';
import { systemTimers } from '@dkron/runtime/system';

/** A disk whose syncs of files are counted, and begin later by `delayMs`. */
export class SlowDisk {
  delayMs = 0;
  syncs = 0;
  readonly disk: Disk;

  constructor(disk: Disk) {
    this.disk = { ...disk, open: async (path, options) => this.#slow(await disk.open(path, options)) };
  }

  #slow(file: DiskFile): DiskFile {
    return {
      size: () => file.size(),
      read: (offset, length) => file.read(offset, length),
      write: (bytes, offset) => file.write(bytes, offset),
      truncate: (length) => file.truncate(length),
      close: () => file.close(),
      sync: () => {
        this.syncs += 1;
        return this.delayMs === 0 ? file.sync() : systemTimers.sleep(this.delayMs).then(() => file.sync());
      },
    };
  }
}
