import { writeSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { JournalStorage } from './storage.ts';

/**
 * The file grows by so many zeros at a time: a sync of bytes inside the file has no change of its length to make durable,
 * which takes the file system half of its time.
 */
const ROOM_BYTES = 128 * 1024;

/** One file; `<path>.new` exists while it is rewritten. The directory is made when it is missing. */
export class FileJournalStorage implements JournalStorage {
  readonly #path: string;
  #handle: FileHandle | null = null;
  #lengthBytes = 0;
  /** Of the file: what is behind the end was never appended. */
  #fileBytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<Uint8Array> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    await rm(this.#newPath, { force: true });
    this.#handle = await openExisting(this.#path);
    const bytes = this.#handle ? await readFile(this.#path) : new Uint8Array(0);
    this.#lengthBytes = bytes.length;
    this.#fileBytes = bytes.length;
    return bytes;
  }

  async append(bytes: Uint8Array, sync: boolean): Promise<void> {
    const handle = (this.#handle ??= await this.#create());
    try {
      // Into the cache of the system, at once: a call out to another thread and back costs many times as much.
      if (this.#lengthBytes + bytes.length <= this.#fileBytes) writeAllSync(handle.fd, bytes, this.#lengthBytes);
      else this.#extend(handle.fd, bytes);
      if (sync) await handle.datasync();
    } catch (error) {
      // What is left behind the end would be read after a crash; where this fails too the next append covers it.
      await handle.truncate(this.#lengthBytes).catch(() => {});
      this.#fileBytes = this.#lengthBytes;
      throw error;
    }
    this.#lengthBytes += bytes.length;
  }

  /** With room behind the bytes, in the same call; without, where the disk has none. */
  #extend(fd: number, bytes: Uint8Array): void {
    const withRoom = new Uint8Array(bytes.length + ROOM_BYTES);
    withRoom.set(bytes);
    try {
      writeAllSync(fd, withRoom, this.#lengthBytes);
      this.#fileBytes = this.#lengthBytes + withRoom.length;
    } catch {
      writeAllSync(fd, bytes, this.#lengthBytes);
    }
  }

  async truncate(lengthBytes: number): Promise<void> {
    const handle = (this.#handle ??= await this.#create());
    await handle.truncate(lengthBytes);
    await handle.datasync();
    this.#lengthBytes = lengthBytes;
    this.#fileBytes = lengthBytes;
  }

  async replace(bytes: Uint8Array): Promise<void> {
    const handle = await open(this.#newPath, 'w+', 0o600);
    try {
      await writeAll(handle, bytes, 0);
      await handle.datasync();
      await rename(this.#newPath, this.#path);
      await syncDirectory(dirname(this.#path));
    } catch (error) {
      await handle.close().catch(() => {});
      throw error;
    }
    await this.#handle?.close();
    this.#handle = handle;
    this.#lengthBytes = bytes.length;
    this.#fileBytes = bytes.length;
  }

  async close(): Promise<void> {
    if (this.#fileBytes > this.#lengthBytes) await this.#handle?.truncate(this.#lengthBytes).catch(() => {});
    await this.#handle?.close();
    this.#handle = null;
  }

  get #newPath(): string {
    return `${this.#path}.new`;
  }

  async #create(): Promise<FileHandle> {
    const handle = await open(this.#path, 'w+', 0o600);
    await syncDirectory(dirname(this.#path));
    return handle;
  }
}

async function openExisting(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

function writeAllSync(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done, position + done);
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
