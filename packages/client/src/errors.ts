import { DkronError } from '@dkron/runtime';

export interface DkronApiErrorInit {
  /** HTTP status; 0 = no answer. */
  readonly status: number;
  /** The API's code, e.g. `not_found`; `unreachable` without an answer, `unknown` when the server names none. */
  readonly code: string;
  /** JSON path of the refused value; `''` = none. */
  readonly field: string;
  readonly value?: string;
  readonly allowed?: string;
  readonly message: string;
  readonly cause?: unknown;
}

/** A request that the server refused, or that reached none (status 0). */
export class DkronApiError extends DkronError<string, Omit<DkronApiErrorInit, 'cause' | 'message'>> {
  readonly status: number;
  readonly field: string;
  readonly value: string | undefined;
  readonly allowed: string | undefined;

  constructor(init: DkronApiErrorInit) {
    const { status, code, field, value, allowed } = init;
    const details = {
      status,
      code,
      field,
      ...(value === undefined ? {} : { value }),
      ...(allowed === undefined ? {} : { allowed }),
    };
    super(code, init.message, details, init.cause === undefined ? {} : { cause: init.cause });
    this.status = status;
    this.field = field;
    this.value = value;
    this.allowed = allowed;
  }
}
