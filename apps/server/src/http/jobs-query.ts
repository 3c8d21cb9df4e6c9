import type { JobQuery } from '@dkron/store';
import { defined } from './defined.ts';
import type { Query } from './query.ts';
import { first, metadataFilter, slice } from './query.ts';
import { JOB_SORT_KEYS } from './schemas/job-queries.ts';
import { unknownSortKey } from './sort-key.ts';

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

function sortKey(text: string | undefined): (typeof JOB_SORT_KEYS)[number] {
  if (text === undefined || text === '' || text === 'id') return 'name';
  return JOB_SORT_KEYS.find((key) => key === text) ?? unknownSortKey(text, ['id', ...JOB_SORT_KEYS]);
}
