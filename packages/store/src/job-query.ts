import type { StoredJob } from '@dkron/jobs';
import type { JobSort } from './job-columns.ts';
import type { JobTable } from './job-table.ts';

/** Which jobs to list; what is absent restricts nothing. */
export interface JobQuery {
  /** Default `name`. Texts compare case-insensitively; no last time sorts after every other; ties by name. */
  readonly sort?: JobSort;
  /** Default `asc`. */
  readonly order?: 'asc' | 'desc';
  /** Positions `[start, end)` of the filtered list, clamped. Default: all. */
  readonly start?: number;
  readonly end?: number;
  /** Case-sensitive part of name or display name. */
  readonly q?: string;
  readonly status?: string;
  readonly disabled?: boolean;
  /** Every pair must be there exactly. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A slice of the jobs that match, decoded. */
export interface JobPage {
  /** After filtering, before slicing. */
  readonly total: number;
  readonly jobs: readonly StoredJob[];
}

/** A slice of the jobs that match, by name. */
export interface JobNamePage {
  /** After filtering, before slicing. */
  readonly total: number;
  readonly names: readonly string[];
}

/** Decodes only the jobs of the page, except that a filter on metadata must look into each. */
export function listJobs(table: JobTable, query: JobQuery): JobPage {
  const { total, names } = listJobNames(table, query);
  return { total, jobs: decoded(table, names) };
}

/** The names of a page; decodes nothing but for a filter on metadata. */
export function listJobNames(table: JobTable, query: JobQuery): JobNamePage {
  const names = orderedNames(table, query);
  const total = typeof names === 'number' ? names : names.length;
  const [start, end] = clamp(query, total);
  if (typeof names !== 'number') {
    return { total, names: names.slice(start, end) };
  }
  return {
    total,
    names:
      query.order === 'desc' ? table.names.slice(total - end, total - start).reverse() : table.names.slice(start, end),
  };
}

/** A number stands for all names in their own order: the index serves the page without a list of everything. */
function orderedNames(table: JobTable, query: JobQuery): string[] | number {
  const { sort = 'name', order = 'asc' } = query;
  const keep = filterOf(table, query);
  if (sort === 'name') {
    if (keep === undefined) {
      return table.size;
    }
    const names = [...table.names.ascending()].filter((name) => keep(name));
    return order === 'desc' ? names.reverse() : names;
  }
  const names = table.columns.ordered(sort).map((slot) => table.columns.nameOf(slot));
  const kept = keep === undefined ? names : names.filter((name) => keep(name));
  return order === 'desc' ? kept.reverse() : kept;
}

function filterOf(
  table: JobTable,
  { q = '', status, disabled, metadata = {} }: JobQuery,
): ((name: string) => boolean) | undefined {
  const pairs = Object.entries(metadata);
  if (q === '' && status === undefined && disabled === undefined && pairs.length === 0) {
    return undefined;
  }
  const { columns } = table;
  return (name) => {
    const slot = table.slotOf(name);
    return (
      slot !== undefined &&
      (q === '' || name.includes(q) || columns.displayNameOf(slot).includes(q)) &&
      (status === undefined || columns.statusOf(slot) === status) &&
      (disabled === undefined || columns.disabledOf(slot) === disabled) &&
      (pairs.length === 0 || hasPairs(table.get(name), pairs))
    );
  };
}

function hasPairs(job: StoredJob | undefined, pairs: readonly (readonly [string, string])[]): boolean {
  const metadata = job?.definition.metadata;
  return (
    metadata !== null &&
    metadata !== undefined &&
    pairs.every(([key, value]) => Object.hasOwn(metadata, key) && metadata[key] === value)
  );
}

function decoded(table: JobTable, names: readonly string[]): StoredJob[] {
  return names.flatMap((name) => table.get(name) ?? []);
}

export function clamp(
  { start = 0, end = Infinity }: { readonly start?: number; readonly end?: number },
  total: number,
): [number, number] {
  const last = Math.max(0, Math.min(end, total));
  return [Math.min(Math.max(0, start), last), last];
}
