import { createHash } from 'node:crypto';
import type { SnapshotMeta } from '../core/types.ts';
import { StorageError } from './errors.ts';
import type { SnapshotReader, SnapshotSink, SnapshotStorage, StoredSnapshot } from './ports.ts';
import { checkSnapshotMeta, encodeMeta, nextGeneration, partialName, position, snapshotId } from './snapshot-meta.ts';
import { CHUNK_BYTES } from './snapshot-sink.ts';

interface Partial {
  readonly meta: Uint8Array;
  chunks: Uint8Array[];
}

/** The twin of `FileSnapshots` in memory. */
export class MemorySnapshots implements SnapshotStorage {
  readonly #stored = new Map<string, { readonly meta: StoredSnapshot; readonly bytes: Uint8Array }>();
  readonly #partials = new Map<string, Partial>();
  readonly #active = new Set<string>();

  async create(meta: SnapshotMeta, options: { readonly resume?: boolean } = {}): Promise<SnapshotSink> {
    checkSnapshotMeta(meta);
    const name = partialName(meta);
    if (this.#active.has(name)) throw new TypeError(`a snapshot of ${position(meta)} is being written already`);
    const left = this.#partials.get(name);
    const same = options.resume === true && left !== undefined && Buffer.compare(left.meta, encodeMeta(meta)) === 0;
    const partial = same ? left : { meta: encodeMeta(meta), chunks: [] };
    this.#partials.set(name, partial);
    this.#active.add(name);
    return this.#sink(meta, name, partial);
  }

  async list(): Promise<StoredSnapshot[]> {
    return this.#ids()
      .toReversed()
      .map((id) => this.#stored.get(id)!.meta);
  }

  async open(id: string, options: { readonly offset?: number } = {}): Promise<SnapshotReader> {
    const found = this.#stored.get(id);
    if (found === undefined) throw new StorageError('snapshot_missing', `there is no snapshot ${id}`, { id });
    const { offset = 0 } = options;
    if (!Number.isSafeInteger(offset) || offset < 0 || offset > found.meta.bytes) {
      throw new TypeError(`offset ${offset}; snapshot ${id} has ${found.meta.bytes} bytes`);
    }
    return { meta: found.meta, stream: chunks(found.bytes, offset) };
  }

  async openLatest(): Promise<SnapshotReader | undefined> {
    const id = this.#ids().at(-1);
    return id === undefined ? undefined : this.open(id);
  }

  async reap(keep: number): Promise<void> {
    if (!Number.isSafeInteger(keep) || keep < 1)
      throw new TypeError(`cannot keep ${keep} snapshots; integers from 1 are allowed`);
    const ids = this.#ids();
    for (const id of ids.slice(0, -keep)) this.#stored.delete(id);
    const newest = ids.at(-1)?.slice(0, -5) ?? '';
    const partials = [...this.#partials.keys()].toSorted().filter((name) => !this.#active.has(name));
    for (const [i, name] of partials.entries()) {
      if (i < partials.length - 1 || name.slice('tmp-'.length) <= newest) this.#partials.delete(name);
    }
  }

  async clear(): Promise<void> {
    this.#stored.clear();
    for (const name of this.#partials.keys()) if (!this.#active.has(name)) this.#partials.delete(name);
  }

  #ids(): string[] {
    return [...this.#stored.keys()].toSorted();
  }

  #sink(meta: SnapshotMeta, name: string, partial: Partial): SnapshotSink {
    const id = snapshotId(meta, nextGeneration(meta, this.#ids()));
    let ended = false;
    const check = (): void => {
      if (ended) throw new TypeError(`snapshot sink ${id} is closed`);
    };
    const end = (): void => {
      ended = true;
      this.#active.delete(name);
    };
    const cancel = async (): Promise<void> => {
      // Cancelled again after another sink began: nothing of that one is ours.
      if (!ended) this.#partials.delete(name);
      end();
    };
    return {
      id,
      get offset() {
        return partial.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
      },
      write: async (chunk) => {
        check();
        partial.chunks.push(chunk.slice());
      },
      close: async (expected = {}) => {
        check();
        const bytes = new Uint8Array(Buffer.concat(partial.chunks));
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        await cancel();
        if ((expected.bytes ?? bytes.byteLength) !== bytes.byteLength || (expected.sha256 ?? sha256) !== sha256) {
          const details = { id, bytes: bytes.byteLength, sha256 };
          throw new StorageError('snapshot_incomplete', `snapshot ${id} got other bytes than announced`, details);
        }
        const { index, term, confState } = meta;
        const stored = { id, index, term, confState, bytes: bytes.byteLength, sha256 };
        this.#stored.set(id, { meta: stored, bytes });
        return stored;
      },
      suspend: async () => {
        check();
        end();
      },
      cancel,
    };
  }
}

async function* chunks(bytes: Uint8Array, offset: number): AsyncGenerator<Uint8Array> {
  for (let at = offset; at < bytes.byteLength; at += CHUNK_BYTES) yield bytes.slice(at, at + CHUNK_BYTES);
}
