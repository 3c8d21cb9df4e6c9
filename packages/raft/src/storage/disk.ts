/**
 * What the storage needs of a file system. Paths are relative to the disk's root and use `/`. Every promise rejects with
 * an error that carries the platform's `code` (`ENOSPC`, `EIO`, `ENOENT`). Nothing is durable before `sync` (bytes) and
 * `syncDir` (names) resolve.
 */
export interface Disk {
  /** Opens for reading and writing. `create` makes an empty file and refuses (`EEXIST`) one that exists. */
  open(path: string, options?: { readonly create?: boolean }): Promise<DiskFile>;
  /** Replaces `to` (same folder) atomically; works on folders if `to` does not exist. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; `ENOENT` when missing. Open handles keep working. */
  remove(path: string): Promise<void>;
  /** Removes an empty folder. */
  removeDir(path: string): Promise<void>;
  /** Creates a folder and its parents; one that exists is left alone. */
  makeDir(path: string): Promise<void>;
  /** Names in a folder, sorted; empty when the folder is missing. */
  list(path: string): Promise<string[]>;
  /** Makes creations, renames and removals inside the folder durable. */
  syncDir(path: string): Promise<void>;
  /** Bytes an unprivileged process may still allocate under the folder. */
  freeBytes(path: string): Promise<number>;
}

/** An open file of a {@link Disk}; promises reject as its own do. */
export interface DiskFile {
  /** Length in bytes. */
  size(): Promise<number>;
  /** Up to `length` bytes from `offset`, fewer only at the end of the file. The result is the caller's. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Writes all of `bytes` at `offset`; the caller leaves `bytes` alone until it resolves. */
  write(bytes: Uint8Array, offset: number): Promise<void>;
  /**
   * Writes all of `bytes` and makes them durable, in one call instead of two; `sync` stays to be called for what was
   * written otherwise. Only where it costs less than both.
   */
  writeDurable?(bytes: Uint8Array, offset: number): Promise<void>;
  /** As `writeDurable`, but returns when it is done: the event loop stands still meanwhile. */
  writeDurableNow?(bytes: Uint8Array, offset: number): void;
  /** Cuts the file, or extends it with zeros that are not allocated. */
  truncate(length: number): Promise<void>;
  /** Makes bytes and length durable (fdatasync). */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Zeros are written in steps, each synced by itself, so that a log sharing the disk never waits for more than one. */
const STEP_BYTES = 1 << 20;
let zeros: Uint8Array | undefined;

/** Writes zeros over `[from, to)` and syncs: later writes there change no metadata, and a full disk shows now. */
export async function writeZeros(file: DiskFile, from: number, to: number): Promise<void> {
  zeros ??= new Uint8Array(STEP_BYTES);
  for (let at = from; at < to; at += STEP_BYTES) {
    await file.write(zeros.subarray(0, Math.min(STEP_BYTES, to - at)), at);
    await file.sync();
  }
}

/** The folder part of a path; `''` is the root. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

/** Creates a folder durably: its name in every folder above it too. */
export async function ensureDir(disk: Disk, path: string): Promise<void> {
  await disk.makeDir(path);
  for (let child = path; child !== ''; child = parentOf(child)) await disk.syncDir(parentOf(child));
}
