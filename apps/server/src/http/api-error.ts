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
  /** All findings. @default what status, code and message say */
  readonly problems?: readonly ApiProblem[];
}

/** A finding, about a job or about the request itself. */
export type ApiProblem = Omit<Problem, 'code' | 'allowed'> & {
  readonly code: ApiErrorCode;
  /** Absent where nothing else would be allowed. */
  readonly allowed?: string;
};

/** An answer that is not the wished one. Thrown by services and controllers, written by the error filter. */
export class ApiError extends Error {
  readonly init: ApiErrorInit;

  constructor(init: ApiErrorInit) {
    super(init.message);
    this.init = init;
  }

  /** The JSON form: the first problem on top, all of them, and at least that one, in `problems`. */
  toJson(): string {
    const { message, code, problems = [] } = this.init;
    const [top = { code, message, field: '', column: null }, ...others] = problems;
    const first = shown({ ...top, message });
    return stringifyJson({ ...first, problems: [shown(top), ...others.map(shown)] });
  }
}

function shown({ message, code, field, value, allowed, column }: ApiProblem): object {
  return { error: message, code, field, value, allowed: allowed ?? null, column };
}

/** True when the client named `application/json` itself, so that the original's text bodies need not be kept. */
export function wantsJson(accept: string | undefined): boolean {
  return accept !== undefined && /(^|,)\s*application\/json\s*(;|,|$)/i.test(accept);
}
