import { ApiError } from './api-error.ts';

/** 405 of an additive path. @param allowed its methods, as `Allow` names them */
export function methodNotAllowed(method: string, path: string, allowed: string): ApiError {
  const message = `method ${method} is not allowed on ${path}; allowed: ${allowed}`;
  const problem = { code: 'method_not_allowed' as const, message, field: '', value: method, allowed, column: null };
  return new ApiError({ status: 405, code: 'method_not_allowed', message, problems: [problem] });
}
