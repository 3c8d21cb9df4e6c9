import type { JobQuery } from '@dkron/store';
import { ApiError } from './api-error.ts';
import { defined } from './defined.ts';
import type { Query } from './query.ts';
import { first, metadataFilter, slice } from './query.ts';
import { cut } from './schemas/query-schema.ts';

const SORT_KEYS = [
  'name',
  'displayname',
  'schedule',
  'success_count',
  'error_count',
  'last_success',
  'last_error',
  'next',
] as const;
type SortKey = (typeof SORT_KEYS)[number];

/** What the filter calls the status of a job that never ran. */
const UNTRIGGERED = 'untriggered';

const SWITCHES: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

/**
 * Reads the query of `GET /v1/jobs`; undefined when a filter holds a value that no job can have.
 * Throws {@link ApiError} 400 for an unknown sort key.
 */
export function listQuery(query: Query): JobQuery | undefined {
  const sort = sortKey(first(query, '_sort'));
  const statusText = first(query, 'status') || undefined;
  const disabledText = first(query, 'disabled') || undefined;
  const status = statusText === UNTRIGGERED ? '' : statusText;
  const disabled = disabledText === undefined ? undefined : SWITCHES.get(disabledText);
  if (disabledText !== undefined && disabled === undefined) return undefined;
  const metadata = metadataFilter(query);
  return {
    sort,
    order: first(query, '_order') === 'DESC' ? 'desc' : 'asc',
    ...slice(query, Number.MAX_SAFE_INTEGER),
    ...defined({
      q: first(query, 'q') || undefined,
      status,
      disabled,
      metadata: metadata.size === 0 ? undefined : Object.fromEntries(metadata),
    }),
  };
}

function sortKey(text: string | undefined): SortKey {
  if (text === undefined || text === '' || text === 'id') return 'name';
  const known = SORT_KEYS.find((key) => key === text);
  if (known) return known;
  const allowed = `id, ${SORT_KEYS.join(', ')}`;
  const message = `_sort: ${cut(text)} is not a sort key; allowed: ${allowed}`;
  throw new ApiError({
    status: 400,
    code: 'invalid_value',
    message,
    plain: message,
    problems: [{ code: 'invalid_value', message, field: '_sort', value: cut(text), allowed, column: null }],
  });
}
