import type { ConfState, SnapshotMeta } from '../core/types.ts';
import { StorageError } from './errors.ts';
import type { StoredSnapshot } from './ports.ts';

const DIGITS = 16;
const ID_PATTERN = /^(?<index>\d{16})-(?<term>\d{16})-(?<generation>\d{4})$/u;
const PARTIAL_PATTERN = /^tmp-(?<index>\d{16})-(?<term>\d{16})$/u;
const FORMAT_VERSION = 1;

/** Sorts by (index, term, generation); a second snapshot of one position gets the next generation. */
export function snapshotId(meta: SnapshotMeta, generation: number): string {
  return `${position(meta)}-${String(generation).padStart(4, '0')}`;
}

/** Folder of a snapshot that is being written. */
export function partialName(meta: SnapshotMeta): string {
  return `tmp-${position(meta)}`;
}

export function position(meta: SnapshotMeta): string {
  return `${String(meta.index).padStart(DIGITS, '0')}-${String(meta.term).padStart(DIGITS, '0')}`;
}

export function isSnapshotId(name: string): boolean {
  return ID_PATTERN.test(name);
}

export function isPartialName(name: string): boolean {
  return PARTIAL_PATTERN.test(name);
}

/** One above the highest generation of this position among `ids`. */
export function nextGeneration(meta: SnapshotMeta, ids: readonly string[]): number {
  const taken = ids.filter((id) => id.startsWith(position(meta))).map((id) => Number(id.slice(-4)));
  return Math.max(-1, ...taken) + 1;
}

/** @throws TypeError unless index and term are safe integers ≥ 1 */
export function checkSnapshotMeta(meta: SnapshotMeta): void {
  for (const [name, value] of [['index', meta.index] as const, ['term', meta.term] as const]) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new TypeError(`snapshot ${name} ${value}: safe integers from 1 are allowed`);
  }
}

/** JSON, so that an operator can read it; the file around it carries a checksum. */
export function encodeMeta(
  meta: SnapshotMeta,
  stored?: { readonly bytes: number; readonly sha256: string },
): Uint8Array {
  const { index, term, confState } = meta;
  return new TextEncoder().encode(
    JSON.stringify({ version: FORMAT_VERSION, index, term, confState: plainConf(confState), ...stored }),
  );
}

/** @throws StorageError `snapshot_corrupt` for bytes of another form */
export function decodeMeta(id: string, bytes: Uint8Array): StoredSnapshot {
  const value = JSON.parse(new TextDecoder().decode(bytes)) as Partial<StoredSnapshot> & { readonly version?: number };
  const { version, index, term, confState, bytes: size, sha256 } = value;
  if (version !== FORMAT_VERSION || index === undefined || term === undefined || confState === undefined) {
    throw new StorageError('snapshot_corrupt', `snapshot ${id} has format ${version}, ${FORMAT_VERSION} is allowed`, {
      id,
      version,
    });
  }
  return { id, index, term, confState, bytes: size ?? 0, sha256: sha256 ?? '' };
}

/** Fixed order of fields, so that equal memberships have equal bytes. */
function plainConf({ voters, learners, votersOutgoing, learnersNext, autoLeave }: ConfState): ConfState {
  return { voters, learners, votersOutgoing, learnersNext, autoLeave };
}
