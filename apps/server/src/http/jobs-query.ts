import { ApiError } from './api-error.ts';
import type { Query } from './query.ts';
import { first, metadataFilter, slice } from './query.ts';

export const JOB_SORT_KEYS = [
  'name',
  'displayname',
  'schedule',
  'success_count',
  'error_count',
  'last_success',
  'last_error',
  'next',
] as const;
export type JobSortKey = (typeof JOB_SORT_KEYS)[number];

export interface JobListQuery {
  readonly sort: JobSortKey;
  readonly order: 'asc' | 'desc';
  readonly start: number;
  readonly end: number;
  readonly q: string;
  /** undefined = any; `''` = never finished a run. */
  readonly status: string | undefined;
  /** undefined = any; other text than true or false matches nothing. */
  readonly disabled: string | undefined;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Reads the query of `GET /v1/jobs`. Throws {@link ApiError} 400 for an unknown sort key. */
export function listQuery(query: Query): JobListQuery {
  const status = first(query, 'status');
  return {
    sort: sortKey(first(query, '_sort')),
    order: first(query, '_order') === 'DESC' ? 'desc' : 'asc',
    ...slice(query, Number.MAX_SAFE_INTEGER),
    q: first(query, 'q') ?? '',
    status: status === '' || status === undefined ? undefined : status === 'untriggered' ? '' : status,
    disabled: first(query, 'disabled') || undefined,
    metadata: metadataFilter(query),
  };
}

function sortKey(text: string | undefined): JobSortKey {
  if (text === undefined || text === '' || text === 'id') return 'name';
  const known = JOB_SORT_KEYS.find((key) => key === text);
  if (known) return known;
  const allowed = `id, ${JOB_SORT_KEYS.join(', ')}`;
  const message = `_sort: ${text} is not a sort key; allowed: ${allowed}`;
  throw new ApiError({
    status: 400,
    code: 'invalid_value',
    message,
    plain: message,
    problems: [{ code: 'invalid_value', message, field: '_sort', value: text, allowed, column: null }],
  });
}
