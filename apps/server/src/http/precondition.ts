import type { Precondition, StoredJob } from '@dkron/jobs';
import { ApiError } from './api-error.ts';
import { cut } from './schemas/query-schema.ts';

/**
 * Reads `If-Match` and `If-None-Match: *` of a write. Throws {@link ApiError} 412 for a tag that can match nothing.
 *
 * @param stored the job as it is now: `If-Match: *` means this one, whatever it is
 */
export function preconditionOf(
  headers: { readonly 'if-match'?: string | undefined; readonly 'if-none-match'?: string | undefined },
  stored: StoredJob | undefined,
): Precondition {
  if (headers['if-none-match']?.trim() === '*') return 'absent';
  const tag = headers['if-match']?.trim();
  if (tag === undefined) return null;
  if (tag === '*' && stored) return { version: stored.state.version };
  const match = /^"(\d{1,15})-\d{1,15}"$/.exec(tag);
  if (match) return { version: Number(match[1]) };
  const allowed = '"<version>-<revision>" as answered by GET';
  const message =
    tag === '*'
      ? 'If-Match: * needs a job, and there is no such job'
      : `If-Match: ${cut(tag)} is not an ETag of a job; allowed: ${allowed}`;
  const code = 'precondition_failed';
  const problems = [{ code, message, field: 'If-Match', value: cut(tag), allowed, column: null } as const];
  throw new ApiError({ status: 412, code, message, problems });
}

/** Whether `If-None-Match` of a read names this tag: one of a list, weak or not, or `*`. */
export function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag);
}
