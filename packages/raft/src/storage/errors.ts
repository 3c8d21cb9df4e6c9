import { DkronError } from '@dkron/runtime';

/**
 * - `log_corrupt`: acknowledged bytes are damaged; the server must not vote on what is left.
 * - `log_missing`: a log was required and the folder holds none.
 * - `log_foreign`: the log belongs to another cluster. `log_version`: written by a release this one cannot read.
 * - `log_failed`: a write or sync failed earlier; what is on disk is unknown, so the instance takes nothing more.
 * - `log_refused`: an operation queued before this one was refused, so this one would leave a hole.
 * - `disk_full`: nothing of the batch was written; `resume()` tries again.
 * - `log_closed`: used before `open` or after `close`.
 * - `malformed`: bytes that are no valid encoding (from a peer or a file).
 * - `snapshot_missing`, `snapshot_corrupt`, `snapshot_incomplete`: no such snapshot; bytes differ from its checksum; the
 *   sink got other bytes than were announced.
 * - `record_corrupt`: a small stable file (identity) fails its checksum.
 */
export type StorageErrorCode =
  | 'log_corrupt'
  | 'log_missing'
  | 'log_foreign'
  | 'log_version'
  | 'log_failed'
  | 'log_refused'
  | 'log_closed'
  | 'disk_full'
  | 'malformed'
  | 'snapshot_missing'
  | 'snapshot_corrupt'
  | 'snapshot_incomplete'
  | 'record_corrupt';

/** Every failure of the storage that a caller can meet. Misuse (a gap, a falling term) is a `TypeError` instead. */
export class StorageError extends DkronError<StorageErrorCode> {}

/** What to do about a damaged log, said in the error because the operator reads it first. */
export const CORRUPT_ADVICE =
  'Entries this server acknowledged may be lost, so it must not vote: move its raft folder aside, remove the server ' +
  'from the cluster and let it join again under a new identity; do not delete single files.';

export function malformed(what: string, details: object = {}): StorageError {
  return new StorageError('malformed', `malformed bytes: ${what}`, { what, ...details });
}

export function corruptLog(path: string, offset: number, why: string): StorageError {
  return new StorageError(
    'log_corrupt',
    `write-ahead log ${path} is damaged at byte ${offset}: ${why}. ${CORRUPT_ADVICE}`,
    {
      path,
      offset,
      why,
    },
  );
}

/** ENOSPC or EDQUOT: the one disk error an operator can mend while the process runs. */
export function isDiskFull(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'disk_full';
}

/** The log lacks room, now or for what was queued before: it is as it was, and may be asked again. */
export function isRefused(error: unknown): error is StorageError {
  return error instanceof StorageError && (error.code === 'disk_full' || error.code === 'log_refused');
}

export function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT';
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
