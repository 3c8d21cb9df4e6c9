import type { Disk, DiskFile } from '@dkron/raft/storage';
import { systemTimers } from '@dkron/runtime/system';

/** Nobody writes here: who waits for it sleeps, as in a call of the system. */
const SLEEP = new Int32Array(new SharedArrayBuffer(4));

/** A disk whose syncs of files are counted, and begin later by `delayMs`. */
export class SlowDisk {
  delayMs = 0;
  syncs = 0;
  readonly disk: Disk;

  constructor(disk: Disk) {
    this.disk = { ...disk, open: async (path, options) => this.#slow(await disk.open(path, options)) };
  }

  #slow(file: DiskFile): DiskFile {
    // Nothing is put between where nothing is delayed: it would be measured, too.
    const delayed = (work: () => Promise<void>): Promise<void> => {
      this.syncs += 1;
      return this.delayMs > 0 ? systemTimers.sleep(this.delayMs).then(work) : work();
    };
    const writeDurable = file.writeDurable?.bind(file);
    return {
      size: () => file.size(),
      read: (offset, length) => file.read(offset, length),
      write: (bytes, offset) => file.write(bytes, offset),
      truncate: (length) => file.truncate(length),
      close: () => file.close(),
      sync: () => delayed(() => file.sync()),
      ...(writeDurable === undefined
        ? {}
        : { writeDurable: (bytes, offset) => delayed(() => writeDurable(bytes, offset)) }),
      ...(file.writeDurableNow === undefined
        ? {}
        : {
            writeDurableNow: (bytes, offset) => {
              this.syncs += 1;
              if (this.delayMs > 0) Atomics.wait(SLEEP, 0, 0, this.delayMs);
              file.writeDurableNow?.(bytes, offset);
            },
          }),
    };
  }
}
