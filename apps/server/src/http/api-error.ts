import type { Problem } from '@dkron/jobs';
import type { ApiErrorCode } from './error-codes.ts';
import { stringifyJson } from './json.ts';

export type { ApiErrorCode };

export interface ApiErrorInit {
  readonly status: number;
  readonly code: ApiErrorCode;
  /** The sentence of the JSON form. */
  readonly message: string;
  /** The original's body for clients that did not ask for JSON; `''` = empty. @default '' */
  readonly plain?: string;
  /** An additive path has no original: it always answers JSON. @default false */
  readonly additive?: boolean;
  readonly problems?: readonly ApiProblem[];
}

/** A finding, about a job or about the request itself. */
export type ApiProblem = Omit<Problem, 'code'> & { readonly code: ApiErrorCode };

/** An answer that is not the wished one. Thrown by services and controllers, written by the error filter. */
export class ApiError extends Error {
  readonly init: ApiErrorInit;

  constructor(init: ApiErrorInit) {
    super(init.message);
    this.init = init;
  }

  /** The JSON form: the first problem on top, all of them in `problems`. */
  toJson(): string {
    const problems = this.init.problems ?? [];
    const top = problems[0];
    return stringifyJson({
      error: this.init.message,
      code: top?.code ?? this.init.code,
      field: top?.field ?? '',
      value: top?.value,
      allowed: top?.allowed ?? null,
      column: top?.column ?? null,
      problems: problems.map((p) => ({
        error: p.message,
        code: p.code,
        field: p.field,
        value: p.value,
        allowed: p.allowed ?? null,
        column: p.column ?? null,
      })),
    });
  }
}

/** True when the client named `application/json` itself, so that the original's text bodies need not be kept. */
export function wantsJson(accept: string | undefined): boolean {
  return accept !== undefined && /(^|,)\s*application\/json\s*(;|,|$)/i.test(accept);
}
