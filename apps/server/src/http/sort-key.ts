import { ApiError } from './api-error.ts';
import { cut } from './schemas/query-schema.ts';

/** G-A3. Throws {@link ApiError} 400 that names the keys. */
export function unknownSortKey(text: string, keys: readonly string[]): never {
  const allowed = keys.join(', ');
  const message = `_sort: ${cut(text)} is not a sort key; allowed: ${allowed}`;
  const code = 'invalid_value';
  const problems = [{ code, message, field: '_sort', value: cut(text), allowed, column: null } as const];
  throw new ApiError({ status: 400, code, message, plain: message, problems });
}
