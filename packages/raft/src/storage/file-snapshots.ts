import { createHash } from 'node:crypto';
import type { Logger } from '@dkron/runtime';
import type { SnapshotMeta } from '../core/types.ts';
import { ensureDir } from './disk.ts';
import type { Disk, DiskFile } from './disk.ts';
import { isMissing, StorageError } from './errors.ts';
import type { SnapshotReader, SnapshotStorage, StoredSnapshot } from './ports.ts';
import {
  checkSnapshotMeta,
  decodeMeta,
  encodeMeta,
  isPartialName,
  isSnapshotId,
  nextGeneration,
  partialName,
  position,
  snapshotId,
} from './snapshot-meta.ts';
import { CHUNK_BYTES, FileSnapshotSink, removeSnapshotDir } from './snapshot-sink.ts';
import { readStable, writeStable } from './stable-file.ts';

const MAX_REPORTED = 100;

/**
 * Snapshots as folders: `<index>-<term>-<generation>/{state,meta}`. A folder gets its name when everything in it is
 * durable; until then it is `tmp-<index>-<term>`, and a later sink may continue it.
 */
export class FileSnapshots implements SnapshotStorage {
  readonly #dir: string;
  readonly #disk: Disk;
  readonly #logger: Logger;
  /** Partial folders with a sink at work. */
  readonly #active = new Set<string>();
  #settled: Promise<void> | undefined;
  /** What was logged of unreadable ones: lists are asked for often. */
  readonly #reported = new Set<string>();

  constructor(options: { readonly dir?: string }, modules: { readonly disk: Disk; readonly logger: Logger }) {
    this.#dir = options.dir ?? 'snapshots';
    this.#disk = modules.disk;
    this.#logger = modules.logger;
  }

