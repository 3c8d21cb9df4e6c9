import { createHash } from 'node:crypto';
import { parentOf } from './disk.ts';
import type { Disk, DiskFile } from './disk.ts';
import { isDiskFull, isMissing, StorageError } from './errors.ts';
import type { SnapshotSink, StoredSnapshot } from './ports.ts';
import { encodeMeta } from './snapshot-meta.ts';
import type { SnapshotMeta } from '../core/types.ts';
import { writeStable } from './stable-file.ts';

export const CHUNK_BYTES = 1 << 18;
/** Synced this often, so that closing a large snapshot does not stall the disk under the log. */
const SYNC_BYTES = 1 << 23;

export interface SinkOptions {
  readonly id: string;
  readonly meta: SnapshotMeta;
  /** Folder while it is written, and the one it gets when it is whole. */
  readonly partialDir: string;
  readonly finalDir: string;
  /** Bytes that are there already. */
  readonly offset: number;
  /** Called once when the sink is done with, however it ended. */
  readonly onEnd: () => void;
}

/** Writes one snapshot of `FileSnapshots`. */
export class FileSnapshotSink implements SnapshotSink {
  readonly #options: SinkOptions;
  readonly #disk: Disk;
  readonly #file: DiskFile;
  readonly #hash = createHash('sha256');
  #offset = 0;
  #unsynced = 0;
  #ended = false;
  #failure: Error | undefined;

  private constructor(options: SinkOptions, modules: { readonly disk: Disk; readonly file: DiskFile }) {
    this.#options = options;
    this.#disk = modules.disk;
    this.#file = modules.file;
  }

  /** Takes over an open file; reads what it holds, since the checksum covers all of it. */
  static async start(
    options: SinkOptions,
    modules: { readonly disk: Disk; readonly file: DiskFile },
  ): Promise<FileSnapshotSink> {
    const sink = new FileSnapshotSink(options, modules);
    while (sink.#offset < options.offset) {
      const chunk = await modules.file.read(sink.#offset, Math.min(CHUNK_BYTES, options.offset - sink.#offset));
      sink.#hash.update(chunk);
      sink.#offset += chunk.byteLength;
    }
    return sink;
  }

  get id(): string {
    return this.#options.id;
  }

  get offset(): number {
    return this.#offset;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#check();
    try {
      await this.#file.write(chunk, this.#offset);
      this.#hash.update(chunk);
      this.#offset += chunk.byteLength;
      this.#unsynced += chunk.byteLength;
      if (this.#unsynced >= SYNC_BYTES) await this.#sync();
    } catch (error) {
      throw this.#failed(error);
    }
  }

  async close(expected: { readonly bytes?: number; readonly sha256?: string } = {}): Promise<StoredSnapshot> {
    this.#check();
    const { id, meta, partialDir, finalDir } = this.#options;
    const bytes = this.#offset;
    const sha256 = this.#hash.digest('hex');
    if ((expected.bytes ?? bytes) !== bytes || (expected.sha256 ?? sha256) !== sha256) {
      await this.cancel();
      const details = { id, bytes, sha256, expectedBytes: expected.bytes, expectedSha256: expected.sha256 };
      throw new StorageError(
        'snapshot_incomplete',
        `snapshot ${id} got other bytes than announced (${bytes}, ${sha256})`,
        details,
      );
    }
    try {
      await this.#sync();
      await this.#end();
      await writeStable(this.#disk, `${partialDir}/meta`, encodeMeta(meta, { bytes, sha256 }));
      await this.#disk.rename(partialDir, finalDir);
      await this.#disk.syncDir(parentOf(finalDir));
    } catch (error) {
      throw this.#failed(error);
    }
    const { index, term, confState } = meta;
    return { id, index, term, confState, bytes, sha256 };
  }

  async suspend(): Promise<void> {
    this.#check();
    await this.#sync();
    await this.#end();
  }

  async cancel(): Promise<void> {
    // Ended well: the folder has its name, or belongs to a sink that resumed it.
    if (this.#ended && this.#failure === undefined) return;
    await this.#end();
    this.#failure = undefined;
    await removeSnapshotDir(this.#disk, this.#options.partialDir);
  }

  async #sync(): Promise<void> {
    await this.#file.sync();
    this.#unsynced = 0;
  }

  async #end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.onEnd();
    await this.#file.close();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#ended) throw new TypeError(`snapshot sink ${this.id} is closed`);
  }

  #failed(cause: unknown): Error {
    const { id } = this.#options;
    const error = cause instanceof Error ? cause : new Error(String(cause));
    this.#failure = isDiskFull(cause)
      ? new StorageError('disk_full', `no space for snapshot ${id}`, { id }, { cause })
      : error;
    return this.#failure;
  }
}

/** Removes a snapshot's folder; the meta file first, so that half a removal is no snapshot. */
export async function removeSnapshotDir(disk: Disk, dir: string): Promise<void> {
  const names = await disk.list(dir);
  for (const name of names.toSorted((a, b) => Number(b === 'meta') - Number(a === 'meta'))) {
    await disk.remove(`${dir}/${name}`);
    await disk.syncDir(dir);
  }
  try {
    await disk.removeDir(dir);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  await disk.syncDir(parentOf(dir));
}
