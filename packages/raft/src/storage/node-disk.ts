import { open, mkdir, readdir, rename, rm, rmdir, statfs } from 'node:fs/promises';
import { close, constants, fdatasync, fstat, ftruncate, open as openFd, read, write, writeSync } from 'node:fs';
import { platform } from 'node:os';
import { join } from 'node:path';
import { isMissing } from './errors.ts';
import type { Disk, DiskFile } from './disk.ts';

/** Where a write to a descriptor with O_DSYNC is all that fdatasync does. */
const ONE_CALL = platform() === 'linux';

/** The real file system under `root`. The only file of the package that imports `node:fs`. */
export function nodeDisk(root: string): Disk {
  const at = (path: string): string => join(root, path);
  return {
    open: async (path, options) => {
      const fd = await openAt(at(path), options?.create === true ? 'wx+' : 'r+');
      if (!ONE_CALL) return new NodeFile(fd);
      try {
        return new DurableNodeFile(fd, await openAt(at(path), constants.O_RDWR | constants.O_DSYNC));
      } catch (error) {
        close(fd, () => {});
        throw error;
      }
    },
    rename: (from, to) => rename(at(from), at(to)),
    remove: (path) => rm(at(path)),
    removeDir: (path) => rmdir(at(path)),
    makeDir: async (path) => {
      await mkdir(at(path), { recursive: true, mode: 0o700 });
    },
    list: async (path) => {
      try {
        return (await readdir(at(path))).toSorted();
      } catch (error) {
        if (isMissing(error)) return [];
        throw error;
      }
    },
    syncDir: async (path) => {
      const handle = await open(at(path), 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
    freeBytes: async (path) => {
      const { bavail, bsize } = await statfs(at(path));
      return bavail * bsize;
    },
  };
}

function openAt(path: string, flags: string | number): Promise<number> {
  return new Promise((resolve, reject) => {
    openFd(path, flags, 0o600, (error, fd) => (error === null ? resolve(fd) : reject(error)));
  });
}

/** Callbacks on the bare descriptor: a third of the overhead of a FileHandle on the append path. */
class NodeFile implements DiskFile {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  size(): Promise<number> {
    return new Promise((resolve, reject) => {
      fstat(this.#fd, (error, stats) => (error === null ? resolve(stats.size) : reject(error)));
    });
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const got = await this.#readOnce(bytes, done, offset + done);
      if (got === 0) break;
      done += got;
    }
    return done === length ? bytes : bytes.subarray(0, done);
  }

  write(bytes: Uint8Array, offset: number): Promise<void> {
    return writeAll(this.#fd, bytes, offset);
  }

  truncate(length: number): Promise<void> {
    return this.#call((done) => ftruncate(this.#fd, length, done));
  }

  sync(): Promise<void> {
    return this.#call((done) => fdatasync(this.#fd, done));
  }

  close(): Promise<void> {
    return this.#call((done) => close(this.#fd, done));
  }

  #readOnce(bytes: Uint8Array, from: number, offset: number): Promise<number> {
    return new Promise((resolve, reject) => {
      read(this.#fd, bytes, from, bytes.byteLength - from, offset, (error, got) =>
        error === null ? resolve(got) : reject(error),
      );
    });
  }

  #call(start: (done: (error: Error | null | undefined) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      start((error) => (error == null ? resolve() : reject(error)));
    });
  }
}

/** Writes and syncs in one visit of the thread pool: at one small write a time a third of the latency. */
class DurableNodeFile extends NodeFile {
  readonly #durableFd: number;

  constructor(fd: number, durableFd: number) {
    super(fd);
    this.#durableFd = durableFd;
  }

  writeDurable(bytes: Uint8Array, offset: number): Promise<void> {
    return writeAll(this.#durableFd, bytes, offset);
  }

  writeDurableNow(bytes: Uint8Array, offset: number): void {
    for (let done = 0; done < bytes.byteLength;)
      done += writeSync(this.#durableFd, bytes, done, bytes.byteLength - done, offset + done);
  }

  override async close(): Promise<void> {
    const closed = new Promise<void>((resolve, reject) => {
      close(this.#durableFd, (error) => (error == null ? resolve() : reject(error)));
    });
    await Promise.all([closed, super.close()]);
  }
}

async function writeAll(fd: number, bytes: Uint8Array, offset: number): Promise<void> {
  let done = await writeOnce(fd, bytes, 0, offset);
  while (done < bytes.byteLength) done += await writeOnce(fd, bytes, done, offset + done);
}

function writeOnce(fd: number, bytes: Uint8Array, from: number, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, from, bytes.byteLength - from, offset, (error, put) =>
      error === null ? resolve(put) : reject(error),
    );
  });
}
