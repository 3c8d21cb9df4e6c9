import { DkronError } from '@dkron/runtime';

/**
 * `store_stopped`: a write failed before, so that the state on disk is unknown; `unknown_command`: written by a
 * newer version; `bad_index`: an entry out of order; `corrupt`: records that contradict one another.
 */
export type StoreErrorCode =
  | 'store_locked'
  | 'disk_full'
  | 'write_failed'
  | 'store_stopped'
  | 'store_closed'
  | 'unknown_command'
  | 'bad_index'
  | 'bad_snapshot'
  | 'corrupt';

/** Every expected failure of the store and its backends. `code` is a closed set; `details` name path, index or value. */
export class StoreError extends DkronError<StoreErrorCode> {}

const DISK_FULL_PATTERN = /ENOSPC|no space left|disk quota|EDQUOT/iu;

/** Turns what a backend threw into a `StoreError`; `disk_full` is told apart, since an operator can mend it. */
export function writeError(cause: unknown, path: string): StoreError {
  if (cause instanceof StoreError) {
    return cause;
  }
  const text = cause instanceof Error ? `${cause.message} ${causeText(cause)}` : String(cause);
  if (DISK_FULL_PATTERN.test(text)) {
    return new StoreError(
      'disk_full',
      `no space left for the store at ${path}: nothing of this batch was stored`,
      { path },
      { cause },
    );
  }
  return new StoreError('write_failed', `writing to the store at ${path} failed: ${text.trim()}`, { path }, { cause });
}

function causeText(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : '';
}
