import type { Precondition } from '@dkron/jobs';
import { ApiError } from './api-error.ts';

/** Reads `If-Match` and `If-None-Match: *` of a write. Throws {@link ApiError} 412 for a tag that can match nothing. */
export function preconditionOf(headers: {
  readonly 'if-match'?: string | undefined;
  readonly 'if-none-match'?: string | undefined;
}): Precondition {
  if (headers['if-none-match']?.trim() === '*') return 'absent';
  const tag = headers['if-match']?.trim();
  if (tag === undefined || tag === '*') return null;
  const match = /^"(\d{1,15})-\d{1,15}"$/.exec(tag);
  if (match) return { version: Number(match[1]) };
  throw new ApiError({
    status: 412,
    code: 'precondition_failed',
    message: `If-Match: ${tag} is not an ETag of a job; allowed: "<version>-<revision>" as answered by GET`,
  });
}