  async create(meta: SnapshotMeta, options: { readonly resume?: boolean } = {}): Promise<FileSnapshotSink> {
    checkSnapshotMeta(meta);
    const name = partialName(meta);
    if (this.#active.has(name)) throw new TypeError(`a snapshot of ${position(meta)} is being written already`);
    this.#active.add(name);
    try {
      const partialDir = `${this.#dir}/${name}`;
      const id = snapshotId(meta, nextGeneration(meta, await this.#ids()));
      const file = await this.#openPartial(partialDir, meta, options.resume === true);
      const sink = { id, meta, partialDir, finalDir: `${this.#dir}/${id}`, offset: await file.size() };
      return await FileSnapshotSink.start(
        { ...sink, onEnd: () => this.#active.delete(name) },
        { disk: this.#disk, file },
      );
    } catch (error) {
      this.#active.delete(name);
      throw error;
    }
  }

  async list(): Promise<StoredSnapshot[]> {
    const found: StoredSnapshot[] = [];
    for (const id of (await this.#ids()).toReversed()) {
      try {
        found.push(await this.#meta(id));
      } catch (error) {
        this.#report(id, 'snapshot skipped', String(error));
      }
    }
    return found;
  }

  async open(
    id: string,
    options: { readonly offset?: number; readonly verify?: boolean } = {},
  ): Promise<SnapshotReader> {
    const meta = await this.#meta(id);
    if (options.verify ?? true) await this.#verify(meta);
    const { offset = 0 } = options;
    if (!Number.isSafeInteger(offset) || offset < 0 || offset > meta.bytes) {
      throw new TypeError(`offset ${offset}; snapshot ${id} has ${meta.bytes} bytes`);
    }
    return { meta, stream: this.#chunks(meta, offset) };
  }

  async openLatest(): Promise<SnapshotReader | undefined> {
    const ids = (await this.#ids()).toReversed();
    for (const id of ids) {
      try {
        return await this.open(id);
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        this.#report(id, 'snapshot unreadable, trying an older one', error.message);
      }
    }
    if (ids.length === 0) return undefined;
    throw new StorageError('snapshot_corrupt', `none of the ${ids.length} snapshots in ${this.#dir} is readable`, {
      dir: this.#dir,
      ids,
    });
  }

  async reap(keep: number): Promise<void> {
    if (!Number.isSafeInteger(keep) || keep < 1)
      throw new TypeError(`cannot keep ${keep} snapshots; integers from 1 are allowed`);
    const kept = (await this.list()).slice(0, keep);
    const oldest = kept.at(-1)?.id ?? '';
    const newest = kept[0] === undefined ? '' : position(kept[0]);
    // Unreadable ones newer than what is kept stay for whoever looks into it.
    const old = kept.length < keep ? [] : (await this.#ids()).filter((id) => id < oldest);
    const partials = (await this.#disk.list(this.#dir)).filter(
      (name) => isPartialName(name) && !this.#active.has(name),
    );
    // The newest partial one may be resumed, unless a complete one is as new.
    const useless = partials.filter((name, i) => i < partials.length - 1 || name.slice('tmp-'.length) <= newest);
    for (const name of [...old, ...useless]) await removeSnapshotDir(this.#disk, `${this.#dir}/${name}`);
  }

  async clear(): Promise<void> {
    const names = (await this.#disk.list(this.#dir)).filter((name) => isPartialName(name) || isSnapshotId(name));
    for (const name of names) {
      if (!this.#active.has(name)) await removeSnapshotDir(this.#disk, `${this.#dir}/${name}`);
    }
  }

  async #ids(): Promise<string[]> {
    await (this.#settled ??= this.#settleNames());
    return (await this.#disk.list(this.#dir)).filter(isSnapshotId);
  }

  /**
   * A process that died between a rename and its sync left names that a power failure could still take back: they count
   * from now on, so they must be durable.
   */
  async #settleNames(): Promise<void> {
    try {
      if ((await this.#disk.list(this.#dir)).length > 0) await this.#disk.syncDir(this.#dir);
    } catch (error) {
      this.#settled = undefined;
      throw error;
    }
  }

  async #meta(id: string): Promise<StoredSnapshot> {
    const bytes = isSnapshotId(id) ? await readStable(this.#disk, `${this.#dir}/${id}/meta`) : undefined;
    if (bytes === undefined) throw new StorageError('snapshot_missing', `there is no snapshot ${id}`, { id });
    return decodeMeta(id, bytes);
  }

  #report(id: string, event: string, reason: string): void {
    const key = `${event} ${id}`;
    if (this.#reported.has(key)) return;
    if (this.#reported.size >= MAX_REPORTED) this.#reported.clear();
    this.#reported.add(key);
    this.#logger.error(event, { id, reason });
  }

  async #openPartial(dir: string, meta: SnapshotMeta, resume: boolean): Promise<DiskFile> {
    if (resume && (await this.#matches(dir, meta))) return this.#disk.open(`${dir}/state`);
    await removeSnapshotDir(this.#disk, dir).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
    await ensureDir(this.#disk, dir);
    const file = await this.#disk.open(`${dir}/state`, { create: true });
    await writeStable(this.#disk, `${dir}/meta`, encodeMeta(meta));
    return file;
  }

  async #matches(dir: string, meta: SnapshotMeta): Promise<boolean> {
    try {
      const found = await readStable(this.#disk, `${dir}/meta`);
      const names = await this.#disk.list(dir);
      return found !== undefined && Buffer.compare(found, encodeMeta(meta)) === 0 && names.includes('state');
    } catch (error) {
      if (error instanceof StorageError) return false;
      throw error;
    }
  }

  async #verify({ id, bytes, sha256 }: StoredSnapshot): Promise<void> {
    const hash = createHash('sha256');
    const file = await this.#openState(id);
    try {
      const size = await file.size();
      if (size === bytes) for (let at = 0; at < bytes; at += CHUNK_BYTES) hash.update(await file.read(at, CHUNK_BYTES));
      const actual = hash.digest('hex');
      if (size === bytes && actual === sha256) return;
      throw new StorageError('snapshot_corrupt', `snapshot ${id} fails its checksum`, {
        id,
        size,
        bytes,
        actual,
        sha256,
      });
    } finally {
      await file.close();
    }
  }

  async *#chunks(meta: StoredSnapshot, offset: number): AsyncGenerator<Uint8Array> {
    if (offset === meta.bytes) return;
    const file = await this.#openState(meta.id);
    try {
      for (let at = offset; at < meta.bytes;) {
        const chunk = await file.read(at, Math.min(CHUNK_BYTES, meta.bytes - at));
        if (chunk.byteLength === 0) {
          throw new StorageError('snapshot_corrupt', `snapshot ${meta.id} ends at ${at} of ${meta.bytes} bytes`, {
            id: meta.id,
            at,
          });
        }
        at += chunk.byteLength;
        yield chunk;
      }
    } finally {
      await file.close();
    }
  }

  async #openState(id: string): Promise<DiskFile> {
    try {
      return await this.#disk.open(`${this.#dir}/${id}/state`);
    } catch (error) {
      if (!isMissing(error)) throw error;
      throw new StorageError('snapshot_corrupt', `snapshot ${id} has lost its bytes`, { id }, { cause: error });
    }
  }
}
